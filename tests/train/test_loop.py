"""A run learns, can be stopped at any moment, and goes on as if it had never been stopped."""

import json
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from train_tools import QUICK, PiecesAtHand, some_corpus, some_network, some_piece

from nanopiano.corpus.packed import Corpus
from nanopiano.errors import InputError, NanopianoError
from nanopiano.model.config import SIZES
from nanopiano.music.vocab import vocabulary
from nanopiano.train import loop, pace
from nanopiano.train.checkpoint import Progress, load_checkpoint, load_tensors, save_checkpoint, save_tensors
from nanopiano.train.gpt import GPT
from nanopiano.train.loop import Trainer, train
from nanopiano.train.optim import optimizers
from nanopiano.train.options import TrainOptions
from nanopiano.train.publish import publish
from nanopiano.train.validate import Loss, validate

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """A small corpus."""
    return some_corpus(tmp_path_factory.mktemp("music"))


@pytest.fixture(scope="module")
def whole_run(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was never stopped."""
    run = tmp_path_factory.mktemp("runs") / "whole"
    train(corpus.folder, run, QUICK, say=quiet)
    return run


def quiet(_: str) -> None:
    pass


def state_of(run: Path) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Every number of a run: weights and optimizers bit for bit, losses and where it stands."""
    tensors, facts = load_tensors(run / "checkpoint.safetensors")
    return {name: tensor.numpy().tobytes() for name, tensor in tensors.items()}, facts


def test_the_loss_falls(corpus: Corpus, tmp_path: Path) -> None:
    options = replace(QUICK, total_words=8_000, eval_words=2_000, save_seconds=100.0)
    train(corpus.folder, tmp_path / "run", options, say=quiet)
    _, facts = load_tensors(tmp_path / "run" / "checkpoint.safetensors")
    losses = [row["val_nats_per_word"] for row in facts["history"]]
    assert losses[-1] < losses[0] < 5.4  # nats of an even guess among 221 words
    assert losses[-1] < 3


def test_the_same_options_compute_the_same_run(corpus: Corpus, whole_run: Path, tmp_path: Path) -> None:
    train(corpus.folder, tmp_path / "again", QUICK, say=quiet)
    assert state_of(tmp_path / "again") == state_of(whole_run)


def test_a_run_that_was_killed_goes_on_as_if_it_had_not_been(corpus: Corpus, whole_run: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    command = (
        "import sys, time; sys.path[:0] = sys.argv[3:]\n"
        "from pathlib import Path; from train_tools import QUICK; from nanopiano.train import loop\n"
        "save = loop.Trainer.save\n"
        "loop.Trainer.save = lambda trainer: (time.sleep(0.1), save(trainer))\n"  # or it might end before it is killed
        "loop.train(Path(sys.argv[1]), Path(sys.argv[2]), QUICK)"
    )
    here = Path(__file__).parent
    child = subprocess.Popen([sys.executable, "-c", command, corpus.folder, run, here, here.parent])
    try:
        while not (run / "checkpoint.safetensors").exists() and child.poll() is None:
            time.sleep(0.005)
        time.sleep(random.uniform(0, 0.5))
    finally:
        child.kill()
        child.wait()
    assert child.returncode != 0
    assert state_of(run)[1]["words"] < QUICK.total_words
    train(corpus.folder, run, QUICK, resume=True, say=quiet)
    assert state_of(run) == state_of(whole_run)


def interrupt_at(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, call: int) -> None:
    """Let Ctrl-C strike when something is called for the `call`th time, and only then."""
    original: Callable[..., Any] = getattr(owner, name)
    calls = 0

    def interrupted(*args: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == call:
            raise KeyboardInterrupt
        return original(*args, **options)

    monkeypatch.setattr(owner, name, interrupted)


@pytest.mark.parametrize(
    ("owner", "name", "call"),
    [
        (GPT, "forward", 6),
        (torch.optim.AdamW, "step", 4),  # Muon has made its step, AdamW has not
        (Trainer, "_evaluate", 1),
        (Trainer, "save", 3),
    ],
)
def test_a_run_that_was_interrupted_goes_on_as_if_it_had_not_been(
    corpus: Corpus, whole_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, call: int
) -> None:
    run = tmp_path / "run"
    with monkeypatch.context() as context:
        interrupt_at(context, owner, name, call)
        with pytest.raises(KeyboardInterrupt):
            train(corpus.folder, run, QUICK, say=quiet)
    train(corpus.folder, run, QUICK, resume=True, say=quiet)
    assert state_of(run) == state_of(whole_run)


@pytest.mark.parametrize("what", ["_evaluate", "_validate", "_keep_if_best"])
def test_ctrl_c_in_an_evaluation_loses_nothing(
    corpus: Corpus, whole_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    options, run = replace(QUICK, save_seconds=1000.0), tmp_path / "run"
    with monkeypatch.context() as context:
        interrupt_at(context, Trainer, what, 2)
        with pytest.raises(KeyboardInterrupt):
            train(corpus.folder, run, options, say=quiet)
    kept = state_of(run)[1]
    assert kept["words"] >= 2 * QUICK.eval_words > kept["evaluated_words"]
    train(corpus.folder, run, options, resume=True, say=quiet)
    assert state_of(run) == state_of(whole_run)


def test_ctrl_c_while_the_best_weights_are_written_does_not_lose_them(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options, best = replace(QUICK, total_words=1_000, save_seconds=1000.0), tmp_path / "run" / "best.safetensors"
    with monkeypatch.context() as context:
        interrupt_at(context, loop, "save_tensors", 1)
        with pytest.raises(KeyboardInterrupt):
            train(corpus.folder, best.parent, options, say=quiet)
    assert not best.exists()
    loss = train(corpus.folder, best.parent, options, resume=True, say=quiet)
    assert load_tensors(best)[1]["val_nats_per_word"] == loss.per_word


def test_a_loss_that_is_no_number_is_not_the_best(corpus: Corpus, tmp_path: Path) -> None:
    trainer = Trainer(corpus, tmp_path / "run", QUICK, say=quiet)
    assert trainer._keep_if_best(Loss(float("nan"), 9, 4), {}) == ""
    assert trainer._keep_if_best(Loss(18.0, 9, 4), {}) == "  (best so far)"


def test_ctrl_c_in_a_step_waits_for_its_end(corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    step = torch.optim.AdamW.step

    def struck(optimizer: torch.optim.AdamW) -> None:
        signal.raise_signal(signal.SIGINT)
        step(optimizer)

    monkeypatch.setattr(torch.optim.AdamW, "step", struck)
    with pytest.raises(KeyboardInterrupt):
        train(corpus.folder, tmp_path / "run", replace(QUICK, save_seconds=1000.0), say=quiet)
    assert state_of(tmp_path / "run")[1]["step"] == 1


def test_ctrl_c_keeps_a_checkpoint(corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupt_at(monkeypatch, GPT, "forward", 6)
    said: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        train(corpus.folder, tmp_path / "run", replace(QUICK, save_seconds=1000.0), say=said.append)
    assert state_of(tmp_path / "run")[1]["step"] == 5
    assert said[-1] == "stopped at step 5; go on with --resume"


def test_a_finished_run_that_is_resumed_learns_nothing_more(corpus: Corpus, whole_run: Path) -> None:
    before = state_of(whole_run)
    loss = train(corpus.folder, whole_run, QUICK, resume=True, say=quiet)
    assert state_of(whole_run) == before
    assert loss.per_word == pytest.approx(before[1]["history"][-1]["val_nats_per_word"])


def test_the_best_weights_are_kept(whole_run: Path) -> None:
    _, facts = load_tensors(whole_run / "best.safetensors")
    history = state_of(whole_run)[1]["history"]
    assert facts["val_nats_per_word"] == min(row["val_nats_per_word"] for row in history)


def test_a_run_says_what_it_is(corpus: Corpus, whole_run: Path) -> None:
    facts = json.loads((whole_run / "run.json").read_text())
    assert (facts["size"], facts["seed"], facts["torch"]) == ("tiny", 1, torch.__version__)
    assert "licence" in facts["corpus"]
    assert json.loads((whole_run / "config.json").read_text()) == QUICK.config(vocabulary()).to_json()


def test_a_run_shows_its_losses(whole_run: Path) -> None:
    history = state_of(whole_run)[1]["history"]
    lines = (whole_run / "losses.csv").read_text().splitlines()
    assert lines[0] == "step,words,train_nats_per_word,val_nats_per_word,val_nats_per_note"
    assert len(lines) - 1 == len(history) >= 3
    assert (whole_run / "losses.png").read_bytes().startswith(b"\x89PNG")


def test_batches_may_be_accumulated(corpus: Corpus, tmp_path: Path) -> None:
    trainer = Trainer(corpus, tmp_path / "run", replace(QUICK, accumulate=3, total_words=1_000), say=quiet)
    trainer.train()
    assert 1_000 <= trainer.progress.words < 2_000
    assert trainer.progress.step <= 3


AVERAGED = replace(QUICK, average_words=1_000, dropout=0.2)


def test_a_run_with_dropout_and_an_average_goes_on_as_if_it_had_not_been_interrupted(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(corpus.folder, tmp_path / "whole", AVERAGED, say=quiet)
    with monkeypatch.context() as context:
        interrupt_at(context, Trainer, "_step", 8)
        with pytest.raises(KeyboardInterrupt):
            train(corpus.folder, tmp_path / "run", AVERAGED, say=quiet)
    train(corpus.folder, tmp_path / "run", AVERAGED, resume=True, say=quiet)
    assert state_of(tmp_path / "run") == state_of(tmp_path / "whole")


def test_the_better_of_weights_and_average_is_kept(corpus: Corpus, tmp_path: Path) -> None:
    # At a high rate that does not fall the weights are restless, so that their average is better.
    restless = replace(QUICK, average_words=800, decay_share=0.0, table_lr=0.1, eval_words=4_000)
    loss = train(corpus.folder, tmp_path / "run", restless, say=quiet)
    rows = state_of(tmp_path / "run")[1]["history"]
    assert loss.per_word == rows[-1]["average_nats_per_word"] < rows[-1]["val_nats_per_word"]
    best, facts = load_tensors(tmp_path / "run" / "best.safetensors")
    checkpoint, _ = load_tensors(tmp_path / "run" / "checkpoint.safetensors")
    assert all(torch.equal(best[name], checkpoint[f"average.{name}"]) for name in best)
    assert facts["val_nats_per_word"] == loss.per_word


def test_an_average_may_begin_in_the_middle_of_a_run(corpus: Corpus, whole_run: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(whole_run, tmp_path / "run"))
    train(corpus.folder, run, replace(AVERAGED, total_words=5_000), resume=True, say=quiet)
    lines = (run / "losses.csv").read_text().splitlines()
    assert lines[0].endswith(",average_nats_per_word")
    averaged = [not line.endswith(",") for line in lines[1:]]
    assert averaged == sorted(averaged)
    assert len(set(averaged)) == 2


def test_dropout_is_for_training_only(corpus: Corpus, tmp_path: Path) -> None:
    trainer = Trainer(corpus, tmp_path / "run", replace(QUICK, dropout=0.5), say=quiet)
    trainer.train()
    losses = [trainer._validate().nats for _ in range(2)]
    assert losses[0] == losses[1]
    assert trainer.network.training


def test_bfloat16_learns_too(corpus: Corpus, tmp_path: Path) -> None:
    options = replace(QUICK, precision="bfloat16", total_words=1_500)
    assert train(corpus.folder, tmp_path / "run", options, say=quiet).per_word < 5.4


# --- what is refused -------------------------------------------------------------------------------------------------


def test_a_run_is_not_begun_where_one_is(corpus: Corpus, whole_run: Path) -> None:
    with pytest.raises(InputError, match="already holds a run: add --resume to go on, or name another folder"):
        train(corpus.folder, whole_run, QUICK)


@pytest.mark.parametrize("resume", [False, True])
def test_a_folder_with_something_else_is_left_as_it_is(corpus: Corpus, tmp_path: Path, resume: bool) -> None:
    (tmp_path / "config.json").write_text("of a model")
    with pytest.raises(InputError, match="holds something else than a run: name a new folder with --out"):
        train(corpus.folder, tmp_path, QUICK, resume=resume, say=quiet)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"config.json": "of a model"}


def test_a_folder_is_free_that_a_run_was_killed_in_as_it_began(corpus: Corpus, tmp_path: Path) -> None:
    for name in (".lock", ".nanopiano-0123456789abcdef.tmp"):
        (tmp_path / name).touch()
    train(corpus.folder, tmp_path, replace(QUICK, total_words=300), say=quiet)


def test_a_run_is_not_resumed_in_another_shape(corpus: Corpus, whole_run: Path) -> None:
    with pytest.raises(InputError, match="holds a network of another shape"):
        train(corpus.folder, whole_run, replace(QUICK, hear_place=False), resume=True, say=quiet)


def test_changed_options_are_told_when_a_run_is_resumed(corpus: Corpus, whole_run: Path) -> None:
    said: list[str] = []
    Trainer(corpus, whole_run, replace(QUICK, clip=0.5), resume=True, say=said.append)
    assert said == ["resuming with clip 0.5 (it was 1.0)"]


def test_a_damaged_checkpoint_is_refused(corpus: Corpus, whole_run: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "checkpoint.safetensors"
    damaged.write_bytes((whole_run / "checkpoint.safetensors").read_bytes()[:-9])
    network = some_network()
    with pytest.raises(InputError, match=r"cannot read .*checkpoint\.safetensors"):
        load_checkpoint(damaged, network, optimizers(network, 0.1, 0.1, 0.1))


def test_a_checkpoint_that_cannot_be_written_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(NanopianoError, match=r"cannot write .*lost.*No such file or directory"):
        save_tensors({"a": torch.zeros(2)}, tmp_path / "lost" / "a.safetensors", {})


def test_weights_can_be_read_by_whoever_may_read_other_files(tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    save_tensors({"a": torch.zeros(2)}, tmp_path / "a.safetensors", {})
    assert (tmp_path / "a.safetensors").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_loss_that_is_no_number_ends_the_run(corpus: Corpus, tmp_path: Path) -> None:
    trainer = Trainer(corpus, tmp_path / "run", QUICK, say=quiet)
    assert isinstance(trainer.network, GPT)
    torch.nn.init.constant_(trainer.network.head.weight, float("nan"))
    with pytest.raises(NanopianoError, match="the loss is nan at step 0: try a lower learning rate"):
        trainer.train()


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"size": "huge"}, "size is 'huge': expected one of tiny, small, base"),
        ({"length": 0}, "length is 0: expected a whole number from 1 up"),
        ({"seed": -1}, "seed is -1: expected a whole number from 0 up"),
        ({"seed": 10**20}, f"seed is {10**20}: expected a whole number up to {2**63 - 1}"),
        ({"clip": -1.0}, "clip is -1.0: expected a number from 0 up"),
        ({"clip": 10**400}, "expected a number from 0 up"),
        ({"matrix_lr": float("nan")}, "matrix_lr is nan"),
        ({"fill_rate": 1.5}, "fill_rate is 1.5: expected a share from 0 to 1"),
        ({"precision": "half"}, "precision is 'half': expected one of auto, float32, bfloat16"),
    ],
)
def test_an_option_out_of_range_is_refused_with_its_value(option: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as refusal:
        TrainOptions(**option)
    assert message in str(refusal.value)


@pytest.mark.parametrize("name", ["dropout", "weight_decay", "fill_rate", "decay_share", "clip", "save_seconds"])
def test_a_share_or_a_rate_may_be_given_as_a_whole_number(name: str) -> None:
    whole: dict[str, Any] = {name: 0}
    value = getattr(TrainOptions(**whole), name)
    assert value == 0 and type(value) is float


def test_a_device_that_is_not_there_is_refused(corpus: Corpus, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="device 'nowhere' cannot be used"):
        train(corpus.folder, tmp_path / "run", replace(QUICK, device="nowhere"))


# --- its parts -------------------------------------------------------------------------------------------------------


def test_a_checkpoint_brings_everything_back(tmp_path: Path) -> None:
    network = some_network(seed=1)
    pair = optimizers(network, 0.02, 0.004, 0.01)
    for parameter in network.parameters():
        parameter.grad = torch.ones_like(parameter)
    for optimizer in pair:
        optimizer.step()
    progress = Progress(step=3, words=99, best=2.5, losses=[3.0], history=[{"step": 2}])
    save_checkpoint(tmp_path / "first", network, pair, progress)
    other = some_network(seed=2)
    others = optimizers(other, 0.02, 0.004, 0.01)
    assert load_checkpoint(tmp_path / "first", other, others) == progress
    save_checkpoint(tmp_path / "second", other, others, progress)
    first, second = (load_tensors(tmp_path / name)[0] for name in ("first", "second"))
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("length", [2, 3, 15, 16, 63, 64, 511, 512])
def test_validation_counts_every_word_once(length: int) -> None:
    pieces = PiecesAtHand([some_piece(seed, n_notes) for seed, n_notes in enumerate([1, 3, 20, 60, 61])])

    def forward(*inputs: torch.Tensor) -> torch.Tensor:
        return torch.zeros(*inputs[0].shape, 221)

    loss = validate(forward, pieces, SIZES["tiny"], length, CPU)
    assert loss.words == int((pieces.lengths - 1).sum())
    assert loss.notes == sum(int(((ids >= 5) & (ids < 93)).sum()) for ids in map(pieces.ids, range(5)))


def test_a_run_says_how_far_and_how_fast_it_goes(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "SAY_SECONDS", 0.0)
    said: list[str] = []
    train(corpus.folder, tmp_path / "run", replace(QUICK, total_words=600), say=said.append)
    assert re.fullmatch(r"\d+ parameters on cpu, [\d,]+ words to learn from", said[0].replace(",", "", 1))
    assert re.fullmatch(r"step 1  \d+\.\d%  loss \d\.\d{4}  \d+ words/s  \d+ min left", said[1])
    assert re.fullmatch(r"step \d  validation \d\.\d{4} nats/word, \d+\.\d{4} a note  \(best so far\)", said[-1])


def test_a_corpus_of_triplets_makes_a_model_of_triplets(tmp_path: Path) -> None:
    triplets = some_corpus(tmp_path, steps_per_beat=12)
    train(triplets.folder, tmp_path / "run", replace(QUICK, total_words=600, fill_rate=0.5), say=quiet)
    about = publish(tmp_path / "run", tmp_path / "model")
    assert (about["steps_per_beat"], about["vocab_fingerprint"]) == (12, vocabulary(12).fingerprint)


def test_a_run_is_not_resumed_with_a_corpus_of_another_grid(whole_run: Path, tmp_path: Path) -> None:
    triplets = some_corpus(tmp_path, steps_per_beat=12)
    with pytest.raises(InputError, match=r"has the vocabulary .*, the corpus .*: resume with the corpus"):
        train(triplets.folder, whole_run, QUICK, resume=True, say=quiet)


@pytest.mark.parametrize("file", ["run.json", "config.json"])
def test_a_run_whose_facts_are_damaged_is_refused(whole_run: Path, tmp_path: Path, file: str) -> None:
    run = Path(shutil.copytree(whole_run, tmp_path / "run"))
    (run / file).write_text("{")
    with pytest.raises(InputError, match=rf"cannot read .*{file}"):
        publish(run, tmp_path / "model")


def test_best_weights_of_another_shape_are_refused(whole_run: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(whole_run, tmp_path / "run"))
    (run / "config.json").write_text(json.dumps({**SIZES["tiny"].to_json(), "n_layer": 1}))
    with pytest.raises(InputError, match=r"best\.safetensors holds a network of another shape"):
        publish(run, tmp_path / "model")


def test_a_corpus_without_validation_pieces_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no validation piece: build it from more music"):
        train(some_corpus(tmp_path, 1).folder, tmp_path / "run", QUICK)


def test_a_run_that_cannot_be_written_is_said_plainly(corpus: Corpus, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(NanopianoError, match=r"cannot write into .*file.run: not a directory"):
        train(corpus.folder, tmp_path / "file" / "run", QUICK)


def test_batches_that_are_made_ahead_are_the_same(corpus: Corpus, whole_run: Path, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as context:
        interrupt_at(context, Trainer, "_step", 8)
        with pytest.raises(KeyboardInterrupt):
            train(corpus.folder, tmp_path / "run", replace(QUICK, loaders=1), say=quiet)
    train(corpus.folder, tmp_path / "run", replace(QUICK, loaders=1), resume=True, say=quiet)
    assert state_of(tmp_path / "run") == state_of(whole_run)

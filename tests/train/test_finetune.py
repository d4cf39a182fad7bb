"""A model goes on learning from a little music: it stops in time, keeps its best weights, and tells what it gained."""

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
import torch
from begin_tools import model_to_begin_from
from train_tools import some_piece

from nanopiano.errors import InputError, NanopianoError
from nanopiano.model.config import SIZES, ModelConfig
from nanopiano.model.originality.build import build_index
from nanopiano.model.originality.index import load_index, save_index
from nanopiano.model.originality.measure import originality
from nanopiano.music.grid import Grid
from nanopiano.music.midi import write_midi
from nanopiano.music.vocab import vocabulary
from nanopiano.train import finetuner as module
from nanopiano.train.checkpoint import load_tensors
from nanopiano.train.finetune import Outcome, Plan, finetune
from nanopiano.train.finetuner import options_like
from nanopiano.train.lock import alone_in
from nanopiano.train.loop import Trainer

FOREVER = 1e9  # seconds


class Run(NamedTuple):
    """What came of a run."""

    plan: Plan
    outcome: Outcome
    said: list[str]
    shares: list[float]  # of the run that were done, as it went on

    @property
    def history(self) -> list[dict[str, float]]:
        return list(load_tensors(self.plan.run / "checkpoint.safetensors")[1]["history"])


@pytest.fixture(scope="module", autouse=True)
def little() -> Iterator[pytest.MonkeyPatch]:
    """Let runs have a few steps."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "LEAST_WORDS": 4_000, "ROUNDS": 1, "EVALUATIONS": 3, "BATCH_WORDS": 512, "WARMUP_BATCHES": 2
        }.items():  # fmt: skip
            patch.setattr(module, name, value)
        yield patch


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model to begin with, which learnt from one piece."""
    folder = model_to_begin_from(tmp_path_factory.mktemp("models") / "older", SIZES["tiny"])
    notes = some_piece(99).canonical().notes
    save_index(build_index([("ninety-nine", "somebody", notes)], [notes], Grid()), folder)
    return folder


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of seven pieces and three damaged files."""
    folder = tmp_path_factory.mktemp("music")
    for seed in range(7):
        write_midi(some_piece(seed), folder / f"piece {seed}.mid")
    for name, data in {"cut": b"MThd\0\0", "empty": b"", "text": b"not music"}.items():
        (folder / f"{name}.mid").write_bytes(data)
    return folder


def plan_of(music: Path, base: Path, folder: Path, **changes: Any) -> Plan:
    facts = {"music": [music], "base": base, "run": folder / "run", "out": folder / "new", "seconds": FOREVER}
    return Plan(**{**facts, "device": "cpu", **changes})


def done(plan: Plan) -> Run:
    """Fine-tune."""
    said: list[str] = []
    shares: list[float] = []
    outcome = finetune(plan, said.append, lambda share, _: shares.append(share), progress=False)
    return Run(plan, outcome, said, shares)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, music: Path, base: Path) -> Run:
    """A run that was never stopped."""
    return done(plan_of(music, base, tmp_path_factory.mktemp("whole")))


def best_of(run: Path) -> dict[str, bytes]:
    return {name: tensor.numpy().tobytes() for name, tensor in load_tensors(run / "best.safetensors")[0].items()}


def test_the_held_out_pieces_are_expected_better(whole: Run) -> None:
    losses = [row["val_nats_per_note"] for row in whole.history]
    assert whole.outcome.before == losses[0] > whole.outcome.after == min(losses)
    assert whole.outcome.held_out >= 1


def test_the_run_tells_what_could_be_used(whole: Run) -> None:
    assert whole.said[0].startswith("7 of 10 pieces can be used, refused: 3 damaged (first: ")
    assert whole.said[1].endswith(" held out")


def test_the_run_is_told_from_its_beginning_to_its_end(whole: Run) -> None:
    assert whole.shares == sorted(whole.shares)
    assert 0 < whole.shares[0] < 0.3
    assert whole.shares[-1] == 1


def test_what_the_model_began_with_and_gained_stands_in_its_card(whole: Run) -> None:
    card = (whole.plan.out / "card.md").read_text("utf-8")
    assert "Made by `nanopiano finetune` from older" in card
    assert f"{whole.outcome.after:.4f}" in card


def test_the_new_index_knows_the_music_of_both(whole: Run, music: Path) -> None:
    index = load_index(whole.plan.out)
    assert index is not None and index.human is not None and index.human.pieces == 1
    titles = {title for title, _ in index.pieces}
    learnt = next(seed for seed in range(7) if f"piece {seed}" in titles)
    for seed, title in ((99, "ninety-nine"), (learnt, f"piece {learnt}")):
        piece = some_piece(seed)
        found = originality(index, piece).passage
        assert found is not None and found.n_notes == len(piece)
        assert found.spot.title == title


def test_a_run_that_was_interrupted_goes_on_as_if_it_had_not_been(
    whole: Run, music: Path, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_of(music, base, tmp_path)
    step = Trainer._step

    def interrupted(self: Trainer, batches: list[Any]) -> float:
        if self.progress.step == 4:
            raise KeyboardInterrupt
        return step(self, batches)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_step", interrupted)
        with pytest.raises(KeyboardInterrupt):
            done(plan)
    assert not plan.out.exists()
    again = done(plan)
    assert "going on with the run" in again.said[0]
    assert best_of(plan.run) == best_of(whole.plan.run)
    assert again.outcome == whole.outcome


def test_a_run_that_was_interrupted_in_its_last_evaluation_looks_at_its_last_weights(
    whole: Run, music: Path, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_of(music, base, tmp_path)
    evaluate = Trainer._evaluate

    def interrupted(self: Trainer) -> Any:
        if self.progress.words >= self.options.total_words:
            raise KeyboardInterrupt
        return evaluate(self)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_evaluate", interrupted)
        with pytest.raises(KeyboardInterrupt):
            done(plan)
    again = done(plan)
    assert [row["words"] for row in again.history] == [row["words"] for row in whole.history]
    assert again.outcome == whole.outcome


def test_time_ends_a_run_and_its_learning_rate_has_fallen_by_then(
    music: Path, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = count()
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: float(next(ticks))))
    monkeypatch.setattr(module, "LEAST_WORDS", 100_000)
    rates: list[float] = []
    lr_share = module.FineTuner.lr_share

    def noted(self: module.FineTuner) -> float:
        rates.append(lr_share(self))
        return rates[-1]

    monkeypatch.setattr(module.FineTuner, "lr_share", noted)
    run = done(plan_of(music, base, tmp_path, seconds=60.0))
    assert run.history[-1]["words"] < 20_000
    falling = rates[rates.index(max(rates)) :]
    assert falling == sorted(falling, reverse=True)
    assert falling[0] > 0.6 and falling[-1] < 0.1


def test_a_run_ends_when_nothing_is_gained_and_makes_no_model(
    music: Path, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RATES", {"matrix_lr": 0.0, "table_lr": 0.0})
    plan = plan_of(music, base, tmp_path)
    with pytest.raises(NanopianoError, match=r"older did not get better on the held-out pieces \(\d.* no model was"):
        done(plan)
    words = load_tensors(plan.run / "checkpoint.safetensors")[1]["words"]
    assert 2_000 <= words < 3_000  # of 4,000
    assert not plan.out.exists()


def test_a_run_that_gained_nothing_in_its_time_asks_for_more_of_it(
    music: Path, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RATES", {"matrix_lr": 0.0, "table_lr": 0.0})
    monkeypatch.setattr(module, "LEAST_WORDS", 100_000)
    with pytest.raises(NanopianoError, match=r"time was up after [\d,]+ of 100,000 words, so give more --minutes"):
        done(plan_of(music, base, tmp_path, seconds=0.01))


@pytest.mark.parametrize("steps_per_beat", [4, 12])
def test_any_model_of_ours_has_options_that_make_it(steps_per_beat: int) -> None:
    vocab = vocabulary(steps_per_beat)
    config = ModelConfig(hear_before=1, hear_octave=True, steps_per_beat=steps_per_beat,
                         vocab_fingerprint=vocab.fingerprint)  # fmt: skip
    assert options_like(config, seed=3).config(vocab) == config


def test_a_finished_run_whose_model_was_lost_makes_it_again(
    whole: Run, music: Path, base: Path, tmp_path: Path
) -> None:
    again = done(plan_of(music, base, tmp_path, run=whole.plan.run))
    assert again.outcome == whole.outcome
    stored = load_tensors(again.plan.out / "model.safetensors")[0]
    expected = load_tensors(whole.plan.out / "model.safetensors")[0]
    assert all(torch.equal(stored[name], expected[name]) for name in expected)


# --- what is refused -------------------------------------------------------------------------------------------------


def test_one_piece_is_not_enough(base: Path, tmp_path: Path) -> None:
    music = tmp_path / "music"
    music.mkdir()
    write_midi(some_piece(1), music / "one.mid")
    (music / "two.mid").write_bytes(b"MThd")
    with pytest.raises(InputError, match=r"1 of 2 pieces can be used, refused: 1 damaged .* at least two works"):
        done(plan_of(music, base, tmp_path))


def test_versions_of_one_work_are_not_enough(base: Path, tmp_path: Path) -> None:
    music = tmp_path / "music"
    music.mkdir()
    write_midi(some_piece(1), music / "one.mid")
    write_midi(some_piece(2), music / "one (2).mid")
    with pytest.raises(InputError, match="2 of 2 pieces can be used; at least two works are needed"):
        done(plan_of(music, base, tmp_path))


def test_an_empty_folder_is_refused_and_better_music_may_follow(base: Path, music: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    plan = plan_of(tmp_path / "empty", base, tmp_path)
    with pytest.raises(InputError, match="nothing to build from"):
        done(plan)
    with pytest.raises(InputError, match="no piece was kept"):
        done(plan_of(music / "cut.mid", base, tmp_path))
    done(plan_of(music, base, tmp_path))


def test_a_model_of_another_vocabulary_is_refused(base: Path, music: Path, tmp_path: Path) -> None:
    config = json.loads((base / "config.json").read_text())
    other = tmp_path / "other"
    other.mkdir()
    (other / "config.json").write_text(json.dumps(config | {"vocab_fingerprint": "0123456789abcdef"}))
    with pytest.raises(InputError, match="vocabulary 0123456789abcdef is not this program's"):
        done(plan_of(music, other, tmp_path))
    assert not (tmp_path / "run").exists()


def test_a_model_of_a_size_without_a_name_is_refused(base: Path, music: Path, tmp_path: Path) -> None:
    other = model_to_begin_from(tmp_path / "other", ModelConfig(n_layer=1, n_head=1, n_kv_head=1, n_embd=8, window=16))
    with pytest.raises(InputError, match="none of the sizes tiny, small, base"):
        done(plan_of(music, other, tmp_path))


def test_a_run_in_another_process_is_left_alone(base: Path, music: Path, tmp_path: Path) -> None:
    plan = plan_of(music, base, tmp_path)
    with alone_in(plan.run), pytest.raises(InputError, match="another process is at work"):
        done(plan)


def test_a_run_with_other_music_is_not_gone_on_with(whole: Run, base: Path, tmp_path: Path) -> None:
    write_midi(some_piece(1), tmp_path / "one.mid")
    with pytest.raises(InputError, match=r"the music is not what the run in .* began with: remove that folder, or"):
        done(plan_of(tmp_path / "one.mid", base, tmp_path, run=whole.plan.run))


def test_a_run_from_another_model_is_not_gone_on_with(whole: Run, music: Path, tmp_path: Path) -> None:
    other = model_to_begin_from(tmp_path / "other", SIZES["tiny"], seed=1)
    with pytest.raises(InputError, match="other is not what the run in"):
        done(plan_of(music, other, tmp_path, run=whole.plan.run))


def test_a_folder_with_something_else_is_left_as_it_is(base: Path, music: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "letter.txt").write_text("Dear")
    with pytest.raises(InputError, match="holds something else: name a new folder with --run"):
        done(plan_of(music, base, tmp_path))


def test_a_model_that_is_there_is_not_replaced(whole: Run) -> None:
    with pytest.raises(InputError, match="new is there already: choose another name, or remove it first"):
        done(whole.plan)

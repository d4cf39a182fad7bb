"""Ordinary text goes from `corpus text` through the plain network into a stock GPT-2."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from cli_tools import Cli
from hf_tools import some_gpt2, transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from train_tools import QUICK

from nanopiano.corpus.hub.bytepairs import BytePairs
from nanopiano.corpus.hub.text import prepare_text
from nanopiano.errors import InputError
from nanopiano.train.checkpoint import load_tensors, read_json
from nanopiano.train.hf.folder import export_to_hf
from nanopiano.train.hf.gpt2 import text_network
from nanopiano.train.prove import network_logits
from nanopiano.train.publish import publish
from nanopiano.train.text import TextCorpus, TextTrainer, read_text_run, train_text

SENTENCES = [f"The tune number {n} goes up {n % 7} steps, and down again.\nSo it goes." for n in range(60)]
TEXT = replace(QUICK, plain=True)


def quiet(_: str) -> None:
    pass


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `corpus text` makes of some sentences."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    special = ["<|endoftext|>"]
    trainer = trainers.BpeTrainer(
        vocab_size=300, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    folder = tmp_path_factory.mktemp("text") / "corpus"
    prepare_text(SENTENCES * 4, BytePairs(tokenizer, "ours"), folder, source="sentences", val_one_in=5)
    return folder


def test_a_run_learns_text_and_becomes_a_stock_gpt2(corpus: Path, tmp_path: Path) -> None:
    loss = train_text(corpus, tmp_path / "run", TEXT, say=quiet)
    assert loss.words > 500 and loss.per_word < 4.5  # an even guess has 5.7
    export_to_hf(tmp_path / "run", tmp_path / "hf")
    model = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "hf").eval()
    config, network, _, _ = read_text_run(tmp_path / "run")
    ids = np.arange(64, dtype=np.uint16)
    with torch.no_grad():
        found = model(torch.from_numpy(ids.astype(np.int64))[None]).logits[0]
    np.testing.assert_allclose(found, network_logits(network, ids), atol=1e-4)
    assert type(model) is transformers.GPT2LMHeadModel and model.config.eos_token_id == config.end_of_text
    assert "trained by nanopiano on sentences" in (tmp_path / "hf" / "README.md").read_text()
    with pytest.raises(InputError, match="learnt ordinary text, which is not music to compose"):
        publish(tmp_path / "run", tmp_path / "model")


def test_its_loss_is_that_of_every_window_of_the_held_out_text(corpus: Path, tmp_path: Path) -> None:
    trainer = TextTrainer(TextCorpus(corpus), tmp_path / "run", TEXT, say=quiet)
    tokens = np.fromfile(corpus / "val.bin", dtype="<u2").astype(np.int64)
    starts = range(0, len(tokens) - 64, 64)
    rows = torch.from_numpy(np.stack([tokens[start : start + 65] for start in starts]))
    with torch.no_grad():
        logits = trainer.network(rows[:, :-1])
    expected = torch.nn.functional.cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten())
    assert trainer._validate().per_word == pytest.approx(float(expected), rel=1e-4)


def test_a_run_on_text_goes_on_as_if_it_had_not_been_stopped(corpus: Path, tmp_path: Path) -> None:
    train_text(corpus, tmp_path / "whole", TEXT, say=quiet)
    stopped = TextTrainer(TextCorpus(corpus), tmp_path / "run", TEXT, say=quiet)
    for batches in stopped._batches():
        if stopped.progress.step == 5:
            break
        stopped._step(batches)
    stopped.save()
    train_text(corpus, tmp_path / "run", TEXT, resume=True, say=quiet)
    ends = [load_tensors(tmp_path / run / "checkpoint.safetensors")[0] for run in ("whole", "run")]
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])


def test_a_gpt2_goes_on_with_its_own_words(corpus: Path, tmp_path: Path) -> None:
    gpt2 = some_gpt2(tmp_path / "gpt2", vocab_size=300)
    options: dict[str, Any] = {"init_from": gpt2, "say": quiet}
    trainer = TextTrainer(TextCorpus(corpus), tmp_path / "run", replace(TEXT, length=48), **options)
    ours, theirs = trainer.network.state_dict(), text_network(gpt2).state_dict()
    assert ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in theirs)
    with pytest.raises(InputError, match=r"knows 101 tokens, the corpus has 300"):
        train_text(corpus, tmp_path / "other", TEXT, init_from=some_gpt2(tmp_path / "small"), say=quiet)


def test_by_commands_alone(cli: Cli, corpus: Path) -> None:
    small = ("--size", "tiny", "--length", "32", "--batch-words", "128", "--compile", "no", "--precision", "float32")
    learn = ("train", "--corpus", corpus, "--out", "run", *small, "--total-words", "600")
    assert "only the plain network learns it, so add --plain" in cli.refuses(*learn)
    ran = cli(*learn, "--plain")
    assert ran.status == 0 and "nats per token in validation" in ran.err and "cannot be shown" not in ran.err
    assert cli("export", "run", "--to", "hf", "out").status == 0
    assert read_json(cli.folder / "out" / "config.json")["model_type"] == "gpt2"


def test_a_corpus_that_is_not_whole_is_refused(corpus: Path, tmp_path: Path) -> None:
    for file in corpus.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "val.bin").write_bytes(b"\x00")
    with pytest.raises(InputError, match=r"val\.bin does not hold the .* tokens that text\.json tells of"):
        train_text(tmp_path, tmp_path / "run", TEXT, say=quiet)


def test_a_run_is_not_resumed_with_a_corpus_of_another_vocabulary(corpus: Path, tmp_path: Path) -> None:
    stopped = TextTrainer(TextCorpus(corpus), tmp_path / "run", TEXT, say=quiet)
    stopped.save()
    other = Path(shutil.copytree(corpus, tmp_path / "other"))
    (other / "text.json").write_text(json.dumps(read_json(other / "text.json") | {"vocabulary": "0123"}))
    with pytest.raises(InputError, match=r"has the vocabulary .*, the corpus 0123: resume with the corpus"):
        train_text(other, tmp_path / "run", TEXT, resume=True, say=quiet)


def test_a_folder_with_something_else_is_left_as_it_is(corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear")
    with pytest.raises(InputError, match="holds something else than a run: name a new folder with --out"):
        train_text(corpus, tmp_path, TEXT, say=quiet)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_one_other_token_makes_another_fingerprint_of_a_text(corpus: Path, tmp_path: Path) -> None:
    other = tmp_path / "corpus"
    shutil.copytree(corpus, other)
    tokens = np.fromfile(other / "train.bin", dtype="<u2")
    tokens[7] ^= 1
    tokens.tofile(other / "train.bin")
    runs = [
        TextTrainer(TextCorpus(folder), tmp_path / name, TEXT, say=quiet).run
        for name, folder in (("one", corpus), ("two", other))
    ]
    one, two = (read_json(run / "run.json")["corpus"]["fingerprint"] for run in runs)
    assert one != two

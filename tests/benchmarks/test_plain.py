"""The plain network is nanoGPT's; its runs resume like ours; what ours saves is read off the curves."""

import json
import lzma
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from lab_tools import some_corpus, some_piece
from original import main as compare_with_original
from plain import PLAIN_WINDOW, PlainTrainer, plain_shape, words_to_reach
from plain import main as compare_with_plain
from train_tools import QUICK

from nanopiano.corpus.packed import Corpus
from nanopiano.corpus.split import split_of
from nanopiano.model.config import SIZES
from nanopiano.music.words import piece_to_text
from nanopiano.train.checkpoint import load_tensors
from nanopiano.train.plain_gpt import PlainGPT


def quiet(_: str) -> None:
    pass


@pytest.mark.parametrize(("size", "expected"), [("small", 5_486_976), ("base", 12_821_504)])
def test_the_plain_network_has_the_parameters_of_gpt_2s_shape(size: str, expected: int) -> None:
    config = SIZES[size]
    C, L, V = config.n_embd, config.n_layer, config.vocab_size
    with torch.device("meta"):
        n = PlainGPT(plain_shape(config)).n_parameters
    # Matrices and biases of a block, two norms; words (the head is tied to them), positions, the last norm.
    assert n == L * (12 * C * C + 13 * C) + (V + PLAIN_WINDOW) * C + 2 * C == pytest.approx(expected, rel=0.02)


def test_the_rate_of_the_plain_recipe_rises_and_falls_to_a_tenth(tmp_path: Path) -> None:
    trainer = PlainTrainer(some_corpus(tmp_path), tmp_path / "run", QUICK, say=quiet)
    shares = []
    for words in range(0, QUICK.total_words + 1, 100):
        trainer.progress.words = words
        shares.append(trainer.lr_share())
    top = int(np.argmax(shares))
    assert shares[:top] == sorted(shares[:top])
    assert shares[top:] == sorted(shares[top:], reverse=True)
    assert shares[-1] == pytest.approx(0.1)


def test_a_plain_run_learns_and_goes_on_as_if_it_had_not_been_stopped(tmp_path: Path) -> None:
    corpus, options = some_corpus(tmp_path), replace(QUICK, total_words=3_000)
    whole = PlainTrainer(corpus, tmp_path / "whole", options, say=quiet).learn()
    assert whole.per_word < 4.5
    stopped = PlainTrainer(corpus, tmp_path / "run", options, say=quiet)
    for batches in stopped._batches():
        if stopped.progress.step == 5:
            break
        stopped._step(batches)
    stopped.save()
    PlainTrainer(corpus, tmp_path / "run", options, resume=True, say=quiet).learn()
    ends = [load_tensors(tmp_path / run / "checkpoint.safetensors")[0] for run in ("whole", "run")]
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])


@pytest.mark.parametrize(("loss", "words"), [(3.0, 100), (2.5, 150), (2.0, 200), (1.0, 400), (0.5, float("inf"))])
def test_the_words_to_a_loss_are_read_between_evaluations(loss: float, words: float) -> None:
    rows = [{"words": w, "val_nats_per_word": n} for w, n in ((100.0, 3.0), (200.0, 2.0), (400.0, 1.0))]
    assert words_to_reach(rows, loss) == words


def test_three_runs_make_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus = some_corpus(tmp_path)
    call = ["--corpus", str(corpus.folder), "--out", str(tmp_path / "runs"), "--size", "tiny", "--words", "1200"]
    compare_with_plain([*call, "--compile", "no", "--threads", "1"])
    lines = capsys.readouterr().out.splitlines()[-5:]
    assert [line.split(" | ")[0] for line in lines[2:]] == ["| plain", "| same", "| ours"]


def test_the_originals_songs_are_split_by_their_group_and_both_recipes_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("original.SIZES", ("tiny",))
    texts, out = tmp_path / "seed.jsonl.xz", tmp_path / "runs"
    records = [{"song_group": 7 * n, "text": piece_to_text(some_piece(n))} for n in range(26)]
    with lzma.open(texts, "wt") as file:
        file.writelines(json.dumps(record) + "\n" for record in records)
    compare_with_original(["prepare", "--texts", str(texts), "--out", str(out)])
    corpus = Corpus.open(out / "corpus")
    for name in ("train", "val"):
        split = corpus.split(name)
        for number in range(len(split)):
            key = split.facts(number)["key"]
            assert split_of(key) == name
            assert (int(key.split()[1]) % 25 == 7) == (name == "val")
    assert len(corpus.split("val")) == 1
    call = ["learn", "--out", str(out), "--size", "tiny", "--words", "1200", "--compile", "no", "--threads", "1"]
    compare_with_original(call)
    capsys.readouterr()
    compare_with_original(["table", "--out", str(out)])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" | ")[1] for line in lines[2:]] == ["original", "ours"]
    assert (out / "curves.png").read_bytes().startswith(b"\x89PNG")

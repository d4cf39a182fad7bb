"""Many processes compute what one computes, write one run, and survive the loss of one of them."""

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from process_tools import STEPS, command, learn, lose_one, losses, muon_as_alone, restarted, together
from train_tools import PiecesAtHand, some_corpus, some_piece

from nanopiano.model.config import SIZES
from nanopiano.train.checkpoint import load_tensors
from nanopiano.train.data import BatchMaker, WindowPlan
from nanopiano.train.sharding import outgrows

CLOSE = 1e-4  # nats per word


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small corpus."""
    return some_corpus(tmp_path_factory.mktemp("music")).folder


@pytest.fixture(scope="module")
def alone(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> list[float]:
    """The losses of a run of one process."""
    run = tmp_path_factory.mktemp("runs") / "alone"
    learn(corpus, run, STEPS)
    return losses(run, 1)


# --- the same numbers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "parallel"), [(4, "ddp"), (3, "fsdp")])
def test_many_processes_lose_as_much_as_one(
    corpus: Path, alone: list[float], tmp_path: Path, size: int, parallel: str
) -> None:
    assert together(size, learn, corpus, tmp_path / "run", replace(STEPS, parallel=parallel)) == [0] * size
    assert len(alone) > 8
    assert losses(tmp_path / "run", size) == pytest.approx(alone, abs=CLOSE)


@pytest.mark.parametrize("parallel", ["ddp", "fsdp"])
def test_batches_that_are_accumulated_are_shared_too(corpus: Path, tmp_path: Path, parallel: str) -> None:
    options = replace(STEPS, accumulate=3, total_words=1_500, parallel=parallel)
    learn(corpus, tmp_path / "alone", options)
    assert together(2, learn, corpus, tmp_path / "run", options) == [0, 0]
    assert losses(tmp_path / "run", 2) == pytest.approx(losses(tmp_path / "alone", 1), abs=CLOSE)


def test_a_run_goes_on_with_another_number_of_processes(corpus: Path, alone: list[float], tmp_path: Path) -> None:
    run, whole = tmp_path / "run", STEPS.total_words
    heard: list[float] = []
    for size, parallel, until in [(2, "ddp", whole // 4), (1, "auto", whole // 2), (3, "fsdp", whole)]:
        if size > 1:
            assert together(size, learn, corpus, run, replace(STEPS, parallel=parallel), until) == [0] * size
        else:
            learn(corpus, run, STEPS, until)
        heard += losses(run, size)[:-1]
    assert heard == pytest.approx(alone[:-1], abs=CLOSE)


def test_dropout_of_many_processes_is_repeatable(corpus: Path, tmp_path: Path) -> None:
    options = replace(STEPS, dropout=0.3, total_words=500)
    for run in ("first", "second"):
        assert together(2, learn, corpus, tmp_path / run, options) == [0, 0]
    first, second = (load_tensors(tmp_path / run / "checkpoint.safetensors")[0] for run in ("first", "second"))
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize(("parallel", "dtype"), [("ddp", torch.bfloat16), ("fsdp", torch.float32)])
def test_muon_shared_out_makes_the_step_of_muon_alone(parallel: str, dtype: torch.dtype) -> None:
    assert together(2, muon_as_alone, parallel, dtype) == [0, 0]


@given(st.integers(1, 6), st.integers(0, 9))
def test_shares_make_up_the_batch_without_overlap(size: int, number: int) -> None:
    pieces = PiecesAtHand([some_piece(seed, n_notes) for seed, n_notes in enumerate([1, 3, 20, 60, 61])])
    plan = WindowPlan(pieces, 64, 256, fill_rate=0.5, most_semitones=3, seed=1)
    maker = BatchMaker(pieces, plan, SIZES["tiny"])
    windows = [batch for epoch in range(5) for batch in plan.epoch(epoch)][number]
    shares = [maker.batch(windows, rank, size) for rank in range(size)]
    assert len({share.ids.shape for share in shares}) == 1

    def rows(batches: list[Any]) -> list[bytes]:
        found = [np.concatenate([b.ids[i], b.targets[i]]) for b in batches for i in range(len(b.ids))]
        return sorted(row.tobytes() for row in found if (row[len(row) // 2 :] >= 0).any())

    assert rows(shares) == rows([maker.batch(windows)])


def test_a_network_on_the_cpu_is_never_cut_by_itself() -> None:
    with torch.device("meta"):
        huge = torch.nn.Linear(1_000_000, 1_000_000)
    assert not outgrows(huge, torch.device("cpu"))


# --- what goes wrong -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("when", ["in a step", "while saving"])
def test_a_run_that_loses_a_process_is_started_again_and_goes_on(
    corpus: Path, alone: list[float], tmp_path: Path, when: str
) -> None:
    assert restarted(2, lose_one, when, corpus, tmp_path / "run") == 0
    again = losses(tmp_path / "run", 2)
    assert 1 < len(again) < len(alone)  # it did not begin anew
    assert again == pytest.approx(alone[-len(again) :], abs=CLOSE)


def words_of(corpus: Path, run: Path, **changes: Any) -> list[str]:
    """The command line of a quick run."""
    options = replace(STEPS, average_words=0, **changes)
    words = [f"--{field.name.replace('_', '-')}={getattr(options, field.name)}" for field in fields(options)]
    return [f"--corpus={corpus}", f"--out={run}", *(word for word in words if not word.endswith(("=True", "=False")))]


def said(folder: Path) -> list[str]:
    """Every line that the processes said."""
    return [line for file in sorted(folder.iterdir()) for line in file.read_text().splitlines()]


def test_many_processes_that_fail_alike_say_one_sentence(tmp_path: Path) -> None:
    says = tmp_path / "says"
    says.mkdir()
    assert together(3, command, words_of(tmp_path / "none", tmp_path / "run"), says=says) == [2, 2, 2]
    (line,) = said(says)
    assert line.startswith("nanopiano: ") and "holds no corpus" in line


def test_a_word_to_stop_ends_all_processes_with_a_checkpoint(corpus: Path, tmp_path: Path) -> None:
    says, run = tmp_path / "says", tmp_path / "run"
    says.mkdir()
    assert together(2, command, words_of(corpus, run), True, says=says) == [130, 130]
    assert said(says)[1:] == ["stopped at step 4; go on with --resume", "nanopiano: stopped"]
    assert load_tensors(run / "checkpoint.safetensors")[1]["step"] == 4


def test_a_full_disk_ends_all_processes_with_one_sentence_and_the_old_checkpoint(corpus: Path, tmp_path: Path) -> None:
    says, run = tmp_path / "says", tmp_path / "run"
    says.mkdir()
    learn(corpus, run, replace(STEPS, average_words=0), until=1_000)
    old = (run / "checkpoint.safetensors").read_bytes()
    words = [*words_of(corpus, run, save_seconds=0.0), "--resume"]
    assert together(2, command, words, False, len(old) // 2, says=says) == [1, 1]
    assert said(says)[-1].startswith(f"nanopiano: cannot write {run / 'checkpoint.safetensors'}")
    assert sum(line.startswith("nanopiano:") for line in said(says)) == 1
    assert (run / "checkpoint.safetensors").read_bytes() == old

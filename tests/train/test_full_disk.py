"""A disk that is full while a run is saved, or that syncs as that of Windows does."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from train_tools import QUICK, some_corpus

from nanopiano.errors import NanopianoError
from nanopiano.train.checkpoint import load_tensors, save_tensors
from nanopiano.train.loop import Trainer, train

resource = pytest.importorskip("resource", reason="this system cannot limit the size of files")
fcntl = pytest.importorskip("fcntl", reason="this system does not tell how a file was opened")


@contextmanager
def files_at_most(size: int) -> Iterator[None]:
    """Let the system refuse to write more than `size` bytes into a file, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_leaves_the_checkpoint_before(tmp_path: Path) -> None:
    corpus = some_corpus(tmp_path, n_pieces=8)
    run = tmp_path / "run"
    trainer = Trainer(corpus, run, QUICK, say=lambda _: None)
    trainer.save()
    before, _ = load_tensors(run / "checkpoint.safetensors")
    torch.nn.init.ones_(trainer.network.get_parameter("words.weight"))
    with files_at_most(50_000), pytest.raises(NanopianoError, match=r"cannot write .*checkpoint\.safetensors: "):
        trainer.save()
    after, _ = load_tensors(run / "checkpoint.safetensors")
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert not list(run.glob("*.part"))
    train(corpus.folder, run, QUICK, resume=True, say=lambda _: None)


def test_weights_are_synced_by_a_handle_that_may_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sync = os.fsync

    def as_windows(handle: int) -> None:
        if fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(9, "Bad file descriptor")
        sync(handle)

    monkeypatch.setattr(os, "fsync", as_windows)
    save_tensors({"a": torch.ones(2)}, tmp_path / "a.safetensors", {})
    assert torch.equal(load_tensors(tmp_path / "a.safetensors")[0]["a"], torch.ones(2))

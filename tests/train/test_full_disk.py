"""A disk that is full while a run is saved: one sentence, and the checkpoint before is whole."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from train_tools import QUICK, some_corpus

from nanopiano.errors import NanopianoError
from nanopiano.train.checkpoint import load_tensors
from nanopiano.train.loop import Trainer, train

resource = pytest.importorskip("resource", reason="this system cannot limit the size of files")


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

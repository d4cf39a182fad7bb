"""Processes that train together, forked from one that has imported torch: seconds are saved with each."""

import json
import multiprocessing
import os
import signal
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.distributed import TCPStore  # type: ignore[attr-defined]
from train_tools import QUICK, some_network

from nanopiano.cli import main
from nanopiano.corpus.packed import Corpus
from nanopiano.train.data import Batch
from nanopiano.train.loop import Trainer
from nanopiano.train.muon import Muon, SharedMuon
from nanopiano.train.options import TrainOptions
from nanopiano.train.processes import RESTARTS, join_processes, joined_processes
from nanopiano.train.sharding import all_whole, shard, sharded_as

resource = pytest.importorskip("resource", reason="forks and limits of Unix are needed", exc_type=ImportError)
STEPS = replace(QUICK, total_words=2_000, eval_words=2_000, save_seconds=1000.0, average_words=1_000)

FORKS = multiprocessing.get_context("forkserver")
PRELOADED = ["process_tools", "torch._dynamo", "torch.distributed.fsdp", "torch.distributed.launcher.api"]
FORKS.set_forkserver_preload(PRELOADED)


# --- how processes are started ---------------------------------------------------------------------------------------


def together(size: int, work: Callable[..., Any], *args: Any, says: Path | None = None) -> list[int | None]:
    """Let so many processes do some work with each other; return their exit statuses.

    What process N says goes to the file N in the folder `says`.
    """
    store = TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)  # as the agent keeps
    members = [FORKS.Process(target=_member, args=(rank, size, store.port, says, work, args)) for rank in range(size)]
    for member in members:
        member.start()
    for member in members:
        member.join()
    return [member.exitcode for member in members]


def _member(rank: int, size: int, port: int, says: Path | None, work: Callable[..., Any], args: Any) -> None:
    """Do the work as torchrun lets its processes do theirs."""
    if says is not None:
        os.dup2(os.open(says / str(rank), os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
        sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115
    launched = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": size, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    os.environ |= {"TORCHELASTIC_USE_AGENT_STORE": "True", **{name: str(launched[name]) for name in launched}}
    if rank == 0:
        warnings.simplefilter("error")
    work(*args)


def restarted(size: int, work: Callable[..., Any], *args: Any) -> int | None:
    """Let torchrun's elastic agent start processes, once more if one is lost; return its exit status."""
    agent = FORKS.Process(target=_agent, args=(size, work, args))
    agent.start()
    agent.join()
    return agent.exitcode


def _agent(size: int, work: Callable[..., Any], args: Any) -> None:
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch  # noqa: PLC0415

    where: dict[str, Any] = {
        "rdzv_backend": "c10d",
        "rdzv_endpoint": "127.0.0.1:0",
        "local_addr": "127.0.0.1",
        "run_id": "test",
    }
    launch = LaunchConfig(1, 1, size, **where, max_restarts=1, start_method="fork", shutdown_timeout=5)
    elastic_launch(launch, work)(*args)


# --- what they do ----------------------------------------------------------------------------------------------------


class Recorded(Trainer):
    """A trainer that remembers the losses of its steps, and is interrupted after so many words."""

    until = inf

    def train(self) -> Any:
        self.steps: list[float] = []
        return super().train()

    def _step(self, batches: list[Batch]) -> float:
        if self.progress.words >= self.until:
            raise KeyboardInterrupt
        self.steps.append(super()._step(batches))
        return self.steps[-1]


def learn(corpus: Path, run: Path, options: TrainOptions, until: float = inf) -> None:
    """Train until so many words were seen; each process writes its losses, that of the validation last."""
    with join_processes():
        processes = joined_processes()
        trainer = Recorded(Corpus.open(corpus), run, options, resume=True, processes=processes, say=lambda _: None)
        trainer.until, loss = until, None
        with suppress(KeyboardInterrupt):
            loss = trainer.learn().per_word
        file = run / f"losses-{processes.rank}-of-{processes.size}.json"
        file.write_text(json.dumps([*trainer.steps, loss]))


def losses(run: Path, size: int) -> list[float]:
    """What `learn` wrote, which all processes must agree on."""
    texts = {(run / f"losses-{rank}-of-{size}.json").read_text() for rank in range(size)}
    assert len(texts) == 1
    return list(json.loads(texts.pop()))


def lose_one(when: str, corpus: Path, run: Path) -> None:
    """Train, but the first time process 1 dies in a step, or process 0 when a second checkpoint is half written."""
    first, rank = os.environ[RESTARTS] == "0", os.environ["RANK"]
    step, move = Trainer._step, Path.replace

    def die_in_step(trainer: Trainer, batches: list[Batch]) -> float:
        if trainer.progress.step == 5:
            os.kill(os.getpid(), signal.SIGKILL)
        return step(trainer, batches)

    def die_in_save(path: Path, target: Any) -> Path:
        if path.suffix == ".part" and target.exists():
            path.write_bytes(path.read_bytes()[:1000])
            os.kill(os.getpid(), signal.SIGKILL)
        return move(path, target)

    if first and (rank, when) == ("1", "in a step"):
        Trainer._step = die_in_step  # type: ignore[method-assign,assignment]
    if first and (rank, when) == ("0", "while saving"):
        Path.replace = die_in_save  # type: ignore[method-assign,assignment]
    learn(corpus, run, replace(STEPS, save_seconds=0.0))


def muon_as_alone(parallel: str, dtype: torch.dtype) -> None:
    """Make three steps of Muon, once with the others and once alone, with the same gradients."""

    with join_processes():
        ours, theirs = some_network(), some_network()
        if parallel == "fsdp":
            shard(ours, torch.device("cpu"), 2)
        torch.manual_seed(1)
        shared = SharedMuon(ours.blocks.parameters(), lr=0.1, weight_decay=0.1, dtype=dtype)
        single = Muon(theirs.blocks.parameters(), lr=0.1, weight_decay=0.1, dtype=dtype)
        for _ in range(3):
            for mine, other in zip(ours.blocks.parameters(), theirs.blocks.parameters(), strict=True):
                other.grad = torch.randn_like(other)
                mine.grad = sharded_as(other.grad, mine)
            shared.step()
            single.step()
        weights = all_whole(ours.state_dict(), keep=True)
        assert all(torch.equal(weights[name], weight) for name, weight in theirs.state_dict().items())


def command(words: list[str], told_to_stop: bool = False, most_bytes: int | None = None) -> None:
    """Be `python -m nanopiano.train`, told to stop while it learns, or on a disk with room for files of some size."""
    if told_to_stop and os.environ["RANK"] == "1":
        step = Trainer._step

        def stopped_in_step(trainer: Trainer, batches: list[Batch]) -> float:
            if trainer.progress.step == 3:
                os.kill(os.getpid(), signal.SIGTERM)
            return step(trainer, batches)

        Trainer._step = stopped_in_step  # type: ignore[method-assign,assignment]
    if most_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
    sys.exit(main(["train", *words], within=join_processes()))

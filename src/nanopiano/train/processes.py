"""One process that trains, or many started by torchrun: who does what, and how their numbers become one.

Alone, everything is its own and nothing waits. Among many, every process works on its share of the windows of each
step, all make the same step, and the first alone writes and speaks. Gradients are added up by
`DistributedDataParallel`, where every process holds the network, or `fully_shard`, where each holds a part of it.
"""

import logging
import os
import signal
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from types import FrameType
from typing import Any, NoReturn

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.distributed_c10d import PrefixStore, Store
from torch.distributed.rendezvous import rendezvous

from nanopiano.errors import InputError, NanopianoError
from nanopiano.train.muon import Muon, SharedMuon
from nanopiano.train.pace import Say
from nanopiano.train.sharding import is_sharded, outgrows, shard

LAUNCHED = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")  # what torchrun tells its processes
RESTARTS = "TORCHELASTIC_RESTART_COUNT"
POLL_SECONDS = 0.05  # between looks at whether all have come
PATIENCE = timedelta(minutes=30)  # with a process that others wait for: it may be compiling, or writing a checkpoint


class Processes:
    """A process that trains alone."""

    rank, size = 0, 1
    remark = ""  # to be said where the device is named

    @property
    def is_writer(self) -> bool:
        """Whether this process writes files and speaks."""
        return self.rank == 0

    @property
    def restarted(self) -> bool:
        """Whether torchrun started the processes again after one was lost: then the run is to go on."""
        return int(os.environ.get(RESTARTS, "0")) > 0

    def voice(self, say: Say) -> Say:
        """Return how to speak, which does nothing where another process speaks."""
        return say if self.is_writer else lambda _: None

    def device(self, device: torch.device) -> torch.device:
        """Return which of the devices of that kind is this process's."""
        return device

    def place(self, network: nn.Module, device: torch.device, parallel: str) -> nn.Module:  # noqa: ARG002
        """Bring a network that every process made alike to the device, or this process's part of it."""
        return network.to(device)

    def joined(self, network: nn.Module) -> nn.Module:
        """Return what is to be called in place of the network, so that gradients are the mean over all processes."""
        return network

    @property
    def muon(self) -> type[Muon]:
        """How Muon is computed."""
        return Muon

    def part(self, *, last: bool) -> AbstractContextManager[Any]:  # noqa: ARG002
        """Surround the forward and backward pass of one batch of a step; gradients are sent with the last one."""
        return nullcontext()

    def sum(self, value: float) -> float:
        """Return the sum of every process's value; all must ask."""
        return value

    def any(self, flag: bool) -> bool:
        """Return whether any process says so; all must ask. Raises KeyboardInterrupt in all if one was told to stop."""
        return flag


ALONE = Processes()


class ManyProcesses(Processes):
    """One of the processes that torchrun started, all of them connected."""

    def __init__(self, rank: int, size: int, local_rank: int) -> None:
        self.rank, self.size, self.local_rank = rank, size, local_rank
        self.stopped = False
        self.replica: nn.parallel.DistributedDataParallel | None = None
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        # Nobody may leave while the others wait: all do after the step, and can keep a checkpoint together.
        self.stopped = True

    def device(self, device: torch.device) -> torch.device:
        """Return the GPU with the number of this process on its machine, unless another one was named."""
        if device.type != "cuda" or device.index is not None:
            return device
        if self.local_rank >= torch.cuda.device_count():
            raise InputError(
                f"there are {torch.cuda.device_count()} GPUs here for {self.local_rank + 1} processes or more: "
                "start one process a GPU"
            )
        return torch.device("cuda", self.local_rank)

    def place(self, network: nn.Module, device: torch.device, parallel: str) -> nn.Module:
        """Bring a network that every process made alike to the device, or this process's part of it."""
        if parallel == "fsdp" or (parallel == "auto" and outgrows(network, device)):
            self.remark = f", in parts on {self.size} processes"
            return shard(network, device, self.size)
        self.remark = f" by {self.size} processes"
        return network.to(device)

    def joined(self, network: nn.Module) -> nn.Module:
        """Return what is to be called in place of the network, so that gradients are the mean over all processes."""
        if any(map(is_sharded, network.parameters())):
            return network
        # The network's buffers are constants: they need not be sent with every step.
        self.replica = nn.parallel.DistributedDataParallel(
            network, forward_sync_buffers=False, gradient_as_bucket_view=True
        )
        return self.replica

    @property
    def muon(self) -> type[Muon]:
        """How Muon is computed."""
        return SharedMuon

    def part(self, *, last: bool) -> AbstractContextManager[Any]:
        """Surround the forward and backward pass of one batch of a step; gradients are sent with the last one.

        A network in parts sends with every batch: to keep whole gradients would take the memory that the parts save.
        """
        return nullcontext() if last or self.replica is None else self.replica.no_sync()

    def sum(self, value: float) -> float:
        """Return the sum of every process's value; all must ask."""
        return self._sums(value)[0]

    def any(self, flag: bool) -> bool:
        """Return whether any process says so; all must ask. Raises KeyboardInterrupt in all if one was told to stop."""
        n_flags, n_stopped = self._sums(flag, self.stopped)
        if n_stopped:
            raise KeyboardInterrupt
        return n_flags > 0

    def _sums(self, *values: float) -> list[float]:
        together = torch.tensor(values, dtype=torch.float64)  # on the CPU: no GPU is waited for
        dist.all_reduce(together)
        return together.tolist()


@contextmanager
def join_processes() -> Iterator[None]:
    """Connect this process with those that torchrun started beside it, if it did, and leave them together.

    What goes wrong is raised in the process where it did first; the others, which it takes down, leave by SystemExit.
    Raises NanopianoError if another process is lost.
    """
    if not _launched():
        yield
        return
    local_rank = int(os.environ["LOCAL_RANK"])
    if local_rank < torch.cuda.device_count():
        torch.cuda.set_device(local_rank)  # what is put on "the" GPU lies on this process's
    shared, rank, size = next(rendezvous("env://"))
    if rank != 0:  # what torch warns of is the same for all
        warnings.simplefilter("ignore")
        logging.getLogger("torch").setLevel(logging.ERROR)
    attempt = _attempt(shared, rank, size)
    os.environ[RESTARTS] = str(attempt - 1)  # torchrun counts on each machine by itself
    # torchrun keeps the store over restarts, where addresses of processes that are gone would be found.
    store = PrefixStore(f"nanopiano/{attempt}", shared)
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() and dist.is_nccl_available() else "gloo"
    dist.init_process_group(backend, store=store, rank=rank, world_size=size, timeout=PATIENCE)
    try:
        yield
    except (Exception, KeyboardInterrupt) as error:
        if not _is_first(store):
            raise SystemExit(_status(error)) from None
        if isinstance(error, RuntimeError) and _is_loss(error):
            raise NanopianoError(
                f"process {rank} of {size} lost another one: read what it said, then go on with --resume "
                "(torchrun --max-restarts 3 does so by itself)"
            ) from error
        raise
    dist.destroy_process_group()


def joined_processes() -> Processes:
    """Return this process among those that `join_processes` connected, or alone."""
    if not dist.is_initialized():
        return ALONE
    return ManyProcesses(dist.get_rank(), dist.get_world_size(), int(os.environ["LOCAL_RANK"]))


def leave(status: int) -> NoReturn:
    """End this process; among others at once, for threads of gloo may outlive the interpreter and abort the process."""
    if not _launched():
        sys.exit(status)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _launched() -> bool:
    return all(os.environ.get(name) for name in LAUNCHED) and os.environ["WORLD_SIZE"] != "1"


def _attempt(store: Store, rank: int, size: int) -> int:
    """Return how often processes have met in this store: a number that those started together agree on, from 1.

    The first one opens the next meeting, and closes the door when all are there. The others take their seats in the
    latest meeting that is open, and leave it for a later one if it is of processes that are gone.
    """
    if rank == 0:
        number = int(store.add("nanopiano/meetings", 1))
        while store.add(f"nanopiano/{number}/present", 0) < size - 1:
            time.sleep(POLL_SECONDS)
        store.set(f"nanopiano/{number}/complete", "")
        return number
    number, seated = 0, False
    while not (seated and store.check([f"nanopiano/{number}/complete"])):
        time.sleep(POLL_SECONDS)
        latest = int(store.add("nanopiano/meetings", 0))
        if latest > number:
            number, seated = latest, store.add(f"nanopiano/{latest}/seat {rank}", 1) == 1
            store.add(f"nanopiano/{number}/present", int(seated))
    return number


def _is_first(store: Store) -> bool:
    """Whether this process is the first to fail."""
    try:
        return int(store.add("failed", 1)) == 1
    except RuntimeError:  # whoever kept the store is gone: better said twice than never
        return True


def _is_loss(error: RuntimeError) -> bool:
    """Whether torch says by this error that another process is gone."""
    return isinstance(error, dist.DistError) or "gloo" in str(error).lower()


def _status(error: BaseException) -> int:
    if isinstance(error, KeyboardInterrupt):
        return 130
    return error.exit_status if isinstance(error, NanopianoError) else 1

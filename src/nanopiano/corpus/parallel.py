"""Make the packed batches of a build in several processes, with flat memory, and end cleanly after Ctrl-C."""

import multiprocessing
import os
import signal
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import NamedTuple

from nanopiano.corpus.judge import Rules
from nanopiano.corpus.prepare import prepare_batch
from nanopiano.corpus.sources import Item
from nanopiano.errors import NanopianoError
from nanopiano.files import write_atomically

WAITING = 3  # batches in flight for each worker: enough that none is idle, few enough that memory stays flat


class Job(NamedTuple):
    """A batch to read and the file that it goes to, packed."""

    file: Path
    batch: list[Item]


def make_batches(jobs: Iterable[Job], rules: Rules, workers: int) -> Generator[int]:
    """Make the file of each job that has none yet; yields how many pieces are done, as they are."""
    return _run_here(jobs, rules) if workers == 1 else _run_in_pool(jobs, rules, workers)


def _run_here(jobs: Iterable[Job], rules: Rules) -> Generator[int]:
    for job in jobs:
        yield len(job.batch) if job.file.exists() else _make_batch(job, rules)


def _run_in_pool(jobs: Iterable[Job], rules: Rules, workers: int) -> Generator[int]:
    """Run jobs in processes, with so few waiting that memory stays flat; after Ctrl-C the running ones end first."""
    # Spawned, not forked: the same on every system, and no thread of the parent is copied half-way.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _belong_to_parent) as pool:
        running: set[Future[int]] = set()
        try:
            for job in jobs:
                if job.file.exists():
                    yield len(job.batch)
                    continue
                with _ctrl_c_held_back():
                    running.add(pool.submit(_make_batch, job, rules))
                if len(running) >= WAITING * workers:
                    done, running = wait(running, return_when=FIRST_COMPLETED)
                    yield sum(future.result() for future in done)
            yield sum(future.result() for future in running)
        finally:
            pool.shutdown(cancel_futures=True)


def _make_batch(job: Job, rules: Rules) -> int:
    packed = prepare_batch(job.batch, rules)
    try:
        write_atomically(job.file, packed)
    except NanopianoError as error:
        raise NanopianoError(f"{error}; mend that, then give the same command to go on") from error
    return len(job.batch)


def _belong_to_parent() -> None:
    """Leave Ctrl-C to the parent, and end when it does, however that was: its queue would keep us waiting for ever."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


@contextmanager
def _ctrl_c_held_back() -> Iterator[None]:
    """Hold Ctrl-C back while a process starts: it inherits that, and so cannot be hit before it ignores the signal."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

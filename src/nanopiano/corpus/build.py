"""Build a packed corpus, or a part of one: batches in parallel, then one pass that joins them.

The order of everything follows the order of the input, never the order in which workers finish, so the result is the
same bytes for any number of workers. Packed batches wait in `DIR/.building`; an interrupted build goes on there.
"""

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path

from tqdm import tqdm

from nanopiano.corpus.batch import PackedBatch
from nanopiano.corpus.join import join_batches
from nanopiano.corpus.judge import Rules
from nanopiano.corpus.packed import FORMAT
from nanopiano.corpus.parallel import Job, make_batches
from nanopiano.corpus.part import Input, Part, write_part
from nanopiano.corpus.report import Report
from nanopiano.corpus.share import ALONE, Share
from nanopiano.corpus.sources import Survey, items_of, survey
from nanopiano.corpus.unfinished import check_free, throw_away, work_folder
from nanopiano.errors import InputError, NanopianoError
from nanopiano.music.vocab import vocabulary

BATCH = 32  # pieces; what is lost at most when a build is interrupted

Say = Callable[[str], None]


def build_corpus(
    paths: Sequence[Path],
    out: Path,
    *,
    workers: int | None = None,
    rules: Rules | None = None,
    progress: bool = True,
    say: Say = lambda _: None,
) -> Report:
    """Build the corpus of `paths` (folders of MIDI, .jsonl[.xz] files) in the folder `out`; returns its report.

    `workers` processes read (all cores if None); `progress` shows a bar on standard error; `say` is told when an
    earlier build is gone on with or begun anew. After Ctrl-C the same call goes on where it stopped.
    Raises InputError if there is nothing to build from or keep, or `out` holds something else; NanopianoError if the
    disk is full or read-only.
    """
    rules = rules or Rules()
    with _told(out, workers):
        work, found = _read(paths, out, ALONE, workers, rules, progress, say)
        try:
            with _bar(found.items, "joining", progress, delay=1) as bar:
                report = join_batches(lambda: _packed(work, ALONE, found), out, work, rules, bar.update)
        except InputError:
            throw_away(work)
            raise
        shutil.rmtree(work)
    return report


def build_part(
    paths: Sequence[Path],
    out: Path,
    share: Share,
    *,
    workers: int | None = None,
    rules: Rules | None = None,
    progress: bool = True,
    say: Say = lambda _: None,
) -> Part:
    """Build in the folder `out` the part of a corpus that is one machine's `share`, for `merge_parts`.

    Everything else is as in `build_corpus`, but a part may be empty, or have nothing that is kept.
    """
    rules = rules or Rules()
    with _told(out, workers):
        work, found = _read(paths, out, share, workers, rules, progress, say)
        of = Input(found.items, found.listing, BATCH, asdict(rules), vocabulary(rules.steps_per_beat).fingerprint)
        part = write_part(_packed(work, share, found), share, of, work, out)
        shutil.rmtree(work)
    return part


def _read(
    paths: Sequence[Path], out: Path, share: Share, workers: int | None, rules: Rules, progress: bool, say: Say
) -> tuple[Path, Survey]:
    """Read and judge the share; returns the folder with its packed batches, and what the input is."""
    workers = workers if workers is not None else _cores()
    if workers < 1:
        raise InputError(f"{workers} workers cannot build a corpus: give at least 1")
    check_free(out, share.makes)
    found = survey(paths)
    of = {"format": FORMAT, "batch": BATCH, "input": found.signature, "rules": asdict(rules)}
    work = work_folder(out, share.makes, of, say)
    jobs = (Job(_file(work, number), batch) for number, batch in share.batches_of(items_of(paths), BATCH))
    run = make_batches(jobs, rules, workers)
    expected, read = share.items(found.items, BATCH), 0
    with _bar(expected, None, progress) as bar, closing(run):
        for done in run:
            bar.update(done)
            read += done
    if read != expected:
        raise NanopianoError(f"{read} of {expected} pieces were read: the input changed meanwhile, build again")
    return work, found


def _packed(work: Path, share: Share, found: Survey) -> Iterator[PackedBatch]:
    """Yield the packed batches of the share in order."""
    return (PackedBatch.whole(_file(work, number)) for number in share.numbers(found.items, BATCH))


def _file(work: Path, number: int) -> Path:
    return work / f"{number:07d}.batch"


@contextmanager
def _told(out: Path, workers: int | None) -> Iterator[None]:
    """Say what the system refuses, and how to go on."""
    try:
        yield
    except OSError as error:
        where = error.filename or out
        raise NanopianoError(
            f"cannot build the corpus: {where}: {error.strerror}; mend that, then give the same command to go on"
        ) from error
    except BrokenProcessPool as error:
        raise NanopianoError(
            "a worker was ended from outside (out of memory?): give the same command with fewer than "
            f"{workers or _cores()} workers"
        ) from error


def _bar(total: int, what: str | None, shown: bool, delay: float = 0) -> "tqdm[None]":
    return tqdm(total=total, desc=what, unit="piece", file=sys.stderr, disable=not shown, delay=delay)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

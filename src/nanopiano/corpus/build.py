"""Build a packed corpus: parts in parallel, then one pass that joins them.

The order of everything follows the order of the input, never the order in which workers finish, so the result is the
same bytes for any number of workers. Parts wait in `DIR/.building`; a build that was interrupted goes on from there.
"""

import json
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from tqdm import tqdm

from nanopiano.corpus.join import join_parts
from nanopiano.corpus.judge import Rules
from nanopiano.corpus.packed import CORPUS_FILE, FORMAT
from nanopiano.corpus.parallel import Job, make_parts
from nanopiano.corpus.report import Report
from nanopiano.corpus.sources import Survey, batches, items_of, survey
from nanopiano.errors import InputError, NanopianoError
from nanopiano.files import write_atomically

BATCH = 32  # pieces a part; a part is what is lost at most when a build is interrupted
WORK_FOLDER = ".building"
STATE_FILE = "state.json"


def build_corpus(
    paths: Sequence[Path],
    out: Path,
    *,
    workers: int | None = None,
    rules: Rules | None = None,
    progress: bool = True,
    say: Callable[[str], None] = lambda _: None,
) -> Report:
    """Build the corpus of `paths` (folders of MIDI, .jsonl[.xz] files) in the folder `out`; returns its report.

    `workers` processes read (all cores if None); `progress` shows a bar on standard error; `say` is told when an
    earlier build is gone on with or begun anew. After Ctrl-C the same call goes on where it stopped.
    Raises InputError if there is nothing to build from or keep, or `out` holds something else; NanopianoError if the
    disk is full or read-only.
    """
    rules = rules or Rules()
    workers = workers if workers is not None else _cores()
    if workers < 1:
        raise InputError(f"{workers} workers cannot build a corpus: give at least 1")
    check_free(out)
    try:
        found = survey(paths)
        work = _work_folder(out, found, rules, say)
        jobs = (Job(work / f"{n:07d}.part", batch) for n, batch in enumerate(batches(items_of(paths), BATCH)))
        run = make_parts(jobs, rules, workers)
        with tqdm(total=found.items, unit="piece", file=sys.stderr, disable=not progress) as bar, closing(run):
            for done in run:
                bar.update(done)
        report = _join(work, out, rules, found)
    except OSError as error:
        where = error.filename or out
        raise NanopianoError(
            f"cannot build the corpus: {where}: {error.strerror}; mend that, then give the same command to go on"
        ) from error
    except BrokenProcessPool as error:
        raise NanopianoError(
            f"a worker was ended from outside (out of memory?): give the same command with fewer than {workers} workers"
        ) from error
    return report


def check_free(out: Path) -> None:
    """Refuse a folder that holds anything but an unfinished build. Raises InputError."""
    if (out / CORPUS_FILE).exists():
        raise InputError(f"{out} holds a corpus already: choose another folder with -o, or delete it first")
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file: choose a folder with -o")
    if out.is_dir() and not (out / WORK_FOLDER).is_dir() and any(out.iterdir()):
        raise InputError(f"{out} holds something else: choose an empty or a new folder with -o")


def _work_folder(out: Path, found: Survey, rules: Rules, say: Callable[[str], None]) -> Path:
    """Return the folder of parts; those of another input or other rules are thrown away."""
    work = out / WORK_FOLDER
    state = json.dumps({"format": FORMAT, "batch": BATCH, "input": found.signature, "rules": asdict(rules)}).encode()
    state_file = work / STATE_FILE
    if work.is_dir():
        if state_file.is_file() and state_file.read_bytes() == state:
            say(f"going on with the unfinished build in {out}")
            return work
        say(f"the input or the rules have changed since the unfinished build in {out}: beginning anew")
        shutil.rmtree(work)
        for file in out.glob("*.*"):  # what an interrupted build had in place already; the folder was empty before it
            file.unlink()
    work.mkdir(parents=True)
    write_atomically(state_file, state)
    return work


def _join(work: Path, out: Path, rules: Rules, found: Survey) -> Report:
    try:
        report = join_parts(sorted(work.glob("*.part")), out, work, rules, found.items)
    except InputError:
        shutil.rmtree(work)  # to go on would only fail again
        raise
    shutil.rmtree(work)
    return report


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

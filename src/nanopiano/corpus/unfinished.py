"""The folder of work within a corpus, or a part of one, that is not finished."""

import json
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from nanopiano.corpus.packed import CORPUS_FILE
from nanopiano.errors import InputError
from nanopiano.files import write_atomically

WORK_FOLDER = ".building"
STATE_FILE = "state.json"
PART_FILE = "part.json"
PUT_IN_PLACE = ("train-*.bin", "val-*.bin", "train.jsonl", "val.jsonl", "refused.jsonl", "report.*", "pieces.bin")


def check_free(out: Path, makes: str) -> None:
    """Refuse a folder that holds anything but unfinished work that `makes` the same, as `work_folder` calls it.

    Raises InputError. Unfinished work may be that of hours, so that of another kind is not thrown away.
    """
    for file, what in ((CORPUS_FILE, "a corpus"), (PART_FILE, "a part of a corpus")):
        if (out / file).exists():
            raise InputError(f"{out} holds {what} already: choose another folder with -o, or delete it first")
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file: choose a folder with -o")
    if out.is_dir() and not (out / WORK_FOLDER).is_dir() and any(out.iterdir()):
        raise InputError(f"{out} holds something else: choose an empty or a new folder with -o")
    unfinished = _read(out / WORK_FOLDER / STATE_FILE).get("makes", makes)
    if unfinished != makes:
        raise InputError(f"{out} holds an unfinished {unfinished}: choose another folder with -o, or delete it first")


def work_folder(out: Path, makes: str, of: dict[str, Any], say: Callable[[str], None] = lambda _: None) -> Path:
    """Return the folder for the work that makes a "build", a "merge" or a "part 2 of 4" in `out`.

    `of` is all that the result depends on: unfinished work of the same is gone on with, of another thrown away, and
    `say` is told. `check_free` comes first.
    """
    work = out / WORK_FOLDER
    state_file = work / STATE_FILE
    state = {"makes": makes} | of
    if work.is_dir():
        if _read(state_file) == state:
            say(f"going on with the unfinished {makes} in {out}")
            return work
        say(f"the input or the rules have changed since the unfinished {makes} in {out}: beginning anew")
        shutil.rmtree(work)
        for pattern in PUT_IN_PLACE:  # what interrupted work had in place already
            for file in out.glob(pattern):
                file.unlink()
    work.mkdir(parents=True)
    write_atomically(state_file, json.dumps(state).encode())
    return work


def throw_away(work: Path) -> None:
    """Delete work that would only fail again, and the folder that was made for it."""
    shutil.rmtree(work)
    with suppress(OSError):  # it may hold more
        work.parent.rmdir()


def _read(state_file: Path) -> dict[str, Any]:
    try:
        found = json.loads(state_file.read_bytes())
    except (OSError, ValueError):  # interrupted before it was written
        return {}
    return found if isinstance(found, dict) else {}


def put_in_place(path: Path, target: Path) -> None:
    """Move a whole file to its place. Raises OSError."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())  # or a power cut could leave the name without the content
    path.replace(target)

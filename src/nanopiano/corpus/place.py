"""A folder that is made beside its place and moved there when it is whole."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from nanopiano.errors import InputError

TEMPORARY = ".nanopiano-*.tmp"  # of `write_atomically`


def check_place(out: Path) -> None:
    """Raise InputError unless `out` is a new or an empty folder with a name of its own."""
    if out.name in ("", ".."):
        raise InputError(f"{out} cannot be made anew: name a new folder with -o")
    if out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise InputError(f"{out} is there and holds something else: choose another folder with -o")


def beside(out: Path, ending: str) -> Path:
    """Return the path beside `out` with an ending more."""
    return out.with_name(out.name + ending)


def check_work(folder: Path, ours: Sequence[str]) -> None:
    """Raise InputError unless all that lies in a folder `beside` its place has names of ours (patterns).

    If there is anything else, the folder is not of our making, and nothing in it is ours to delete.
    """
    for path in folder.iterdir() if folder.is_dir() else ():
        if not any(path.match(name) for name in (*ours, TEMPORARY)):
            raise InputError(f"{folder} is needed for the work and holds {path.name}: move that folder away first")


def clear(folder: Path, ours: Sequence[str]) -> None:
    """Delete what interrupted work left in a folder `beside` its place. Raises InputError as `check_work` does."""
    check_work(folder, ours)
    shutil.rmtree(folder, ignore_errors=True)


def move_to_place(whole: Path, out: Path) -> None:
    """Rename the folder `whole` to `out`, which is not there or empty. Raises OSError."""
    if out.is_dir():
        out.rmdir()  # Windows does not rename onto a folder
    whole.replace(out)

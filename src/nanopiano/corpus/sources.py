"""Find what a corpus is built from: MIDI files and scores below folders, and lines of `.jsonl` or `.jsonl.xz` files."""

import hashlib
import lzma
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from nanopiano.errors import InputError
from nanopiano.score.read import SCORE_SUFFIXES

MIDI_SUFFIXES = (".mid", ".midi")
FILE_SUFFIXES = MIDI_SUFFIXES + SCORE_SUFFIXES
TEXT_SUFFIXES = (".jsonl", ".jsonl.xz")


class Item(NamedTuple):
    """One piece to read: a MIDI file or a score, or a line of JSON where `line` is given."""

    name: str  # how reports call it: `folder/below/file.mid` or `file.jsonl.xz:17`
    path: Path
    line: bytes | None = None


class Survey(NamedTuple):
    """What one look over the sources says."""

    items: int  # pieces to read
    listing: (
        str  # changes with names, sizes of files and lines of texts: equal on all machines that have the same input
    )
    signature: str  # changes with the times of the files too


def items_of(paths: Iterable[Path]) -> Iterator[Item]:
    """Yield all pieces, the paths in the order given, folders sorted by name; the order decides which copy is kept.

    Raises InputError for a path that does not exist, is of no known kind, or cannot be read.
    """
    for path in paths:
        if _is_text(path):
            yield from _lines(path)
        elif path.is_dir():
            root = _shown(Path(path.resolve().name))
            for file, below in _files_below(path, ""):
                yield Item(f"{root}/{_shown(Path(below))}", file)
        elif path.is_file() and path.name.lower().endswith(FILE_SUFFIXES):
            yield Item(_shown(Path(path.name)), path)
        else:
            wrong = "is neither a folder, MIDI file, score nor .jsonl[.xz]" if path.exists() else "does not exist"
            raise InputError(f"{path} {wrong}: name folders of music, or .jsonl[.xz] files with a text a line")


def survey(paths: Iterable[Path]) -> Survey:
    """Count the pieces and sum up what they are; no MIDI file or score is opened."""
    paths = list(paths)
    listing, times = hashlib.sha256(), hashlib.sha256()
    count = 0
    file = None
    for item in items_of(paths):
        count += 1
        if item.path != file:
            file = item.path
            facts = _stat(file)
            times.update(f"{facts.st_mtime_ns}\n".encode())
        listing.update(f"{item.name}\0".encode() + (item.line or f"{facts.st_size}\n".encode()))
    if not count:
        raise InputError(
            f"no .mid or .midi file, no score and no text in {', '.join(map(str, paths))}: nothing to build from"
        )
    times.update(listing.digest())
    return Survey(count, listing.hexdigest(), times.hexdigest())


def _stat(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except OSError:  # a link to nothing is refused later, with a reason
        return path.lstat()


def _is_text(path: Path) -> bool:
    return path.name.lower().endswith(TEXT_SUFFIXES) and path.is_file()


def _open(path: Path) -> BinaryIO:
    return lzma.open(path, "rb") if path.name.lower().endswith(".xz") else path.open("rb")  # type: ignore[return-value]


def _lines(path: Path) -> Iterator[Item]:
    number = 0
    try:
        with _open(path) as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield Item(f"{_shown(Path(path.name))}:{number}", path, line)
    except (lzma.LZMAError, EOFError) as error:
        raise InputError(f"{path} is damaged after line {number}: {error}; fetch the file again") from error
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error


def _files_below(folder: Path, below: str) -> Iterator[tuple[Path, str]]:
    """Yield MIDI files and scores with their path below the root; links to folders, maybe circles, are not followed."""
    names, folders = [], set()
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.add(entry.name)
                if entry.name in folders or entry.name.lower().endswith(FILE_SUFFIXES):
                    names.append(entry.name)  # as bare as can be: a folder may hold millions
    except OSError as error:
        raise InputError(f"cannot read the folder {folder}: {error.strerror}") from error
    names.sort()
    for name in names:
        if name in folders:
            yield from _files_below(folder / name, f"{below}{name}/")
        else:
            yield folder / name, below + name


def _shown(path: Path) -> str:
    """Return a path as text that any file can hold, whatever bytes the system has in the name."""
    return os.fsencode(path.as_posix()).decode("utf-8", "replace")

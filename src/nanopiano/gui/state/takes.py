"""Takes: every result of the window is kept, one JSON file each, from its first note on.

A file holds the fields of `Take` by name, the piece with its notes as rows [onset, pitch, length, velocity] in steps,
MIDI numbers and 1..127. Its name is the id of the take, and ids sort by time.
"""

from __future__ import annotations

import json
import math
import re
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from nanopiano.errors import InputError, NanopianoError
from nanopiano.files import write_atomically
from nanopiano.music.grid import HIGHEST_PITCH, LOWEST_PITCH, Grid
from nanopiano.music.piece import NoteArray, Piece

FORMAT, VERSION = "nanopiano take", 1
IDS = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
LAST_STEP = 2**30  # far beyond any piece, and sums of two still fit into 32 bits
SUFFIX, ASIDE = ".json", ".damaged"


@dataclass(frozen=True)
class Take:
    """A result: what was composed, and how."""

    id: str  # letters, digits, - and _; sorts by time
    name: str
    piece: Piece
    begin: int  # steps: new music stands in [begin, end)
    end: int | None  # None: to the end of the piece
    seed: int | None
    kind: str  # "new", "song", "file", "again" or "on"
    origin: str  # the song, file or take that it goes on from
    settings: dict[str, float | int | str | None]
    made: str  # ISO time
    pinned: bool = False
    finished: bool = True  # False: composing was cancelled, or never came to its end


class TakeStore:
    """The folder of takes. All methods raise NanopianoError, with one sentence, where the system refuses."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.damaged = 0  # files that the last `load` could not read

    def load(self) -> list[Take]:
        """Return all takes, oldest first.

        What is no take is renamed to end in `.damaged` and counted in `damaged`.
        """
        self.damaged = 0
        try:
            paths = sorted(self.folder.glob(f"*{SUFFIX}")) if self.folder.exists() else []
        except OSError as error:
            raise NanopianoError(f"cannot read the takes in {self.folder}: {_reason(error)}") from None
        return [take for path in paths if (take := self._read(path)) is not None]

    def save(self, take: Take) -> None:
        """Write a take, whole or not at all."""
        path = self._path(take.id)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise NanopianoError(f"takes cannot be kept in {self.folder}: {_reason(error)}") from None
        write_atomically(path, _to_json(take))

    def remove(self, take_id: str) -> None:
        """Delete the file of a take, if there is one."""
        path = self._path(take_id)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise NanopianoError(f"cannot remove {path}: {_reason(error)}") from None

    def _read(self, path: Path) -> Take | None:
        try:
            return _from_json(path.stem, path.read_bytes())
        except OSError:  # not ours to read: not known to be damaged either
            self.damaged += 1
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
            self.damaged += 1
            with suppress(OSError):
                path.rename(_free(path))
        return None

    def _path(self, take_id: str) -> Path:
        if not IDS.fullmatch(take_id):
            raise InputError(f"{take_id!r} is no id of a take: expected letters, digits, - and _")
        return self.folder / f"{take_id}{SUFFIX}"


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _free(path: Path) -> Path:
    """Return a name that is not taken, for a damaged file."""
    names = (path.with_name(f"{path.name}{'' if n == 1 else f'.{n}'}{ASIDE}") for n in range(1, 10_000))
    return next(name for name in names if not name.exists())


# --- the format ------------------------------------------------------------------------------------------------------


def _to_json(take: Take) -> bytes:
    """Return the file of a take; plain ASCII, so that no name can fail to be written."""
    piece = take.piece
    facts = {field.name: getattr(take, field.name) for field in fields(take) if field.name not in ("id", "piece")}
    music = {
        "bpm": piece.bpm,
        "title": piece.title,
        "time_signature": piece.time_signature,
        "steps_per_beat": piece.grid.steps_per_beat,
        "notes": piece.notes.tolist(),
    }
    return json.dumps({"format": FORMAT, "version": VERSION, **facts, "piece": music}).encode("ascii")


def _from_json(take_id: str, data: bytes) -> Take:
    """Return the take of a file. Raises ValueError, TypeError or KeyError for one that holds none."""
    facts = json.loads(data)
    _expect(isinstance(facts, dict) and facts.pop("format") == FORMAT and facts.pop("version") == VERSION)
    _expect(IDS.fullmatch(take_id) is not None)
    take = Take(id=take_id, piece=_piece(facts.pop("piece")), **facts)
    for name, kinds in _KINDS.items():
        _expect(type(getattr(take, name)) in kinds)
    _expect(all(type(value) in (float, int, str, type(None)) for value in take.settings.values()))
    return take


# The types of the plain fields; `type`, not `isinstance`, since True is an int.
_KINDS: dict[str, tuple[type, ...]] = {
    "name": (str,), "begin": (int,), "end": (int, type(None)), "seed": (int, type(None)), "kind": (str,),
    "origin": (str,), "settings": (dict,), "made": (str,), "pinned": (bool,), "finished": (bool,),
}  # fmt: skip


def _piece(music: dict[str, Any]) -> Piece:
    beats, unit = music["time_signature"]
    bpm, title, steps_per_beat = music["bpm"], music["title"], music["steps_per_beat"]
    _expect(type(bpm) in (int, float) and math.isfinite(bpm) and bpm > 0 and type(title) is str)
    _expect(all(type(number) is int and number > 0 for number in (beats, unit, steps_per_beat)))
    return Piece(_notes(music["notes"]), bpm, title, (beats, unit), Grid(steps_per_beat))


def _notes(rows: list[list[int]]) -> NoteArray:
    if not rows:
        return np.empty((0, 4), dtype=np.int32)
    notes = np.array(rows)
    _expect(notes.dtype.kind == "i" and notes.ndim == 2 and notes.shape[1] == 4)
    low, high = (0, LOWEST_PITCH, 1, 1), (LAST_STEP, HIGHEST_PITCH, LAST_STEP, 127)
    _expect(bool(((notes >= low) & (notes <= high)).all()))
    return notes.astype(np.int32)


def _expect(condition: bool) -> None:
    if not condition:
        raise ValueError("not a take")

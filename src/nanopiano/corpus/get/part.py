"""The part of a file that has come so far, and beside it a note of which file it is the beginning of."""

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from nanopiano.errors import NanopianoError
from nanopiano.files import write_atomically


@dataclass(frozen=True)
class Note:
    """What is known of the file whose beginning lies on disk; kept beside it."""

    address: str
    validator: str  # strong ETag or Last-Modified; empty if the server gives none
    total: int | None  # bytes

    @staticmethod
    def file(part: Path) -> Path:
        """Return where the note of a part lies."""
        return part.with_name(part.name + ".json")

    @classmethod
    def read(cls, part: Path) -> "Note | None":
        """Return the note of a part, None if there is none that can be used."""
        try:
            return cls(**json.loads(cls.file(part).read_bytes()))
        except (OSError, ValueError, TypeError):
            return None


def size_of(part: Path) -> int:
    """Return how much of the file is there, bytes."""
    return part.stat().st_size if part.is_file() else 0


def begin_part(part: Path, note: Note) -> None:
    """Begin anew, with a note of what is to come."""
    forget(part)
    write_atomically(Note.file(part), json.dumps(asdict(note)).encode())


def forget(part: Path) -> None:
    """Remove a part and its note."""
    part.unlink(missing_ok=True)
    Note.file(part).unlink(missing_ok=True)


def check_room(part: Path, coming: int | None) -> None:
    """Raise NanopianoError if so many bytes more do not fit; None if it is not known how many will come."""
    free = shutil.disk_usage(part.parent).free
    if coming is not None and coming > free:
        raise NanopianoError(f"{coming:,} bytes are to come and {free:,} are free in {part.parent}: make room")

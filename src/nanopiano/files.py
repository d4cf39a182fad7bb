"""Writing files so that a reader finds the old file or the new one, never half of it."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from nanopiano.errors import InputError, NanopianoError


def write_atomically(path: Path | str, data: bytes) -> None:
    """Write `data` to `path`, replacing a file that is there, by way of a temporary file in the same folder.

    Raises InputError if the folder is missing or `path` is a folder, NanopianoError if the system refuses (disk full,
    folder read-only); then `path` is what it was, and no temporary file is left.
    """
    target = Path(os.path.realpath(path))  # a link goes on pointing where it pointed
    try:
        if target.is_dir():
            raise InputError(f"cannot write {path}: it is a folder; give the name of a file in it")
        if not target.parent.is_dir():
            raise InputError(f"cannot write {path}: there is no folder {target.parent}; make it first")
        if target.exists() and not target.is_file():  # /dev/stdout and its like are written into, not replaced
            target.write_bytes(data)
        else:
            _replace(target, data)
    except OSError as error:
        raise NanopianoError(f"cannot write {path}: {(error.strerror or str(error)).lower()}") from None


def surely(look: Callable[[], bool]) -> bool:
    """Return what a look at the disk tells, such as `path.is_file`; False where the system refuses even to look."""
    try:
        return look()
    except (OSError, ValueError):
        return False


def _replace(target: Path, data: bytes) -> None:
    temporary = target.parent / f".nanopiano-{secrets.token_hex(8)}.tmp"
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # without it a power cut may leave the new name on an empty file
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)

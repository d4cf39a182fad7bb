"""Files for the user: a take in any form that its name asks for, under a free name, in a folder that takes it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Collection
from pathlib import Path

import platformdirs

from nanopiano.errors import InputError, NanopianoError
from nanopiano.files import surely, write_atomically
from nanopiano.music.expression import with_expression
from nanopiano.music.midi import write_midi
from nanopiano.music.piece import Piece
from nanopiano.music.words import piece_to_text

SOUNDS = (".wav", ".ogg", ".mp3", ".flac")
SCORES = (".musicxml", ".pdf")
SUFFIXES = (".mid", *SOUNDS, *SCORES, ".png", ".txt")
LONGEST_NAME = 120  # bytes of a file's name without number and suffix; systems take 255 in all
PATIENCE = 2.0  # seconds in which a program that cannot show a folder says so
# What Windows forbids in names; the other systems forbid less.
FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]+')
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def save_take(piece: Piece, path: Path, *, begin: int, end: int | None, expressive: bool) -> None:
    """Write a piece in the form that the suffix of `path` asks for, whole or not at all.

    Loudness in .mid and sound is as performed if `expressive`. The picture shows in colours what is new, the notes in
    steps [begin, end); an end of None is that of the piece. A .pdf needs the extra `score`. Sound takes a second or
    more for each minute of music.

    Raises InputError for another suffix or a missing folder, NanopianoError if the system refuses.
    """
    suffix = path.suffix.lower()
    if suffix == ".mid":
        write_midi(with_expression(piece) if expressive else piece, path)
    elif suffix in SOUNDS:
        from nanopiano.audio.files import save_sound  # noqa: PLC0415  only where sound is written

        save_sound(piece, path, expressive=expressive)
    elif suffix in SCORES:
        from nanopiano.score.draw import save_score  # noqa: PLC0415  only where a score is written

        save_score(piece, path)
    elif suffix == ".png":
        from nanopiano.gui.draw.picture import save_picture  # noqa: PLC0415  brings pygame

        save_picture(piece, path, new=(begin, piece.steps if end is None else end))
    elif suffix == ".txt":
        write_atomically(path, f"{piece_to_text(piece)}\n".encode())
    else:
        raise InputError(f"cannot write {path.name}: end its name with one of {', '.join(SUFFIXES)}")


def free_name(folder: Path, stem: str, suffix: str, taken: Collection[Path] = ()) -> Path:
    """Return a path in `folder` that is not taken, for a file named after `stem`, numbered from 2 on.

    What no system takes in a name is replaced: a title may hold anything. `taken` are files that are on their way.
    """
    plain = FORBIDDEN.sub(" ", stem.encode("utf-8", "replace").decode())
    plain = " ".join(plain.split()).encode()[:LONGEST_NAME].decode(errors="ignore").strip(". ") or "piece"
    if RESERVED.fullmatch(plain):
        plain = f"{plain.partition('.')[0]} piece"
    free, number = folder / f"{plain}{suffix}", 1
    while free in taken or surely(free.exists):
        number += 1
        free = folder / f"{plain}-{number}{suffix}"
    return free


def default_folder() -> Path:
    """Return where files go unless the user says otherwise: Music, else home, else the current folder.

    The first that takes a file; the current folder if none does.
    """
    folders = (Path(platformdirs.user_music_dir()), Path.home())
    return next((folder for folder in folders if _takes_files(folder)), Path.cwd())


def open_folder(path: Path) -> None:
    """Show a folder, or that of a file, in the system's file manager.

    Waits up to two seconds for a refusal. Raises NanopianoError, naming the folder, if no program can show it.
    """
    folder = path if surely(path.is_dir) else path.parent
    program = {"win32": "explorer", "darwin": "open"}.get(sys.platform, "xdg-open")
    try:
        shown = _status([program, str(folder)]) == 0 or program == "explorer"  # which says 1 when all is well
    except OSError:
        shown = False
    if not shown:
        raise NanopianoError(f"{program} cannot show the folder here: it is {folder}")


def _status(command: list[str]) -> int:
    """Run a command and return its exit status, 0 if it is still running after a while."""
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(
        command, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True, env=_environment()
    )
    try:
        return process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        return 0


def _environment() -> dict[str, str]:
    """Return the environment for programs of the system: without the libraries that PyInstaller puts before theirs."""
    environment = dict(os.environ)
    if getattr(sys, "frozen", False):
        environment.pop("LD_LIBRARY_PATH", None)
        if "LD_LIBRARY_PATH_ORIG" in environment:
            environment["LD_LIBRARY_PATH"] = environment.pop("LD_LIBRARY_PATH_ORIG")
    return environment


def _takes_files(folder: Path) -> bool:
    """Return whether files can be written there; a file without a name is the only sure way to know."""
    if not surely(folder.is_dir):
        return False
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False

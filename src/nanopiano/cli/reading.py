"""MIDI files of the user's: read, with what had to be mended said on standard error."""

from pathlib import Path

from nanopiano.cli import terminal
from nanopiano.music.grid import Grid
from nanopiano.music.midi import parse_midi, read_file
from nanopiano.music.piece import Piece


def read_with_bytes(path: Path, grid: Grid | None = None) -> tuple[bytes, Piece]:
    """Return the bytes of a MIDI file and its piece on `grid`. Raises InputError."""
    data = read_file(path)
    piece, reading = parse_midi(data, str(path), grid)
    for remark in reading.remarks():
        terminal.say(f"{path.name}: {remark}")
    return data, piece


def read(path: Path, grid: Grid | None = None) -> Piece:
    """Return the piece of a MIDI file on `grid`. Raises InputError."""
    return read_with_bytes(path, grid)[1]

"""MIDI files and scores of the user's: read, with what had to be mended said on standard error."""

from pathlib import Path

from nanopiano.cli import terminal
from nanopiano.music.grid import Grid
from nanopiano.music.midi import midi_bytes, parse_midi, read_file
from nanopiano.music.piece import Piece
from nanopiano.score.read import is_score, read_score


def read_with_bytes(path: Path, grid: Grid | None = None, to_whom: str = "") -> tuple[bytes, Piece]:
    """Return the bytes of a MIDI file, or those that write a score, and its piece on `grid`. Raises InputError.

    `to_whom` begins what is said of the piece where the bytes themselves stay as they are.
    """
    if is_score(path):
        piece, reading = read_score(path, grid)
        data = midi_bytes(piece)
    else:
        data = read_file(path)
        piece, reading = parse_midi(data, str(path), grid)
    for remark in reading.remarks():
        terminal.say(f"{path.name}: {to_whom}{remark}")
    return data, piece


def read(path: Path, grid: Grid | None = None) -> Piece:
    """Return the piece of a MIDI file or a score on `grid`. Raises InputError."""
    return read_with_bytes(path, grid)[1]

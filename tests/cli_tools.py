"""The command line, called within the test process, and small files to feed it."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from nanopiano.cli import main
from nanopiano.music.midi import write_midi
from nanopiano.music.piece import Piece


class Ran(NamedTuple):
    """How a command ended and what it said."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        facts = json.loads(self.out)
        assert isinstance(facts, dict)
        return facts


class Cli:
    """Calls commands in a folder of their own, with a small random model where one is needed."""

    def __init__(self, capsys: pytest.CaptureFixture[str], folder: Path, model: Path) -> None:
        self.capsys, self.folder, self.model = capsys, folder, model

    def __call__(self, *words: str | Path) -> Ran:
        self.capsys.readouterr()
        status = main([str(word) for word in words])
        return Ran(status, *self.capsys.readouterr())

    def compose(self, *words: str | Path) -> Ran:
        """Call a command that composes, with the small model."""
        return self(*words, "--model", self.model)

    def refuses(self, *words: str | Path, status: int = 2) -> str:
        """Call a command that must fail, and return the one sentence that it says."""
        ran = self(*words)
        assert ran.status == status, ran.err
        assert ran.out == ""
        lines = ran.err.splitlines()
        assert len(lines) == 1 and lines[0].startswith("nanopiano: "), ran.err
        assert "Traceback" not in ran.err and "defect" not in ran.err
        return lines[0]

    @property
    def files(self) -> set[str]:
        """The names of the files in the folder."""
        return {path.name for path in self.folder.iterdir()}


def some_piece(bars: int = 8, bpm: float = 90.0) -> Piece:
    """Four quarter notes over a whole note in each bar."""
    notes = [(16 * bar + 4 * beat, 60 + (3 * bar + 2 * beat) % 17, 4) for bar in range(bars) for beat in range(4)]
    return Piece.of([*notes, *((16 * bar, 41 + bar % 5, 16) for bar in range(bars))], bpm=bpm)


def some_midi(path: Path | str = "mine.mid", bars: int = 8) -> Path:
    write_midi(some_piece(bars), path)
    return Path(path)

"""What the command line lends to training, so that a run can be seen and heard."""

import sys
from pathlib import Path

import pytest
import soundfile
from cli_tools import Cli, some_piece

from nanopiano.cli import watching


def test_pieces_of_a_run_are_drawn_and_played(tmp_path: Path) -> None:
    piece = some_piece(bars=1)
    watching._draw(piece, tmp_path / "a.png")
    watching._play(piece, tmp_path / "a.mp3")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert soundfile.info(tmp_path / "a.mp3").duration > piece.seconds


def test_what_shows_a_run_is_checked_before_anything_is_learnt(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    train = ("train", "--corpus", "c", "--out", "run")
    assert "pieces is -1: expected a whole number from 0 up" in cli.refuses(*train, "--pieces", "-1")
    assert "invalid choice: 'paper'" in cli.refuses(*train, "--watch", "paper")
    monkeypatch.setitem(sys.modules, "wandb", None)
    assert 'wandb is not installed: pip install "nanopiano[watch]"' in cli.refuses(*train, "--watch", "wandb")
    assert not Path("run").exists()

"""Sound files of the command line."""

from pathlib import Path

from nanopiano.cli import terminal
from nanopiano.music.piece import Piece


def save_wav(piece: Piece, path: Path, *, expressive: bool) -> None:
    """Write the sound of a piece under a progress bar. Raises NanopianoError."""
    from nanopiano.audio.files import save_sound  # noqa: PLC0415  only where sound is asked for

    form = "{percentage:3.0f}%|{bar}| {desc} [{elapsed}<{remaining}]"
    with terminal.progress(1.0, f"playing into {path.name}", bar_format=form) as bar:
        save_sound(piece, path, expressive=expressive, progress=lambda share: bar.update(share - bar.n))

"""How a run is watched: options, and the drawing and the sound that the training itself does not know."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from nanopiano.cli import terminal
from nanopiano.cli.extras import needs_extra
from nanopiano.cli.options import add_fields, fields_of

if TYPE_CHECKING:
    from nanopiano.music.piece import Piece
    from nanopiano.train.watch import Watch


def add_watching(parser: ArgumentParser) -> None:
    """Add what is shown of a run."""
    from nanopiano.train.options import TRACKERS, WatchOptions  # noqa: PLC0415  only for commands that train

    group = parser.add_argument_group("what is shown")
    group.add_argument(
        "--watch", action="append", choices=TRACKERS, default=[],
        help='show it in TensorBoard or Weights & Biases too; may be given twice; needs "nanopiano[watch]"',
    )  # fmt: skip
    add_fields(group, WatchOptions)


def watch_of(args: Namespace, run: Path) -> Watch:
    """Return what shows the run in the folder `run`. Raises InputError where what shall show it is not installed."""
    from nanopiano.train.options import WatchOptions  # noqa: PLC0415

    with needs_extra("train"):
        from nanopiano.train.heard import Pieces  # noqa: PLC0415
        from nanopiano.train.trackers import make_tracker  # noqa: PLC0415
        from nanopiano.train.watch import Watch  # noqa: PLC0415
    with needs_extra("watch"):
        trackers = [make_tracker(name, run) for name in dict.fromkeys(args.watch)]
    pieces = Pieces(run, fields_of(args, WatchOptions), _draw, _play if trackers else None)
    return Watch(run, terminal.say, pieces, trackers)


def _draw(piece: Piece, path: Path) -> None:
    from nanopiano.gui.draw.picture import save_picture  # noqa: PLC0415  pygame, once there is something to draw

    save_picture(piece, path)


def _play(piece: Piece, path: Path) -> None:
    from nanopiano.audio.files import save_sound  # noqa: PLC0415

    save_sound(piece, path, expressive=False)

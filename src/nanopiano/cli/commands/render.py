"""`nanopiano render`: a MIDI file as a picture."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

ABOUT = """\
Draw the piano roll of a MIDI file: time to the right, one colour for each pitch class, neighbours in harmony being
neighbours in colour. A bar is four beats, 16 steps, counted from the beginning, whatever metre the file claims."""

EXAMPLES = """\
examples:
  nanopiano render mine.mid --picture mine.png"""


def options(parser: ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("file", type=Path, metavar="FILE.mid", help="the file to read")
    parser.add_argument("--picture", type=Path, metavar="FILE.png", required=True, help="PNG file to write or replace")


def run(args: Namespace) -> None:
    """Render."""
    from dataclasses import replace

    from nanopiano.cli import terminal
    from nanopiano.cli.outputs import check, check_picture
    from nanopiano.cli.reading import read
    from nanopiano.gui.draw import save_picture

    check_picture(args.picture)
    check([args.picture], [args.file])
    piece = read(args.file)
    save_picture(piece if piece.title else replace(piece, title=args.file.stem), args.picture)
    terminal.say(
        f"{args.picture}: {len(piece):,} notes, {piece.bars:,} bars, {piece.seconds:.0f} s at {piece.bpm:g} BPM"
    )

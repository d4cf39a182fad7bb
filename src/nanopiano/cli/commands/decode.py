"""`nanopiano decode`: words as a MIDI file."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from nanopiano.cli.options import tempo

MOST_BYTES = 64 * 2**20  # a million words take 5 MB

ABOUT = """\
Write words (see `nanopiano encode --help`) as a MIDI file. Notes of one step may stand in any order, with any white
space between words, and START and END may be missing; what else is amiss is refused with its place."""

EXAMPLES = """\
examples:
  nanopiano decode mine.txt -o mine.mid
  nanopiano decode mine.txt -o mine.mid --bpm 72 --expressive"""


def options(parser: ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("file", type=Path, metavar="FILE.txt", help="the file to read")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE.mid", required=True, help="MIDI file to write or replace"
    )
    parser.add_argument("--bpm", type=tempo, default=120, metavar="B", help="beats a minute (120)")
    parser.add_argument("--expressive", action="store_true", help="shape the loudness as a pianist would")


def run(args: Namespace) -> None:
    """Decode."""
    from dataclasses import replace

    from nanopiano.cli import terminal
    from nanopiano.cli.outputs import check
    from nanopiano.errors import InputError
    from nanopiano.music.expression import with_expression
    from nanopiano.music.midi import write_midi
    from nanopiano.music.words import text_to_piece

    check([args.output], [args.file])
    try:
        piece, repairs = text_to_piece(_text(args.file))
    except InputError as error:
        raise InputError(f"cannot read {args.file}: {error}") from None
    for what, times in repairs.items():
        terminal.say(f"{args.file.name}: {what.replace('_', ' ')}: {times:,}")
    if not len(piece):
        raise InputError(f"cannot decode {args.file}: there are no notes in it")
    piece = replace(piece, bpm=args.bpm)
    write_midi(with_expression(piece) if args.expressive else piece, args.output)
    terminal.say(
        f"{args.output}: {len(piece):,} notes, {piece.bars:,} bars, {piece.seconds:.0f} s at {piece.bpm:g} BPM"
    )


def _text(path: Path) -> str:
    """Return the text of a file. Raises InputError."""
    from nanopiano.errors import InputError

    try:
        if path.is_file() and path.stat().st_size > MOST_BYTES:
            raise InputError(f"it has {path.stat().st_size:,} bytes, words of piano music at most {MOST_BYTES:,}")
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("it is no text (not UTF-8)") from None
    except OSError as error:
        raise InputError((error.strerror or str(error)).lower()) from None

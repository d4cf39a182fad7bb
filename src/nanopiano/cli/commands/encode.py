"""`nanopiano encode`: a MIDI file or a score as words."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

ABOUT = """\
Write a MIDI file or a score as words: a pitch (n60 is the middle C) and its duration in sixteenths (d4), sepxx and a
duration where time passes, START and END around all. Tempo and loudness are not in them."""

EXAMPLES = """\
examples:
  nanopiano encode mine.mid                prints START n60 d5 sepxx d2 n65 d4 END
  nanopiano encode mine.mid -o mine.txt"""


def options(parser: ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("file", type=Path, metavar="FILE", help="the MIDI file or score to read")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE.txt", help="text file to write (standard output)")


def run(args: Namespace) -> None:
    """Encode."""
    from nanopiano.cli import terminal
    from nanopiano.cli.outputs import check
    from nanopiano.cli.reading import read
    from nanopiano.files import write_atomically
    from nanopiano.music.words import piece_to_text

    check([args.output] if args.output else [], [args.file])
    piece = read(args.file)
    text = piece_to_text(piece)
    if args.output:
        write_atomically(args.output, f"{text}\n".encode())
        terminal.say(f"{args.output}: {len(piece):,} notes, {piece.bars:,} bars in {text.count(' ') + 1:,} words")
    else:
        terminal.show(text)

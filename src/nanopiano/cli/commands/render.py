"""`nanopiano render`: a MIDI file or a score as sound, as a picture, as a score."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from nanopiano.cli.options import add_score, add_wav

ABOUT = """\
Play a MIDI file on the piano of nanopiano into a sound file, draw its piano roll (time to the right, one colour for
each pitch class, neighbours in harmony being neighbours in colour), or write it as a score for two hands. Only its
notes count, on the grid of sixteenths. A score (.musicxml, .mxl, .mei, .krn or .abc) is read as well.
A bar is four beats, 16 steps, counted from the beginning, whatever metre the file claims."""

EXAMPLES = """\
examples:
  nanopiano render mine.mid --wav mine.wav
  nanopiano render mine.mid --wav mine.mp3 --expressive --picture mine.png
  nanopiano render mine.mid --score mine.pdf          for the music stand; .musicxml opens in notation programs
  nanopiano render tune.abc --wav tune.wav"""


def options(parser: ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("file", type=Path, metavar="FILE", help="the MIDI file or score to read")
    add_wav(parser)
    parser.add_argument("--picture", type=Path, metavar="FILE.png", help="PNG file to write or replace")
    add_score(parser)
    parser.add_argument(
        "--expressive", action="store_true", help="shape time, and loudness the file is silent about, as a pianist"
    )


def run(args: Namespace) -> None:
    """Render."""
    from dataclasses import replace

    from nanopiano.cli import terminal
    from nanopiano.cli.outputs import check, check_picture, check_score, check_wav
    from nanopiano.cli.reading import read
    from nanopiano.cli.sound import save_wav
    from nanopiano.errors import InputError

    targets = [path for path in (args.wav, args.picture, args.score) if path is not None]
    if not targets:
        raise InputError("--wav, --picture or --score is required: say what to make (see nanopiano render --help)")
    if args.wav is not None:
        check_wav(args.wav)
    if args.picture is not None:
        check_picture(args.picture)
    if args.score is not None:
        check_score(args.score)
    check(targets, [args.file])
    piece = read(args.file)
    titled = piece if piece.title else replace(piece, title=args.file.stem)
    if args.wav is not None:
        save_wav(piece, args.wav, expressive=args.expressive)
    if args.picture is not None:
        from nanopiano.gui.draw.picture import save_picture

        save_picture(titled, args.picture)
    if args.score is not None:
        from nanopiano.score.draw import save_score

        targets[-1:] = save_score(titled, args.score)
    made = ", ".join(map(str, targets))
    terminal.say(f"{made}: {len(piece):,} notes, {piece.bars:,} bars, {piece.seconds:.0f} s at {piece.bpm:g} BPM")

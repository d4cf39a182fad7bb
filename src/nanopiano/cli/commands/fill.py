"""`nanopiano fill`: some bars of a MIDI file or a score anew."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from nanopiano.cli.options import add_output, add_sampling, bars

ABOUT = """\
Compose some bars of a MIDI file (or a score) anew, to fit between what stands before and after them; up to eight bars
go best. Outside of these bars every event keeps its time, velocity, channel and track. What is read is never written
to. A bar is four beats, 16 steps, counted from the beginning, whatever metre the file claims."""

EXAMPLES = """\
examples:
  nanopiano fill mine.mid --bars 9-12 -o new.mid
  nanopiano fill mine.mid --bars 16 -o ending.mid --seed 5 --picture ending.png
  nanopiano fill mine.mid --bars 9-12 -o try.mid --count 4        try-1.mid to try-4.mid"""


def options(parser: ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("file", type=Path, metavar="FILE", help="the MIDI file or score to read")
    parser.add_argument(
        "--bars", type=bars, required=True, metavar="A-B", help="first and last bar, from 1, or one bar"
    )
    add_sampling(parser)
    add_output(parser)


def run(args: Namespace) -> None:
    """Compose."""
    from nanopiano.cli.composing import Task, carry_out, load_composer, sampling_of, seeds_of
    from nanopiano.cli.outputs import outputs_of
    from nanopiano.cli.reading import read_with_bytes
    from nanopiano.errors import InputError
    from nanopiano.music.grid import HIGHEST_PITCH
    from nanopiano.music.piece import Piece
    from nanopiano.music.splice import splice_midi

    first, last = args.bars
    sampling = sampling_of(args)
    outputs = outputs_of(args, seeds_of(args), [args.file])
    composer = load_composer(args)
    source, piece = read_with_bytes(args.file, composer.grid, to_whom="as the model hears it, ")
    if not 1 <= first <= last <= piece.bars:
        raise InputError(f"bars {first}-{last} are not in {args.file}: it has bars 1-{piece.bars}")
    region = ((first - 1) * composer.grid.bar_steps, last * composer.grid.bar_steps)
    # What cannot be filled is refused before the work, not after it: a file too coarse for a note on each step, too.
    beat = range(region[0], region[0] + composer.grid.steps_per_beat)
    splice_midi(source, Piece.of(((step, HIGHEST_PITCH, 1) for step in beat), grid=composer.grid), *region)
    task = Task(
        outputs,
        composer,
        begin=lambda seed: composer.fill(piece, first, last, sampling=sampling, seed=seed),
        region=lambda _: region,
        source=source,
        facts={"first_bar": first, "last_bar": last},
    )
    carry_out(task, args)

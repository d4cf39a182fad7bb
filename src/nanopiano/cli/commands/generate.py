"""`nanopiano generate`: a new piece."""

from argparse import ArgumentParser, Namespace

from nanopiano.cli.options import add_length, add_output, add_sampling

ABOUT = """\
Compose a new piece and write it as a MIDI file.

Once it is as long as asked for, it gets up to a tenth more, at least four bars, and ends there where the model finds an
end likeliest. A bar is four beats, 16 steps, counted from the beginning.
Ctrl-C ends a piece early and keeps what there is. The same seed makes the same file."""

EXAMPLES = """\
examples:
  nanopiano generate
  nanopiano generate --bars 32 --bpm 96 --expressive -o evening.mid --wav evening.mp3
  nanopiano generate --words 2000 --temperature 0.9 --seed 7
  nanopiano generate --count 5 --seed 1 --json       the seeds 1 to 5"""


def options(parser: ArgumentParser) -> None:
    """Add the options."""
    add_length(parser)
    add_sampling(parser)
    add_output(parser)


def run(args: Namespace) -> None:
    """Compose."""
    from nanopiano.cli.composing import Task, carry_out, length_of, load_composer, sampling_of, seeds_of
    from nanopiano.cli.outputs import outputs_of

    asked = {"length": length_of(args), "sampling": sampling_of(args), "bpm": args.bpm, "free_end": args.free_end}
    outputs = outputs_of(args, seeds_of(args))
    composer = load_composer(args)
    task = Task(
        outputs,
        composer,
        begin=lambda seed: composer.compose(seed=seed, **asked),
        region=lambda composition: (0, composition.piece.steps),
    )
    carry_out(task, args)

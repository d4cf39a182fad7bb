"""`nanopiano corpus merge`: parts that several machines built -> one corpus."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from nanopiano.cli.options import add_json

ABOUT = """\
Merge the parts that `corpus build --shard I/N` made on several machines into one corpus, byte for byte the one that a
single machine would have built. All N parts are needed, in any order; duplicates across parts are found here. The parts
stay."""

EXAMPLES = """\
examples:
  nanopiano corpus build my-midi-folder -o part-1 --shard 1/2      on one machine
  nanopiano corpus build my-midi-folder -o part-2 --shard 2/2      on another one
  nanopiano corpus merge part-1 part-2 -o my-corpus                where both were copied to"""


def options(parser: ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("parts", nargs="+", type=Path, metavar="PART", help="folders made by corpus build --shard")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="a new or empty folder")
    add_json(parser)


def run(args: Namespace) -> None:
    """Merge."""
    from nanopiano.cli import terminal
    from nanopiano.cli.commands.corpus_build import tell
    from nanopiano.corpus.merge import merge_parts

    try:
        report = merge_parts(args.parts, args.output)
    except KeyboardInterrupt:
        terminal.say(f"{args.output} is not finished: the same command merges anew")
        raise
    tell(report, args.output, as_json=args.json)

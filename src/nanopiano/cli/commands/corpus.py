"""`nanopiano corpus`: what a model is trained on."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from nanopiano.cli.options import add_fields, add_json, count, fields_of

ABOUT = "What a model is trained on: pieces as words, split by work into a part to learn from and one to validate on."

EXAMPLES = """\
examples:
  nanopiano corpus build my-midi-folder -o my-corpus
  nanopiano corpus build --help"""

ABOUT_BUILD = """\
Build a corpus from folders of MIDI files (with all folders below) and from .jsonl or .jsonl.xz files with a "text" of
words a line. What is damaged, too short, off the grid, absurd, or there already (also in another key) is refused with
its reason; report.md in the new folder tells. After Ctrl-C the same command goes on where it stopped."""

EXAMPLES_BUILD = """\
examples:
  nanopiano corpus build my-midi-folder -o my-corpus
  nanopiano corpus build folder-a folder-b texts.jsonl.xz -o my-corpus --workers 4 --min-notes 200"""

RULES = {
    "min_notes": "notes that a piece must have",
    "min_on_grid": "share of onsets that must lie within 0.13 step of the grid",
    "max_hours": "hours that a piece may last",
    "val_one_in": "one work in so many is kept for validation",
    "steps_per_beat": "steps of the grid in a quarter note",
}


def options(parser: ArgumentParser) -> None:
    """Add the options."""
    from nanopiano.corpus.judge import Rules

    verbs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    build = verbs.add_parser("build", help="build a corpus", description=ABOUT_BUILD, epilog=EXAMPLES_BUILD)
    build.set_defaults(parser=build)
    build.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="folders of MIDI, .jsonl or .jsonl.xz files")
    build.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="a new or empty folder")
    build.add_argument("--workers", type=count, metavar="N", help="processes that read (one for each core)")
    add_fields(build.add_argument_group("what is kept"), Rules, RULES)
    add_json(build)


def run(args: Namespace) -> None:
    """Build."""
    from dataclasses import asdict

    from nanopiano.cli import terminal
    from nanopiano.corpus.build import build_corpus
    from nanopiano.corpus.judge import Rules

    rules = fields_of(args, Rules)
    try:
        report = build_corpus(args.paths, args.output, workers=args.workers, rules=rules, say=terminal.say)
    except KeyboardInterrupt:
        terminal.say(f"{args.output} is not finished: the same command goes on where this one stopped")
        raise
    refused = f", refused: {report.refused_in_words()}" if report.kept < report.read else ""
    terminal.say(f"{args.output}: {report.kept:,} of {report.read:,} pieces kept{refused}")
    for name, counts in report.splits.items():
        terminal.say(f"{name}: {', '.join(f'{number:,} {what}' for what, number in counts.items())}")
    if args.json:
        terminal.show_json({"folder": str(args.output)} | asdict(report))

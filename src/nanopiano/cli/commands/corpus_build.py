"""`nanopiano corpus build`: files, or rows of a data set -> a packed corpus."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nanopiano.cli.options import add_fields, add_json, count, fields_of

if TYPE_CHECKING:
    from nanopiano.corpus.hub.rows import Wanted

ABOUT = """\
Build a corpus from folders of MIDI files and scores (with all folders below), from .jsonl or .jsonl.xz files with a
"text" of words a line, or from the rows of a data set of the Hugging Face Hub. What is damaged, too short, off the
grid, absurd, or there already (also in another key) is refused with its reason; report.md in the new folder tells.
After Ctrl-C the same command goes on where it stopped."""

EXAMPLES = """\
examples:
  nanopiano corpus build my-midi-folder -o my-corpus
  nanopiano corpus build folder-a folder-b texts.jsonl.xz -o my-corpus --workers 4 --min-notes 200
  nanopiano corpus build --hf owner/name --split train --column midi -o my-corpus
  nanopiano corpus build --hf rows.parquet -o my-corpus"""

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

    parser.add_argument(
        "paths",
        nargs="*",
        type=Path,
        metavar="PATH",
        help="folders of MIDI files and scores, .jsonl or .jsonl.xz files",
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="a new or empty folder")
    parser.add_argument("--workers", type=count, metavar="N", help="processes that read (one for each core)")
    add_data_set(parser.add_argument_group("from a data set"), "words or MIDI files")
    add_fields(parser.add_argument_group("what is kept"), Rules, RULES)
    add_json(parser)


def add_data_set(group: Any, what: str, *, required: bool = False) -> None:
    """Add which rows of which data set."""
    add = group.add_argument
    add(
        "--hf",
        metavar="NAME|PATH",
        required=required,
        help="a data set of the Hub, or parquet, jsonl, arrow, csv files",
    )
    add("--split", metavar="S", help="its split (train, or the only one)")
    add("--column", metavar="C", help=f"its column with {what} (one with a usual name, or the only one)")
    add("--subset", metavar="NAME", help="its subset, where it has several")
    add("--revision", metavar="R", help="its branch, tag or commit on the Hub (the newest)")


def wanted_of(args: Namespace) -> "Wanted":
    """Return which rows of which data set are asked for."""
    from nanopiano.corpus.hub.rows import Wanted

    return Wanted(args.hf, args.split, args.column, args.subset, args.revision)


def run(args: Namespace) -> None:
    """Build."""
    from dataclasses import asdict

    from nanopiano.cli import terminal
    from nanopiano.corpus.build import build_corpus
    from nanopiano.corpus.judge import Rules
    from nanopiano.errors import InputError

    rules = fields_of(args, Rules)
    paths = _paths(args)
    try:
        report = build_corpus(paths, args.output, workers=args.workers, rules=rules, say=terminal.say)
    except KeyboardInterrupt:
        terminal.say(f"{args.output} is not finished: the same command goes on where this one stopped")
        raise
    except InputError:  # to read the same rows again would only fail again
        _remove_rows(args)
        raise
    _remove_rows(args)
    refused = f", refused: {report.refused_in_words()}" if report.kept < report.read else ""
    terminal.say(f"{args.output}: {report.kept:,} of {report.read:,} pieces kept{refused}")
    for name, counts in report.splits.items():
        terminal.say(f"{name}: {', '.join(f'{number:,} {what}' for what, number in counts.items())}")
    if args.json:
        terminal.show_json({"folder": str(args.output)} | asdict(report))


def _paths(args: Namespace) -> list[Path]:
    """Return what to build from; of a data set, the file that takes its rows. Raises InputError."""
    from nanopiano.errors import InputError

    if args.hf is None:
        for option in ("split", "column", "subset", "revision"):
            if getattr(args, option) is not None:
                raise InputError(f"--{option} belongs to a data set: name that with --hf")
        if not args.paths:
            raise InputError("nothing to build from: name folders or files, or a data set with --hf")
        return list(args.paths)
    if args.paths:
        raise InputError(f"{args.paths[0]} and --hf {args.hf} are two sources: build from files or from a data set")
    return [_spooled(args)]


def _spooled(args: Namespace) -> Path:
    from nanopiano.cli import terminal
    from nanopiano.cli.extras import needs_extra
    from nanopiano.corpus.build import check_free
    from nanopiano.corpus.hub.spool import spool

    check_free(args.output)
    wanted = wanted_of(args)
    with needs_extra("hf"), terminal.progress(None, f"reading {args.hf}", " rows") as bar:
        return spool(wanted, args.output, lambda done, total: terminal.move(bar, done, total))


def _remove_rows(args: Namespace) -> None:
    import shutil

    from nanopiano.corpus.hub.spool import spool_folder

    if args.hf is not None:
        shutil.rmtree(spool_folder(args.output), ignore_errors=True)

"""`nanopiano corpus build`: files, or rows of a data set -> a packed corpus."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nanopiano.cli.options import add_fields, add_json, count, fields_of

if TYPE_CHECKING:
    from nanopiano.corpus.hub.rows import Wanted
    from nanopiano.corpus.judge import Rules
    from nanopiano.corpus.report import Report
    from nanopiano.corpus.share import Share

ABOUT = """\
Build a corpus from folders of MIDI files and scores (with all folders below), from .jsonl or .jsonl.xz files with a
"text" of words a line, or from the rows of a data set of the Hugging Face Hub. What is damaged, too short, off the
grid, absurd, or there already (also in another key) is refused with its reason; report.md in the new folder tells.
After Ctrl-C the same command goes on where it stopped. With --shard, machine I of N reads its share of the same input;
`corpus merge` makes one corpus of all parts, the same as one machine would build."""

EXAMPLES = """\
examples:
  nanopiano corpus build my-midi-folder -o my-corpus
  nanopiano corpus build folder-a folder-b texts.jsonl.xz -o my-corpus --workers 4 --min-notes 200
  nanopiano corpus build my-midi-folder -o part-2 --shard 2/4      on the second of four machines
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
    parser.add_argument("--shard", metavar="I/N", help="read share I of N only, and build a part for `corpus merge`")
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
    from nanopiano.cli import terminal
    from nanopiano.corpus.judge import Rules
    from nanopiano.corpus.share import ALONE, Share
    from nanopiano.errors import InputError

    rules = fields_of(args, Rules)
    share = None if args.shard is None else Share.parse(args.shard)
    paths = _paths(args, share or ALONE)
    try:
        if share is None:
            _build_corpus(args, paths, rules)
        else:
            _build_part(args, paths, rules, share)
    except KeyboardInterrupt:
        terminal.say(f"{args.output} is not finished: the same command goes on where this one stopped")
        raise
    except InputError:  # to read the same rows again would only fail again
        _remove_rows(args)
        raise
    _remove_rows(args)


def tell(report: "Report", out: Path, *, as_json: bool) -> None:
    """Say what is in a corpus, and what is not."""
    from dataclasses import asdict

    from nanopiano.cli import terminal

    terminal.say(f"{out}: {report.kept:,} of {report.read:,} pieces kept")
    if report.kept < report.read:
        terminal.say(f"refused: {report.refused_in_words()}; all of them are in {out / 'refused.jsonl'}")
    for name, counts in report.splits.items():
        terminal.say(f"{name}: {', '.join(f'{number:,} {what}' for what, number in counts.items())}")
    if lack := _lack(report):
        terminal.say(f"note: {lack} (for a few files of your own there is nanopiano finetune)")
    if as_json:
        terminal.show_json({"folder": str(out)} | asdict(report))


def _lack(report: "Report") -> str | None:
    """Return what a corpus lacks to be trained on, and what to do."""
    if sum(counts["works"] for counts in report.splits.values()) < 2:
        return "training needs two works at least, one to learn from and one to validate on: add music"
    for name, counts in report.splits.items():
        if not counts["pieces"]:
            return f"no work fell to {name}, and training needs some of both: add music, or try another --val-one-in"
    return None


def _build_corpus(args: Namespace, paths: list[Path], rules: "Rules") -> None:
    from nanopiano.cli import terminal
    from nanopiano.corpus.build import build_corpus

    report = build_corpus(paths, args.output, workers=args.workers, rules=rules, say=terminal.say)
    tell(report, args.output, as_json=args.json)


def _build_part(args: Namespace, paths: list[Path], rules: "Rules", share: "Share") -> None:
    from nanopiano.cli import terminal
    from nanopiano.corpus.build import build_part

    part = build_part(paths, args.output, share, workers=args.workers, rules=rules, say=terminal.say)
    refused = ", ".join(f"{count:,} {reason}" for reason, count in sorted(part.refused.items()))
    terminal.say(
        f"{args.output}: part {share}, {part.read:,} of {part.input.items:,} pieces read"
        + (f", refused: {refused}" if refused else "")
    )
    terminal.say(f"when all {share.of} are there: nanopiano corpus merge PART... -o CORPUS")
    if args.json:
        facts = {"part": share.number, "of": share.of, "pieces": part.input.items, "read": part.read}
        terminal.show_json({"folder": str(args.output)} | facts | {"refused": part.refused})


def _paths(args: Namespace, share: "Share") -> list[Path]:
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
    return [_spooled(args, share)]


def _spooled(args: Namespace, share: "Share") -> Path:
    from nanopiano.cli import terminal
    from nanopiano.cli.extras import needs_extra
    from nanopiano.corpus.hub.spool import spool
    from nanopiano.corpus.unfinished import check_free

    check_free(args.output, share.makes)
    wanted = wanted_of(args)
    with needs_extra("hf"), terminal.progress(None, f"reading {args.hf}", " rows") as bar:
        return spool(wanted, args.output, lambda done, total: terminal.move(bar, done, total))


def _remove_rows(args: Namespace) -> None:
    import shutil

    from nanopiano.corpus.hub.spool import spool_folder

    if args.hf is not None:
        shutil.rmtree(spool_folder(args.output), ignore_errors=True)

"""`nanopiano corpus text`: ordinary text for the plain network."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from nanopiano.cli.commands.corpus_build import add_data_set, wanted_of
from nanopiano.cli.options import add_json, whole

ABOUT = """\
Prepare ordinary text for the plain network by GPT-2's byte-pair vocabulary, in the files that nanoGPT reads: train.bin
and val.bin, token ids as uint16, each document ended by the end-of-text token, and text.json with what they hold. The
vocabulary comes from the Hugging Face Hub, or from a folder. Needs: pip install "nanopiano[hf]"."""

EXAMPLES = """\
examples:
  nanopiano corpus text --hf openwebtext -o owt
  nanopiano corpus text --hf my-texts.jsonl --column body -o mine --vocabulary gpt2-folder --val-one-in 100"""


def options(parser: ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="a new or empty folder")
    add_data_set(parser, "texts", required=True)
    parser.add_argument(
        "--vocabulary", default="gpt2", metavar="NAME|DIR",
        help="a folder with tokenizer.json, or vocab.json and merges.txt, or a name on the Hub (gpt2)",
    )  # fmt: skip
    parser.add_argument(
        "--val-one-in", type=whole, default=2000, metavar="N", help="one document in so many is for validation (2000)"
    )
    add_json(parser)


def run(args: Namespace) -> None:
    """Prepare."""
    from dataclasses import asdict

    from nanopiano.cli import terminal
    from nanopiano.cli.extras import needs_extra
    from nanopiano.corpus.hub.bytepairs import BytePairs
    from nanopiano.corpus.hub.rows import open_rows
    from nanopiano.corpus.hub.text import prepare_text
    from nanopiano.corpus.place import check_place

    check_place(args.output)
    wanted = wanted_of(args)
    with needs_extra("hf"):
        pairs = BytePairs.load(args.vocabulary)
        rows = open_rows(wanted)
    with terminal.progress(rows.total, f"reading {args.hf}", " documents") as bar:
        report = prepare_text(
            (row[rows.column] for row in rows.rows),
            pairs,
            args.output,
            source=wanted.short_name,
            val_one_in=args.val_one_in,
            watch=lambda done: terminal.move(bar, done, rows.total),
        )
    for name, counts in report.splits.items():
        terminal.say(f"{args.output}/{name}.bin: {counts['tokens']:,} tokens of {counts['documents']:,} documents")
    if report.empty:
        terminal.say(f"{report.empty:,} documents without a text were left out")
    if args.json:
        terminal.show_json({"folder": str(args.output)} | asdict(report))

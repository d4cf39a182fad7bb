"""`nanopiano corpus get`: public corpora."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from nanopiano.cli.options import add_json

if TYPE_CHECKING:
    from nanopiano.corpus.get.catalogue import Published
    from nanopiano.corpus.get.fetch import Receipt

ABOUT = """\
Download a public corpus and unpack it into a folder; without a name, list what there is, with size and licence. A
connection that is cut is gone on with, also by the same command later. The folder is there whole or not at all; beside
it, DIR.source.json tells where it came from. What a licence allows is told in our words: read the licence itself."""

EXAMPLES = """\
examples:
  nanopiano corpus get
  nanopiano corpus get maestro
  nanopiano corpus get pop909 -o data/pop909
  nanopiano corpus build data/pop909 -o my-corpus"""


def options(parser: ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="a corpus of the list")
    parser.add_argument("-o", "--output", type=Path, metavar="DIR", help="a new or empty folder (NAME)")
    add_json(parser)


def run(args: Namespace) -> None:
    """List or download."""
    from nanopiano.cli import terminal
    from nanopiano.corpus.get.catalogue import CATALOGUE, find_published
    from nanopiano.errors import InputError

    if args.name is None:
        if args.output is not None:
            raise InputError(f"which corpus is to go to {args.output}? (nanopiano corpus get lists them)")
        if args.json:
            terminal.show_json({"corpora": [published.to_json() for published in CATALOGUE.values()]})
        else:
            terminal.show_table(
                [("name", "size", "files", "licence", "earn money", "what it is"), *map(_row, CATALOGUE.values())]
            )
        return
    published = find_published(args.name)
    out = args.output or Path(args.name)
    receipt = _get(published, out)
    if args.json:
        terminal.show_json({"folder": str(out), **published.to_json(), "receipt": receipt.to_json()})


def _row(published: "Published") -> tuple[str, ...]:
    by_hand = "" if published.address else " (by hand)"
    commercial = published.terms.commercial.partition(",")[0].partition(":")[0]
    return (
        published.name,
        published.size,
        published.form,
        published.terms.licence,
        commercial,
        published.title + by_hand,
    )


def _get(published: "Published", out: Path) -> "Receipt":
    """Download one, saying on the way what it is and what may be done with it."""
    from nanopiano.cli import terminal
    from nanopiano.corpus.get.fetch import get_corpus

    terms = published.terms
    terminal.say(f"{published.title}: {published.holds} ({published.form}, {published.size}); {published.page}")
    terminal.say(f"licence: {terms.licence}")
    terminal.say(
        f"to earn money with: {terms.commercial}; to train on: {terms.training}; to share the model: {terms.sharing}"
    )
    scale = {"unit_scale": True, "unit_divisor": 1000}
    try:
        with (
            terminal.progress(None, "downloading", "B", **scale) as bar,
            terminal.progress(None, "unpacking", "B", **scale) as unpacking,
        ):
            receipt = get_corpus(
                published,
                out,
                watch=lambda done, total: terminal.move(bar, done, total),
                watch_unpacking=lambda done: terminal.move(unpacking, done, None),
                say=lambda sentence: terminal.say_beside(bar, sentence),
            )
    except KeyboardInterrupt:
        terminal.say(f"{out} is not there yet: the same command goes on where this one stopped")
        raise
    terminal.say(f"{out}: {receipt.files:,} files")
    if published.remark:
        terminal.say(f"note: {published.remark}")
    if published.readable:
        terminal.say(f"now: nanopiano corpus build {out} -o CORPUS")
    return receipt

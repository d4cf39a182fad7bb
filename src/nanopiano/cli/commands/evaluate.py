"""`nanopiano evaluate`: how well a model expects given music."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from nanopiano.cli.options import add_json, add_model

if TYPE_CHECKING:
    from nanopiano.corpus.sources import Item
    from nanopiano.music.piece import Piece
    from nanopiano.music.vocab import Vocabulary

ABOUT = """\
Tell how well a model expects given music, in nats: the lower, the better. Nats per note and per beat can be compared
between models with other words. Every word is scored once, END too, as the composer runs."""

EXAMPLES = """\
examples:
  nanopiano evaluate --texts held-out.jsonl.xz --json
  nanopiano evaluate --texts my-midi-folder --model my-model"""


def options(parser: ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "--texts", type=Path, nargs="+", required=True, metavar="FILE",
        help='.jsonl or .jsonl.xz with a "text" of words a line; MIDI files and folders of them too',
    )  # fmt: skip
    add_model(parser)
    add_json(parser)


def run(args: Namespace) -> None:
    """Evaluate."""
    from nanopiano.cli import terminal
    from nanopiano.cli.composing import load_composer
    from nanopiano.corpus.sources import items_of
    from nanopiano.errors import InputError
    from nanopiano.model.score import score

    composer = load_composer(args)
    pieces = (_piece(item, composer.vocab) for item in items_of(args.texts))
    with terminal.progress(None, "evaluating", " pieces") as bar:
        total = score(composer.engine, pieces, tick=bar.update)
    if not total.pieces:
        raise InputError(f"there is no piece in {', '.join(map(str, args.texts))}: nothing to evaluate")
    facts = total.to_json()
    if args.json:
        terminal.show_json(facts)
    else:
        terminal.show_table(
            [(name.replace("_", " "), f"{value:,.4f}".removesuffix(".0000")) for name, value in facts.items()]
        )


def _piece(item: "Item", vocab: "Vocabulary") -> "Piece":
    """Read a piece. Raises InputError."""
    import json

    from nanopiano.errors import InputError
    from nanopiano.music.midi import read_midi
    from nanopiano.music.words import text_to_piece

    if item.line is None:
        return read_midi(item.path, vocab.grid)[0]
    try:
        return text_to_piece(json.loads(item.line)["text"], vocab)[0]
    except InputError as error:
        raise InputError(f"{item.name}: {error}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InputError(f'{item.name}: expected a JSON object with a "text" of words') from None

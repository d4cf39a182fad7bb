"""`nanopiano originality`: what a piece shares with the music that a model learnt from."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from nanopiano.cli.options import add_json, add_model

if TYPE_CHECKING:
    from nanopiano.model.originality.index import Index
    from nanopiano.model.originality.measure import Originality

ABOUT = """\
Tell the longest passage that a MIDI file shares with any piece that the model was trained on, whatever the key, and
where it stands there; the share of its passages of 12 notes that occur in training; and where both lie for human pieces
that were held out. A passage is a run of consecutive notes, the highest first where they begin together, with the same
steps in pitch and time; lengths do not count. Passages under 9 notes are not looked for."""

EXAMPLES = """\
examples:
  nanopiano originality nanopiano-7.mid
  nanopiano originality mine.mid --model my-model --json"""


def options(parser: ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("file", type=Path, metavar="FILE.mid", help="the file to read")
    add_model(parser)
    add_json(parser)


def run(args: Namespace) -> None:
    """Tell."""
    from nanopiano.cli import terminal
    from nanopiano.cli.reading import read
    from nanopiano.model.originality.measure import originality
    from nanopiano.model.store import DEFAULT_MODEL
    from nanopiano.music.grid import Grid

    index = _index(DEFAULT_MODEL if args.model is None else args.model)
    found = originality(index, read(args.file, Grid(index.steps_per_beat)))
    if args.json:
        terminal.show_json(found.to_json())
    else:
        terminal.show_table(_rows(found))


def _index(model: str) -> "Index":
    """Return the index of a model. Raises InputError if it has none."""
    from nanopiano.errors import InputError
    from nanopiano.model.originality.index import INDEX_FILE, load_index
    from nanopiano.model.store import find_model

    index = load_index(find_model(model))
    if index is None:
        raise InputError(
            f"the model {model} has no {INDEX_FILE}, so it cannot tell what it learnt from: "
            "export it again with --corpus, or name another model"
        )
    return index


def _rows(found: "Originality") -> list[tuple[str, ...]]:
    """Return the figures as a table for people."""
    from nanopiano.music.passages import SHORTEST_NOTES

    longest = f"under {SHORTEST_NOTES} notes" if found.passage is None else found.passage.tell()
    shared = f"{found.share_of_12:.1%} ({found.shared_of_12:,} of {found.passages_of_12:,})"
    rows: list[tuple[str, ...]] = [("longest passage also in training", longest)]
    if found.passage is not None:
        rows.append(("where in training", found.passage.tell_where()))
    rows.append(("passages of 12 notes in training", shared))
    if found.human is not None:
        rows.append((f"{found.human.pieces:,} {found.human.which}", found.human.tell()))
    return rows

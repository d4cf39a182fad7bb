"""Pieces that a command is given as texts, MIDI files or scores."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from nanopiano.corpus.sources import Item, items_of
from nanopiano.errors import InputError
from nanopiano.music.piece import Piece
from nanopiano.music.vocab import Vocabulary
from nanopiano.music.words import text_to_piece
from nanopiano.score.read import read_any


def pieces_of(paths: Iterable[Path], vocab: Vocabulary) -> Iterator[Piece]:
    """Yield the pieces of .jsonl[.xz] files, MIDI files, scores and folders of them. Raises InputError."""
    return (_piece(item, vocab) for item in items_of(paths))


def _piece(item: Item, vocab: Vocabulary) -> Piece:
    if item.line is None:
        return read_any(item.path, vocab.grid)[0]
    try:
        return text_to_piece(json.loads(item.line)["text"], vocab)[0]
    except InputError as error:
        raise InputError(f"{item.name}: {error}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InputError(f'{item.name}: expected a JSON object with a "text" of words') from None

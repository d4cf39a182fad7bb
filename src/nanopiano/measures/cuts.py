"""Equal amounts of music, so that pieces of unlike length can be compared."""

import numpy as np

from nanopiano.music.piece import Piece
from nanopiano.music.vocab import END
from nanopiano.music.words import canonical_ids_to_notes, piece_to_ids


def first_words(piece: Piece, words: int) -> Piece:
    """Return the notes that the first `words` words of `piece` say, from the bar of the first note on."""
    begun = _from_first_bar(piece.canonical())
    ids = piece_to_ids(begun)[: 1 + words // 2 * 2]  # START and whole events
    return begun.with_notes(canonical_ids_to_notes(np.append(ids[ids != END], END).astype(np.uint16)))


def first_bars(piece: Piece, bars: int) -> Piece | None:
    """Return the notes that begin in the first `bars` bars, None if no note begins in the last of them or later."""
    if bars_struck(piece) < bars:
        return None
    return piece.clip(0, bars * piece.grid.bar_steps)


def bars_struck(piece: Piece) -> int:
    """Return the bars up to the one in which the last note begins."""
    return int(piece.onsets.max(initial=-1)) // piece.grid.bar_steps + 1


def _from_first_bar(piece: Piece) -> Piece:
    first = int(piece.onsets.min(initial=piece.steps))
    return piece.shift(-(first // piece.grid.bar_steps * piece.grid.bar_steps))

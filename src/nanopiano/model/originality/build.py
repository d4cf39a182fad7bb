"""Building the index of a model's training music."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from nanopiano.errors import InputError
from nanopiano.model.originality.index import PLACE_BITS, Human, Index
from nanopiano.model.originality.measure import originality
from nanopiano.music.grid import Grid
from nanopiano.music.passages import PASSAGE_NOTES, piece_fingerprints
from nanopiano.music.piece import NoteArray, Piece

PERCENTILES = (10, 50, 90)
HUMAN_NOTES = 250  # of each held-out piece, as many as 600 words hold: longer music shares longer passages


def build_index(
    training: Iterable[tuple[str, str, NoteArray]],
    held_out: Iterable[NoteArray],
    grid: Grid,
    tick: Callable[[], object] = lambda: None,
) -> Index:
    """Return the index of `training` (title, composer, canonical notes int32 [n, 4]), with `held_out` beside it.

    `tick` is called after each piece of both. Raises InputError for more notes than the index can number.
    """
    pieces, sizes, bars, counts, prints = [], [], [], [], [np.empty(0, dtype=np.uint8)]
    for title, composer, notes in training:
        in_bar = np.bincount(notes[:, 0] // grid.bar_steps)
        pieces.append((title, composer))
        sizes.append(len(notes))
        bars.append(len(in_bar))
        counts.append(in_bar.astype(np.uint16))
        prints.append(piece_fingerprints(notes))
        tick()
    if sum(sizes) >= 1 << PLACE_BITS:
        raise InputError(f"{sum(sizes):,} notes are too many for an index: expected less than {1 << PLACE_BITS:,}")
    index = Index(
        grid.steps_per_beat,
        pieces,
        np.array(sizes, dtype=np.int32),
        np.array(bars, dtype=np.int32),
        np.concatenate([np.empty(0, dtype=np.uint16), *counts]),
        np.concatenate(prints),
        human=None,
    )
    return replace(index, human=_human(index, held_out, grid, tick))


def _human(index: Index, held_out: Iterable[NoteArray], grid: Grid, tick: Callable[[], object]) -> Human | None:
    """Measure the beginnings of held-out pieces; None if there are none of at least 12 notes."""
    figures = []
    for notes in held_out:
        if len(notes) >= PASSAGE_NOTES:
            found = originality(index, Piece(notes[:HUMAN_NOTES], grid=grid))
            figures.append((found.passage.n_notes if found.passage else 0, found.share_of_12))
        tick()
    if not figures:
        return None
    longest, share = np.percentile(figures, PERCENTILES, axis=0).round(6).T.tolist()
    return Human(len(figures), tuple(longest), tuple(share), HUMAN_NOTES)


def joined(first: Index, second: Index) -> Index:
    """Return the index of the training music of both; the human figures stay those of `first`, if it has any.

    Raises InputError if their steps are not equally long.
    """
    if first.steps_per_beat != second.steps_per_beat:
        raise InputError(f"indexes of {first.steps_per_beat} and {second.steps_per_beat} steps a beat cannot be joined")
    arrays = {
        name: np.concatenate([getattr(first, name), getattr(second, name)])
        for name in ("notes", "bars", "notes_in_bar", "fingerprints")
    }
    return Index(first.steps_per_beat, first.pieces + second.pieces, **arrays, human=first.human or second.human)

"""Tiny training sets, and music that quotes them."""

from collections.abc import Iterable, Sequence

import numpy as np

from nanopiano.model.originality.build import build_index
from nanopiano.model.originality.index import Index
from nanopiano.music.grid import Grid
from nanopiano.music.piece import NoteArray, Piece

# A fingerprint has 64 values: a passage seems longer than it is by one note in every 32 or so, by two in every 700.
MOST_TOO_LONG = 3


def some_notes(seed: int, n_notes: int = 150) -> NoteArray:
    """Notes drawn at random, one at a time, in the middle of the keyboard."""
    rng = np.random.default_rng(seed)
    onsets = np.cumsum(rng.integers(1, 7, n_notes))
    rest = [rng.integers(48, 73, n_notes), np.ones(n_notes), np.full(n_notes, 80)]
    return np.stack([onsets, *rest], axis=1).astype(np.int32)


def index_of(pieces: Iterable[NoteArray], held_out: Sequence[NoteArray] = ()) -> Index:
    """An index of pieces called A, B, ... by composers a, b, ..."""
    named = [(chr(65 + number), chr(97 + number), notes) for number, notes in enumerate(pieces)]
    return build_index(named, held_out, Grid())


def joined(*parts: NoteArray, gap: int = 3) -> NoteArray:
    """Parts one after another, `gap` steps from the last onset to the next one."""
    rows: list[NoteArray] = []
    for part in parts:
        begin = int(rows[-1][-1, 0]) + gap if rows else 0
        rows.append(part + np.array([begin - part[0, 0], 0, 0, 0], dtype=np.int32))
    return np.concatenate(rows)


def in_key(notes: NoteArray, semitones: int) -> NoteArray:
    return notes + np.array([0, semitones, 0, 0], dtype=np.int32)


def piece_of(notes: NoteArray) -> Piece:
    return Piece(notes).canonical()

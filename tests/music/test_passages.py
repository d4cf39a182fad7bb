"""Fingerprints of four notes: what changes them and what does not."""

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import pieces

from nanopiano.music.grid import HIGHEST_PITCH, LOWEST_PITCH
from nanopiano.music.passages import FINGERPRINT_BITS, piece_fingerprints
from nanopiano.music.piece import Piece


@given(pieces().filter(lambda piece: len(piece) > 3), st.integers(-40, 40), st.integers(0, 500))
def test_key_and_beginning_do_not_change_fingerprints(piece: Piece, semitones: int, steps: int) -> None:
    low, high = piece.pitches.min() + semitones, piece.pitches.max() + semitones
    assume(low >= LOWEST_PITCH and high <= HIGHEST_PITCH)
    moved = piece.transpose(semitones).shift(steps)
    assert np.array_equal(piece_fingerprints(moved.notes), piece_fingerprints(piece.notes))


def test_lengths_do_not_change_fingerprints() -> None:
    short, long = (Piece.of([(4 * i, 60 + i, length) for i in range(6)]) for length in (1, 4))
    assert np.array_equal(piece_fingerprints(short.notes), piece_fingerprints(long.notes))


def test_pitch_and_onset_each_change_most_fingerprints() -> None:
    rng = np.random.default_rng(1)
    notes = np.stack([np.cumsum(rng.integers(1, 9, 400)), rng.integers(30, 100, 400)], axis=1)
    for column in (0, 1):
        other = notes.copy()
        other[::4, column] += 1  # one note of every four in a row
        kept = piece_fingerprints(notes.astype(np.int32)) == piece_fingerprints(other.astype(np.int32))
        assert kept.mean() < 0.05


def test_fingerprints_are_used_evenly() -> None:
    rng = np.random.default_rng(2)
    notes = np.stack([np.cumsum(rng.integers(0, 5, 20_000)), rng.integers(55, 75, 20_000)], axis=1)
    counts = np.bincount(piece_fingerprints(notes.astype(np.int32)), minlength=1 << FINGERPRINT_BITS)
    assert len(counts) == 64 and counts.min() > 200 and counts.max() < 450


def test_every_four_notes_in_a_row_have_a_fingerprint() -> None:
    lengths = [len(piece_fingerprints(Piece.of([(i, 60, 1) for i in range(n)]).notes)) for n in (0, 1, 3, 4, 5, 20)]
    assert lengths == [0, 0, 0, 1, 2, 17]

"""Loudness by rule."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nanopiano.music.expression import with_expression
from nanopiano.music.grid import Grid
from nanopiano.music.piece import DEFAULT_VELOCITY, Piece

notes = st.lists(st.tuples(st.integers(0, 400), st.integers(21, 108), st.integers(1, 128)))


def velocity(piece: Piece, onset: int, pitch: int) -> int:
    return next(note.velocity for note in with_expression(piece) if (note.onset, note.pitch) == (onset, pitch))


def test_the_melody_stands_out_from_the_chord() -> None:
    chord = Piece.of([(0, 60, 4), (0, 64, 4), (0, 67, 4)])
    assert velocity(chord, 0, 67) >= velocity(chord, 0, 64) + 10


def test_a_note_under_a_held_one_is_no_melody() -> None:
    held = Piece.of([(0, 72, 8), (4, 60, 4)])
    alone = Piece.of([(0, 72, 4), (4, 60, 4)])
    assert velocity(held, 4, 60) < velocity(alone, 4, 60)


def test_strong_beats_are_louder_than_weak_ones() -> None:
    bar = Piece.of([(64 + onset, 60, 1) for onset in range(16)])
    loudness = {onset: velocity(bar, 64 + onset, 60) for onset in range(16)}
    assert all(loudness[strong] > loudness[strong + 1] for strong in (0, 4, 8, 12))


def test_a_bar_of_the_other_grid_has_its_strong_beats_too() -> None:
    bar = Piece.of([(onset, 60, 1) for onset in range(48)], grid=Grid(12))
    assert velocity(bar, 0, 60) > velocity(bar, 1, 60)
    assert velocity(bar, 12, 60) > velocity(bar, 11, 60)


def test_a_phrase_swells_to_its_middle_and_fades() -> None:
    bars = Piece.of([(16 * bar, 60, 16) for bar in range(5)])
    loudness = [note.velocity for note in with_expression(bars)]
    assert loudness[0] < loudness[1] < loudness[2] > loudness[3] > loudness[4]


def test_a_note_that_says_how_loud_it_is_stays_so() -> None:
    piece = Piece.of([(0, 60, 4, 20), (4, 60, 4), (8, 60, 4, 110)])
    assert (velocity(piece, 0, 60), velocity(piece, 8, 60)) == (20, 110)
    assert velocity(piece, 4, 60) != DEFAULT_VELOCITY


def test_an_empty_piece_stays_empty() -> None:
    assert len(with_expression(Piece.of([]))) == 0


def test_the_mean_is_near_the_flat_velocity() -> None:
    rng = np.random.default_rng(0)
    piece = Piece.of(map(tuple, rng.integers([0, 40, 1], [256, 90, 5], (200, 3)).tolist()))
    assert abs(with_expression(piece).notes[:, 3].mean() - DEFAULT_VELOCITY) < 10


@settings(max_examples=100, deadline=None)
@given(notes)
def test_only_velocities_change_and_always_alike(rows: list[tuple[int, int, int]]) -> None:
    piece = Piece.of(rows)
    shaped = with_expression(piece)
    assert shaped == with_expression(piece)
    assert shaped.notes[:, :3].tolist() == piece.notes[:, :3].tolist()
    assert all(1 <= note.velocity <= 127 for note in shaped)

"""Piece -> roll -> words -> roll -> piece is the identity on the grid."""

import numpy as np
from hypothesis import given
from strategies import pieces, untidy_pieces

from nanopiano.music.piece import Piece
from nanopiano.music.roll import BEGINS, HELD, SILENCE, Roll, piece_to_roll, roll_to_piece
from nanopiano.music.words import ids_to_piece, piece_to_ids


def key_of(roll: Roll, pitch: int) -> list[int]:
    """What one key does."""
    return [int(state) for state in roll[:, pitch - 21]]


@given(pieces())
def test_a_piece_goes_through_the_roll_and_back(piece: Piece) -> None:
    assert roll_to_piece(piece_to_roll(piece)) == piece


@given(pieces().map(piece_to_roll))
def test_a_roll_goes_through_words_and_back(roll: Roll) -> None:
    ids = piece_to_ids(roll_to_piece(roll))
    np.testing.assert_array_equal(piece_to_roll(ids_to_piece(ids)), roll)


@given(untidy_pieces())
def test_the_roll_of_a_piece_is_that_of_its_canonical_form(piece: Piece) -> None:
    np.testing.assert_array_equal(piece_to_roll(piece), piece_to_roll(piece.canonical()))


def test_a_note_begins_once_and_is_held_until_it_ends() -> None:
    roll = piece_to_roll(Piece.of([(1, 60, 3), (5, 60, 1), (0, 21, 6)]))
    assert key_of(roll, 60) == [SILENCE, BEGINS, HELD, HELD, SILENCE, BEGINS]


def test_a_note_struck_again_without_a_rest_begins_again() -> None:
    roll = piece_to_roll(Piece.of([(0, 60, 8), (2, 60, 2)]))
    assert key_of(roll, 60) == [BEGINS, HELD, BEGINS, HELD]


def test_the_roll_is_as_long_as_the_piece() -> None:
    assert piece_to_roll(Piece.of([(0, 60, 8), (2, 62, 20)])).shape == (22, 88)


def test_the_roll_of_nothing_is_empty() -> None:
    assert piece_to_roll(Piece.of([])).shape == (0, 88)
    assert len(roll_to_piece(np.zeros((9, 88), dtype=np.uint8))) == 0


def test_a_key_held_without_a_stroke_is_read_as_struck() -> None:
    roll = np.zeros((4, 88), dtype=np.uint8)
    roll[1:3, 39] = HELD
    assert roll_to_piece(roll) == Piece.of([(1, 60, 2)])

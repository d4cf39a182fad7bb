"""The vocabulary is computed, closed, and tied to its grid."""

import numpy as np
from hypothesis import given
from strategies import pieces

from nanopiano.music.grid import Grid
from nanopiano.music.piece import Piece
from nanopiano.music.roll import piece_to_roll, roll_to_piece
from nanopiano.music.vocab import (
    END,
    FILL,
    FIRST_DURATION,
    FIRST_PITCH,
    GAP,
    START,
    WAIT,
    duration_id,
    pitch_id,
    vocabulary,
)
from nanopiano.music.words import ids_to_piece, piece_to_ids, piece_to_text, text_to_piece


def test_there_are_5_signs_88_keys_and_128_durations() -> None:
    assert len(vocabulary()) == 5 + 88 + 128 == 221


def test_the_fingerprint_never_changes() -> None:
    # Every corpus and every model ever made carries it: if this fails, they are all refused.
    assert vocabulary().fingerprint == "5b0004a9ec88ebb3"


def test_another_grid_has_another_fingerprint() -> None:
    assert vocabulary(12).fingerprint != vocabulary(4).fingerprint


def test_constants_name_the_words_they_stand_for() -> None:
    words = vocabulary().words
    signs = [words[number] for number in (START, END, WAIT, GAP, FILL, FIRST_PITCH, FIRST_DURATION)]
    assert signs == ["START", "END", "sepxx", "GAP", "FILL", "n21", "d1"]


def test_every_word_has_one_id() -> None:
    vocab = vocabulary()
    assert [vocab.id_of[word] for word in vocab.words] == list(range(len(vocab)))


def test_ids_of_pitches_and_durations_are_arithmetic() -> None:
    words = vocabulary().words
    assert [words[pitch_id(pitch)] for pitch in (21, 60, 108)] == ["n21", "n60", "n108"]
    assert [words[duration_id(steps)] for steps in (1, 16, 128)] == ["d1", "d16", "d128"]


def test_a_kind_is_the_first_id_of_its_words() -> None:
    vocab = vocabulary()
    kinds = [START, END, WAIT, GAP, FILL] + 88 * [FIRST_PITCH] + 128 * [FIRST_DURATION]
    np.testing.assert_array_equal(vocab.kinds, kinds)


def test_twelve_steps_a_beat_have_durations_up_to_eight_bars() -> None:
    assert vocabulary(12).words[-1] == f"d{8 * 48}"


@given(pieces(Grid(12)))
def test_a_piece_of_triplets_goes_through_ids_and_back(piece: Piece) -> None:
    assert ids_to_piece(piece_to_ids(piece), vocabulary(12)) == piece


@given(pieces(Grid(12)))
def test_a_piece_of_triplets_goes_through_text_and_back(piece: Piece) -> None:
    assert text_to_piece(piece_to_text(piece), vocabulary(12)) == (piece, {})


@given(pieces(Grid(12)))
def test_a_piece_of_triplets_goes_through_the_roll_and_back(piece: Piece) -> None:
    assert roll_to_piece(piece_to_roll(piece), Grid(12)) == piece

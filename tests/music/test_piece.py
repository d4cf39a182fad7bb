"""A piece has one canonical form, and its verbs can be taken back."""

from collections.abc import Callable
from random import Random

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import Row, pieces, rows, sounding_pieces, untidy_pieces

from nanopiano.errors import InputError
from nanopiano.music.grid import Grid
from nanopiano.music.piece import Note, Piece


def lengths(*notes: tuple[int, ...]) -> list[tuple[int, int, int]]:
    """Onset, pitch and length of the canonical notes."""
    return [note[:3] for note in Piece.of(notes)]


@given(untidy_pieces())
def test_the_canonical_form_is_its_own_canonical_form(piece: Piece) -> None:
    once = piece.canonical()
    assert once.canonical() == once


@given(rows(), st.randoms(use_true_random=False))
def test_the_canonical_form_does_not_depend_on_the_order_of_notes(notes: list[Row], chance: Random) -> None:
    shuffled = chance.sample(notes, len(notes))
    assert Piece.of(shuffled) == Piece.of(notes)


@given(untidy_pieces())
def test_no_note_sounds_into_the_next_of_its_key(piece: Piece) -> None:
    ends: dict[int, int] = {}
    for note in piece.canonical():
        assert ends.get(note.pitch, 0) <= note.onset
        ends[note.pitch] = note.onset + note.length


@given(untidy_pieces())
def test_every_stroke_of_a_key_is_kept(piece: Piece) -> None:
    strokes = {(onset, pitch) for onset, pitch, _, _ in piece}
    assert [(note.onset, note.pitch) for note in piece.canonical()] == sorted(strokes, key=lambda s: (s[0], -s[1]))


def test_notes_of_one_step_stand_from_high_to_low() -> None:
    assert [note.pitch for note in Piece.of([(0, 48, 4), (0, 72, 4), (0, 60, 4)])] == [72, 60, 48]


def test_a_key_struck_again_ends_the_note_before() -> None:
    assert lengths((0, 60, 16), (4, 60, 2)) == [(0, 60, 4), (4, 60, 2)]


def test_of_two_notes_on_one_key_at_one_step_the_longest_wins() -> None:
    assert lengths((0, 60, 2), (0, 60, 9), (0, 60, 5)) == [(0, 60, 9)]


def test_of_equally_long_notes_the_loudest_wins() -> None:
    assert list(Piece.of([(0, 60, 4, 30), (0, 60, 4, 90)])) == [Note(0, 60, 4, 90)]


def test_a_note_longer_than_the_longest_word_is_cut() -> None:
    assert lengths((0, 60, 500)) == [(0, 60, 128)]


def test_a_note_is_never_shorter_than_a_step() -> None:
    assert lengths((0, 60, 0)) == [(0, 60, 1)]


@pytest.mark.parametrize("note", [(-1, 60, 4), (0, 20, 4), (0, 109, 4)])
def test_a_note_off_the_keyboard_or_before_the_beginning_is_refused(note: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="is no note: expected onset 0 or later"):
        Piece.of([note])


@given(pieces(), st.integers(-87, 87))
def test_transposing_there_and_back_is_the_piece(piece: Piece, semitones: int) -> None:
    try:
        there = piece.transpose(semitones)
    except InputError:
        assume(False)
    assert there.transpose(-semitones) == piece


@given(sounding_pieces())
def test_a_piece_is_not_transposed_off_the_keyboard(piece: Piece) -> None:
    with pytest.raises(InputError, match=r"pitches would span \d+\.\.109, the keyboard has 21\.\.108"):
        piece.transpose(109 - int(piece.pitches.max()))
    with pytest.raises(InputError, match=r"pitches would span 20\.\.\d+"):
        piece.transpose(20 - int(piece.pitches.min()))


@given(pieces(), st.integers(1, 6))
def test_stretching_there_and_back_is_the_piece(piece: Piece, factor: int) -> None:
    assume((piece.lengths * factor <= piece.grid.longest).all())
    assert piece.stretch(factor).stretch(1, factor) == piece


def test_stretching_by_a_fraction_keeps_proportions() -> None:
    assert [note[:3] for note in Piece.of([(0, 60, 4), (6, 62, 2)]).stretch(3, 2)] == [(0, 60, 6), (9, 62, 3)]


@pytest.mark.parametrize("note", [(0, 60, 3), (3, 60, 2)])
def test_a_piece_is_not_stretched_off_the_grid(note: tuple[int, int, int]) -> None:
    with pytest.raises(InputError, match="cannot stretch by 1/2: a note would leave the grid"):
        Piece.of([note]).stretch(1, 2)


def test_a_piece_is_not_stretched_past_the_longest_word() -> None:
    with pytest.raises(InputError, match="a note would pass 128 steps"):
        Piece.of([(0, 60, 65)]).stretch(2)


@pytest.mark.parametrize("ratio", [(0, 1), (1, 0), (-1, 1)])
def test_only_positive_ratios_stretch(ratio: tuple[int, int]) -> None:
    with pytest.raises(InputError, match="both must be at least 1"):
        Piece.of([(0, 60, 4)]).stretch(*ratio)


@given(pieces(), st.integers(0, 1000))
def test_shifting_there_and_back_is_the_piece(piece: Piece, steps: int) -> None:
    assert piece.shift(steps).shift(-steps) == piece


def test_a_piece_is_not_shifted_before_the_beginning() -> None:
    with pytest.raises(InputError, match="cannot shift by -4 steps: the first note begins at step 3"):
        Piece.of([(3, 60, 4), (9, 60, 4)]).shift(-4)


@given(pieces(), st.integers(0, 100), st.integers(0, 100))
def test_a_clip_holds_the_notes_that_begin_in_it_unchanged(piece: Piece, start: int, end: int) -> None:
    assert list(piece.clip(start, end)) == [note for note in piece if start <= note.onset < end]


@given(pieces(velocities=True), st.integers(0, 100))
def test_a_piece_is_its_clips_put_together(piece: Piece, place: int) -> None:
    parts = [*piece.clip(0, place), *piece.clip(place, piece.steps + 1)]
    assert Piece.of(parts) == piece


@pytest.mark.parametrize(
    ("verb", "made"),
    [
        (lambda piece: piece.clip(0, 8), 2),
        (lambda piece: piece.shift(5), 3),
        (lambda piece: piece.transpose(2), 3),
        (lambda piece: piece.stretch(2), 3),
    ],
)
def test_verbs_keep_tempo_title_metre_and_grid(verb: Callable[[Piece], Piece], made: int) -> None:
    piece = Piece.of([(0, 60, 4), (4, 62, 4), (8, 64, 8)], bpm=90.0, title="Air", time_signature=(3, 4), grid=Grid(12))
    after = verb(piece)
    assert (len(after), after.bpm, after.title, after.time_signature, after.grid) == (
        made,
        90.0,
        "Air",
        (3, 4),
        Grid(12),
    )


def test_verbs_leave_the_piece_itself_as_it_was() -> None:
    piece = Piece.of([(0, 60, 4)])
    before = piece.notes.copy()
    piece.shift(3), piece.transpose(1), piece.stretch(2), piece.clip(0, 1), piece.canonical()
    np.testing.assert_array_equal(piece.notes, before)


def test_a_piece_lasts_until_its_last_note_ends() -> None:
    piece = Piece.of([(0, 40, 40), (8, 60, 4)], bpm=60)
    assert (piece.steps, piece.bars, piece.seconds) == (40, 3, 10.0)


def test_an_empty_piece_lasts_no_time() -> None:
    piece = Piece.of([])
    assert (len(piece), piece.steps, piece.bars, piece.seconds) == (0, 0, 0, 0.0)


def test_pieces_of_other_notes_or_facts_differ() -> None:
    piece = Piece.of([(0, 60, 4)])
    assert piece == Piece.of([(0, 60, 4)])
    assert piece != Piece.of([(0, 60, 5)])
    assert piece != Piece.of([(0, 60, 4)], bpm=90)
    assert piece != "a piece"

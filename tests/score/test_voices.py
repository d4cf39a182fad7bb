"""How a hand is parted into voices, and bars into beats."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import pieces

from nanopiano.music.piece import Piece
from nanopiano.score.metre import Metre, metre_of
from nanopiano.score.voices import part_voices

COMMON = Metre(4, 4, 4)


def lower(*notes: tuple[int, int, int]) -> str:
    """Which voice has each note, in canonical order: u or l."""
    return "".join("l" if low else "u" for low in part_voices(Piece.of(notes).notes))


def test_chords_one_after_another_are_one_voice() -> None:
    assert lower((0, 60, 4), (0, 64, 4), (4, 62, 4), (4, 65, 4), (8, 60, 8)) == "uuuuu"


def test_a_line_over_a_held_note_is_the_upper_voice() -> None:
    assert lower((0, 48, 16), *((step, 60 + step, 2) for step in range(2, 16, 2))) == "l" + "u" * 7


def test_a_line_under_a_held_note_is_the_lower_voice() -> None:
    assert lower((0, 84, 16), *((step, 60 + step, 2) for step in range(0, 16, 2))) == "u" + "l" * 8


@given(pieces())
def test_of_a_stroke_the_upper_voice_has_the_upper_notes(piece: Piece) -> None:
    low = part_voices(piece.notes)
    for onset in set(piece.onsets.tolist()):
        struck = low[piece.onsets == onset].tolist()  # the highest first
        assert struck == sorted(struck)


@pytest.mark.parametrize(
    ("start", "end", "lengths"),
    [
        (0, 16, [16]), (0, 12, [12]), (4, 16, [12]), (4, 12, [8]), (2, 6, [4]), (6, 10, [2, 2]), (0, 7, [4, 3]),
        (2, 5, [2, 1]), (1, 4, [3]), (3, 5, [1, 1]), (0, 5, [4, 1]), (10, 16, [6]), (2, 8, [6]), (5, 16, [3, 8]),
    ],
)  # fmt: skip
def test_a_stretch_of_common_time_is_cut_where_players_expect_it(start: int, end: int, lengths: list[int]) -> None:
    assert [value.steps for value in COMMON.values(start, end)] == lengths


def test_rests_stand_on_their_own_places() -> None:
    assert [value.steps for value in COMMON.values(2, 16, rest=True)] == [2, 4, 8]
    assert [value.steps for value in COMMON.values(0, 12, rest=True)] == [8, 4]


def test_beats_of_six_eight_are_dotted_quarters() -> None:
    metre = Metre(6, 8, 4)
    assert (metre.bar, metre.beat) == (12, 6)
    assert [(value.steps, value.dots) for value in metre.values(0, 12)] == [(12, 1)]
    assert [(value.steps, value.dots) for value in metre.values(4, 12)] == [(2, 0), (6, 1)]


@given(st.sampled_from([(4, 4), (3, 4), (6, 8), (5, 8), (2, 2)]), st.data())
def test_values_fill_their_stretch(metre: tuple[int, int], data: st.DataObject) -> None:
    some = Metre(*metre, 4)
    start = data.draw(st.integers(0, some.bar - 1))
    end = data.draw(st.integers(start + 1, some.bar))
    values = some.values(start, end, rest=data.draw(st.booleans()))
    assert sum(value.steps for value in values) == end - start
    assert all(value.steps == 4 * 2.0**value.power * (1.5 if value.dots else 1) for value in values)


@pytest.mark.parametrize("signature", [(0, 4), (3, 64), (5, 3), (40, 4), (1, 32)])
def test_a_metre_that_does_not_fit_is_written_as_common_time(signature: tuple[int, int]) -> None:
    assert metre_of(Piece(Piece.of([(0, 60, 4)]).notes, time_signature=signature)) == COMMON

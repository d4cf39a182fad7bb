"""A piece can be parted at a gap, asked for, and put together again."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import Gap, gaps

from nanopiano.errors import InputError
from nanopiano.music.fill import fill_answer, fill_prompt, part
from nanopiano.music.listen import hear
from nanopiano.music.piece import Piece
from nanopiano.music.vocab import END, FILL, GAP, START
from nanopiano.music.words import Ids, ids_to_piece, ids_to_text


def asked_and_answered(gap: Gap, most_each_side: int | None = None) -> Ids:
    """The words of a whole fill."""
    parts = gap.parts
    prompt = fill_prompt(parts, gap.start, gap.end, most_each_side)
    return np.concatenate([prompt, fill_answer(parts.middle, gap.start)])


def crowded(n_notes: int, per_step: int = 1) -> Piece:
    """A piece of `n_notes`, `per_step` of them a step."""
    return Piece.of([(note // per_step, 60 + note % per_step, 1) for note in range(n_notes)])


@given(gaps())
def test_parts_put_together_are_the_piece_where_no_note_runs_past_the_gap(gap: Gap) -> None:
    inside = gap.piece.clip(gap.start, gap.end)
    assume((inside.onsets + inside.lengths <= gap.end).all())
    assert ids_to_piece(asked_and_answered(gap)) == gap.piece


@given(gaps())
def test_parts_hold_every_note_once(gap: Gap) -> None:
    strokes = [(note.onset, note.pitch) for piece in gap.parts for note in piece]
    assert strokes == [(note.onset, note.pitch) for note in gap.piece]


@given(gaps())
def test_no_note_of_the_middle_sounds_past_the_gap(gap: Gap) -> None:
    middle = gap.parts.middle
    assert (middle.onsets + middle.lengths <= gap.end).all()


@given(gaps())
def test_what_stands_around_the_gap_is_unchanged(gap: Gap) -> None:
    outside = [note for note in gap.piece if not gap.start <= note.onset < gap.end]
    assert [*gap.parts.before, *gap.parts.after] == outside


def test_the_gap_is_asked_for_in_words() -> None:
    parts = part(Piece.of([(0, 60, 4), (20, 62, 2), (34, 64, 4)]), 16, 32)
    words = "START n60 d4 sepxx d16 GAP d16 sepxx d2 n64 d4 FILL"
    assert ids_to_text(fill_prompt(parts, 16, 32)) == words
    assert ids_to_text(fill_answer(parts.middle, 16)) == "sepxx d4 n62 d2 END"


def test_a_gap_longer_than_a_word_is_asked_for_in_several() -> None:
    parts = part(Piece.of([]), 0, 320)
    assert ids_to_text(fill_prompt(parts, 0, 320)) == "START GAP d128 GAP d128 GAP d64 FILL"


@pytest.mark.parametrize(("start", "end"), [(16, 16), (32, 16), (-16, 16)])
def test_an_empty_gap_is_refused(start: int, end: int) -> None:
    with pytest.raises(InputError, match=f"a gap from step {start} to step {end} is empty"):
        part(Piece.of([(0, 60, 4)]), start, end)


@given(gaps(), st.integers(2, 30))
def test_a_shortened_prompt_keeps_places_in_the_bar(gap: Gap, most: int) -> None:
    whole = hear(fill_prompt(gap.parts, gap.start, gap.end)).time[-1]
    shortened = hear(fill_prompt(gap.parts, gap.start, gap.end, most)).time[-1]
    assert (whole - shortened) % gap.piece.grid.bar_steps == 0


@given(gaps(), st.integers(2, 30))
def test_a_shortened_prompt_keeps_the_nearest_notes_of_each_side(gap: Gap, most: int) -> None:
    ids = asked_and_answered(gap, most)
    moved = gap.start - int(hear(ids).time[ids.tolist().index(FILL)])
    kept = ids_to_piece(ids).shift(moved)
    begin = int(kept.onsets.min(initial=gap.start))
    before, middle, after = gap.parts
    expected = [*before.clip(begin, gap.start), *middle, *after]
    assert list(kept) == expected[: len(kept)]
    assert len(kept) >= len(expected) - len(after)


@given(gaps(), st.integers(2, 30))
def test_a_shortened_prompt_is_bounded_whatever_the_piece(gap: Gap, most: int) -> None:
    ids = fill_prompt(gap.parts, gap.start, gap.end, most).tolist()
    gap_at, gap_words = ids.index(GAP), 2 * ids.count(GAP)
    assert gap_at - len([START]) <= most
    assert len(ids) - gap_at - gap_words - len([FILL]) <= most


def test_a_prompt_shorter_than_the_bound_is_whole() -> None:
    parts = part(crowded(32), 16, 20)
    np.testing.assert_array_equal(fill_prompt(parts, 16, 20, 64), fill_prompt(parts, 16, 20))


def test_a_long_silence_before_the_gap_does_not_lengthen_the_prompt() -> None:
    parts = part(Piece.of([(0, 60, 4), (16_000, 62, 4)]), 16_000, 16_016)
    assert ids_to_text(fill_prompt(parts, 16_000, 16_016, 20)) == "START GAP d16 FILL"


def test_a_long_silence_after_the_gap_does_not_lengthen_the_prompt() -> None:
    parts = part(Piece.of([(16_000, 62, 4)]), 0, 16)
    waits = " ".join(["sepxx d128"] * 4)
    assert ids_to_text(fill_prompt(parts, 0, 16, 8)) == f"START GAP d16 {waits} FILL"


def test_events_are_left_out_whole_and_bars_too_on_the_earlier_side() -> None:
    parts = part(crowded(300, per_step=3), 48, 64)
    words = ids_to_text(fill_prompt(parts, 48, 64, 141)).split()
    gap = words.index("GAP")
    assert words[1] == "n62"
    assert words[1:gap].count("n60") == 16
    assert (len(words[gap:-1]) - 2, words[-2]) == (140, "d1")


@given(gaps())
def test_the_answer_ends_with_end(gap: Gap) -> None:
    assert fill_answer(gap.parts.middle, gap.start)[-1] == END

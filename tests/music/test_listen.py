"""One grammar serves checking, sampling and hearing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import Gap, gaps, legal_ids, pieces, sounding_pieces

from nanopiano.errors import InputError
from nanopiano.music.fill import fill_answer, fill_prompt
from nanopiano.music.grid import Grid
from nanopiano.music.listen import Listener, hear
from nanopiano.music.piece import Piece
from nanopiano.music.vocab import END, FILL, FIRST_PITCH, GAP, START, pitch_id, vocabulary
from nanopiano.music.words import Ids, ids_to_piece, piece_to_ids


def listener_after(text: str, steps_per_beat: int = 4) -> Listener:
    """A listener that has read `text`."""
    listener = Listener(vocabulary(steps_per_beat))
    for word in text.split():
        listener.feed(listener.vocab.id_of[word])
    return listener


def allowed_after(text: str) -> set[str]:
    """The words that may come next."""
    return {vocabulary().words[number] for number in np.flatnonzero(listener_after(text).allowed())}


def heard_word_by_word(ids: Ids, steps_per_beat: int = 4) -> tuple[list[int], list[list[int]]]:
    """Times and keys sounding after every word, from a listener."""
    listener = Listener(vocabulary(steps_per_beat))
    times, sounding = [], []
    for number in ids.tolist():
        listener.feed(number)
        times.append(listener.time)
        sounding.append(listener.sounding().tolist())
    return times, sounding


def fills() -> st.SearchStrategy[Ids]:
    """Whole fills: what is asked, and any answer that the grammar allows."""
    return gaps().flatmap(lambda gap: legal_ids(fill_prompt(gap.parts, gap.start, gap.end)))


@given(legal_ids() | fills() | pieces().map(piece_to_ids))
def test_hear_hears_at_every_word_what_a_listener_hears(ids: Ids) -> None:
    heard = hear(ids)
    assert (heard.time.tolist(), heard.sounding.tolist()) == heard_word_by_word(ids)


@given(gaps())
def test_hear_hears_a_cut_out_middle_as_a_listener_does(gap: Gap) -> None:
    answer = fill_answer(gap.parts.middle, gap.start)
    ids = np.concatenate([fill_prompt(gap.parts, gap.start, gap.end), answer])
    heard = hear(ids)
    assert (heard.time.tolist(), heard.sounding.tolist()) == heard_word_by_word(ids)


@given(pieces(Grid(12)))
def test_hear_hears_triplets_as_a_listener_does(piece: Piece) -> None:
    ids = piece_to_ids(piece)
    heard = hear(ids)
    assert (heard.time.tolist(), heard.sounding.tolist()) == heard_word_by_word(ids, 12)


@given(legal_ids() | fills())
def test_there_is_always_a_word_that_may_come_next(ids: Ids) -> None:
    listener = Listener(vocabulary())
    for number in ids.tolist():
        assert listener.allowed().any()
        listener.feed(number)


@given(sounding_pieces())
def test_the_words_of_every_piece_are_allowed(piece: Piece) -> None:
    listener = Listener(vocabulary())
    listener.feed(START)
    for number in piece_to_ids(piece).tolist()[1:]:
        assert listener.allowed()[number]
        listener.feed(number)


@given(legal_ids() | fills())
def test_start_gap_and_fill_are_never_sampled(ids: Ids) -> None:
    listener = Listener(vocabulary())
    for number in ids.tolist():
        assert not listener.allowed()[[START, GAP, FILL]].any()
        listener.feed(number)


@given(legal_ids())
def test_end_comes_only_after_a_note(ids: Ids) -> None:
    listener = Listener(vocabulary())
    for place, number in enumerate(ids.tolist()):
        after_note = place > 1 and ids[place - 2] >= FIRST_PITCH and listener.head is None
        assert listener.allowed()[END] == after_note
        listener.feed(number)


def test_nothing_comes_after_end() -> None:
    assert allowed_after("START n60 d4 END") == set()


def test_only_durations_follow_a_pitch_or_a_wait() -> None:
    durations = {f"d{steps}" for steps in range(1, 129)}
    assert allowed_after("START n60") == allowed_after("START sepxx") == durations


def test_a_piece_begins_with_a_note_or_a_wait() -> None:
    assert allowed_after("START") == {"sepxx", *(f"n{pitch}" for pitch in range(21, 109))}


def test_notes_of_one_step_go_down() -> None:
    assert allowed_after("START n24 d4") == {"n21", "n22", "n23", "sepxx", "END"}


def test_no_wait_follows_a_wait() -> None:
    assert allowed_after("START sepxx d127") == {f"n{pitch}" for pitch in range(21, 109)}


def test_a_wait_follows_the_longest_wait() -> None:
    assert "sepxx" in allowed_after("START sepxx d128")
    assert "END" not in allowed_after("START n60 d1 sepxx d128")


def test_a_key_that_sounds_is_not_struck_before_its_note_has_ended() -> None:
    assert "n60" not in allowed_after("START n60 d4 sepxx d3")
    assert "n60" in allowed_after("START n60 d4 sepxx d4")


def test_when_every_key_sounds_and_no_wait_may_follow_a_piece_may_end() -> None:
    chord = " ".join(f"n{pitch} d9" for pitch in range(108, 20, -1))
    assert allowed_after(f"START {chord} sepxx d1") == {"END"}


@pytest.mark.parametrize(
    ("before", "word", "reason"),
    [
        ("START n60 d4 END", "n60", "'n60' after END"),
        ("START n60", "sepxx", "'sepxx' where a duration must stand"),
        ("START", "d4", "'d4' where a pitch, sepxx or END must stand"),
        ("START n60 d4", "START", "'START' where"),
        ("START n60 d4", "FILL", "'FILL' where"),
        ("START GAP d4 FILL", "FILL", "'FILL' where"),
        ("START GAP d4 FILL", "GAP", "'GAP' where"),
        ("START GAP d4 n60 d4", "GAP", "'GAP' where"),
    ],
)
def test_a_word_of_a_kind_that_cannot_stand_is_refused(before: str, word: str, reason: str) -> None:
    listener = listener_after(before)
    with pytest.raises(InputError, match=reason):
        listener.feed(listener.vocab.id_of[word])


def test_time_passes_with_waits_and_gaps_only() -> None:
    assert listener_after("START n60 d9 sepxx d5 n62 d4 GAP d16 GAP d2 n60 d1").time == 23


def test_the_place_in_the_bar_is_counted_from_step_0() -> None:
    assert listener_after("START sepxx d21").place == 5
    assert listener_after("START sepxx d50", steps_per_beat=12).place == 2


def test_keys_sound_for_what_is_left_of_their_notes() -> None:
    sounding = listener_after("START n60 d9 n50 d2 sepxx d5").sounding()
    assert {21 + int(key): int(sounding[key]) for key in np.flatnonzero(sounding)} == {60: 4}


def test_a_key_is_heard_for_255_steps_at_most() -> None:
    text = "START n60 d384"
    assert listener_after(text, 12).sounding().max() == 255
    ids = np.array([vocabulary(12).id_of[word] for word in text.split()], dtype=np.uint16)
    assert hear(ids).sounding.max() == 255


@given(gaps())
def test_at_fill_time_and_keys_are_what_they_were_where_the_gap_began(gap: Gap) -> None:
    ids = fill_prompt(gap.parts, gap.start, gap.end)
    before_gap = ids.tolist().index(GAP) - 1
    heard = hear(ids)
    assert heard.time[-1] == heard.time[before_gap] == gap.start
    np.testing.assert_array_equal(heard.sounding[-1], heard.sounding[before_gap])


@given(fills())
def test_a_fill_begins_all_its_notes_in_the_gap(ids: Ids) -> None:
    fill = ids.tolist().index(FILL)
    heard = hear(ids)
    gap_end = heard.time[np.flatnonzero(ids[:fill] == GAP)[-1] + 1]
    assert (heard.time[fill:] < gap_end).all()


@given(fills())
def test_what_fills_a_gap_changes_nothing_outside_of_it(ids: Ids) -> None:
    fill = ids.tolist().index(FILL)
    around = ids_to_piece(np.append(ids[:fill], END))
    times = hear(ids).time
    middle = {(int(times[place]), int(ids[place])) for place in np.flatnonzero(ids >= FIRST_PITCH) if place > fill}
    whole = ids_to_piece(ids)
    outside = [note for note in whole if (note.onset, pitch_id(note.pitch)) not in middle]
    assert outside == list(around)


def test_a_key_that_sounds_into_the_gap_is_masked_until_it_ends() -> None:
    before = "START n60 d24 sepxx d16 GAP d16 FILL"
    assert "n60" not in allowed_after(f"{before} sepxx d7")
    assert "n60" in allowed_after(f"{before} sepxx d8")


def test_a_key_struck_after_the_gap_is_free_within_it() -> None:
    assert "n60" in allowed_after("START GAP d16 n60 d24 FILL")


def test_a_wait_after_fill_leads_before_the_gap_ends() -> None:
    assert allowed_after("START GAP d16 FILL sepxx") == {f"d{steps}" for steps in range(1, 16)}
    assert "sepxx" not in allowed_after("START GAP d16 FILL sepxx d15")


def test_a_fill_ends_after_a_note() -> None:
    assert "END" not in allowed_after("START n60 d4 GAP d16 FILL")
    assert "END" in allowed_after("START n60 d4 GAP d16 FILL n62 d4")

"""A take grows: from the first note to the last, to a cancel or to a failure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from state_tools import (
    BAR,
    MADE,
    after,
    effects,
    finished,
    generating,
    growing,
    grown,
    only_take,
    some_take,
    with_song,
    with_takes,
)

from nanopiano.gui.state.actions import (
    Cancel,
    Generate,
    Keep,
    Pin,
    Rename,
    Retry,
    Say,
    Select,
    Set,
)
from nanopiano.gui.state.app_state import AppState, Message
from nanopiano.gui.state.events import Event, Failed, Finished, Grown, Judged, NoModel, Ready
from nanopiano.gui.state.update import update

NEW = AppState()
RETRY = Retry(6, MADE)


def test_nothing_is_in_the_list_before_the_first_note() -> None:
    assert generating().takes == ()


def test_the_first_note_brings_the_take_into_view() -> None:
    state = growing()
    assert state.current == only_take(state).id
    assert state.growing


def test_the_take_says_how_it_came_about() -> None:
    state = growing(after(with_song(), Ready("ragtime", 0.1)))
    take, controls = only_take(state), state.controls
    assert (take.kind, take.origin, take.seed, take.made) == ("song", "Song", 5, MADE)
    assert take.settings == {
        "temperature": controls.temperature,
        "top_k": controls.top_k,
        "original": None,
        "top_p": controls.top_p,
        "min_p": controls.min_p,
        "min_surprise": controls.min_surprise,
        "returns": controls.returns,
        "chromatic": controls.chromatic,
        "words": controls.words,
        "bpm": 120.0,
        "model": "ragtime",
    }


def test_all_that_is_told_makes_the_same_take_longer() -> None:
    state = growing(bars=1)
    longer = after(state, grown(state, 3))
    assert only_take(longer).id == only_take(state).id
    assert only_take(longer).piece.bars == 3


def test_what_has_grown_goes_to_the_disk() -> None:
    state = growing()
    more = grown(state, 2)
    assert effects(state, more, Keep) == [Keep(only_take(after(state, more)))]


def test_how_far_it_is_can_be_seen() -> None:
    job = growing(bars=3).job
    assert job is not None
    assert (job.edge, job.share, job.n_words) == (2 * BAR, 0.5, 27)


def test_a_take_that_grows_keeps_name_and_pin() -> None:
    state = growing()
    state = after(state, Rename(only_take(state).id, "Mine"), Pin(only_take(state).id))
    state = after(state, grown(state, 2))
    state = after(state, finished(state, 3))
    assert (only_take(state).name, only_take(state).pinned) == ("Mine", True)


def test_a_take_is_unfinished_until_the_end() -> None:
    state = growing()
    assert not only_take(state).finished
    assert only_take(after(state, finished(state, 3))).finished


def test_the_end_is_told_in_full() -> None:
    state = growing()
    state = after(state, finished(state, 3))
    assert state.message == Message("Generation complete! 12 new notes, 3 bars, seed 5, 500 words a second.")
    assert not state.busy


def test_only_new_notes_are_counted() -> None:
    state = generating(with_song(bars=8))
    state = after(state, grown(state, 9, begin=8 * BAR))
    assert "4 new notes, 9 bars" in after(state, finished(state, 9)).message.text


def test_what_was_composed_until_it_was_cancelled_is_kept_unfinished() -> None:
    state = growing(bars=2)
    end = finished(state, 2, cancelled=True)
    state = after(state, Cancel())
    assert effects(state, end, Keep) == [Keep(only_take(state))]
    state = after(state, end)
    assert not only_take(state).finished
    assert state.message.text.startswith("Cancelled: what was composed is kept (8 new notes")


def test_cancelling_before_the_first_note_leaves_nothing() -> None:
    state = after(generating(), Cancel())
    state = after(state, finished(state, 0, cancelled=True))
    assert (state.takes, state.job, state.message) == ((), None, Message("Cancelled."))


def test_a_model_that_says_nothing_is_told() -> None:
    state = generating()
    state = after(state, finished(state, 0))
    assert (state.takes, state.message) == ((), Message("The model had nothing to say here: try again."))


def test_a_failure_is_told_with_its_cause() -> None:
    state = generating()
    state = after(state, Failed(1, "the memory is not enough: ask for less"))
    assert state.message == Message("Generation failed: the memory is not enough: ask for less", error=True)
    assert not state.busy


def test_a_failure_leaves_what_was_composed_unfinished() -> None:
    state = after(growing(bars=2), Failed(1, "defect"))
    assert only_take(state).piece.bars == 2
    assert not only_take(state).finished


def test_a_failure_of_no_request_is_told() -> None:
    state = after(NEW, Failed(0, "the composing process ended unexpectedly"))
    assert state.message == Message("The composing process ended unexpectedly", error=True)


def test_a_failure_of_no_request_does_not_end_what_is_composed() -> None:
    assert after(growing(), Failed(0, "defect")).busy


def test_a_request_outlives_the_model_that_was_missing_when_it_was_made() -> None:
    assert after(generating(), NoModel("x", "none"), Ready("x", 0.4)).busy


def news() -> list[Event]:
    """What may be told of request 1."""
    state = generating()
    return [grown(state, 2), finished(state, 2), Failed(1, "defect")]


@pytest.mark.parametrize("event", news())
def test_news_of_an_older_request_changes_nothing(event: Event) -> None:
    for state in (after(growing(), RETRY), NEW):
        assert update(state, event) == (state, ())


@pytest.mark.parametrize("order", list(permutations([*news(), NoModel("x", "none"), Ready("x", 0.4)])))
def test_in_whatever_order_news_comes_the_first_end_counts(order: Sequence[Event]) -> None:
    kinds = [type(event) for event in order]
    state = after(generating(), *order)
    there = kinds.index(Grown) < min(kinds.index(Finished), kinds.index(Failed))
    whole = there and kinds.index(Finished) < kinds.index(Failed)
    assert not state.busy
    assert [take.finished for take in state.takes] == [whole] * there


# --- tempo, view, names ----------------------------------------------------------------------------------------------


def test_the_tempo_of_what_grows_follows_the_slider_and_is_kept_at_the_end() -> None:
    state = after(growing(), Set("bpm", 66))
    assert only_take(state).piece.bpm == 66
    state = after(state, grown(state, 2))
    assert only_take(after(state, finished(state, 3))).piece.bpm == 66


def test_the_tempo_of_what_grows_out_of_sight_stays() -> None:
    state = after(growing(with_takes(some_take(day=30))), Set("bpm", 66))
    state = after(state, Select(some_take(day=30).id), Set("bpm", 200))
    state = after(state, grown(state, 2))
    state = after(state, finished(state, 3))
    assert [take.piece.bpm for take in state.takes] == [66, 200]


def test_a_slider_that_moves_before_the_first_note_does_not_jump_back() -> None:
    state = after(generating(), Set("bpm", 66))
    state = after(state, grown(state, 1))
    assert (state.controls.bpm, only_take(state).piece.bpm) == (66, 66)


def test_another_take_can_be_looked_at_while_it_composes() -> None:
    old = some_take(day=30)
    state = after(growing(with_takes(old)), Select(old.id))
    state = after(state, grown(state, 3))
    state = after(state, finished(state, 3))
    assert state.take == old
    assert len(state.takes) == 2


@pytest.mark.parametrize(
    ("known", "fresh"),
    [((), "New piece"), (("New piece",), "New piece 2"), (("New piece", "New piece 3"), "New piece 2"),
     (("New piece 2",), "New piece")],
)  # fmt: skip
def test_names_are_fresh(known: Sequence[str], fresh: str) -> None:
    state = replace(NEW, takes=tuple(some_take(name, day=day) for day, name in enumerate(known, 1)))
    state = growing(state)
    assert state.take is not None
    assert state.take.name == fresh


def test_a_discarded_take_keeps_its_name_for_when_it_comes_back() -> None:
    state = replace(NEW, discarded=(some_take("New piece"),))
    assert only_take(growing(state)).name == "New piece 2"


@given(st.lists(st.tuples(st.integers(0, 10**12), st.integers(-12, 14)), min_size=2, max_size=6))
def test_ids_sort_by_time_in_whatever_zone_it_was_told(moments: list[tuple[int, int]]) -> None:
    def take_id(number: int) -> str:
        milliseconds, hours = moments[number]
        made = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
        told = made.astimezone(timezone(timedelta(hours=hours))).isoformat(timespec="milliseconds")
        state = after(replace(NEW, number=number), Generate(5, told))
        return only_take(after(state, grown(state, 1))).id

    places = range(len(moments))
    assert sorted(places, key=take_id) == sorted(places, key=lambda number: (moments[number][0], number))


def test_how_original_a_take_is_is_said_and_kept_with_it() -> None:
    state = growing(bars=3)
    state = after(state, finished(state, 3))
    state, told = update(state, Judged(1, 17, "Chopin: Mazurka (bars 3-5)", 0.25))
    take = only_take(state)
    assert take.settings["longest_passage_notes"] == 17 and take.settings["share_of_12"] == 0.25
    assert take.settings["quoted"] == "Chopin: Mazurka (bars 3-5)" and told == (Keep(take),)
    assert state.message.text.startswith("Generation complete!")
    assert state.message.text.endswith("Longest passage also in training: 17 notes, Chopin: Mazurka (bars 3-5).")


def test_a_take_that_quotes_nothing_is_said_to_quote_nothing() -> None:
    state = growing(bars=3)
    state = after(state, finished(state, 3), Judged(1, 0, "", 0.0))
    assert state.message.text.endswith("It shares no nine notes in a row with its training.")


def test_how_original_a_discarded_take_was_is_not_told_of_one_of_an_earlier_session() -> None:
    state = growing(bars=3)
    state = after(state, finished(state, 3), Judged(1, 17, "Mazurka", 0.25), Judged(1, 9, "Etude", 0.5))
    assert only_take(state).settings["quoted"] == "Mazurka"


def test_how_original_a_take_is_does_not_displace_later_news() -> None:
    state = growing(bars=3)
    state = after(state, finished(state, 3), Say("Saved as tune.mid"), Judged(1, 17, "Mazurka", 0.25))
    assert state.message.text == "Saved as tune.mid" and only_take(state).settings["longest_passage_notes"] == 17

"""What is composed: what each button asks for, and how a take grows from the first note to the last."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import permutations

import numpy as np
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
    requested,
    some_piece,
    some_take,
    with_song,
    with_takes,
)

from nanopiano.gui.actions import (
    Cancel,
    CancelJob,
    Compose,
    ComposeAgain,
    Generate,
    GoOnFromHere,
    Keep,
    Mark,
    NewPiece,
    Pin,
    PromptGiven,
    Rename,
    Retry,
    Seek,
    Select,
    Set,
    SetPromptBars,
    SetSeed,
    ShowPrompt,
    Sound,
    StartJob,
    Toggle,
)
from nanopiano.gui.jobs import Event, Failed, Finished, Grown, NoModel, Ready
from nanopiano.gui.state import AppState, Message, Playback
from nanopiano.gui.update import update

NEW = AppState()
GENERATE, RETRY = Generate(5, MADE), Retry(6, MADE)


# --- the prompt ------------------------------------------------------------------------------------------------------


def test_without_a_prompt_a_new_piece_is_asked_for() -> None:
    request = requested(NEW, GENERATE)
    assert (request.prompt, request.prompt_bars, request.bars) == (None, None, None)


def test_a_song_is_gone_on_from_after_its_first_bars() -> None:
    request = requested(with_song(bars=12), GENERATE)
    assert request.prompt == some_piece(12)
    assert request.prompt_bars == 8


def test_a_short_song_is_the_prompt_as_a_whole() -> None:
    assert requested(with_song(bars=3), GENERATE).prompt_bars == 3


def test_a_file_is_the_prompt_as_a_whole() -> None:
    state = after(NEW, PromptGiven(some_piece(12), "file", "Mine"))
    assert requested(state, GENERATE).prompt_bars == 12


def test_what_holds_no_notes_is_refused_in_a_sentence_and_nothing_else_changes() -> None:
    before = with_song()
    state = after(before, PromptGiven(some_piece(0), "file", "Empty"))
    assert state.message == Message("“Empty” holds no notes to go on from: choose another.", error=True)
    assert replace(state, message=before.message) == before


def test_a_prompt_brings_its_tempo_to_the_slider() -> None:
    assert with_song(bpm=71.6).controls.bpm == 72


@pytest.mark.parametrize(("bpm", "shown"), [(5.0, 30), (900.0, 240)])
def test_a_tempo_beyond_the_slider_is_brought_to_its_end_and_used_so(bpm: float, shown: int) -> None:
    state = with_song(bpm=bpm)
    assert state.controls.bpm == shown
    assert requested(state, GENERATE).bpm == shown


def test_the_name_of_a_prompt_and_where_it_is_gone_on_from_are_said() -> None:
    assert with_song().message == Message("“Song” (A composer): Generate goes on after its bar 8.")


def test_a_prompt_comes_into_view_at_its_beginning_and_what_played_stops() -> None:
    before = after(with_takes(some_take()), Seek(40.0), Mark((0, 5)), Toggle("loop"))
    before = replace(before, following=False)
    state, told = update(before, PromptGiven(some_piece(4), "song", "Song"))
    assert (state.current, state.playback, state.region, state.loop) == (None, Playback(), None, False)
    assert state.following
    assert told == (Sound("stop"),)


@pytest.mark.parametrize(("bars", "kept"), [(5, 5), (0, 1), (-3, 1), (99, 12)])
def test_the_handle_stays_within_the_prompt(bars: int, kept: int) -> None:
    state = after(with_song(bars=12), SetPromptBars(bars))
    assert requested(state, GENERATE).prompt_bars == kept
    scene = state.scene()
    assert scene is not None
    assert scene.handle == kept * BAR


def test_the_handle_goes_no_further_than_the_last_bar_in_which_a_note_begins() -> None:
    late = some_piece(2).with_notes(some_piece(2).notes * np.array([1, 1, 20, 1], dtype=np.int32))  # rings on for bars
    state = after(NEW, PromptGiven(late, "file", "Late"), SetPromptBars(99))
    assert requested(state, GENERATE).prompt_bars == 2


def test_a_handle_without_a_prompt_does_nothing() -> None:
    assert update(NEW, SetPromptBars(3)) == (NEW, ())


def test_a_new_piece_needs_no_prompt() -> None:
    assert requested(after(with_song(), NewPiece()), GENERATE).prompt is None


def test_a_new_piece_takes_the_prompt_out_of_sight_and_silences_it() -> None:
    state, told = update(after(with_song(), Mark((0, BAR)), Seek(30.0)), NewPiece())
    assert state.piece is None
    assert (state.region, state.playback) == (None, Playback())
    assert told == (Sound("stop"),)


def test_a_new_piece_leaves_a_take_in_view() -> None:
    before = after(with_takes(some_take(), state=with_song()), Seek(30.0))
    state, told = update(before, NewPiece())
    assert (state.take, state.playback, told) == (before.take, before.playback, ())
    assert state.prompt is None


def test_the_prompt_can_be_seen_again_where_the_handle_was() -> None:
    state = after(with_song(), SetPromptBars(5))
    state = after(with_takes(some_take(), state=state), ShowPrompt())
    scene = state.scene()
    assert state.current is None
    assert scene is not None
    assert scene.handle == 5 * BAR


def test_nothing_of_a_prompt_is_new_music() -> None:
    scene = with_song().scene()
    assert scene is not None
    assert not scene.is_new(scene.notes).any()


def test_what_played_stops_when_the_prompt_is_seen_again() -> None:
    state = with_takes(some_take(), state=with_song())
    assert update(state, ShowPrompt())[1] == (Sound("stop"),)


@pytest.mark.parametrize("state", [NEW, with_takes(some_take()), with_song()])
def test_without_a_prompt_or_with_it_in_view_there_is_nothing_to_see_again(state: AppState) -> None:
    assert update(state, ShowPrompt()) == (state, ())


@pytest.mark.parametrize(("bars", "said"), [(1, "1 bar."), (2, "2 bars.")])
def test_it_is_said_how_much_the_prompt_is(bars: int, said: str) -> None:
    assert after(with_song(), SetPromptBars(bars)).message == Message(f"The prompt is the first {said}")


def test_the_prompt_comes_back_at_its_own_tempo() -> None:
    state = after(with_song(bpm=80), Set("bpm", 70))
    state = after(with_takes(some_take(bpm=150), state=state), ShowPrompt())
    assert state.controls.bpm == 70


def test_a_take_that_was_made_from_the_prompt_is_not_the_prompt() -> None:
    state = growing(with_song())
    assert requested(after(state, finished(state, 12)), GENERATE).prompt == some_piece(12)


# --- the buttons -----------------------------------------------------------------------------------------------------


def test_generate_asks_once() -> None:
    assert len(effects(NEW, GENERATE, StartJob)) == 1


def test_generate_while_it_composes_cancels() -> None:
    state, told = update(growing(), GENERATE)
    assert told == (CancelJob(),)
    assert state.job is not None
    assert state.job.cancelling


def test_requests_are_numbered_one_after_the_other() -> None:
    state = generating()
    assert [requested(NEW, GENERATE).number, requested(state, RETRY).number] == [1, 2]


def test_what_is_said_of_the_last_piece_goes_as_the_next_one_begins() -> None:
    state = growing()
    state = after(state, finished(state, 2))
    assert after(state, GENERATE).message == Message("")


def test_retry_asks_for_the_same_beginning_with_another_seed() -> None:
    state = growing(with_song())
    first = state.job
    assert first is not None
    request = requested(after(state, finished(state, 12), NewPiece()), RETRY)
    assert (request.prompt, request.prompt_bars) == (first.request.prompt, first.request.prompt_bars)
    assert request.seed == 6


def test_retry_takes_another_seed_even_if_one_is_kept() -> None:
    assert requested(generating(after(NEW, SetSeed(42))), RETRY).seed == 6


@pytest.mark.parametrize(("name", "value"), [("temperature", 0.5), ("words", 300), ("top_k", 9), ("bpm", 60)])
def test_retry_uses_what_the_sliders_show_now(name: str, value: float) -> None:
    state = after(generating(), Set(name, value))
    request = requested(state, RETRY)
    assert (request.sampling, request.length) == (state.controls.sampling, state.controls.length)
    assert request.bpm == state.controls.bpm


def test_retry_of_bars_composes_the_same_bars_of_the_same_piece() -> None:
    state = after(with_takes(some_take(bars=8)), Mark((2 * BAR, 3 * BAR)))
    asked = requested(state, ComposeAgain(5, MADE))
    state = after(state, ComposeAgain(5, MADE))
    state = after(state, grown(state, 8, 2 * BAR, 4 * BAR))
    request = requested(after(state, finished(state, 8)), RETRY)
    assert (request.prompt, request.bars) == (asked.prompt, (3, 4))


def test_retry_before_anything_was_composed_says_so() -> None:
    state, told = update(NEW, RETRY)
    assert told == ()
    assert state.message == Message("There is nothing to try again yet: press Generate.")


def test_retry_while_it_composes_keeps_what_there_is_and_begins_anew() -> None:
    before = growing(bars=2)
    state, told = update(before, RETRY)
    assert state.takes == before.takes
    assert not only_take(state).finished
    assert [type(effect) for effect in told] == [StartJob]
    assert len(after(state, grown(state, 1)).takes) == 2


@pytest.mark.parametrize("last", [2 * BAR, 2 * BAR + 1, 3 * BAR - 1])
def test_the_marked_bars_are_asked_for_counted_from_1(last: int) -> None:
    state = after(with_takes(some_take(bars=8)), Mark((BAR + 3, last)))
    request = requested(state, ComposeAgain(5, MADE))
    assert request.bars == (2, 3)
    assert request.prompt == some_piece(8)


def test_bars_of_the_prompt_itself_can_be_composed_again() -> None:
    state = after(with_song(bars=12), Mark((BAR, BAR)))
    request = requested(state, ComposeAgain(5, MADE))
    assert (request.prompt, request.bars) == (some_piece(12), (2, 2))
    state = after(state, ComposeAgain(5, MADE))
    state = after(state, grown(state, 12, BAR, 2 * BAR))
    assert (only_take(state).kind, only_take(state).origin) == ("again", "Song")


def test_bars_are_composed_again_at_the_tempo_of_the_slider() -> None:
    state = after(with_takes(some_take()), Mark((0, 0)), Set("bpm", 66))
    assert requested(state, ComposeAgain(5, MADE)).bpm == 66


def test_without_marked_bars_it_is_said_how_to_mark_them() -> None:
    state, told = update(with_takes(some_take()), ComposeAgain(5, MADE))
    assert told == ()
    assert "drag along the bar numbers" in state.message.text


def test_the_bars_that_were_composed_again_stay_marked() -> None:
    state = after(with_takes(some_take(bars=8)), Mark((2 * BAR, 3 * BAR)), ComposeAgain(5, MADE))
    assert after(state, grown(state, 8, 2 * BAR, 4 * BAR)).region == (2 * BAR, 4 * BAR)


def test_last_bars_that_came_out_silent_can_be_composed_again_whole() -> None:
    state = after(with_takes(some_take(bars=8)), Mark((6 * BAR, 7 * BAR)), ComposeAgain(5, MADE))
    state = after(state, grown(state, 7, 6 * BAR, 8 * BAR))
    state = after(state, finished(state, 7))
    assert requested(state, ComposeAgain(6, MADE)).bars == (7, 8)


@pytest.mark.parametrize(("position", "bars"), [(BAR, 1), (2.5 * BAR, 2), (3 * BAR - 0.4, 3)])
def test_a_piece_is_cut_at_the_bar_line_before_the_playhead(position: float, bars: int) -> None:
    request = requested(after(with_takes(some_take(bars=8)), Seek(position)), GoOnFromHere(5, MADE))
    assert (request.prompt, request.prompt_bars) == (some_piece(8), bars)


def test_a_playhead_past_the_last_note_cuts_at_its_bar() -> None:
    state = with_takes(some_take(bars=8))
    state = replace(state, playback=Playback(position=50.0 * BAR))
    assert requested(state, GoOnFromHere(5, MADE)).prompt_bars == 8


def test_a_prompt_can_be_cut_beyond_its_handle() -> None:
    state = after(with_song(bars=12), SetPromptBars(2), Seek(10.0 * BAR))
    assert requested(state, GoOnFromHere(5, MADE)).prompt_bars == 10


@pytest.mark.parametrize("state", [NEW, with_takes(some_take()), with_takes(some_take(bars=0))])
def test_a_piece_cannot_be_cut_before_its_first_bar_line(state: AppState) -> None:
    state, told = update(replace(state, playback=Playback(position=BAR - 1.0)), GoOnFromHere(5, MADE))
    assert told == ()
    assert "past the first bar" in state.message.text


def test_a_piece_without_notes_cannot_be_cut() -> None:
    state = replace(with_takes(some_take(bars=0)), playback=Playback(position=9.0 * BAR))
    assert effects(state, GoOnFromHere(5, MADE), StartJob) == []


@pytest.mark.parametrize("action", [ComposeAgain(5, MADE), GoOnFromHere(5, MADE)])
def test_what_needs_a_whole_piece_waits_until_it_is_composed(action: Compose) -> None:
    before = after(growing(bars=3), Mark((0, BAR)), Seek(2.0 * BAR))
    state, told = update(before, action)
    assert (state.job, told) == (before.job, ())
    assert state.message.text == "One piece at a time: wait until this one is composed, or cancel it."


@pytest.mark.parametrize(
    ("action", "name"),
    [(ComposeAgain(5, MADE), "Take, bars 2–3 again"), (GoOnFromHere(5, MADE), "Take, from bar 3")],
)
def test_names_do_not_grow_from_try_to_try(action: Compose, name: str) -> None:
    state = with_takes(some_take("Take", bars=8))
    for number in range(3):
        state = after(state, Mark((BAR, 2 * BAR)), Seek(2.0 * BAR), action)
        state = after(state, grown(state, 8, BAR, 3 * BAR))
        state = after(state, finished(state, 8))
        assert state.take is not None
        assert state.take.name == (name if number == 0 else f"{name} {number + 1}")
        assert state.take.origin == "Take"


def test_a_take_with_a_name_of_its_own_is_the_origin_of_the_next() -> None:
    state = with_takes(replace(some_take("My waltz"), kind="again", origin="Song"))
    state = after(state, Seek(2.0 * BAR), GoOnFromHere(5, MADE))
    assert state.job is not None
    assert state.job.name == "My waltz, from bar 3"


def test_cancelling_is_told_once() -> None:
    state, told = update(growing(), Cancel())
    assert told == (CancelJob(),)
    assert update(state, Cancel()) == (state, ())


def test_cancelling_without_a_job_does_nothing() -> None:
    assert update(NEW, Cancel()) == (NEW, ())


# --- a piece grows ---------------------------------------------------------------------------------------------------


def test_nothing_is_in_the_list_before_the_first_note() -> None:
    assert generating().takes == ()


def test_the_first_note_brings_the_take_into_view() -> None:
    state = growing()
    assert state.current == only_take(state).id
    assert state.growing


def test_the_take_says_how_it_came_about() -> None:
    state = growing(with_song())
    take, controls = only_take(state), state.controls
    assert (take.kind, take.origin, take.seed, take.made) == ("song", "Song", 5, MADE)
    assert take.settings == {
        "temperature": controls.temperature,
        "top_k": controls.top_k,
        "top_p": controls.top_p,
        "min_p": controls.min_p,
        "words": controls.words,
        "bpm": 120.0,
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


def test_a_model_that_is_missing_is_told() -> None:
    state = after(NEW, NoModel("there is no model 'x'"))
    assert state.message == Message("there is no model 'x'", error=True)
    assert state.no_model == "there is no model 'x'"


def test_a_model_that_came_late_is_there() -> None:
    state = after(NEW, NoModel("there is no model 'x'"), Ready("x", 0.4))
    assert (state.model, state.no_model) == ("x", None)


def test_a_request_outlives_the_model_that_was_missing_when_it_was_made() -> None:
    assert after(generating(), NoModel("none"), Ready("x", 0.4)).busy


def news() -> list[Event]:
    """What may be told of request 1."""
    state = generating()
    return [grown(state, 2), finished(state, 2), Failed(1, "defect")]


@pytest.mark.parametrize("event", news())
def test_news_of_an_older_request_changes_nothing(event: Event) -> None:
    for state in (after(growing(), RETRY), NEW):
        assert update(state, event) == (state, ())


@pytest.mark.parametrize("order", list(permutations([*news(), NoModel("none"), Ready("x", 0.4)])))
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

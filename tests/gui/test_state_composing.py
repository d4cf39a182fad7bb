"""What each button asks the composer for."""

from dataclasses import replace

import pytest
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

from nanopiano.gui.state.actions import (
    Cancel,
    CancelJob,
    Compose,
    ComposeAgain,
    Generate,
    GoOnFromHere,
    Mark,
    NewPiece,
    Retry,
    Seek,
    Set,
    SetPromptBars,
    SetSeed,
    StartJob,
    Toggle,
)
from nanopiano.gui.state.app_state import AppState, Message, Playback
from nanopiano.gui.state.update import update

NEW = AppState()
GENERATE, RETRY = Generate(5, MADE), Retry(6, MADE)


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


@pytest.mark.parametrize(("state", "action"), [(NEW, GENERATE), (generating(), RETRY)])
def test_original_music_is_asked_for_where_the_switch_says_so(state: AppState, action: Generate | Retry) -> None:
    state = after(state, Toggle("original"))
    assert requested(state, action).sampling == replace(state.controls.sampling, original=16)


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

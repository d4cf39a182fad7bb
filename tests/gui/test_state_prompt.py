"""The prompt: what a piece goes on from, how much of it, and when it is in view."""

from dataclasses import replace

import numpy as np
import pytest
from state_tools import (
    BAR,
    MADE,
    after,
    finished,
    growing,
    requested,
    some_piece,
    some_take,
    with_song,
    with_takes,
)

from nanopiano.gui.state.actions import (
    Generate,
    Mark,
    NewPiece,
    PromptGiven,
    Seek,
    Set,
    SetPromptBars,
    ShowPrompt,
    Sound,
    Toggle,
)
from nanopiano.gui.state.app_state import AppState, Message, Playback
from nanopiano.gui.state.update import update

NEW = AppState()
GENERATE = Generate(5, MADE)


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


@pytest.mark.parametrize(("bpm", "place"), [(20.0, 30), (92.5, 92), (300.0, 240)])
def test_a_tempo_that_the_slider_does_not_have_is_kept_until_it_moves(bpm: float, place: int) -> None:
    state = with_song(bpm=bpm)
    assert state.controls.bpm == place
    assert state.piece is not None and state.piece.bpm == bpm
    assert requested(state, GENERATE).bpm == bpm
    assert requested(after(state, Set("bpm", 100)), GENERATE).bpm == 100


@pytest.mark.parametrize(("bpm", "played"), [(0.1, 5), (1e6, 1000)])
def test_a_tempo_that_nobody_can_play_is_brought_within_bounds(bpm: float, played: int) -> None:
    assert with_song(bpm=bpm).bpm == played


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

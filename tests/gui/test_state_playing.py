"""Playing: what the transport is told, where the playhead goes, and which bars are marked."""

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
    some_take,
    with_song,
    with_takes,
)

from nanopiano.gui.state.actions import (
    Action,
    Cancel,
    ComposeAgain,
    Effect,
    Heard,
    Mark,
    PlayPause,
    Retry,
    Seek,
    SeekBars,
    Select,
    Sound,
    SoundAt,
    Stop,
    Toggle,
)
from nanopiano.gui.state.app_state import AppState, Playback
from nanopiano.gui.state.events import Failed
from nanopiano.gui.state.update import update

NEW = AppState()
TAKE = with_takes(some_take(bars=8))
END = 8 * BAR


def at(position: float, state: AppState = TAKE, *, playing: bool = False) -> AppState:
    return replace(state, playback=Playback(playing=playing, position=position))


def sounds(state: AppState, action: object) -> list[Effect]:
    """What the transport is told, in order."""
    return [effect for effect in update(state, action)[1] if isinstance(effect, Sound | SoundAt)]  # type: ignore[arg-type]


# --- play and stop ---------------------------------------------------------------------------------------------------


def test_play_plays_from_the_playhead() -> None:
    state, told = update(at(20.0), PlayPause())
    assert state.playback == Playback(playing=True, position=20.0)
    assert told == (Sound("play"),)


def test_play_plays_the_prompt() -> None:
    assert sounds(with_song(), PlayPause()) == [Sound("play")]


def test_play_pauses_what_plays() -> None:
    state, told = update(at(20.0, playing=True), PlayPause())
    assert state.playback == Playback(position=20.0)
    assert told == (Sound("pause"),)


@pytest.mark.parametrize("position", [END, END + 40.0])
def test_play_at_the_end_begins_again(position: float) -> None:
    assert sounds(at(position), PlayPause()) == [SoundAt(0.0), Sound("play")]


def test_play_at_the_edge_of_what_grows_waits_there() -> None:
    assert sounds(at(3 * BAR, growing(bars=3)), PlayPause()) == [Sound("play")]


def test_without_a_piece_it_is_said_what_to_do() -> None:
    state, told = update(NEW, PlayPause())
    assert told == ()
    assert state.message.text == "There is nothing to play yet: press Generate."


def test_stop_goes_back_to_the_beginning() -> None:
    state, told = update(at(20.0, playing=True), Stop())
    assert state.playback == Playback()
    assert told == (Sound("stop"),)


def test_stop_beside_marked_bars_goes_back_to_the_beginning() -> None:
    assert after(TAKE, Mark((2 * BAR, 3 * BAR)), Stop()).playback == Playback()


@pytest.mark.parametrize("action", [PlayPause(), Stop(), SeekBars(1)])
def test_the_view_goes_with_the_playhead_again(action: Action) -> None:
    assert after(replace(TAKE, following=False), action).following


def test_stop_in_a_loop_goes_back_to_where_it_begins() -> None:
    state = after(TAKE, Mark((2 * BAR, 3 * BAR)), Toggle("loop"))
    assert after(at(3 * BAR, state, playing=True), Stop()).playback == Playback(position=2 * BAR)


def test_what_is_heard_is_what_the_sound_reports() -> None:
    assert after(TAKE, Heard(33.5, True, True)).playback == Playback(playing=True, waiting=True, position=33.5)


def test_a_report_without_news_changes_nothing() -> None:
    state = after(TAKE, Heard(33.5, True, False))
    assert after(state, Heard(33.5, True, False)) is state


# --- playing while it is composed ------------------------------------------------------------------------------------


def test_the_first_note_stops_what_played_and_goes_to_the_beginning() -> None:
    state = generating(at(40.0, playing=True))
    assert sounds(state, grown(state, 1)) == [Sound("pause"), SoundAt(0.0)]


def test_the_view_goes_with_what_is_composed() -> None:
    state = replace(generating(), following=False)
    assert after(state, grown(state, 1)).following


def test_what_goes_on_from_a_prompt_is_heard_from_two_bars_before() -> None:
    state = generating(with_song(bars=8))
    assert sounds(state, grown(state, 9, begin=8 * BAR)) == [Sound("pause"), SoundAt(6.0 * BAR)]


def test_what_goes_on_from_one_bar_is_heard_from_the_beginning() -> None:
    state = generating(with_song(bars=1))
    assert sounds(state, grown(state, 2, begin=BAR)) == [Sound("pause"), SoundAt(0.0)]


@pytest.mark.parametrize("begin", [0, 8])
def test_playing_begins_once_two_bars_are_certain(begin: int) -> None:
    state = generating(with_song(bars=begin) if begin else NEW)
    state = after(state, grown(state, begin + 1, begin * BAR))
    assert not state.playback.playing
    assert sounds(state, grown(state, begin + 2, begin * BAR)) == []
    enough = grown(state, begin + 3, begin * BAR)
    assert sounds(state, replace(enough, edge=enough.edge - 1)) == []
    assert sounds(state, enough) == [Sound("play")]


def test_playing_begins_by_itself_only_once() -> None:
    state = growing(bars=3)
    assert state.playback == Playback(playing=True)
    state = after(state, PlayPause())
    assert sounds(state, grown(state, 4)) == []
    assert sounds(state, finished(state, 4)) == []


def test_a_piece_of_less_than_two_bars_is_played_at_its_end() -> None:
    state = growing(bars=1)
    assert sounds(state, finished(state, 1)) == [Sound("play")]
    assert after(state, finished(state, 1)).playback == Playback(playing=True)


def test_bars_composed_again_are_heard_once_all_are_there() -> None:
    state = after(TAKE, Mark((2 * BAR, 5 * BAR)), ComposeAgain(5, MADE))
    first = grown(state, 8, 2 * BAR, 6 * BAR)
    state = after(state, replace(first, edge=2 * BAR))
    assert not state.playback.playing
    assert sounds(state, replace(first, edge=5 * BAR)) == []
    assert sounds(state, finished(state, 8)) == [Sound("play")]


def test_the_play_button_before_it_plays_by_itself_means_that_it_shall_not() -> None:
    state, told = update(growing(bars=1), PlayPause())
    assert told == (Sound("pause"),)
    assert sounds(state, grown(state, 5)) == []


def test_stop_while_it_composes_lets_it_compose_on_in_silence() -> None:
    state = after(growing(bars=1), Stop())
    assert state.busy
    assert sounds(state, grown(state, 5)) == []
    assert sounds(state, finished(state, 5)) == []


def test_stop_before_the_first_note_has_come_lets_it_come_in_silence() -> None:
    state = generating()
    assert state.can("stop")
    state = after(state, Stop())
    assert state.busy and not state.can("stop")
    state = after(state, grown(state, 1))
    assert sounds(state, grown(state, 5)) == []
    assert sounds(state, finished(state, 5)) == []


def test_what_is_cancelled_does_not_begin_to_play() -> None:
    state = after(growing(bars=1), Cancel())
    assert sounds(state, finished(state, 1, cancelled=True)) == []


def test_what_is_cancelled_before_its_first_note_does_not_begin_to_play() -> None:
    state = after(generating(), Cancel())
    state = after(state, grown(state, 1))
    assert sounds(state, finished(state, 1, cancelled=True)) == []


def test_what_plays_goes_on_when_composing_is_cancelled() -> None:
    state = after(growing(bars=3), Cancel())
    assert after(state, finished(state, 3, cancelled=True)).playback.playing


def test_what_failed_does_not_begin_to_play() -> None:
    assert after(growing(bars=1), Failed(1, "defect")).playback.play_at is None


def test_what_was_given_up_for_another_try_does_not_begin_to_play() -> None:
    assert after(growing(bars=1), Retry(6, MADE)).playback.play_at is None


def test_what_grows_out_of_sight_does_not_begin_to_play() -> None:
    other = some_take(day=30)
    state = after(growing(with_takes(other)), Select(other.id))
    assert sounds(state, grown(state, 5)) == []
    assert sounds(state, finished(state, 5)) == []


# --- the playhead ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("step", "there"), [(40.5, 40.5), (-3.0, 0.0), (1e9, float(END))])
def test_the_playhead_stays_within_the_piece(step: float, there: float) -> None:
    state, told = update(TAKE, Seek(step))
    assert state.playback.position == there
    assert told == (SoundAt(there),)


def test_without_a_piece_the_playhead_stays() -> None:
    assert update(NEW, Seek(40.0)) == (NEW, ())


@pytest.mark.parametrize(
    ("position", "bars", "there"),
    [
        (0.0, 1, BAR),
        (BAR - 0.5, 1, BAR),
        (BAR, 1, 2 * BAR),
        (2.5 * BAR, 1, 3 * BAR),
        (7.5 * BAR, 1, END),
        (0.0, -1, 0),
        (0.5 * BAR, -1, 0),
        (BAR + 2.0, -1, 0),  # hardly into the bar: the one before
        (BAR + 2.1, -1, BAR),
        (1.5 * BAR, -1, BAR),
        (2.0 * BAR, -1, BAR),
        (2.0 * BAR, -5, 0),
    ],
)
def test_the_arrows_go_from_bar_line_to_bar_line(position: float, bars: int, there: float) -> None:
    assert after(at(position), SeekBars(bars)).playback.position == there


def test_held_arrows_go_back_also_while_it_plays() -> None:
    state = at(4.0 * BAR, playing=True)
    for bar in (3, 2, 1, 0):
        state = after(state, SeekBars(-1))
        assert state.playback.position == bar * BAR
        state = at(state.playback.position + 1.0, playing=True)


# --- marks and loops -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "region"),
    [
        ((BAR + 1, BAR + 2), (BAR, 2 * BAR)),
        ((BAR, BAR), (BAR, 2 * BAR)),
        ((BAR, 2 * BAR - 0.5), (BAR, 2 * BAR)),
        ((BAR, 2 * BAR), (BAR, 3 * BAR)),
        ((5.5 * BAR, 2.5 * BAR), (2 * BAR, 6 * BAR)),  # dragged to the left
        ((-40.0, 3.0), (0, BAR)),
        ((7.5 * BAR, 99 * BAR), (7 * BAR, END)),
        ((90 * BAR, 99 * BAR), (7 * BAR, END)),
    ],
)
def test_marks_snap_to_the_bars_of_the_piece(steps: tuple[float, float], region: tuple[int, int]) -> None:
    assert after(TAKE, Mark(steps)).region == region


def test_the_last_bar_of_a_piece_can_be_marked_though_it_is_not_full() -> None:
    take = some_take(bars=8)
    state = with_takes(replace(take, piece=take.piece.clip(0, 7 * BAR + 1)))
    assert after(state, Mark((7 * BAR, 9 * BAR))).region == (7 * BAR, 8 * BAR)


def test_a_mark_begins_where_there_is_still_music() -> None:
    silent_at_last = replace(some_take(bars=6), begin=4 * BAR, end=8 * BAR)
    assert after(with_takes(silent_at_last), Mark((7 * BAR, 9 * BAR))).region == (5 * BAR, 8 * BAR)


def test_the_only_bar_of_a_take_without_notes_can_be_marked() -> None:
    assert after(with_takes(some_take(bars=0)), Mark((40, 50))).region == (0, BAR)


def test_a_mark_can_be_taken_away_and_the_loop_with_it() -> None:
    state = after(TAKE, Mark((0, 5)), Toggle("loop"), Mark(None))
    assert (state.region, state.loop) == (None, False)


def test_without_a_piece_nothing_is_marked() -> None:
    assert after(NEW, Mark((0, 5))) == NEW


def test_the_mark_moves_while_it_loops() -> None:
    state = after(TAKE, Mark((0, 5)), Toggle("loop"), Mark((BAR, BAR)))
    assert (state.region, state.loop) == ((BAR, 2 * BAR), True)


def test_the_loop_can_be_switched() -> None:
    once = after(TAKE, Mark((0, 5)), Toggle("loop"))
    assert once.loop
    assert not after(once, Toggle("loop")).loop


def test_without_a_mark_it_is_said_how_to_make_one() -> None:
    state = after(TAKE, Toggle("loop"))
    assert not state.loop
    assert "drag along the bar numbers" in state.message.text


def test_what_is_composed_next_is_not_looped() -> None:
    state = growing(after(TAKE, Mark((0, 5)), Toggle("loop")))
    assert (state.region, state.loop) == (None, False)


def test_bars_that_are_looped_are_looped_when_they_are_composed_again() -> None:
    state = after(TAKE, Mark((BAR, BAR)), Toggle("loop"), ComposeAgain(5, MADE))
    assert after(state, grown(state, 8, BAR, 2 * BAR)).loop


def test_nothing_of_the_sound_is_told_by_marks() -> None:
    assert effects(TAKE, Mark((0, 5)), Effect) == []

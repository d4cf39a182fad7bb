"""Takes: looked at, named, pinned, discarded and brought back."""

from dataclasses import replace
from pathlib import Path

import pytest
from state_tools import (
    BAR,
    MADE,
    after,
    effects,
    finished,
    growing,
    grown,
    some_piece,
    some_take,
    with_song,
    with_takes,
)

from nanopiano.gui.state.actions import (
    CancelJob,
    ComposeAgain,
    Discard,
    Export,
    Forget,
    Generate,
    Heard,
    Keep,
    Mark,
    Pin,
    PlayPause,
    Rename,
    Save,
    Seek,
    SeekBars,
    Select,
    Set,
    Sound,
    TakesLoaded,
    Toggle,
    Undo,
)
from nanopiano.gui.state.app_state import AppState, Message, Playback
from nanopiano.gui.state.keeping import in_order
from nanopiano.gui.state.update import update

NEW = AppState()
ONE, TWO, THREE = (some_take(name, day=day) for day, name in enumerate(("One", "Two", "Three"), 1))
ALL = with_takes(ONE, TWO, THREE)  # the third is in view
NOBODY = "20261101T000000-9999"


# --- which is seen ---------------------------------------------------------------------------------------------------


def test_takes_of_former_days_are_in_the_list_and_none_in_view() -> None:
    state = after(NEW, TakesLoaded((ONE, TWO), 0))
    assert (state.takes, state.current, state.message) == ((ONE, TWO), None, Message(""))


def test_takes_stand_in_order_of_their_ids_however_they_come() -> None:
    assert after(NEW, TakesLoaded((TWO,), 0), TakesLoaded((ONE,), 0)).takes == (ONE, TWO)


def test_what_was_made_before_the_disk_was_read_stays() -> None:
    newer = replace(ONE, name="newer")
    assert after(with_takes(newer), TakesLoaded((ONE, TWO), 0)).takes == (newer, TWO)


@pytest.mark.parametrize(("number", "said"), [(1, "1 file of a take was"), (3, "3 files of takes were")])
def test_damaged_files_are_counted_in_the_status_line(number: int, said: str) -> None:
    message = after(NEW, TakesLoaded((), number)).message
    assert message.error
    assert message.text.startswith(f"{said} damaged and set aside")


def test_the_list_shows_pinned_takes_first_then_the_newest() -> None:
    takes = after(ALL, Pin(ONE.id)).takes
    assert [take.name for take in in_order(takes)] == ["One", "Three", "Two"]


def test_a_take_that_is_chosen_comes_into_view() -> None:
    assert after(ALL, Select(ONE.id)).take == ONE


def test_a_take_that_is_not_there_is_not_chosen() -> None:
    assert update(ALL, Select(NOBODY)) == (ALL, ())


def test_the_playhead_stays_when_another_take_is_chosen() -> None:
    state = after(ALL, Seek(37.0), Select(ONE.id))
    assert state.playback.position == 37.0


def test_playing_goes_on_in_the_other_take() -> None:
    state, told = update(after(ALL, PlayPause()), Select(ONE.id))
    assert state.playback.playing
    assert told == ()


def test_the_playhead_comes_back_from_a_shorter_take() -> None:
    state = after(with_takes(some_take("Short", bars=2), THREE), Seek(100.0))
    state = after(state, Select(state.takes[0].id), Select(THREE.id))
    assert state.playback.position == 100.0


def test_behind_the_end_of_a_shorter_take_the_playhead_is_seen_at_its_end() -> None:
    state = after(with_takes(some_take("Short", bars=2), THREE), Seek(100.0))
    state = after(state, Select(state.takes[0].id))
    scene = state.scene()
    assert scene is not None and scene.playhead == 2 * BAR
    assert after(state, SeekBars(-1)).playback.position == BAR


def test_a_tempo_between_two_places_of_the_slider_stays() -> None:
    state = with_takes(some_take(bpm=92.5))
    assert state.controls.bpm == 92 and state.piece is not None and state.piece.bpm == 92.5


def test_the_slider_shows_the_tempo_of_the_take() -> None:
    state = with_takes(some_take(bpm=70), some_take(bpm=150, day=2))
    assert after(state, Select(state.takes[0].id)).controls.bpm == 70


def test_a_tempo_that_was_changed_is_there_when_the_take_comes_back() -> None:
    assert after(ALL, Set("bpm", 61), Select(ONE.id), Select(THREE.id)).controls.bpm == 61


def test_marked_bars_and_their_loop_stay_where_the_other_take_has_them() -> None:
    state = after(ALL, Mark((BAR, 2 * BAR)), Toggle("loop"), Select(ONE.id))
    assert (state.region, state.loop) == ((BAR, 3 * BAR), True)


def test_marked_bars_go_where_the_other_take_does_not_have_them() -> None:
    state = with_takes(some_take("Short", bars=2), THREE)
    state = after(state, Mark((BAR, 2 * BAR)), Toggle("loop"), Select(state.takes[0].id))
    assert (state.region, state.loop) == (None, False)


def test_bars_composed_anew_that_came_out_silent_stay_marked_when_their_take_comes_back() -> None:
    state = after(with_takes(ONE, THREE), Mark((6 * BAR, 7 * BAR)), ComposeAgain(5, MADE))
    state = after(state, grown(state, 7, 6 * BAR, 8 * BAR))
    state = after(state, finished(state, 7))
    assert state.current is not None
    assert after(state, Select(ONE.id), Select(state.current)).region == (6 * BAR, 8 * BAR)


def test_choosing_what_is_in_view_changes_nothing() -> None:
    state = growing(bars=1)
    assert state.current is not None
    assert update(state, Select(state.current)) == (state, ())


# --- names and pins --------------------------------------------------------------------------------------------------


def test_a_take_gets_another_name_which_is_kept() -> None:
    state, told = update(ALL, Rename(ONE.id, "  My \n waltz "))
    named = replace(ONE, name="My waltz")
    assert state.takes[0] == named
    assert told == (Keep(named),)


@pytest.mark.parametrize("name", ["", "   ", "One", " One "])
def test_no_name_or_the_same_changes_nothing(name: str) -> None:
    assert update(ALL, Rename(ONE.id, name)) == (ALL, ())


def test_a_pin_is_set_and_taken_away_and_kept() -> None:
    state, told = update(ALL, Pin(ONE.id))
    assert told == (Keep(replace(ONE, pinned=True)),)
    assert after(state, Pin(ONE.id)) == ALL


@pytest.mark.parametrize("action", [Rename(NOBODY, "x"), Pin(NOBODY), Discard(NOBODY)])
def test_a_take_that_is_not_there_cannot_be_changed(action: Rename | Pin | Discard) -> None:
    assert update(ALL, action) == (ALL, ())


# --- discard and undo ------------------------------------------------------------------------------------------------


def test_a_discarded_take_leaves_list_and_disk() -> None:
    state, told = update(ALL, Discard(ONE.id))
    assert state.takes == (TWO, THREE)
    assert told == (Forget(ONE.id),)
    assert state.message.text == "“One” is discarded. Ctrl+Z brings it back."


def test_discarding_another_take_leaves_what_is_in_view() -> None:
    assert after(ALL, Seek(9.0), Discard(ONE.id)).take == THREE


@pytest.mark.parametrize(("chosen", "then"), [(THREE, TWO), (TWO, ONE), (ONE, TWO)])
def test_the_take_below_in_the_list_comes_into_view_else_the_one_above(chosen: object, then: object) -> None:
    assert after(ALL, Select(chosen.id), Discard(chosen.id)).take == then  # type: ignore[attr-defined]


def test_the_playhead_stays_when_what_is_in_view_is_discarded() -> None:
    assert after(ALL, Seek(37.0), Discard(THREE.id)).playback.position == 37.0


def test_the_last_take_is_silent_when_it_is_discarded() -> None:
    state, told = update(after(with_takes(ONE), Mark((0, 5)), Heard(9.0, True, False)), Discard(ONE.id))
    assert Sound("stop") in told
    assert (state.piece, state.playback, state.region) == (None, Playback(), None)


def test_after_the_last_take_the_prompt_is_seen_at_its_tempo() -> None:
    state = after(with_takes(some_take(bpm=150), state=with_song(bars=4, bpm=80)), Discard(some_take().id))
    assert state.piece == some_piece(4, 80)


def test_a_take_that_is_being_composed_is_cancelled_and_discarded() -> None:
    before = growing(bars=2)
    assert before.current is not None
    state, told = update(before, Discard(before.current))
    assert CancelJob() in told
    assert Forget(before.current) in told
    assert (state.takes, state.job) == ((), None)


def test_what_is_told_of_a_discarded_take_does_not_bring_it_back() -> None:
    before = growing(bars=2)
    assert before.current is not None
    state = after(before, Discard(before.current))
    for news in (grown(before, 3), finished(before, 3, cancelled=True)):
        assert update(state, news) == (state, ())


def test_another_piece_can_be_asked_for_when_one_was_discarded_while_it_was_composed() -> None:
    state = growing(bars=2)
    assert state.current is not None
    assert after(state, Discard(state.current), Generate(6, MADE)).busy


def test_the_last_discarded_take_comes_back_first_as_it_was() -> None:
    state = after(ALL, Rename(ONE.id, "Mine"), Discard(ONE.id), Discard(TWO.id))
    once, told = update(state, Undo())
    assert once.take == TWO
    assert told == (Keep(TWO),)
    twice = after(once, Undo())
    assert twice.take == replace(ONE, name="Mine")
    assert [take.name for take in twice.takes] == ["Mine", "Two", "Three"]


def test_undo_without_a_discarded_take_says_so() -> None:
    state, told = update(ALL, Undo())
    assert told == ()
    assert (state.takes, state.message.text) == (ALL.takes, "There is no discarded take to bring back.")


def test_a_take_cut_short_by_discarding_comes_back_unfinished() -> None:
    before = growing(bars=2)
    assert before.current is not None
    state = after(before, Discard(before.current), Undo())
    assert state.takes == before.takes
    assert not state.growing


# --- saving ----------------------------------------------------------------------------------------------------------


def test_what_is_shown_is_saved_as_it_sounds(tmp_path: Path) -> None:
    take = replace(some_take(), begin=2 * BAR, end=4 * BAR)
    state = after(with_takes(take), Set("bpm", 66), Toggle("expressive"))
    (export,) = effects(state, Save(tmp_path / "x.mid", take.id), Export)
    assert export == Export(some_piece(8, 66), 2 * BAR, 4 * BAR, False, tmp_path / "x.mid")


def test_the_folder_is_remembered(tmp_path: Path) -> None:
    assert after(ALL, Save(tmp_path / "x.mid", ONE.id)).folder == str(tmp_path)


def test_the_prompt_is_saved_too(tmp_path: Path) -> None:
    (export,) = effects(with_song(bars=3), Save(tmp_path / "x.mid", None), Export)
    assert (export.piece, export.begin, export.end) == (some_piece(3), 0, None)


def test_what_is_saved_need_not_be_in_view(tmp_path: Path) -> None:
    state = with_takes(ONE, some_take("Other", bars=2, bpm=70, day=2))
    (export,) = effects(state, Save(tmp_path / "x.mid", ONE.id), Export)
    assert export.piece == ONE.piece


def test_without_a_piece_nothing_is_saved(tmp_path: Path) -> None:
    state, told = update(NEW, Save(tmp_path / "x.mid", None))
    assert (state.folder, told) == ("", ())
    assert state.message.text == "There is nothing to save yet: press Generate."


# --- what buttons have something to do -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "can"),
    [
        (NEW, ""),
        (with_song(), "on play save"),
        (ALL, "on play save discard"),
        (after(ALL, Mark((0, 5))), "on play save discard again loop"),
        (after(ALL, Seek(9.0)), "on play save discard stop"),
        (after(ALL, Discard(THREE.id)), "on play save discard undo"),
        (growing(bars=1), "play save discard retry stop"),
        (after(growing(bars=1), Mark((0, 5))), "play save discard retry stop loop"),
    ],
)
def test_a_button_is_alive_if_it_has_something_to_do(state: AppState, can: str) -> None:
    verbs = ("retry", "again", "on", "play", "stop", "loop", "save", "discard", "undo")
    assert {verb for verb in verbs if state.can(verb)} == set(can.split())

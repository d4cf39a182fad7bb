"""The mouse: places on sliders, roll and minimap become actions."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from state_tools import BAR, after, some_take, with_song, with_takes

from nanopiano.gui.draw.minimap import minimap_x
from nanopiano.gui.state.actions import Action, Look, Nudge, Reset, Seek, Set, SetPromptBars
from nanopiano.gui.state.app_state import AppState
from nanopiano.gui.state.controls import SLIDERS
from nanopiano.gui.state.view import Rect, View, notes_rect, ruler_rect
from nanopiano.gui.window.layout import Layout, inside, layout
from nanopiano.gui.window.pointer import DRAG, Place, Pointer, double_click, slider_at, slider_tracks, target_at, wheel
from nanopiano.gui.window.popups import popup
from nanopiano.gui.window.sliders import slider_place, slider_x

PLACES = layout((1280, 720))
NONE: dict[str, Rect] = {}
TAKE = with_takes(some_take(bars=8))
NEW = AppState()
SCALED = [layout(size, scale) for size in ((960, 600), (1280, 720), (2560, 1440)) for scale in (1.0, 1.25, 2.0)]


WIDE = View(step_width=3.0)  # all of a song is in sight


def with_value(name: str, value: Any) -> AppState:
    changes = {name: value}
    return replace(NEW, controls=replace(NEW.controls, **changes))


def middle(rect: Rect) -> Place:
    return rect[0] + rect[2] // 2, rect[1] + rect[3] // 2


def on_notes(step: float, state: AppState = TAKE, pitch: float = 60.5, places: Layout = PLACES) -> Place:
    area = notes_rect(places.roll, places.scale)
    return round(state.view.x(step, area)), round(state.view.y(pitch, area))


def on_ruler(step: float, state: AppState = TAKE, places: Layout = PLACES) -> Place:
    return on_notes(step, state)[0], middle(ruler_rect(places.roll, places.scale))[1]


def dragged(state: AppState, *way: Place, popup: dict[str, Rect] = NONE) -> list[Action]:
    """Press at the first place, move over all others, release at the last; return what came of it."""
    pointer = Pointer()
    actions = pointer.press(way[0], state, PLACES, popup)
    for place in way[1:]:
        actions += pointer.move(place, state, PLACES, popup)
    return actions + pointer.release(way[-1], state, PLACES)


# --- sliders ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("places", SCALED, ids=[f"{places.size[0]}-{places.scale:g}" for places in SCALED])
@pytest.mark.parametrize("name", SLIDERS)
def test_a_knob_that_is_pressed_where_it_stands_does_not_move(places: Layout, name: str) -> None:
    track = slider_tracks(places, popup("more", places).at)[name]
    for place, value in enumerate(SLIDERS[name].values):
        assert slider_place(track, name, slider_x(track, name, with_value(name, value), places), places) == place


@given(st.sampled_from(list(SLIDERS)), st.integers(-500, 3000))
def test_a_knob_comes_as_near_to_the_pointer_as_its_values_let_it(name: str, x: int) -> None:
    track = slider_tracks(PLACES, popup("more", PLACES).at)[name]

    def distance(place: int) -> int:
        return abs(slider_x(track, name, with_value(name, SLIDERS[name].values[place]), PLACES) - x)

    place, last = slider_place(track, name, x, PLACES), len(SLIDERS[name].values) - 1
    assert all(distance(place) <= distance(other) + 1 for other in (max(place - 1, 0), min(place + 1, last)))


@pytest.mark.parametrize("name", SLIDERS)
def test_a_knob_stays_within_its_track(name: str) -> None:
    track = slider_tracks(PLACES, popup("more", PLACES).at)[name]
    for value in (SLIDERS[name].values[0], SLIDERS[name].values[-1]):
        assert track[0] < slider_x(track, name, with_value(name, value), PLACES) < track[0] + track[2]


def test_a_press_on_a_track_sets_the_slider_at_once() -> None:
    left, top, width, height = slider_tracks(PLACES, NONE)["temperature"]
    assert dragged(NEW, (left + width - 1, top + height // 2)) == [Set("temperature", 2.0)]


def test_a_slider_follows_the_pointer_also_off_its_track() -> None:
    left, top, *_ = slider_tracks(PLACES, NONE)["words"]
    *_, last = dragged(NEW, (left + 20, top + 5), (left + 90, top + 300), (left - 500, top + 300))
    assert last == Set("words", SLIDERS["words"].values[0])


def test_a_slider_of_a_popup_lies_on_top_of_what_is_below() -> None:
    rect = PLACES.at["temperature"]
    assert slider_at(middle(rect), PLACES, {"top_p": rect}) == "top_p"


def test_a_slider_of_a_closed_popup_is_not_there() -> None:
    assert slider_at(middle(popup("more", PLACES).at["min_p"]), PLACES, NONE) is None


def test_a_double_click_resets_a_slider() -> None:
    assert double_click(middle(PLACES.at["bpm"]), PLACES, NONE) == [Reset("bpm")]


def test_a_double_click_elsewhere_does_nothing() -> None:
    assert double_click(on_notes(20), PLACES, NONE) == []


@pytest.mark.parametrize(("notches", "places"), [(1.0, 1), (-1.0, -1), (3.0, 3), (0.2, 1), (-0.2, -1)])
def test_the_wheel_moves_a_slider_by_at_least_a_place(notches: float, places: int) -> None:
    place = middle(PLACES.at["volume"])
    assert wheel((0.0, notches), place, NEW, PLACES, NONE, shift=False, ctrl=False) == [Nudge("volume", places)]


# --- the roll --------------------------------------------------------------------------------------------------------


def test_a_click_on_the_notes_moves_the_playhead() -> None:
    (action,) = dragged(TAKE, on_notes(40))
    assert isinstance(action, Seek)
    assert action.step == pytest.approx(40, abs=0.5 / TAKE.view.step_width)


def test_a_click_that_trembles_is_a_click() -> None:
    x, y = on_notes(40)
    (action,) = dragged(TAKE, (x, y), (x + DRAG - 1, y - DRAG + 1))
    assert isinstance(action, Seek)


def test_a_click_on_an_empty_roll_does_nothing() -> None:
    assert dragged(NEW, on_notes(40)) == []


def test_dragging_the_notes_takes_the_view_along() -> None:
    state = replace(TAKE, view=View(left=50.0, low=40.0, keys=40.0))
    start = on_notes(80, state, 60)
    (action,) = dragged(state, start, (start[0] + 60, start[1] + 33))
    assert isinstance(action, Look)
    assert not action.following
    moved = replace(state, view=action.view)
    assert on_notes(80, moved, 60) == pytest.approx((start[0] + 60, start[1] + 33), abs=1)


def test_dragging_back_to_where_it_began_brings_the_view_back() -> None:
    state = replace(TAKE, view=View(left=50.0, low=40.0, keys=40.0))
    x, y = on_notes(80, state, 60)
    *_, last = dragged(state, (x, y), (x + 60, y + 33), (x, y))
    assert isinstance(last, Look)
    assert (last.view.left, last.view.low) == pytest.approx((50.0, 40.0))


def test_a_press_on_the_ruler_moves_the_playhead() -> None:
    (action,) = dragged(TAKE, on_ruler(2 * BAR))
    assert isinstance(action, Seek)
    assert action.step == pytest.approx(2 * BAR, abs=0.5)


@pytest.mark.parametrize("way", [(1.5, 3.5), (3.5, 1.5)])
def test_dragging_on_the_ruler_marks_bars(way: tuple[float, float]) -> None:
    state = after(TAKE, *dragged(TAKE, *(on_ruler(bar * BAR) for bar in way)))
    assert state.region == (BAR, 4 * BAR)


def test_the_handle_is_dragged_from_bar_line_to_bar_line() -> None:
    state = replace(with_song(bars=12), view=WIDE)  # its handle stands after bar 8
    actions = dragged(state, on_ruler(8 * BAR, state), on_ruler(5.6 * BAR, state), on_ruler(2.9 * BAR, state))
    assert actions[-2:] == [SetPromptBars(6), SetPromptBars(3)]


def test_pressing_the_handle_moves_nothing() -> None:
    state = replace(with_song(bars=12), view=WIDE)
    place = on_notes(8 * BAR, state)
    assert target_at(place, state, PLACES, NONE) == ("handle", "")
    assert after(state, *dragged(state, place)).prompt == state.prompt


def test_a_take_has_no_handle() -> None:
    state = replace(with_takes(some_take(), state=with_song()), view=WIDE)
    assert target_at(on_notes(8 * BAR, state), state, PLACES, NONE) == ("notes", "")


def test_a_press_on_the_minimap_brings_its_place_to_the_middle() -> None:
    state = with_takes(some_take(bars=99))
    scene = state.scene()
    assert scene is not None
    x, y = round(minimap_x(50 * BAR, PLACES.minimap, scene)), middle(PLACES.minimap)[1]
    (action,) = dragged(state, (x, y))
    assert isinstance(action, Look)
    area = notes_rect(PLACES.roll, 1.0)
    assert action.view.step(area[0] + area[2] / 2, area) == pytest.approx(50 * BAR, abs=2)


def test_falling_notes_hold_nothing() -> None:
    state = replace(TAKE, mode="falling")
    assert target_at(on_notes(20), state, PLACES, NONE) == (None, "")
    assert target_at(middle(PLACES.minimap), state, PLACES, NONE) == ("minimap", "")


def test_a_release_without_a_press_does_nothing() -> None:
    assert Pointer().release(on_notes(20), TAKE, PLACES) == []


def test_a_move_without_a_press_does_nothing() -> None:
    assert Pointer().move(on_notes(20), TAKE, PLACES, NONE) == []


# --- the wheel -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ctrl", "pitch"), [(False, False), (True, True)])
def test_the_wheel_zooms_around_the_pointer(ctrl: bool, pitch: bool) -> None:
    state = replace(TAKE, view=View(left=50.0, low=40.0, keys=40.0))
    (action,) = wheel((0.0, 1.0), on_notes(80, state, 60), state, PLACES, NONE, shift=False, ctrl=ctrl)
    assert isinstance(action, Look)
    assert (action.view.keys < 40) == pitch
    assert (action.view.step_width > state.view.step_width) != pitch
    assert on_notes(80, replace(state, view=action.view), 60) == pytest.approx(on_notes(80, state, 60), abs=1)


@pytest.mark.parametrize(("notches", "shift"), [((0.0, -1.0), True), ((1.0, 0.0), False)])
def test_the_wheel_moves_sideways(notches: tuple[float, float], shift: bool) -> None:
    (action,) = wheel(notches, on_notes(20), TAKE, PLACES, NONE, shift=shift, ctrl=False)
    assert isinstance(action, Look)
    assert action.view.left > TAKE.view.left


def test_the_wheel_over_the_minimap_moves_sideways() -> None:
    (action,) = wheel((0.0, -1.0), middle(PLACES.minimap), TAKE, PLACES, NONE, shift=False, ctrl=False)
    assert isinstance(action, Look)
    assert action.view.left > TAKE.view.left


def test_the_wheel_over_buttons_does_nothing() -> None:
    assert wheel((0.0, 1.0), middle(PLACES.at["generate"]), TAKE, PLACES, NONE, shift=False, ctrl=False) == []


@given(st.integers(0, 1279), st.integers(0, 719), st.sampled_from([NEW, TAKE, with_song()]))
def test_whatever_is_pressed_anywhere_has_a_meaning_or_none(x: int, y: int, state: AppState) -> None:
    state = after(state, *dragged(state, (x, y), (x + 50, y + 20), (-10, 2000)))
    assert state.playback.position >= 0
    target, name = target_at((x, y), state, PLACES, NONE)
    assert (target == "slider") == (name != "")
    assert target != "notes" or inside(PLACES.roll, (x, y))

"""The roll, its ruler, the handle of the prompt and the minimap under the mouse."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pygame
import pytest
from window_tools import APART, User, opened, some_song

from nanopiano.gui.draw.minimap import minimap_x
from nanopiano.gui.state import actions as do
from nanopiano.gui.state.view import Scene

SONG = some_song(40)
BAR = SONG.grid.bar_steps


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Iterator[User]:
    with opened(tmp_path_factory.mktemp("window") / "home", model_folder) as user:
        user.until(lambda: user.state.model)
        yield user


@pytest.fixture
def user(window: User) -> User:
    window.begin_anew()
    window.show(SONG)
    return window


def scene(user: User) -> Scene:
    found = user.state.scene()
    assert found is not None
    return found


def test_a_click_on_the_notes_moves_the_playhead_there(user: User) -> None:
    before = user.pixels(user.notes_area)
    user.click(user.on_roll(40, 55))
    user.until(lambda: abs(user.state.playback.position - 40) < 1)
    assert (user.pixels(user.notes_area) != before).any()


def test_a_click_on_the_ruler_moves_the_playhead_there(user: User) -> None:
    user.click(user.on_ruler(70))
    user.until(lambda: abs(user.state.playback.position - 70) < 1)
    assert user.state.region is None


def test_the_playhead_is_drawn_where_it_was_put(user: User) -> None:
    user.click(user.on_roll(40, 55))
    user.frames(3)
    _, top, _, height = user.notes_area
    x = user.on_roll(user.state.playback.position)[0]
    column = user.pixels((x, top, 1, height))[0]
    assert (column == user.window.furniture.theme.accent).all(axis=1).mean() > 0.9


def test_the_wheel_zooms_in_time_around_the_pointer(user: User) -> None:
    place = user.on_roll(48, 60)
    width = user.state.view.step_width
    before = user.pixels(user.notes_area)
    user.wheel(place, 2)
    assert user.state.view.step_width > 1.3 * width
    assert abs(user.on_roll(48)[0] - place[0]) <= 1
    assert (user.pixels(user.notes_area) != before).any()
    user.wheel(place, -2)
    assert user.state.view.step_width == pytest.approx(width)


def test_the_wheel_with_ctrl_zooms_in_pitch_around_the_pointer(user: User) -> None:
    place = user.on_roll(48, 60)
    keys, width = user.state.view.keys, user.state.view.step_width
    user.wheel(place, -2, mods=pygame.KMOD_LCTRL)
    assert user.state.view.keys > keys and user.state.view.step_width == width
    user.wheel(place, 2, mods=pygame.KMOD_LCTRL)
    assert abs(user.on_roll(48, 60)[1] - place[1]) <= 2


def test_the_wheel_with_shift_moves_in_time(user: User) -> None:
    width = user.state.view.step_width
    user.wheel(user.on_roll(48), -3, mods=pygame.KMOD_LSHIFT)
    assert user.state.view.left > 0 and user.state.view.step_width == width
    assert not user.state.following


def test_a_drag_moves_the_music_with_the_pointer(user: User) -> None:
    user.wheel(user.on_roll(48), 3, mods=pygame.KMOD_LCTRL)
    user.wheel(user.on_roll(48), 8)
    place = user.on_roll(60, 62)
    step, pitch = user.state.view.step(place[0], user.notes_area), user.state.view.pitch(place[1], user.notes_area)
    position = user.state.playback.position
    user.drag(place, (place[0] - 150, place[1] + 30))
    view, area = user.state.view, user.notes_area
    assert abs(view.x(step, area) - (place[0] - 150)) <= 1
    assert abs(view.y(pitch, area) - (place[1] + 30)) <= 1
    assert user.state.playback.position == position, "a drag is no click"


def test_the_minimap_brings_what_is_pressed_into_the_middle(user: User) -> None:
    rect = user.window.places.minimap
    place = (round(minimap_x(30 * BAR, rect, scene(user))), rect[1] + rect[3] // 2)
    before = user.pixels(user.notes_area)
    user.click(place)
    view, area = user.state.view, user.notes_area
    assert abs(view.left + view.steps(area) / 2 - 30 * BAR) < BAR
    assert (user.pixels(user.notes_area) != before).any()


def test_the_minimap_is_dragged(user: User) -> None:
    rect = user.window.places.minimap
    middle = rect[1] + rect[3] // 2
    user.drag((rect[0] + 5, middle), (rect[0] + rect[2] - 5, middle))
    view = user.state.view
    assert view.left + view.steps(user.notes_area) > SONG.steps - BAR


def test_a_drag_on_the_ruler_marks_whole_bars_in_either_direction(user: User) -> None:
    for start, end in ((1.5, 3.2), (3.2, 1.5)):
        user.drag(user.on_ruler(start * BAR), user.on_ruler(end * BAR))
        assert user.state.region == (BAR, 4 * BAR)
        user.keys("Escape")
        assert user.state.region is None


def test_the_mark_is_seen(user: User) -> None:
    user.move((1, 1))
    user.frames()
    before = user.pixels(user.window.places.roll)
    user.drag(user.on_ruler(1.5 * BAR), user.on_ruler(2.5 * BAR))
    user.move((1, 1))
    user.frames()
    assert (user.pixels(user.window.places.roll) != before).any(axis=2).sum() > 500


def test_the_handle_of_the_prompt_is_dragged_to_a_bar_line(user: User) -> None:
    user.wheel(user.on_roll(0), -8)
    area = user.notes_area
    handle = round(user.state.view.x(scene(user).handle or 0, area)), area[1] + area[3] // 2
    assert user.state.prompt is not None and user.state.prompt.bars == 40
    user.drag(handle, user.on_roll(6.8 * BAR))
    assert user.state.prompt.bars == 7
    assert scene(user).handle == 7 * BAR
    user.keys("G")
    assert user.request.prompt_bars == 7


def test_the_handle_stays_within_the_piece(user: User) -> None:
    user.wheel(user.on_roll(0), -12)
    area = user.notes_area
    for to, bars in ((area[0] - 30, 1), (area[0] + area[2] - 2, 40)):
        handle = round(user.state.view.x(scene(user).handle or 0, area)), area[1] + 200
        user.drag(handle, (to, area[1] + 200))
        assert user.state.prompt is not None and user.state.prompt.bars == bars


def test_the_view_goes_with_the_playhead_until_it_is_dragged(user: User) -> None:
    user.wheel(user.on_roll(0), 10)
    user.window.do(do.Seek(30.0 * BAR))
    user.keys("Space")
    user.until(lambda: user.state.view.left > 15 * BAR)
    x, y = user.notes_area[0] + 400, user.notes_area[1] + 100
    user.drag((x, y), (x - 200, y))
    dragged = user.state.view.left
    user.frames(20)
    assert user.state.view.left == dragged and user.state.playback.playing


def test_falling_notes_take_the_place_of_the_roll(user: User) -> None:
    user.frames(3)
    before = user.pixels(user.window.places.roll)
    user.click("mode")
    user.frames()
    assert (user.pixels(user.window.places.roll) != before).any(axis=2).mean() > 0.1
    user.click("mode")
    user.move((1, 1))
    user.frames()
    assert np.array_equal(user.pixels(user.window.places.roll), before)


def test_keys_that_sound_light_up(user: User) -> None:
    left, top, _, height = user.window.places.roll
    keyboard = (left, top + 20, user.notes_area[0] - left, height - 20)
    user.frames(3)
    silent = user.pixels(keyboard)
    user.keys("Space")
    user.until(lambda: user.state.playback.position > 1.5)
    assert (user.pixels(keyboard) != silent).any()


def test_two_slow_clicks_are_two_clicks(user: User) -> None:
    user.click(user.on_roll(20, 55))
    time.sleep(APART)
    user.click(user.on_roll(60, 55))
    user.until(lambda: abs(user.state.playback.position - 60) < 1)

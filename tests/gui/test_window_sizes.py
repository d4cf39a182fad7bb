"""The window at every size, scale and theme: nothing is lost, and everything still answers at its place."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pygame
import pytest
from window_tools import User, opened, some_song

from nanopiano.gui.draw.theme import DARK, LIGHT
from nanopiano.gui.state import actions as do
from nanopiano.gui.state.app_state import Dialog
from nanopiano.gui.window.dialogs import FILES

SONG = some_song(12)
BAR = SONG.grid.bar_steps
SIZES = ((960, 600), (1280, 720), (1920, 1080))


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Iterator[User]:
    with opened(tmp_path_factory.mktemp("window") / "home", model_folder) as user:
        user.until(lambda: user.state.model)
        yield user


@pytest.fixture
def user(window: User) -> User:
    window.begin_anew()
    resize(window, (1280, 720))
    window.window.do(do.Set("words", 50))
    return window


def resize(user: User, size: tuple[int, int]) -> None:
    """Pull the window to another size; the display does the same by itself where there is one."""
    pygame.display.set_mode(size, pygame.RESIZABLE)
    pygame.event.post(pygame.event.Event(pygame.VIDEORESIZE, size=size, w=size[0], h=size[1]))
    user.frames(2)


@pytest.mark.parametrize(("size", "theme", "scale"), [
    ((960, 600), "dark", 1.0), ((960, 600), "light", 2.0), ((1920, 1080), "light", 1.0), ((1920, 1080), "dark", 2.0),
])  # fmt: skip
def test_everything_answers_at_its_place(user: User, size: tuple[int, int], theme: str, scale: float) -> None:
    resize(user, size)
    user.keys(*["T"] * (theme == "light"))
    user.window.do(do.SetScale(scale))
    user.frames(2)
    assert user.window.places.size == size and user.window.furniture.theme is (LIGHT if theme == "light" else DARK)
    user.drag(user.on_slider("words"), user.on_slider("words", 100))
    assert user.state.controls.words == 100
    user.click("generate")
    assert user.request.length.words == 100
    user.finished()
    user.click("stop")
    user.click("play")
    user.until(lambda: user.state.playback.position > 0.2)
    user.click("stop")
    user.click("settings")
    assert user.state.dialog == "settings"
    user.click("colour hand")
    assert user.state.colour_by == "hand"
    user.keys("Escape")
    user.click("save")
    user.click("save txt")
    user.until(lambda: user.status.startswith("Saved as "))
    user.click(user.of_take(user.take, "pin"))
    assert user.take.pinned


@pytest.mark.parametrize(("size", "scale"), [((960, 600), 1.0), ((960, 600), 2.0), ((1920, 1080), 2.0)])
def test_every_dialog_lies_within_the_window(user: User, size: tuple[int, int], scale: float) -> None:
    user.show(SONG)
    resize(user, size)
    user.window.do(do.SetScale(scale))
    for name in get_args(Dialog):
        user.window.state = replace(user.state, dialog=name)
        user.frames(2)
        shown = user.window.furniture.dialog
        assert shown is not None and shown.name == name
        files = [shown.files.rect] if name in FILES else []
        rects = files or [shown.popup.rect, *shown.popup.at.values()]
        assert all(pygame.Rect(0, 0, *size).contains(pygame.Rect(rect)) for rect in rects), name


def test_a_larger_window_shows_more_music(user: User) -> None:
    user.show(SONG)
    areas = []
    for size in SIZES:
        resize(user, size)
        areas.append(user.notes_area[2] * user.notes_area[3])
    assert areas == sorted(areas) and areas[-1] > 4 * areas[0]


def test_a_resize_while_it_composes_and_plays_disturbs_neither(user: User) -> None:
    user.window.do(do.Set("words", 10_000))
    user.keys("G")
    user.until(lambda: user.state.playback.playing)
    for size in (*SIZES, *reversed(SIZES)):
        resize(user, size)
    assert user.state.busy and user.state.playback.playing
    notes = len(user.take.piece)
    user.until(lambda: len(user.take.piece) > notes)


@pytest.mark.parametrize("size", [(251, 300), (1280, 93), (1, 1)])
def test_a_window_of_next_to_nothing_is_drawn(user: User, size: tuple[int, int]) -> None:
    user.show(SONG)
    resize(user, size)
    assert user.window.places.size == size


def test_the_whole_surface_is_drawn_after_a_resize(user: User) -> None:
    for size in SIZES:
        resize(user, size)
        user.window.surface.fill((255, 0, 255))
        user.frames(1)
        assert not (user.pixels() == (255, 0, 255)).all(axis=2).any()


def test_a_light_window_is_light_and_a_dark_one_dark(user: User) -> None:
    user.show(SONG)
    dark = user.pixels().mean()
    user.keys("T")
    user.frames(2)
    assert dark < 70 and user.pixels().mean() > 180


def test_twice_the_scale_is_twice_as_large(user: User) -> None:
    resize(user, (1920, 1200))
    one = user.window.places.at["generate"]
    user.window.do(do.SetScale(2.0))
    user.frames(2)
    two = user.window.places.at["generate"]
    assert (two[2], two[3]) == (2 * one[2], 2 * one[3])


def test_a_press_on_a_popup_does_not_reach_what_lies_below_it(user: User) -> None:
    resize(user, (960, 600))
    user.click("more")
    shown = user.window.furniture.dialog
    assert shown is not None
    below = pygame.Rect(user.window.places.at["invite"]).clip(pygame.Rect(shown.popup.rect))
    free = [
        (x, y) for x in range(below.left + 2, below.right - 2, 4) for y in range(below.top + 2, below.bottom - 2, 2)
        if not any(pygame.Rect(rect).collidepoint(x, y) for rect in shown.popup.at.values())
    ]  # fmt: skip
    assert free, "the popup covers a part of the button in the roll"
    user.click(free[0])
    user.frames(2)
    assert not user.requests and user.state.dialog == "more"


def test_the_picture_without_events_does_not_change(user: User) -> None:
    user.show(SONG)
    user.frames(5)
    first = user.pixels()
    user.frames(5)
    assert np.array_equal(user.pixels(), first)

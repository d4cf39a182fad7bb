"""Each slider by drag, wheel, arrow keys and double click; what it shows is what the composer and the sound get."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from window_tools import User, opened, some_song

from nanopiano.gui.state import actions as do
from nanopiano.gui.state.controls import SLIDERS, Value
from nanopiano.gui.window.popups import MORE_SLIDERS
from nanopiano.gui.window.sliders import PANEL_SLIDERS

# Values away from the defaults and the ends.
ELSEWHERE: dict[str, Value] = {
    "temperature": 0.4, "words": 100, "top_k": 7, "bpm": 60, "top_p": 0.5, "min_p": 0.2,
    "min_surprise": 0.2, "returns": 8.0, "chromatic": 0.2, "volume": 0.3,
}  # fmt: skip


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Iterator[User]:
    with opened(tmp_path_factory.mktemp("window") / "home", model_folder) as user:
        user.until(lambda: user.state.model)
        yield user


@pytest.fixture(params=SLIDERS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def user(window: User, name: str) -> User:
    window.begin_anew()
    if name in MORE_SLIDERS:
        window.click("more")
        window.frames()
    return window


def shown(user: User, name: str) -> Value:
    value: Value = getattr(user.state.controls, name)
    return value


def used(user: User, name: str) -> Value:
    """The value that takes effect: in a request, or in the sound."""
    assert user.window.player is not None
    if name == "volume":
        return user.window.player.transport.volume
    user.keys("Escape", "Escape", "G")
    request = user.request
    value: Value = {"words": request.length.words, "bpm": request.bpm}.get(name, getattr(request.sampling, name, None))
    return value


def test_a_drag_of_the_knob_brings_it_to_what_is_used(user: User, name: str) -> None:
    before = user.pixels(user.rect(name))
    user.drag(user.on_slider(name), user.on_slider(name, ELSEWHERE[name]))
    assert shown(user, name) == ELSEWHERE[name]
    user.frames()
    assert (user.pixels(user.rect(name)) != before).any()
    assert used(user, name) == ELSEWHERE[name]


def test_a_click_on_the_track_brings_the_knob_there(user: User, name: str) -> None:
    user.click(user.on_slider(name, ELSEWHERE[name]))
    assert shown(user, name) == ELSEWHERE[name]


def test_a_drag_beyond_the_ends_stays_there(user: User, name: str) -> None:
    user.window.do(do.Set(name, ELSEWHERE[name]))
    x, y = user.on_slider(name)
    for end, far in ((0, -2000), (-1, 2000)):
        user.press(user.on_slider(name))
        user.move((max(min(x + far, 1279), 0), y))
        user.release((x, y + 40))
        assert shown(user, name) == SLIDERS[name].values[end]


def test_a_notch_of_the_wheel_is_one_place(user: User, name: str) -> None:
    slider = SLIDERS[name]
    user.click(user.on_slider(name, ELSEWHERE[name]))
    for up in (1, -1, -2):
        before = shown(user, name)
        user.wheel(name, up)
        assert shown(user, name) == slider.moved(before, up) != before


def test_a_double_click_brings_it_back(user: User, name: str) -> None:
    user.drag(user.on_slider(name), user.on_slider(name, ELSEWHERE[name]))
    user.double_click(name)
    assert shown(user, name) == SLIDERS[name].default


def test_arrow_keys_move_it_once_tab_has_reached_it(user: User, name: str) -> None:
    for _ in range(60):
        user.keys("Tab")
        if user.window.input.keyboard.focus == name:
            break
    assert user.window.input.keyboard.focus == name
    slider, before = SLIDERS[name], shown(user, name)
    down = "Left" if slider.place(before) else "Right"
    up = "Right" if down == "Left" else "Left"
    by = -1 if down == "Left" else 1
    user.keys(down)
    assert shown(user, name) == slider.moved(before, by) != before
    user.keys(up)
    assert shown(user, name) == before
    user.keys(f"Shift+{down}")
    assert shown(user, name) == slider.moved(before, 5 * by)
    user.keys("Enter")
    assert shown(user, name) == slider.default


def test_its_tooltip_comes_up_where_the_pointer_rests(user: User, name: str) -> None:
    left, top, _, _ = user.rect(name)
    user.move((left + 4, top + 3))
    before = user.pixels()
    user.wait(1.0)
    tip = user.window.furniture.tip
    assert tip is not None and tip[0] == SLIDERS[name].tooltip
    assert (user.pixels() != before).sum() > 5000
    user.move((1, 1))
    user.frames()
    assert user.window.furniture.tip is None


def test_every_slider_is_in_the_window_or_a_popup() -> None:
    assert {*PANEL_SLIDERS, *MORE_SLIDERS, "volume"} == set(SLIDERS)


def test_the_tempo_changes_while_the_music_plays(window: User) -> None:
    window.begin_anew()
    window.show(some_song())
    window.keys("Space")
    window.until(lambda: window.state.playback.position > 1)
    window.drag(window.on_slider("bpm"), window.on_slider("bpm", 200))
    assert window.window.player is not None
    assert window.window.player.transport.bpm == 200 and window.state.playback.playing


@pytest.mark.parametrize(("own", "end"), [(20.0, 30.0), (300.0, 240.0), (92.5, 92.0)])
def test_a_tempo_that_has_no_place_on_its_slider_is_told_truly(window: User, own: float, end: float) -> None:
    window.begin_anew()
    seen = []
    for bpm in (own, end):
        window.show(replace(some_song(), bpm=bpm))
        seen.append(window.pixels(window.rect("bpm")))
        assert window.window.player is not None and window.window.player.transport.bpm == bpm
    assert (seen[0] != seen[1]).any()

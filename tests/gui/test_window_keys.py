"""The whole window by keyboard alone: every key of the list has its effect."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from window_tools import User, opened, some_song, some_take

from nanopiano.gui.state import actions as do
from nanopiano.gui.state.keeping import in_order
from nanopiano.gui.window.keyboard import FOCUSABLE
from nanopiano.gui.window.keys import KEYS
from nanopiano.gui.window.layout import inside

SONG = some_song(12)
BAR = SONG.grid.bar_steps


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Iterator[User]:
    with opened(tmp_path_factory.mktemp("window") / "home", model_folder) as user:
        user.until(lambda: user.state.model)
        yield user


@pytest.fixture
def user(window: User) -> User:
    """Two takes, then a prompt in view with the playhead in its fifth bar."""
    window.begin_anew()
    window.window.do(do.TakesLoaded(tuple(some_take(number) for number in (1, 2)), 0))
    window.show(SONG)
    window.window.do(do.Seek(4.5 * BAR))
    window.until(lambda: window.state.playback.position > 4 * BAR)
    window.requests.clear()
    return window


def at(user: User, step: float) -> bool:
    """Whether the playhead gets there by itself; it is what is heard, so the sound card's thread has to come round."""
    limit = time.monotonic() + 0.5
    while not (there := abs(user.state.playback.position - step) < 0.5) and time.monotonic() < limit:
        user.frames(1)
        time.sleep(0.002)
    return there


def gone(user: User) -> bool:
    """Whether the window would close; it is held open."""
    gone, user.window.open = not user.window.open, True
    return gone


def saved(user: User) -> bool:
    user.until(lambda: user.status.startswith("Saved as "))
    return True


def newest(user: User) -> str:
    return in_order(user.state.takes)[0].id


# For each key: what is pressed before, and what is true after it and was not before.
EFFECTS: dict[str, tuple[tuple[str, ...], Callable[[User], object]]] = {
    "Space": ((), lambda user: user.state.playback.playing),
    "S": ((), lambda user: at(user, 0)),
    "G": ((), lambda user: user.requests and user.request.prompt is SONG),
    "N": ((), lambda user: user.state.prompt is None),
    "C": ((), lambda user: user.state.prompt and user.state.prompt.kind == "song"),
    "R": (("G",), lambda user: len(user.requests) == 2 and user.request.prompt is SONG),
    "A": (("Shift+Right",), lambda user: user.requests and user.request.bars == (5, 5)),
    "D": ((), lambda user: user.requests and user.request.prompt_bars == 4),
    "X": ((), lambda user: user.status.startswith("Surprise")),
    "Left": ((), lambda user: at(user, 4 * BAR)),
    "Right": ((), lambda user: at(user, 5 * BAR)),
    "Home": ((), lambda user: at(user, 0)),
    "End": ((), lambda user: at(user, SONG.steps)),
    "Shift+Left": (("Shift+Right", "Shift+Right"), lambda user: user.state.region == (4 * BAR, 5 * BAR)),
    "Shift+Right": ((), lambda user: user.state.region == (4 * BAR, 5 * BAR)),
    "L": (("Shift+Right",), lambda user: user.state.loop),
    "Escape": (("Shift+Right",), lambda user: user.state.region is None),
    "Up": (("Down", "Down"), lambda user: user.state.current == newest(user)),
    "Down": (("Up",), lambda user: user.state.current == in_order(user.state.takes)[1].id),
    "P": (("Down",), lambda user: user.take.pinned),
    "F2": (("Down",), lambda user: user.state.dialog == "rename"),
    "Delete": (("Down",), lambda user: len(user.state.takes) == 1),
    "Ctrl+Z": (("Down", "Delete"), lambda user: len(user.state.takes) == 2),
    "B": ((), lambda user: user.state.dialog == "songs"),
    "Ctrl+O": ((), lambda user: user.state.dialog == "open"),
    "Ctrl+S": ((), saved),
    "Ctrl+Shift+S": ((), lambda user: user.state.dialog == "save"),
    "Ctrl+C": ((), lambda user: "clipboard" in user.status),
    "M": ((), lambda user: user.state.dialog == "more"),
    "Ctrl+M": ((), lambda user: user.state.dialog == "models"),
    "V": ((), lambda user: user.state.mode == "falling"),
    "H": ((), lambda user: user.state.colour_by == "hand"),
    "T": ((), lambda user: user.state.theme == "light"),
    "E": ((), lambda user: not user.state.expressive),
    "O": ((), lambda user: user.state.original),
    "+": (("0",), lambda user: user.state.view.step_width > 1.2 * fitted(user)),
    "-": (("0",), lambda user: user.state.view.step_width < 0.85 * fitted(user)),
    "0": (("+", "+"), lambda user: user.state.view.step_width == pytest.approx(fitted(user))),
    "[": ((), lambda user: user.state.prompt and user.state.prompt.bars == 11),
    "]": (("[", "["), lambda user: user.state.prompt and user.state.prompt.bars == 11),
    "Tab": ((), lambda user: user.window.input.keyboard.focus == FOCUSABLE[0]),
    "Shift+Tab": ((), lambda user: user.window.input.keyboard.focus == FOCUSABLE[-1]),
    "?": ((), lambda user: user.state.dialog == "keys"),
    "Ctrl+Q": ((), gone),
}


def fitted(user: User) -> float:
    return user.state.view.fit(SONG, user.notes_area).step_width


@pytest.mark.parametrize("key", EFFECTS)
def test_a_key_does_what_the_list_says(user: User, key: str) -> None:
    before, effect = EFFECTS[key]
    user.keys(*before)
    user.finished()
    if key != "Ctrl+S":
        assert not effect(user)
    user.keys(key)
    assert effect(user)


def test_every_key_of_the_list_is_tried() -> None:
    assert set(EFFECTS) == {key.keys for key in KEYS} - {"F11"}, "there is no full screen without a screen"


def test_tab_reaches_every_control_that_can_be_used_and_shows_where_it_is(user: User) -> None:
    user.keys("G")
    user.finished()
    user.keys("S", "Shift+Right", "Right")
    reached = []
    for _ in FOCUSABLE:
        user.keys("Tab")
        name = user.window.input.keyboard.focus
        assert name is not None
        reached.append(name)
        left, top, width, _ = user.rect(name)
        ring = user.pixels((left + width // 2, top - 2, 1, 1))
        assert (ring == user.window.furniture.theme.accent).all(), name
    assert set(FOCUSABLE) - set(reached) <= {"undo"}, "nothing is discarded"
    assert all(inside((0, 0, *user.window.places.size), user.place(name)) for name in reached)


def test_a_piece_is_composed_from_a_song_heard_marked_composed_again_and_saved_without_a_mouse(user: User) -> None:
    user.keys("B")
    user.type("schumann")
    user.frames()
    user.keys("Enter", "[", "[", "G")
    assert user.request.prompt_bars is not None and user.state.prompt is not None
    user.finished()
    user.keys("S", "Home", "Right", "Shift+Right", "Shift+Right", "A")
    assert user.request.bars == (2, 3)
    user.finished()
    user.keys("F2", "End", *["Backspace"] * 60)
    user.type("Mine")
    user.keys("Enter", "Ctrl+S")
    assert saved(user) and user.status.endswith("Mine.mid")

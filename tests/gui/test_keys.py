"""Keys: each stands for one verb that the window knows, and what is pressed finds it."""

from typing import Any, cast

import pytest

from nanopiano.gui.state.app_state import AppState
from nanopiano.gui.window import verbs
from nanopiano.gui.window.faces import faces, popup_faces
from nanopiano.gui.window.keys import KEYS, Key, verb_of

TAB = {"next control", "last control"}  # Tab is no verb: it moves the focus of the keyboard
PRESSED = {  # the names that pygame gives, where they are not those of the table in small letters
    "+": "=", "?": "/",
}  # fmt: skip


def knows(verb: str) -> bool:
    """Whether `Verbs.press` has something to do for a verb."""
    own = verbs.Verbs(cast(Any, None))._own
    known = {*verbs._SIMPLE, *verbs._COMPOSES, *verbs._SWITCHES, *own, "surprise"}
    return verb in known or verb.startswith(("save ", "scale "))


@pytest.mark.parametrize("key", KEYS, ids=[key.keys for key in KEYS])
def test_every_key_has_a_verb_that_the_window_knows(key: Key) -> None:
    assert knows(key.verb) != (key.verb in TAB)


@pytest.mark.parametrize("verb", sorted({**faces(AppState()), **popup_faces(AppState())}))
def test_every_button_has_a_verb_that_the_window_knows(verb: str) -> None:
    assert knows(verb)


def test_what_is_no_verb_is_not_known() -> None:
    assert not knows("dance")


def test_no_key_stands_for_two_verbs() -> None:
    keys = [key.keys for key in KEYS]
    assert len(set(keys)) == len(keys)


def test_every_verb_of_a_key_is_explained_once() -> None:
    said = [key.verb for key in KEYS if key.meaning]
    assert len(set(said)) == len(said)
    assert set(said) >= {key.verb for key in KEYS} - {"last control"}


@pytest.mark.parametrize("key", KEYS, ids=[key.keys for key in KEYS])
def test_pressing_a_key_gives_its_verb(key: Key) -> None:
    *held, name = key.keys.split("+") if key.keys != "+" else ["+"]
    text = name if name in "+-?[]" else ""
    pressed = PRESSED.get(name, name.lower())
    shift = "Shift" in held or name in PRESSED
    assert verb_of(pressed, text, ctrl="Ctrl" in held, shift=shift) == key.verb


@pytest.mark.parametrize(
    ("name", "text", "ctrl", "verb"),
    [
        ("[+]", "+", False, "zoom in"),
        ("[-]", "-", False, "zoom out"),
        ("backspace", "", False, "discard"),
        ("8", "[", True, "prompt less"),  # AltGr+8, which some systems report as Ctrl
        ("ß", "?", False, "help"),
    ],
)
def test_other_keyboards_have_the_keys_elsewhere(name: str, text: str, ctrl: bool, verb: str) -> None:
    assert verb_of(name, text, ctrl=ctrl, shift=False) == verb


@pytest.mark.parametrize(("name", "ctrl", "shift"), [("g", True, False), ("g", False, True), ("f5", False, False)])
def test_a_key_with_a_modifier_too_many_means_nothing(name: str, ctrl: bool, shift: bool) -> None:
    assert verb_of(name, "", ctrl=ctrl, shift=shift) is None

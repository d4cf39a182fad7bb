"""The keyboard: what a key means, and which control the arrows and Enter act on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pygame

from nanopiano.gui.state import actions as do
from nanopiano.gui.state.controls import SLIDERS
from nanopiano.gui.state.view import Rect
from nanopiano.gui.window.dialogs import FILES
from nanopiano.gui.window.faces import faces
from nanopiano.gui.window.keys import verb_of

if TYPE_CHECKING:
    from nanopiano.gui.app import Window

FOCUSABLE = (
    "new", "continue", "source", "songs", "open", "temperature", "words", "top_k", "bpm", "more", "generate", "retry",
    "surprise", "again", "on", "start", "play", "stop", "loop", "volume", "mode", "settings", "help", "fold", "undo",
    "save", "model",
)  # fmt: skip

ALL = 1_000_000  # entries: more than any list has
LEAPS = {"up": -1, "down": 1, "page up": -10, "page down": 10, "home": -ALL, "end": ALL}  # in a list


class Keyboard:
    """The keyboard before one window."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.focus: str | None = None  # the control that Enter and the arrows act on

    @property
    def ring(self) -> Rect | None:
        """Where the ring around that control stands."""
        return self.controls().get(self.focus) if self.focus else None

    def take(self, event: pygame.event.Event) -> None:
        """Take in a key that went down."""
        ctrl = bool(event.mod & (pygame.KMOD_CTRL | pygame.KMOD_META))
        shift = bool(event.mod & pygame.KMOD_SHIFT)
        name = pygame.key.name(event.key)
        dialog = self.window.furniture.dialog
        if dialog is not None and self._key_in_dialog(name):
            return
        if name == "tab":
            self._move_focus(-1 if shift else 1)
        elif name in ("return", "enter") and self.focus in self.controls():
            self._enter()
        elif self.focus in SLIDERS and self.focus in self.controls() and name in ("left", "right", "up", "down"):
            places = (5 if shift else 1) * (1 if name in ("right", "up") else -1)
            self.window.do(do.Nudge(self.focus, places))
        else:
            verb = verb_of(name, event.unicode, ctrl=ctrl, shift=shift)
            if verb is not None and (dialog is None or not dialog.modal or verb in ("close", "quit", "help")):
                self.window.verbs.press(verb)

    def _key_in_dialog(self, name: str) -> bool:
        """Return whether a key was meant for the open dialog."""
        window, dialog = self.window, self.window.furniture.dialog
        assert dialog is not None
        if name == "escape":
            window.do(do.Show(None))
            return True
        choices = dialog.choices
        if choices is not None and name in LEAPS and not (name in ("home", "end") and dialog.typing):
            choices.move(LEAPS[name], dialog.listed, window.places)
            return True
        if name in ("return", "enter"):
            if choices is not None and choices.entries:
                window.verbs.choose(choices.entries[choices.place])
            elif dialog.name == "rename":
                window.verbs.name_it()
            elif dialog.name in FILES and (path := dialog.files.chosen()) is not None:
                window.verbs.files.picked(path)
        if dialog.modal and name in ("return", "enter", "tab"):
            return True
        return name != "tab" and dialog.buttons.typing() is not None

    def _move_focus(self, by: int) -> None:
        """Go to the next control that can be used."""
        names, dialog = list(self.controls()), self.window.furniture.dialog
        if self.focus in names:
            self.focus = names[(names.index(self.focus) + by) % len(names)]
        else:
            self.focus = names[0 if by > 0 else -1]
        if dialog is not None:
            dialog.buttons.type_in(self.focus)

    def controls(self) -> dict[str, Rect]:
        """Return what Tab goes through, with its place: what is in an open popup, then the window."""
        dialog, places, shown = self.window.furniture.dialog, self.window.places.at, faces(self.window.state)
        if dialog is not None and dialog.modal:
            return {}
        names = [name for name in FOCUSABLE if name in places and (name in SLIDERS or shown[name].enabled)]
        return (dialog.popup.at if dialog is not None else {}) | {name: places[name] for name in names}

    def _enter(self) -> None:
        assert self.focus is not None
        dialog = self.window.furniture.dialog
        if self.focus in SLIDERS:
            self.window.do(do.Reset(self.focus))
        elif dialog is not None and self.focus in dialog.buttons.fields:
            dialog.buttons.type_in(self.focus)
        else:
            self.window.verbs.press(self.focus)

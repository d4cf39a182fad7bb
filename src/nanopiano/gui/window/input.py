"""Events of pygame, handed to whom they concern: mouse, keyboard, buttons, fields."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pygame
import pygame_gui

from nanopiano.gui.state import actions as do
from nanopiano.gui.state.view import Rect
from nanopiano.gui.window.dialogs import FILES, Dialog
from nanopiano.gui.window.faces import tooltip
from nanopiano.gui.window.keyboard import Keyboard
from nanopiano.gui.window.layout import inside
from nanopiano.gui.window.mouse import Mouse
from nanopiano.model.sample import MAX_SEED

if TYPE_CHECKING:
    from nanopiano.gui.app import Window

TIP_AFTER = 0.7  # seconds that the pointer rests


class Input:
    """What the user does, for one window."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.mouse, self.keyboard = Mouse(window), Keyboard(window)
        self._meant = True  # whether what a key types is meant for a field
        self._rested = 0.0  # seconds since the pointer moved

    def take(self, event: pygame.event.Event) -> None:
        """Take in one event."""
        window, dialog = self.window, self.window.furniture.dialog
        if event.type == pygame.QUIT:
            window.open = False
        elif event.type == pygame.DROPFILE:
            window.verbs.files.read(Path(event.file))
        elif event.type in (pygame.MOUSEMOTION, pygame.MOUSEBUTTONDOWN, pygame.MOUSEBUTTONUP, pygame.MOUSEWHEEL):
            self._rested = 0.0
            self.mouse.take(event)
        elif event.type == pygame.KEYDOWN:
            self._meant = dialog is not None and dialog.typing
            self.keyboard.take(event)
        elif event.type == pygame.TEXTINPUT and not self._meant:
            return  # the letter of a key that has opened a dialog is not meant for its field
        elif dialog is not None and event.type in (pygame_gui.UI_FILE_DIALOG_PATH_PICKED, pygame_gui.UI_WINDOW_CLOSE):
            self._files(event)
        elif event.type == pygame_gui.UI_TEXT_ENTRY_CHANGED:
            self._typed(event)
        if dialog is not None:
            self._pressed(dialog.buttons.handle(event))
        if not (dialog is not None and (dialog.modal or self._pressed_on(dialog, event))):
            self._pressed(window.furniture.buttons.handle(event))

    def _pressed_on(self, dialog: Dialog, event: pygame.event.Event) -> bool:
        """Return whether a popup keeps a press from the buttons below it."""
        return event.type == pygame.MOUSEBUTTONDOWN and inside(dialog.popup.rect, event.pos)

    def _pressed(self, verb: str | None) -> None:
        if verb is not None:
            self.window.verbs.press(verb)

    def rest(self, seconds: float) -> None:
        """Time passes: a tooltip comes up where the pointer rests; the ring of focus stands where it belongs."""
        furniture = self.window.furniture
        self._rested += seconds
        furniture.tip = self._tip() if self._rested >= TIP_AFTER and self.mouse.pointer.held is None else None
        furniture.focus = self.keyboard.ring

    def _tip(self) -> tuple[str, Rect] | None:
        furniture, place = self.window.furniture, self.window.furniture.pointer
        dialog = furniture.dialog
        if dialog is not None and dialog.name == "models":
            return dialog.models.tip(place, dialog.listed, dialog.places)
        areas: dict[str, Rect] = dict(dialog.popup.at) if dialog is not None else {}
        if dialog is None or (not dialog.modal and not inside(dialog.popup.rect, place)):
            areas |= {name: rect for name, rect in furniture.places.at.items() if name not in ("takes", "title")}
        for name, rect in areas.items():
            if inside(rect, place):
                text = tooltip(name, self.window.state)
                return (text, rect) if text else None
        return None

    # --- fields and files --------------------------------------------------------------------------------------------

    def _typed(self, event: pygame.event.Event) -> None:
        dialog = self.window.furniture.dialog
        if dialog is None:
            return
        fields = dialog.buttons.fields
        if fields.get("search") is event.ui_element:
            dialog.songs.show(self.window.verbs.songs(event.text))
        elif fields.get("seed") is event.ui_element:
            self._seed(event.text.strip())

    def _seed(self, text: str) -> None:
        if not text:
            self.window.do(do.SetSeed(None))
        elif text.isdecimal() and len(text) <= len(str(MAX_SEED)):
            self.window.do(do.SetSeed(int(text)))
        else:
            self.window.do(do.Say(f"{text[:20]!r} is no seed: type a whole number from 0 to {MAX_SEED}.", error=True))

    def _files(self, event: pygame.event.Event) -> None:
        window, dialog = self.window, self.window.furniture.dialog
        if dialog is None or dialog.name not in FILES or event.ui_element is not dialog.files:
            return
        if event.type == pygame_gui.UI_FILE_DIALOG_PATH_PICKED:
            window.verbs.files.picked(Path(event.text))
        else:
            window.do(do.Show(None))

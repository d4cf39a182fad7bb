"""Mouse and keyboard: pygame's events become verbs and actions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pygame
import pygame_gui

from nanopiano.gui.state import actions as do
from nanopiano.gui.state.controls import SLIDERS
from nanopiano.gui.state.view import Rect
from nanopiano.gui.window.dialogs import FILES, Dialog
from nanopiano.gui.window.faces import faces, tooltip
from nanopiano.gui.window.keys import verb_of
from nanopiano.gui.window.layout import inside
from nanopiano.gui.window.pointer import Pointer, double_click, slider_at, wheel
from nanopiano.model.sample import MAX_SEED

if TYPE_CHECKING:
    from nanopiano.gui.app import Window

TIP_AFTER = 0.7  # seconds that the pointer rests
DOUBLE = 400  # milliseconds between two clicks
FOCUSABLE = (
    "new", "continue", "source", "songs", "open", "temperature", "words", "top_k", "bpm", "more", "generate", "retry",
    "surprise", "again", "on", "start", "play", "stop", "loop", "volume", "mode", "settings", "help", "fold", "undo",
    "save",
)  # fmt: skip


class Input:
    """What the user does, for one window."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.pointer = Pointer()
        self.focus: str | None = None  # the control that Enter and the arrows act on
        self._meant = True  # whether what a key types is meant for a field
        self._rested = 0.0  # seconds since the pointer moved
        self._clicked: tuple[int, tuple[int, int]] = (-DOUBLE, (0, 0))

    def take(self, event: pygame.event.Event) -> None:
        """Take in one event."""
        window, dialog = self.window, self.window.furniture.dialog
        if event.type == pygame.QUIT:
            window.open = False
        elif event.type == pygame.DROPFILE:
            window.verbs.read_file(Path(event.file))
        elif event.type in (pygame.MOUSEMOTION, pygame.MOUSEBUTTONDOWN, pygame.MOUSEBUTTONUP, pygame.MOUSEWHEEL):
            self._mouse(event)
        elif event.type == pygame.KEYDOWN:
            self._meant = dialog is not None and dialog.typing
            self._key(event)
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
        furniture.tip = self._tip() if self._rested >= TIP_AFTER and self.pointer.held is None else None
        furniture.focus = self._controls().get(self.focus) if self.focus else None

    def _tip(self) -> tuple[str, Rect] | None:
        furniture, place = self.window.furniture, self.window.furniture.pointer
        dialog = furniture.dialog
        areas: dict[str, Rect] = dict(dialog.popup.at) if dialog is not None else {}
        if dialog is None or (not dialog.modal and not inside(dialog.popup.rect, place)):
            areas |= {name: rect for name, rect in furniture.places.at.items() if name not in ("takes", "title")}
        for name, rect in areas.items():
            if inside(rect, place):
                text = tooltip(name, self.window.state)
                return (text, rect) if text else None
        return None

    # --- mouse -------------------------------------------------------------------------------------------------------

    def _mouse(self, event: pygame.event.Event) -> None:
        window, furniture = self.window, self.window.furniture
        self._rested = 0.0
        if event.type != pygame.MOUSEWHEEL:
            furniture.pointer = event.pos
        place, dialog = furniture.pointer, furniture.dialog
        popup = dialog.popup.at if dialog is not None else {}
        on_popup = dialog is not None and inside(dialog.popup.rect, place)
        if dialog is not None and (dialog.modal or on_popup):
            self._mouse_on_dialog(event, place)
            return
        if event.type == pygame.MOUSEBUTTONDOWN and event.button == pygame.BUTTON_LEFT:
            if dialog is not None and not furniture.buttons.hovered(place):
                window.do(do.Show(None))
                return
            self.focus = None
            self._left_down(place, {})
        elif event.type == pygame.MOUSEWHEEL:
            self._wheel(event, place, popup)
        else:
            self._held(event, place, popup)

    def _left_down(self, place: tuple[int, int], popup: dict[str, Rect]) -> None:
        window, places = self.window, self.window.places
        now, (then, before) = pygame.time.get_ticks(), self._clicked
        near = max(abs(place[0] - before[0]), abs(place[1] - before[1])) < places.px(6)
        self._clicked = (now, place)
        actions = double_click(place, places, popup) if now - then < DOUBLE and near else []
        if actions:
            self._clicked = (-DOUBLE, place)
        for action in actions or self.pointer.press(place, window.state, places, popup):
            window.do(action)
        self._take_pressed(place)

    def _held(self, event: pygame.event.Event, place: tuple[int, int], popup: dict[str, Rect]) -> None:
        window, places = self.window, self.window.places
        if event.type == pygame.MOUSEMOTION:
            for action in self.pointer.move(place, window.state, places, popup):
                window.do(action)
        elif event.type == pygame.MOUSEBUTTONUP and event.button == pygame.BUTTON_LEFT:
            for action in self.pointer.release(place, window.state, places):
                window.do(action)

    def _wheel(self, event: pygame.event.Event, place: tuple[int, int], popup: dict[str, Rect]) -> None:
        window, takes = self.window, self.window.furniture.takes
        area = window.places.at.get("takes")
        if area is not None and inside(area, place):
            takes.scroll.by(-event.y * 48, area, takes.content(window.places, window.state))
            return
        keys = pygame.key.get_mods()
        notches = (float(event.x), float(event.y))
        shift, ctrl = bool(keys & pygame.KMOD_SHIFT), bool(keys & (pygame.KMOD_CTRL | pygame.KMOD_META))
        for action in wheel(notches, place, window.state, window.places, popup, shift=shift, ctrl=ctrl):
            window.do(action)

    def _take_pressed(self, place: tuple[int, int]) -> None:
        window, takes = self.window, self.window.furniture.takes
        found = takes.at(place, window.places, window.state)
        if found is None:
            return
        take, rect = found
        sign = takes.sign_at(place, rect, window.places)
        if sign == "pin":
            window.do(do.Pin(take.id))
        elif sign == "discard":
            window.do(do.Discard(take.id))
        else:
            window.do(do.Select(take.id))
            if sign == "rename":
                window.verbs.press("rename")

    def _mouse_on_dialog(self, event: pygame.event.Event, place: tuple[int, int]) -> None:
        window, dialog = self.window, self.window.furniture.dialog
        assert dialog is not None
        popup = dialog.popup.at
        left_down = event.type == pygame.MOUSEBUTTONDOWN and event.button == pygame.BUTTON_LEFT
        if left_down and dialog.name not in FILES and not inside(dialog.popup.rect, place):
            window.do(do.Show(None))
        elif dialog.name == "songs":
            if event.type == pygame.MOUSEWHEEL:
                dialog.songs.wheel(event.y, popup["list"], window.places)
            elif left_down and (number := dialog.songs.at(place, popup["list"], window.places)) is not None:
                window.verbs.choose(dialog.songs.songs[number])
        elif left_down and slider_at(place, window.places, popup) in popup:
            self._left_down(place, popup)
        elif event.type == pygame.MOUSEWHEEL and slider_at(place, window.places, popup) in popup:
            self._wheel(event, place, popup)
        else:
            self._held(event, place, popup)

    # --- keyboard ----------------------------------------------------------------------------------------------------

    def _key(self, event: pygame.event.Event) -> None:
        ctrl = bool(event.mod & (pygame.KMOD_CTRL | pygame.KMOD_META))
        shift = bool(event.mod & pygame.KMOD_SHIFT)
        name = pygame.key.name(event.key)
        dialog = self.window.furniture.dialog
        if dialog is not None and self._key_in_dialog(name):
            return
        if name == "tab":
            self._move_focus(-1 if shift else 1)
        elif name in ("return", "enter") and self.focus in self._controls():
            self._enter()
        elif self.focus in SLIDERS and self.focus in self._controls() and name in ("left", "right", "up", "down"):
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
        if dialog.name == "songs" and name in ("up", "down", "page up", "page down"):
            by = {"up": -1, "down": 1, "page up": -10, "page down": 10}[name]
            dialog.songs.move(by, dialog.popup.at["list"], window.places)
            return True
        if name in ("return", "enter"):
            if dialog.name == "songs" and dialog.songs.songs:
                window.verbs.choose(dialog.songs.songs[dialog.songs.place])
            elif dialog.name == "rename":
                window.verbs.name_it()
            elif dialog.name in FILES and dialog.files.current_file_path is not None:
                self._picked(dialog.files.current_file_path)
        if dialog.modal and name in ("return", "enter", "tab"):
            return True
        return name != "tab" and dialog.buttons.typing() is not None

    def _move_focus(self, by: int) -> None:
        """Go to the next control that can be used."""
        names, dialog = list(self._controls()), self.window.furniture.dialog
        if self.focus in names:
            self.focus = names[(names.index(self.focus) + by) % len(names)]
        else:
            self.focus = names[0 if by > 0 else -1]
        if dialog is not None:
            dialog.buttons.type_in(self.focus)

    def _controls(self) -> dict[str, Rect]:
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
            self._picked(Path(event.text))
        else:
            window.do(do.Show(None))

    def _picked(self, path: Path) -> None:
        """A file was chosen in the dialog of files."""
        window = self.window
        if window.state.dialog == "open":
            window.verbs.read_file(path)
        else:
            window.do(do.Save(path))
        window.do(do.Show(None))

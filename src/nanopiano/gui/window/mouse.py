"""The mouse: what is pressed, dragged and turned becomes actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pygame

from nanopiano.gui.state import actions as do
from nanopiano.gui.state.view import Rect
from nanopiano.gui.window.dialogs import FILES
from nanopiano.gui.window.layout import inside
from nanopiano.gui.window.pointer import Pointer, double_click, slider_at, wheel

if TYPE_CHECKING:
    from nanopiano.gui.app import Window

DOUBLE = 400  # milliseconds between two clicks


class Mouse:
    """The mouse over one window."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.pointer = Pointer()
        self._clicked: tuple[int, tuple[int, int]] = (-DOUBLE, (0, 0))

    def take(self, event: pygame.event.Event) -> None:
        """Take in a motion, a button or the wheel."""
        self._hand_on(event)
        if event.type == pygame.MOUSEBUTTONUP and event.button == pygame.BUTTON_LEFT:
            self.pointer.held = None  # whoever took it: a dialog may have opened since the press

    def _hand_on(self, event: pygame.event.Event) -> None:
        window, furniture = self.window, self.window.furniture
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
            window.input.keyboard.focus = None
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
        elif dialog.choices is not None:
            choices = dialog.choices
            if event.type == pygame.MOUSEWHEEL:
                choices.wheel(event.y, dialog.listed, window.places)
            elif left_down and (number := choices.at(place, dialog.listed, window.places)) is not None:
                window.verbs.choose(choices.entries[number])
        elif left_down and slider_at(place, window.places, popup) in popup:
            self._left_down(place, popup)
        elif event.type == pygame.MOUSEWHEEL and slider_at(place, window.places, popup) in popup:
            self._wheel(event, place, popup)
        else:
            self._held(event, place, popup)

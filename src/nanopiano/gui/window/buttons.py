"""The buttons and fields of the window, made with pygame_gui: built from places, kept in step with the state."""

from __future__ import annotations

from collections.abc import Mapping

import pygame
import pygame_gui
from pygame_gui.elements import UIButton, UITextEntryLine

from nanopiano.gui.draw.icons import icon
from nanopiano.gui.draw.palette import blend
from nanopiano.gui.draw.text import drawable
from nanopiano.gui.draw.theme import Theme
from nanopiano.gui.state.view import Rect
from nanopiano.gui.window.faces import Face
from nanopiano.gui.window.look import look


class Buttons:
    """A set of buttons and fields over one pygame_gui manager."""

    def __init__(self, size: tuple[int, int], theme: Theme, scale: float) -> None:
        self.theme, self.scale = theme, scale
        self.manager = pygame_gui.UIManager(size, look(theme, scale), enable_live_theme_updates=False)
        self.buttons: dict[str, UIButton] = {}
        self.faces: dict[str, Face] = {}
        self.fields: dict[str, UITextEntryLine] = {}

    def add(self, name: str, rect: Rect, style: str = "") -> None:
        """Add a button; `style` is an object id of `look`."""
        self.buttons[name] = UIButton(pygame.Rect(rect), "", self.manager, object_id=f"#{style}" if style else None)

    def add_field(self, name: str, rect: Rect, text: str, hint: str) -> None:
        """Add a field for text, with a hint that stands in it while it is empty."""
        text = drawable(text)
        field = UITextEntryLine(pygame.Rect(rect), self.manager, initial_text=text, placeholder_text=hint)
        self.fields[name] = field

    def sync(self, faces: Mapping[str, Face]) -> None:
        """Give every button its face; only what has changed is drawn anew."""
        for name, face in faces.items():
            button = self.buttons.get(name)
            before = self.faces.get(name)
            if button is None or face == before:
                continue
            self.faces[name] = face
            if before is None or face.text != before.text:
                button.set_text(_fitting(drawable(face.text), button))
            if face.enabled != button.is_enabled:
                (button.enable if face.enabled else button.disable)()  # type: ignore[no-untyped-call]
            if face.chosen != button.is_selected:
                (button.select if face.chosen else button.unselect)()  # type: ignore[no-untyped-call]

    def show(self, name: str, visible: bool) -> None:
        """Show or hide a button."""
        button = self.buttons.get(name)
        if button is not None and bool(button.visible) != visible:
            (button.show if visible else button.hide)()  # type: ignore[no-untyped-call]

    def handle(self, event: pygame.event.Event) -> str | None:
        """Let pygame_gui see an event; return the name of the button that it presses."""
        self.manager.process_events(event)
        if event.type != pygame_gui.UI_BUTTON_PRESSED:
            return None
        return next((name for name, button in self.buttons.items() if button is event.ui_element), None)

    def hovered(self, place: tuple[int, int]) -> bool:
        """Return whether a button or field lies there."""
        parts = [*self.buttons.values(), *self.fields.values()]
        return any(part.rect.collidepoint(place) for part in parts)

    def typing(self) -> str | None:
        """Return the name of the field that is being typed in."""
        return next((name for name, field in self.fields.items() if field.is_focused), None)

    def type_in(self, name: str | None) -> None:
        """Let the keys go to this field; to none if there is no such field."""
        self.manager.set_focus_set(self.fields.get(name or ""))

    def draw(self, surface: pygame.Surface, seconds: float) -> None:
        """Draw all, `seconds` after the last time."""
        self.manager.update(seconds)
        self.manager.draw_ui(surface)
        for name, face in self.faces.items():
            if face.icon:
                self._draw_icon(surface, name, face)

    def _draw_icon(self, surface: pygame.Surface, name: str, face: Face) -> None:
        theme, rect = self.theme, self.buttons[name].rect
        colour = theme.text if face.enabled else blend(theme.panel, theme.dim, 0.45)
        image = icon(face.icon, round(16 * self.scale), theme.accent if face.chosen else colour)
        surface.blit(image, image.get_rect(center=rect.center))


def _fitting(text: str, button: UIButton) -> str:
    """Return text, cut with an ellipsis to the width of a button."""
    font, room = button.font, button.rect.width - 12
    if font is None or not text or font.size(text)[0] <= room:
        return text
    while text and font.size(f"{text}…")[0] > room:
        text = text[:-1]
    return f"{text.rstrip()}…"

"""A list to choose from, by pointer, wheel and keys, whatever its entries are."""

from __future__ import annotations

from typing import Generic, TypeVar

import pygame

from nanopiano.gui.draw.palette import blend
from nanopiano.gui.draw.text import write
from nanopiano.gui.draw.theme import Theme
from nanopiano.gui.state.view import Rect
from nanopiano.gui.window.layout import Layout, inside
from nanopiano.gui.window.scroll import WHEEL, Scroll, draw_bar

Entry = TypeVar("Entry")


class Choices(Generic[Entry]):
    """A list of entries of one height; who makes one says how an entry is drawn."""

    high = 34  # pixels: height of an entry at scale 1
    nothing = ""  # what stands there while there is no entry

    def __init__(self) -> None:
        self.scroll = Scroll()
        self.entries: list[Entry] = []
        self.place = 0  # of the entry that the keys are on

    def show(self, entries: list[Entry]) -> None:
        """Show these entries, from the first on."""
        self.entries, self.place, self.scroll.at = entries, 0, 0.0

    def move(self, by: int, rect: Rect, places: Layout) -> None:
        """Go to another entry by keys."""
        self.place = min(max(self.place + by, 0), max(len(self.entries) - 1, 0))
        high = places.px(self.high)
        self.scroll.reveal(self.place * high, high, rect, len(self.entries) * high)

    def at(self, place: tuple[int, int], rect: Rect, places: Layout) -> int | None:
        """Return the number of the entry under the pointer."""
        number = int((place[1] - rect[1] + self.scroll.at) // places.px(self.high))
        return number if inside(rect, place) and 0 <= number < len(self.entries) else None

    def wheel(self, notches: float, rect: Rect, places: Layout) -> None:
        """Scroll by the wheel."""
        self.scroll.by(-notches * places.px(WHEEL), rect, len(self.entries) * places.px(self.high))

    def draw(self, surface: pygame.Surface, rect: Rect, places: Layout, theme: Theme, pointer: tuple[int, int]) -> None:
        """Draw the entries that are in sight."""
        left, top, width, height = rect
        px, high = places.px, places.px(self.high)
        clip = surface.get_clip()
        surface.set_clip(rect)
        hovered = self.at(pointer, rect, places)
        first = int(self.scroll.at // high)
        for number in range(first, min(first + height // high + 2, len(self.entries))):
            y = top + number * high - round(self.scroll.at)
            if number in (hovered, self.place):
                ground = theme.raised if number == self.place else blend(theme.panel, theme.raised, 0.6)
                pygame.draw.rect(surface, ground, (left, y, width - px(8), high), border_radius=px(6))
            self.draw_entry(surface, self.entries[number], (left, y, width - px(16), high), places, theme)
        if not self.entries:
            write(surface, self.nothing, (left + width / 2, top + px(64)), px(14), theme.dim, (0.5, 0.5))
        draw_bar(surface, rect, self.scroll, len(self.entries) * high, theme)
        surface.set_clip(clip)

    def draw_entry(self, surface: pygame.Surface, entry: Entry, rect: Rect, places: Layout, theme: Theme) -> None:
        """Draw an entry in its place."""
        raise NotImplementedError

"""How far a list is scrolled."""

from __future__ import annotations

from dataclasses import dataclass

import pygame

from nanopiano.gui.draw.palette import blend
from nanopiano.gui.draw.theme import Theme
from nanopiano.gui.state.view import Rect

WHEEL = 48  # pixels that a notch of the wheel scrolls


@dataclass
class Scroll:
    """How far a list is scrolled, in pixels."""

    at: float = 0.0

    def by(self, pixels: float, rect: Rect, content: int) -> None:
        """Scroll, within what there is."""
        self.at = min(max(self.at + pixels, 0.0), max(content - rect[3], 0.0))

    def reveal(self, top: int, height: int, rect: Rect, content: int) -> None:
        """Scroll as little as brings an entry into view."""
        self.at = min(max(self.at, top + height - rect[3]), top)
        self.by(0.0, rect, content)


def draw_bar(surface: pygame.Surface, rect: Rect, scroll: Scroll, content: int, theme: Theme) -> None:
    """Draw how far a list is scrolled, if it is longer than its place."""
    left, top, width, height = rect
    if 0 < height < content:
        high = max(height * height // content, 24)
        y = top + round(scroll.at / (content - height) * (height - high))
        pygame.draw.rect(surface, blend(theme.panel, theme.dim, 0.5), (left + width - 4, y, 4, high), border_radius=2)

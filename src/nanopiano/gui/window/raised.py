"""What lies above the window: the ground of popups, and tooltips."""

from __future__ import annotations

import pygame

from nanopiano.gui.draw.text import text_size, write
from nanopiano.gui.draw.theme import Theme
from nanopiano.gui.state.view import Rect
from nanopiano.gui.window.layout import GAP, Layout

TEXT_SIZE = 13  # pixels at scale 1


def draw_tooltip(surface: pygame.Surface, text: str, beside: Rect, places: Layout, theme: Theme) -> None:
    """Draw a tooltip within the window: below its control, or beside the panel in which that stands."""
    px = places.px
    lines = wrapped(text, px(TEXT_SIZE), px(264))
    high = px(19)
    width = max(text_size(line, px(TEXT_SIZE))[0] for line in lines) + 2 * px(10)
    height = high * len(lines) + 2 * px(8)
    if beside[0] < places.left[2] and beside[1] >= places.top[3]:  # so that it hides no other control
        left, top = places.left[2] + px(GAP), beside[1]
    else:
        left, top = beside[0], beside[1] + beside[3] + px(6)
    left = min(max(left, px(GAP)), places.size[0] - width - px(GAP))
    if top + height > places.size[1] - px(GAP):
        top = beside[1] - height - px(6)
    draw_raised(surface, (left, top, width, height), places, theme)
    for number, line in enumerate(lines):
        place = (left + px(10), top + px(8) + high * (number + 0.5))
        write(surface, line, place, px(TEXT_SIZE), theme.text, (0.0, 0.5))


def draw_raised(surface: pygame.Surface, rect: Rect, places: Layout, theme: Theme) -> None:
    """Draw a ground that lies above the window, with a soft shadow."""
    radius = places.px(8)
    box = pygame.Rect(rect)
    for spread in (6, 4, 2):
        shadow = pygame.Surface(box.inflate(2 * spread, 2 * spread).size, pygame.SRCALPHA)
        pygame.draw.rect(shadow, (0, 0, 0, 28), shadow.get_rect(), border_radius=radius + spread)
        surface.blit(shadow, box.inflate(2 * spread, 2 * spread).move(0, 2))
    pygame.draw.rect(surface, theme.panel, box, border_radius=radius)
    pygame.draw.rect(surface, theme.line, box, 1, border_radius=radius)


def wrapped(text: str, size: int, room: int) -> list[str]:
    """Return text in lines of at most `room` pixels."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if text_size(longer, size)[0] > room and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines

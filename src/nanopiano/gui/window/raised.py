"""What lies above the window: the ground of popups, and tooltips."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import pygame

from nanopiano.gui.draw.kept import kept
from nanopiano.gui.draw.text import text_size, write
from nanopiano.gui.draw.theme import Theme
from nanopiano.gui.state.view import Rect
from nanopiano.gui.window.layout import GAP, Layout

TEXT_SIZE = 13  # pixels at scale 1
SHADE = {"dark": 28, "light": 14}  # of 255: how dark each of the three layers of a shadow is
SHADOW, SHADOW_FALLS = 6, 2  # pixels: how far a shadow reaches, and how far it lies below


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
    _draw_shadow(surface, box, radius, theme)
    pygame.draw.rect(surface, theme.panel, box, border_radius=radius)
    pygame.draw.rect(surface, theme.line, box, 1, border_radius=radius)


def _draw_shadow(surface: pygame.Surface, box: pygame.Rect, radius: int, theme: Theme) -> None:
    """Draw the shadow of a box; only its rim, since the box covers the rest."""
    shadow = _shadow(box.size, radius, SHADE[theme.name])
    around = shadow.get_rect(midtop=(box.centerx, box.top - SHADOW + SHADOW_FALLS))
    rim = SHADOW + radius
    width, inside = shadow.get_width(), shadow.get_height() - 2 * rim
    upper, lower = (0, 0, width, rim), (0, rim + inside, width, rim)
    for part in (upper, lower, (0, rim, rim, inside), (width - rim, rim, rim, inside)):
        surface.blit(shadow, (around.left + part[0], around.top + part[1]), part)


@kept(4)
def _shadow(size: tuple[int, int], radius: int, shade: int) -> pygame.Surface:
    """Return the soft shadow of a rounded box, SHADOW pixels larger on each side."""
    box = pygame.Rect((SHADOW, SHADOW), size)
    image = pygame.Surface(box.inflate(2 * SHADOW, 2 * SHADOW).size, pygame.SRCALPHA)
    for spread in (SHADOW, 4, 2):
        layer = pygame.Surface(image.get_size(), pygame.SRCALPHA)
        pygame.draw.rect(layer, (0, 0, 0, shade), box.inflate(2 * spread, 2 * spread), border_radius=radius + spread)
        image.blit(layer, (0, 0))
    return image


def wrapped(text: str, size: int, room: int) -> list[str]:
    """Return text in lines of at most `room` pixels."""
    lines = [""]
    for word in chain.from_iterable(_parts(word, size, room) for word in text.split()):
        longer = f"{lines[-1]} {word}".strip()
        if text_size(longer, size)[0] > room and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _parts(word: str, size: int, room: int) -> Iterator[str]:
    """Cut a word, such as a path, that is wider than the room for a line."""
    while word:
        end = len(word)
        while end > 1 and text_size(word[:end], size)[0] > room:
            end -= 1
        yield word[:end]
        word = word[end:]

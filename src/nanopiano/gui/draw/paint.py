"""Small things that several pictures need: smooth shapes, a fading light, a tag with words."""

from collections.abc import Sequence

import pygame

from nanopiano.gui.draw.kept import kept
from nanopiano.gui.draw.palette import Colour
from nanopiano.gui.draw.text import text_size, write
from nanopiano.gui.draw.theme import Theme
from nanopiano.gui.state.view import Rect

FINE = 4  # how many times as large a smooth shape is drawn
TAG_TEXT = 12  # pixels
TAG_SIDE, TAG_ABOVE = 7, 2  # pixels around the words of a tag


def draw_shape(
    surface: pygame.Surface, points: Sequence[tuple[float, float]], place: tuple[int, int], colour: Colour
) -> None:
    """Draw a filled polygon with smooth edges; its points are pixels from `place`, none less than 0."""
    surface.blit(_shape(tuple(points), colour), place)


@kept(64)
def _shape(points: tuple[tuple[float, float], ...], colour: Colour) -> pygame.Surface:
    width, height = (round(max(axis)) for axis in zip(*points, strict=True))
    image = pygame.Surface((FINE * width, FINE * height), pygame.SRCALPHA)
    image.fill((*colour, 0))
    pygame.draw.polygon(image, colour, [(FINE * x, FINE * y) for x, y in points])
    return pygame.transform.smoothscale(image, (width, height))


def draw_dot(surface: pygame.Surface, centre: tuple[float, float], radius: float, colour: Colour) -> None:
    """Draw a smooth disc."""
    pygame.draw.aacircle(surface, colour, centre, radius)


@kept(8)
def fading(size: tuple[int, int], colour: Colour, strength: int, upward: bool = False) -> pygame.Surface:
    """Return light that fades to nothing to the right (or upward), from an alpha of `strength`."""
    width, height = size
    image = pygame.Surface(size, pygame.SRCALPHA)
    length = height if upward else width
    for far in range(length):
        shade = (*colour, round(strength * (1 - far / length) ** 2))
        image.fill(shade, (0, height - 1 - far, width, 1) if upward else (far, 0, 1, height))
    return image


def tag_size(words: str, scale: float) -> tuple[int, int]:
    """Return width and height of a tag in pixels."""
    width, height = text_size(words, round(TAG_TEXT * scale))
    return width + 2 * round(TAG_SIDE * scale), height + 2 * round(TAG_ABOVE * scale)


def draw_tag(surface: pygame.Surface, words: str, place: tuple[int, int], theme: Theme, scale: float) -> None:
    """Draw words on a small raised ground whose upper left corner is `place`."""
    box: Rect = (*place, *tag_size(words, scale))
    pygame.draw.rect(surface, theme.raised, box, border_radius=round(4 * scale))
    pygame.draw.rect(surface, theme.bar_line, box, max(round(scale), 1), border_radius=round(4 * scale))
    middle = (place[0] + box[2] / 2, place[1] + box[3] / 2)
    write(surface, words, middle, round(TAG_TEXT * scale), theme.text, (0.5, 0.5))


def draw_veil(surface: pygame.Surface, rect: Rect, colour: Colour, alpha: int) -> None:
    """Blend a colour, `alpha` of 255 strong, over what is in a rectangle.

    Multiplying and adding does what the blit of a half-transparent surface does, in an eighth of the time.
    """
    surface.fill([255 - alpha] * 3, rect, pygame.BLEND_RGB_MULT)
    surface.fill([part * alpha // 255 for part in colour], rect, pygame.BLEND_RGB_ADD)

"""The signs on the small buttons, drawn as shapes so that they are sharp at any scale."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import cos, pi, sin

import pygame

from nanopiano.gui.draw.kept import kept
from nanopiano.gui.draw.palette import Colour

SIZE = 16.0  # pixels at scale 1; shapes are given on a square of this side
_SMOOTH = 4  # drawn so many times as large, then made smaller


@kept(128)
def icon(name: str, pixels: int, colour: Colour) -> pygame.Surface:
    """Return a sign as a square picture with a clear ground. Raises KeyError for one that does not exist."""
    side = pixels * _SMOOTH
    large = pygame.Surface((side, side), pygame.SRCALPHA)
    _SIGNS[name](_Pen(large, side / SIZE, colour))
    return pygame.transform.smoothscale(large, (pixels, pixels))


class _Pen:
    """Draws in units of the square."""

    def __init__(self, surface: pygame.Surface, unit: float, colour: Colour) -> None:
        self.surface, self.unit, self.colour = surface, unit, colour

    def shape(self, *corners: tuple[float, float]) -> None:
        pygame.draw.polygon(self.surface, self.colour, [(x * self.unit, y * self.unit) for x, y in corners])

    def box(self, left: float, top: float, width: float, height: float, radius: float = 0.0) -> None:
        rect = pygame.Rect(*(round(value * self.unit) for value in (left, top, width, height)))
        pygame.draw.rect(self.surface, self.colour, rect, border_radius=round(radius * self.unit))

    def line(self, *points: tuple[float, float], width: float = 1.6) -> None:
        places = [(x * self.unit, y * self.unit) for x, y in points]
        for one, other in pairwise(places):
            pygame.draw.line(self.surface, self.colour, one, other, round(width * self.unit))
        for place in places:
            pygame.draw.circle(self.surface, self.colour, place, width * self.unit / 2)

    def arc(self, x: float, y: float, radius: float, start: float, end: float, width: float = 1.6) -> None:
        """Draw part of a circle from `start` to `end`, in turns clockwise from the right."""
        n = 24
        turns = [start + (end - start) * step / n for step in range(n + 1)]
        self.line(*((x + radius * cos(2 * pi * t), y + radius * sin(2 * pi * t)) for t in turns), width=width)

    def dot(self, x: float, y: float, radius: float) -> None:
        pygame.draw.circle(self.surface, self.colour, (x * self.unit, y * self.unit), radius * self.unit)


def _start(pen: _Pen) -> None:
    pen.box(2.5, 3, 2, 10, 0.5)
    pen.shape((13.5, 3), (13.5, 13), (5.5, 8))


def _play(pen: _Pen) -> None:
    pen.shape((4, 2.5), (4, 13.5), (13.5, 8))


def _pause(pen: _Pen) -> None:
    pen.box(3.5, 3, 3.2, 10, 0.6)
    pen.box(9.3, 3, 3.2, 10, 0.6)


def _stop(pen: _Pen) -> None:
    pen.box(3.2, 3.2, 9.6, 9.6, 0.8)


def _loop(pen: _Pen) -> None:
    pen.line((10, 4.5), (5, 4.5))
    pen.line((6, 11.5), (11, 11.5))
    pen.arc(5, 8, 3.5, 0.25, 0.75)
    pen.arc(11, 8, 3.5, -0.25, 0.25)
    pen.shape((9, 1.6), (9, 7.4), (12.6, 4.5))
    pen.shape((7, 8.6), (7, 14.4), (3.4, 11.5))


def _roll(pen: _Pen) -> None:
    for left, top, width in ((1.5, 3, 5), (8, 3, 6), (4, 7, 8), (1.5, 11, 4), (7.5, 11, 6.5)):
        pen.box(left, top, width, 2.4, 0.8)


def _falling(pen: _Pen) -> None:
    for left, top, height in ((1.8, 1.5, 5), (5.2, 4, 6), (8.6, 1.5, 4), (12, 3, 6)):
        pen.box(left, top, 2.4, height, 0.8)
    pen.box(1, 12, 14, 2.6, 0.6)


def _settings(pen: _Pen) -> None:
    for y, x in ((3.5, 10.5), (8.0, 5.0), (12.5, 9.0)):
        pen.line((1.8, y), (14.2, y), width=1.3)
        pen.dot(x, y, 2.1)


def _help(pen: _Pen) -> None:
    pen.arc(8, 5.6, 3.1, -0.55, 0.18, width=1.9)
    pen.line((8.6, 8.4), (8, 9.4), (8, 10.2), width=1.9)
    pen.dot(8, 13.2, 1.25)


def _speaker(pen: _Pen) -> None:
    pen.box(1.5, 5.6, 3.4, 4.8, 0.4)
    pen.shape((4, 8), (8.4, 3), (8.4, 13))
    pen.arc(8.5, 8, 2.8, -0.14, 0.14, width=1.3)
    pen.arc(8.5, 8, 5.4, -0.14, 0.14, width=1.3)


def _silent(pen: _Pen) -> None:
    pen.box(1.5, 5.6, 3.4, 4.8, 0.4)
    pen.shape((4, 8), (8.4, 3), (8.4, 13))
    pen.line((10.5, 6), (14.5, 10), width=1.4)
    pen.line((14.5, 6), (10.5, 10), width=1.4)


def _fold(pen: _Pen) -> None:
    pen.line((6, 4), (10, 8), (6, 12), width=1.8)


def _unfold(pen: _Pen) -> None:
    pen.line((10, 4), (6, 8), (10, 12), width=1.8)


def _pin(pen: _Pen) -> None:
    """A star of five points."""
    turns = [point / 10 - 0.25 for point in range(10)]
    radii = (7.2, 3.2) * 5
    pen.shape(*((8 + r * cos(2 * pi * t), 8.4 + r * sin(2 * pi * t)) for r, t in zip(radii, turns, strict=True)))


def _discard(pen: _Pen) -> None:
    pen.line((4, 4), (12, 12), width=1.6)
    pen.line((12, 4), (4, 12), width=1.6)


def _rename(pen: _Pen) -> None:
    pen.shape((2.5, 13.5), (3.4, 10.2), (10.4, 3.2), (12.8, 5.6), (5.8, 12.6))
    pen.shape((11.2, 2.4), (12, 1.6), (14.4, 4), (13.6, 4.8))


_SIGNS: dict[str, Callable[[_Pen], None]] = {
    "start": _start, "play": _play, "pause": _pause, "stop": _stop, "loop": _loop, "roll": _roll, "falling": _falling,
    "settings": _settings, "help": _help, "speaker": _speaker, "silent": _silent, "fold": _fold, "unfold": _unfold,
    "pin": _pin, "discard": _discard, "rename": _rename,
}  # fmt: skip

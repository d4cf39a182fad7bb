"""The sign of the program, notes falling onto keys: the icon of its window and of its file."""

import pygame

from nanopiano.gui.draw.palette import Colour
from nanopiano.gui.draw.theme import DARK

SIDE = 16.0  # shapes are given on a square of this side
FINE = 4  # drawn so many times as large, then made smaller
COLUMN, WIDTH = 2.4, 2.0  # from one key to the next, and how wide a key or a note is
LEFT, KEYS_TOP, KEYS_BOTTOM, SHARPS_BOTTOM = 2.2, 10.4, 14.2, 12.4
NOTES = ((4.6, 9.4, 60), (1.8, 5.4, 67), (5.8, 9.4, 64), (2.8, 7.0, 71), (7.6, 9.4, 69))  # top, bottom, pitch
SHARPS = (0, 1, 3)  # the white keys that have a black one to their right


def emblem(pixels: int) -> pygame.Surface:
    """Return the sign as a square picture of so many pixels with a clear ground."""
    unit = pixels * FINE / SIDE
    large = pygame.Surface((pixels * FINE, pixels * FINE), pygame.SRCALPHA)

    def box(left: float, top: float, width: float, height: float, radius: float, colour: Colour) -> None:
        rect = pygame.Rect(*(round(side * unit) for side in (left, top, width, height)))
        pygame.draw.rect(large, colour, rect, border_radius=round(radius * unit))

    box(0, 0, SIDE, SIDE, 3.4, DARK.panel)
    for column, (top, bottom, pitch) in enumerate(NOTES):
        left = LEFT + column * COLUMN
        box(left, top, WIDTH, bottom - top, 0.7, DARK.note(pitch))
        box(left, KEYS_TOP, WIDTH, KEYS_BOTTOM - KEYS_TOP, 0.5, DARK.text)
    for column in SHARPS:
        middle = LEFT + (column + 1) * COLUMN - (COLUMN - WIDTH) / 2
        box(middle - 0.7, KEYS_TOP, 1.4, SHARPS_BOTTOM - KEYS_TOP, 0.3, DARK.ground)
    return pygame.transform.smoothscale(large, (pixels, pixels))

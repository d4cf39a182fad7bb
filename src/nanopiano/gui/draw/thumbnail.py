"""A small picture of a piece, for the list of takes."""

import pygame

from nanopiano.gui.draw.small import draw_small
from nanopiano.gui.draw.theme import Theme
from nanopiano.gui.state.view import Scene
from nanopiano.music.piece import Piece


def thumbnail(piece: Piece, begin: int, end: int | None, size: tuple[int, int], theme: Theme) -> pygame.Surface:
    """Return the notes of a canonical piece on a clear ground; those outside the steps [begin, end) in grey.

    `size` is in pixels. A piece shorter than four bars does not fill the width.
    """
    image = pygame.Surface(size, pygame.SRCALPHA)
    if len(piece):
        scene = Scene(piece.notes, piece.grid, begin, end)
        draw_small(image, scene, theme, scene.steps)
    return image

"""A small picture of a piece, for the list of takes."""

import numpy as np
import pygame

from nanopiano.gui.notes import colours_of
from nanopiano.gui.theme import Theme
from nanopiano.gui.view import Scene
from nanopiano.music.piece import Piece


def thumbnail(piece: Piece, begin: int, end: int | None, size: tuple[int, int], theme: Theme) -> pygame.Surface:
    """Return the notes of a piece on a clear ground; those outside the steps [begin, end) in grey."""
    image = pygame.Surface(size, pygame.SRCALPHA)
    if not len(piece):
        return image
    width, height = size
    colours = colours_of(Scene(piece.notes, piece.grid, begin, end), theme, np.arange(len(piece)))
    low, high = int(piece.pitches.min()), int(piece.pitches.max())
    across, down = width / max(piece.steps, 1), (height - 2) / max(high - low, 12)
    for (onset, pitch, length, _), colour in zip(piece.notes.tolist(), colours, strict=True):
        box = (int(onset * across), int((high - pitch) * down), max(int(length * across), 1), 2)
        image.fill(colour, box)
    return image

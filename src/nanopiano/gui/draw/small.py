"""Small pictures of whole pieces: marks as thin as can be seen."""

import numpy as np
import pygame
from numpy.typing import NDArray

from nanopiano.gui.draw.kept import kept
from nanopiano.gui.draw.notes import colour_table, kinds_of
from nanopiano.gui.draw.theme import Theme
from nanopiano.gui.state.view import Scene
from nanopiano.music.grid import LOWEST_PITCH, N_KEYS

SMALL_KEYS, THICKEST = 36, 3  # keys in the picture at least; pixels of a mark at most


def draw_small(surface: pygame.Surface, scene: Scene, theme: Theme, steps: int) -> None:
    """Fill a surface with an alpha channel with the notes of a scene that takes `steps`.

    All pixels are set at once: a fill for every note takes five times as long, and pieces that grow are drawn often.
    """
    onsets, pitches, lengths, _ = scene.notes.T
    width, height = surface.get_size()
    low, high = int(pitches.min()), int(pitches.max())
    rows = max(high - low + 1, SMALL_KEYS)
    thick = min(max(round(height / rows), 1), THICKEST)
    lefts = (onsets * (width / steps)).astype(int)
    widths = np.maximum(((onsets + lengths) * (width / steps)).astype(int) - lefts - 1, 1)
    tops = (((high + low + rows) / 2 - 0.5 - pitches) * ((height - thick) / (rows - 1))).astype(int)
    colours = _mapped(theme)[kinds_of(scene, np.arange(len(pitches))) * N_KEYS + pitches - LOWEST_PITCH]
    first = np.cumsum(widths) - widths  # of the pixels of each note, in a row
    x = np.arange(widths.sum()) - np.repeat(first - lefts, widths)
    y, colours = np.repeat(tops, widths), np.repeat(colours, widths)
    pixels = pygame.surfarray.pixels2d(surface)
    for row in range(thick):
        pixels[x, y + row] = colours


@kept(4)
def _mapped(theme: Theme) -> NDArray[np.uint32]:
    """Return the colours of `colour_table` as they stand in a surface with an alpha channel."""
    surface = pygame.Surface((1, 1), pygame.SRCALPHA)
    return np.array([surface.map_rgb(colour) & 0xFFFFFFFF for colour in colour_table(theme)], dtype=np.uint32)

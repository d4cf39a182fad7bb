"""The notes of the roll, drawn once into tiles that are kept: a frame costs a few blits, however many notes there are.

A tile is kept by all that it depends on, the notes in it included, so a piece that grows changes its last tile only.
"""

from functools import lru_cache
from itertools import repeat
from math import floor
from typing import NamedTuple

import numpy as np
import pygame
from numpy.typing import NDArray

from nanopiano.gui.notes import colours_of, colours_of_kinds, draw_boxes, draw_sounding, kinds_of, sounding_now
from nanopiano.gui.palette import Colour
from nanopiano.gui.theme import Theme
from nanopiano.gui.view import Rect, Scene, View, visible
from nanopiano.music.piece import NoteArray

TILE = 512  # pixels across
LEAST_ROW = 4  # pixels; rows lower than that have no gap between them


class _Shape(NamedTuple):
    """What the place of a note depends on, but for where the view begins."""

    step_width: float
    low: float
    keys: float
    height: int  # of the notes' area


class _Content(NamedTuple):
    """The notes in a tile, as bytes of int32 [n, 4], and what their colours tell, int64 [n]."""

    notes: bytes
    kinds: bytes


def draw_notes(
    surface: pygame.Surface, area: Rect, view: View, scene: Scene, theme: Theme, scale: float
) -> dict[int, Colour]:
    """Draw the notes in sight; return the keys that sound with their colours.

    While the piece is playing, what lies left of the playhead is past and dimmed, and what sounds is drawn above.
    """
    left, top, width, height = area
    shape = _Shape(view.step_width, view.low, view.keys, height)
    origin = view.column(0, area)
    now = view.column(scene.playhead, area) if scene.playing else left
    for number in range((left - origin) // TILE, (left + width - origin) // TILE + 1):
        begin = origin + number * TILE
        content = _content(scene, number, shape)
        for past, first, last in ((True, begin, min(now, begin + TILE)), (False, max(now, begin), begin + TILE)):
            if first < last:
                tile = _tile(content, number, shape, theme, past, scale)
                surface.blit(tile, (first, top), (first - begin, 0, last - first, height))
    index = sounding_now(scene)
    boxes = [(x + origin, y + top, wide, high) for x, y, wide, high in _boxes(scene.notes[index], shape)]
    bright = draw_sounding(surface, boxes, colours_of(scene, theme, index), theme, scale)
    return dict(zip(scene.notes[index, 1].tolist(), bright, strict=True))


def _content(scene: Scene, number: int, shape: _Shape) -> _Content:
    index = visible(scene.notes, (number * TILE - 1) / shape.step_width, ((number + 1) * TILE + 1) / shape.step_width)
    return _Content(scene.notes[index].tobytes(), kinds_of(scene, index).astype(np.int64).tobytes())


@lru_cache(maxsize=24)
def _tile(content: _Content, number: int, shape: _Shape, theme: Theme, past: bool, scale: float) -> pygame.Surface:
    """Return the tile of that number, counted from step 0, on a clear ground."""
    notes = np.frombuffer(content.notes, dtype=np.int32).reshape(-1, 4)
    colours = colours_of_kinds(theme, np.frombuffer(content.kinds, dtype=np.int64), notes[:, 1])
    image = pygame.Surface((TILE, shape.height), pygame.SRCALPHA)
    boxes = [(x - number * TILE, y, wide, high) for x, y, wide, high in _boxes(notes, shape)]
    draw_boxes(image, boxes, map(theme.past, colours) if past else colours, scale)
    return image


def _boxes(notes: NoteArray, shape: _Shape) -> list[Rect]:
    """Return where notes lie, in pixels from step 0 and from the upper edge; a gap of a pixel keeps strokes apart."""
    onsets, pitches, lengths, _ = notes.T
    row = shape.height / shape.keys
    high = max(floor(row) - (row >= LEAST_ROW), 1)
    view, area = View(0.0, shape.step_width, shape.low, shape.keys), (0, 0, 1, shape.height)
    lefts: NDArray[np.int64] = view.columns(onsets, area)
    widths = np.maximum(view.columns(onsets + lengths, area) - lefts - 1, 1)
    tops = np.floor(shape.height - (pitches + 1 - shape.low) * row + (row - high) / 2 + 0.5).astype(int)
    return list(zip(lefts.tolist(), tops.tolist(), widths.tolist(), repeat(high), strict=False))

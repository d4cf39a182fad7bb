"""The ground, the grid and the notes of the roll, drawn into tiles that are kept: a frame costs a few plain blits.

A tile is kept by all that it depends on, the notes in it included: a piece that grows changes its last tile only, and
what is past or marked is a tile of its own, shown in part.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise, repeat
from math import ceil, floor
from typing import NamedTuple

import numpy as np
import pygame

from nanopiano.gui.draw.kept import kept
from nanopiano.gui.draw.keyboard import is_black
from nanopiano.gui.draw.notes import colours_of_kinds, draw_boxes, kinds_of
from nanopiano.gui.draw.palette import Colour, blend
from nanopiano.gui.draw.ruler import LEAST_BETWEEN_NUMBERS
from nanopiano.gui.draw.theme import Theme
from nanopiano.gui.state.view import Rect, Scene, View, numbered_every, visible
from nanopiano.music.grid import BEATS_PER_BAR, HIGHEST_PITCH
from nanopiano.music.piece import NoteArray

TILE = 256  # pixels across
LEAST_ROW = 4  # pixels; rows lower than that have no gap between them
LEAST_BAR = 14  # pixels; of bars closer than that only those with numbers get a line
# Pixels between lines of one kind: below the first number there are none, from the second on they have full strength.
BEATS, STEPS = (7, 24), (14, 40)
OCTAVE_STRENGTH, BEAT_STRENGTH, STEP_STRENGTH = 0.8, 0.6, 0.25  # of lines
REGION = 0.07  # how far the ground of a region goes towards the accent


class _Shape(NamedTuple):
    """What the place of things depends on, but for where the view begins."""

    step_width: float
    low: float
    keys: float
    height: int  # of the notes' area
    bar: int  # steps
    scale: float

    @property
    def view(self) -> View:
        return View(0.0, self.step_width, self.low, self.keys)


class _Content(NamedTuple):
    """The notes in a tile, as bytes of int32 [n, 4], and what their colours tell, int64 [n]."""

    notes: bytes
    kinds: bytes


def draw_tiles(surface: pygame.Surface, area: Rect, view: View, scene: Scene, theme: Theme, scale: float) -> None:
    """Draw the ground with its grid and the notes in sight; those that have sounded are dim while the piece plays."""
    left, top, width, height = area
    shape = _Shape(view.step_width, view.low, view.keys, height, scene.grid.bar_steps, scale)
    origin = view.column(0, area)
    now = view.column(scene.playhead, area) if scene.playing else left
    first, last = (view.column(step, area) for step in scene.region or (0, 0))
    for number in range((left - origin) // TILE, (left + width - 1 - origin) // TILE + 1):
        begin, content = origin + number * TILE, _content(scene, number, shape)
        for start, end in _parts(begin, begin + TILE, (now, first, last)):
            tile = _tile(content, number, shape, theme, start < now, first <= start < last)
            surface.blit(tile, (start, top), (start - begin, 0, end - start, height))


def note_boxes(notes: NoteArray, area: Rect, view: View) -> list[Rect]:
    """Return where notes lie in an area, in pixels; a gap of a pixel keeps strokes and rows apart."""
    onsets, pitches, lengths, _ = notes.T
    row = area[3] / view.keys
    high = max(floor(row) - (row >= LEAST_ROW), 1)
    lefts = view.columns(onsets, area)
    widths = np.maximum(view.columns(onsets + lengths, area) - lefts - 1, 1)
    tops = np.floor(area[1] + area[3] - (pitches + 1 - view.low) * row + (row - high) / 2 + 0.5).astype(int)
    return list(zip(lefts.tolist(), tops.tolist(), widths.tolist(), repeat(high), strict=False))


def _parts(begin: int, end: int, cuts: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """Yield the parts into which the cuts that lie between `begin` and `end` divide it."""
    return pairwise(sorted({begin, end, *(cut for cut in cuts if begin < cut < end)}))


def _content(scene: Scene, number: int, shape: _Shape) -> _Content:
    index = visible(scene.notes, (number * TILE - 1) / shape.step_width, ((number + 1) * TILE + 1) / shape.step_width)
    return _Content(scene.notes[index].tobytes(), kinds_of(scene, index).astype(np.int64).tobytes())


@kept(40)
def _tile(content: _Content, number: int, shape: _Shape, theme: Theme, past: bool, marked: bool) -> pygame.Surface:
    """Return the tile of that number, counted from step 0."""
    image = _rows(shape, theme, marked).copy()
    area = (-number * TILE, 0, (number + 1) * TILE, shape.height)
    _draw_lines(image, number, shape, theme)
    notes = np.frombuffer(content.notes, dtype=np.int32).reshape(-1, 4)
    colours = colours_of_kinds(theme, np.frombuffer(content.kinds, dtype=np.int64), notes[:, 1])
    draw_boxes(image, note_boxes(notes, area, shape.view), map(theme.past, colours) if past else colours, shape.scale)
    return image


@kept(4)
def _rows(shape: _Shape, theme: Theme, marked: bool) -> pygame.Surface:
    """Return the ground of a tile: rows of black keys darker, a line between octaves; tinted where it is marked."""
    share = REGION * marked
    image = pygame.Surface((TILE, shape.height))
    image.fill(blend(theme.panel, theme.accent, share))
    view, rect = shape.view, (0, 0, TILE, shape.height)
    for pitch in range(floor(shape.low), min(ceil(shape.low + shape.keys), HIGHEST_PITCH + 1)):
        top, bottom = round(view.y(pitch + 1, rect)), round(view.y(pitch, rect))
        if is_black(pitch):
            image.fill(blend(theme.black_row, theme.accent, share), (0, top, TILE, bottom - top))
        if pitch % 12 == 0:
            image.fill(blend(theme.faint(OCTAVE_STRENGTH), theme.accent, share), (0, bottom - 1, TILE, 1))
    return image


def _draw_lines(image: pygame.Surface, number: int, shape: _Shape, theme: Theme) -> None:
    """Draw steps and beats, fainter the closer they are, and the bars, thinned out when they are close."""
    beat = shape.bar // BEATS_PER_BAR
    kinds: list[tuple[int, Colour]] = []
    for apart, (none, full), strength in ((1, STEPS, STEP_STRENGTH), (beat, BEATS, BEAT_STRENGTH)):
        share = (apart * shape.step_width / shape.scale - none) / (full - none)
        if share > 0:
            kinds.append((apart, theme.faint(strength * min(share, 1.0))))
    bar_width = shape.bar * shape.step_width / shape.scale
    every = 1 if bar_width >= LEAST_BAR else numbered_every(bar_width, LEAST_BETWEEN_NUMBERS)
    view, area = replace(shape.view, left=number * TILE / shape.step_width), (0, 0, TILE, shape.height)
    for apart, colour in (*kinds, (shape.bar * every, theme.bar_line)):
        for x in view.columns(view.multiples(apart, area), area).tolist():
            image.fill(colour, (x, 0, 1, shape.height))

"""Notes that fall onto the keys of a large keyboard."""

from math import ceil, floor

import numpy as np
import pygame
from numpy.typing import NDArray

from nanopiano.gui.draw.kept import kept
from nanopiano.gui.draw.keyboard import Key, draw_keyboard, is_black, lying_keys
from nanopiano.gui.draw.notes import colours_of, draw_boxes, draw_sounding, sounding_now
from nanopiano.gui.draw.paint import fading
from nanopiano.gui.draw.palette import Colour, blend
from nanopiano.gui.draw.text import write
from nanopiano.gui.draw.theme import Theme
from nanopiano.gui.state.view import Rect, Scene, visible
from nanopiano.music.grid import BEATS_PER_BAR, LOWEST_PITCH

BARS_AHEAD = 4
KEY_SHAPE = 6.2  # how many times as long as wide a white key is
MOST_KEYBOARD = 0.24  # of the height
N_WHITE_KEYS = 52
NUMBER_SIZE = 12  # pixels
EDGE_HEIGHT, EDGE_STRENGTH = 96, 64  # pixels; of 255
REGION = 0.07  # how far the ground of a region goes towards the accent
OCTAVE_LINE, FOURTH_LINE, BEAT_LINE = 0.8, 0.35, 0.3  # strength of lines below C, below F, and of beats


def draw_falling(surface: pygame.Surface, rect: Rect, scene: Scene, theme: Theme, scale: float = 1.0) -> None:
    """Draw the next four bars as notes that fall onto their keys; the playhead is the upper edge of the keyboard."""
    left, top, width, height = rect
    area, keys = falling_rect(rect), lying_keys(width)
    clip = surface.get_clip()
    surface.set_clip(clip.clip(area))
    _draw_ground(surface, area, keys, scene, theme)
    _draw_bars(surface, area, scene, theme, scale)
    index = visible(scene.notes, scene.playhead, scene.playhead + BARS_AHEAD * scene.grid.bar_steps)
    _draw_notes(surface, scene.notes[index, 1].tolist(), *_looks(area, keys, scene, theme, index), scale)
    now = sounding_now(scene)
    bright = draw_sounding(surface, *_looks(area, keys, scene, theme, now), theme, scale)
    lit = dict(zip(scene.notes[now, 1].tolist(), bright, strict=True))
    _draw_edge(surface, area, scene, theme, scale)
    surface.set_clip(clip.clip(rect))
    line = max(round(2 * scale), 1)
    surface.fill(theme.accent, (left, area[1] + area[3] - line, width, line))
    draw_keyboard(surface, (left, top + area[3], width, height - area[3]), keys, lit, theme, scale)
    surface.set_clip(clip)


def falling_rect(rect: Rect) -> Rect:
    """Return the area in which the notes fall, above the keyboard."""
    left, top, width, height = rect
    return left, top, width, height - round(min(KEY_SHAPE * width / N_WHITE_KEYS, MOST_KEYBOARD * height))


def falling_y(step: float, area: Rect, scene: Scene) -> int:
    """Return where a step is now, in whole pixels; `area` is where the notes fall, its lower edge the playhead."""
    pixels = area[3] / (BARS_AHEAD * scene.grid.bar_steps)
    return area[1] + area[3] - round(step * pixels) + round(scene.playhead * pixels)


def _draw_ground(surface: pygame.Surface, area: Rect, keys: tuple[Key, ...], scene: Scene, theme: Theme) -> None:
    left, top, width, height = area
    surface.blit(_lanes((width, height), keys, theme, 0.0), (left, top))
    if scene.region is not None:
        last, first = (min(max(falling_y(step, area, scene), top), top + height) for step in scene.region)
        surface.blit(_lanes((width, height), keys, theme, REGION), (left, first), (0, 0, width, last - first))
        for step in scene.region:
            surface.fill(blend(theme.panel, theme.accent, 0.6), (left, falling_y(step, area, scene), width, 1))


@kept(4)
def _lanes(size: tuple[int, int], keys: tuple[Key, ...], theme: Theme, tint: float) -> pygame.Surface:
    """Return the ground: lanes of black keys darker, lines below C and F; all tinted by some share of the accent."""
    image = pygame.Surface(size)

    def fill(colour: Colour, left: int, width: int) -> None:
        image.fill(blend(colour, theme.accent, tint), (left, 0, width, size[1]))

    fill(theme.panel, 0, size[0])
    for pitch, start, length in keys:
        if is_black(pitch):
            fill(theme.black_row, start, length)
        elif pitch % 12 in (0, 5):
            fill(theme.faint(OCTAVE_LINE if pitch % 12 == 0 else FOURTH_LINE), start - 1, 1)
    return image


def _draw_bars(surface: pygame.Surface, area: Rect, scene: Scene, theme: Theme, scale: float) -> None:
    """Draw lines across at beats and bars, those with numbers."""
    bar = scene.grid.bar_steps
    beat = bar // BEATS_PER_BAR
    last = scene.playhead + BARS_AHEAD * bar
    for step in range(floor(scene.playhead / beat) * beat, ceil(last) + 1, beat):
        colour = theme.bar_line if step % bar == 0 else theme.faint(BEAT_LINE)
        surface.fill(colour, (area[0], falling_y(step, area, scene), area[2], 1))
    for step in range(floor(scene.playhead / bar) * bar, ceil(last) + 1, bar):
        place = (area[0] + 8 * scale, falling_y(step, area, scene) - 3 * scale)
        write(surface, str(step // bar + 1), place, round(NUMBER_SIZE * scale), theme.dim, (0.0, 1.0))


def _looks(
    area: Rect, keys: tuple[Key, ...], scene: Scene, theme: Theme, index: NDArray[np.intp]
) -> tuple[list[Rect], list[Colour]]:
    """Return where notes are now and their colours; a gap of a pixel keeps strokes apart."""
    boxes = []
    for onset, pitch, length, _ in scene.notes[index].tolist():
        key = keys[pitch - LOWEST_PITCH]
        bottom, top = falling_y(onset, area, scene), falling_y(onset + length, area, scene)
        boxes.append((area[0] + key.start, top + 1, max(key.length - 1, 1), max(bottom - top - 1, 1)))
    return boxes, colours_of(scene, theme, index)


def _draw_notes(
    surface: pygame.Surface, pitches: list[int], boxes: list[Rect], colours: list[Colour], scale: float
) -> None:
    """Draw the notes of white keys, then those of black keys, which overlap with them."""
    for black in (False, True):
        some = [place for place, pitch in enumerate(pitches) if is_black(pitch) == black]
        draw_boxes(surface, [boxes[place] for place in some], [colours[place] for place in some], scale)


def _draw_edge(surface: pygame.Surface, area: Rect, scene: Scene, theme: Theme, scale: float) -> None:
    """Draw a light where the music is being composed."""
    if scene.edge is not None:
        light = fading((area[2], round(EDGE_HEIGHT * scale)), theme.accent, EDGE_STRENGTH, upward=True)
        surface.blit(light, (area[0], falling_y(scene.edge, area, scene) - light.get_height()))

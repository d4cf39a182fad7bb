"""A real keyboard, lying or standing, whose keys light up."""

from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

import pygame

from nanopiano.gui.draw.kept import kept
from nanopiano.gui.draw.palette import Colour, blend, contrast
from nanopiano.gui.draw.text import text_size, write
from nanopiano.gui.draw.theme import BLACK_KEYS, Theme
from nanopiano.gui.state.view import Rect, View
from nanopiano.music.grid import HIGHEST_PITCH, LOWEST_PITCH

BLACK_DEPTH = 0.62  # of a white key
BLACK_WIDTH = 0.58  # of a white key
# How far black keys stand from the border of the white keys around them, in widths of a white key.
ASIDE = {1: -0.12, 3: 0.12, 6: -0.15, 8: 0.0, 10: 0.15}
FRONT, SHADE = 0.05, 0.16  # the part of a lying key that is its front; how much its colour differs
LABEL = 10  # pixels
GAP = 0.4  # how far the gaps between white keys are from their colour to that of the black keys
NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


class Key(NamedTuple):
    """Where a key lies along its keyboard, in whole pixels from its beginning (left or top)."""

    pitch: int
    start: int
    length: int


def key_name(pitch: int) -> str:
    """Return what a key is called, C4 being the one in the middle."""
    return f"{NAMES[pitch % 12]}{pitch // 12 - 1}"


def is_black(pitch: int) -> bool:
    """Return whether a key is a black one."""
    return pitch % 12 in BLACK_KEYS


@kept(8)
def lying_keys(width: int) -> tuple[Key, ...]:
    """Return the 88 keys of a keyboard that lies before us; white keys are all of one width, give or take a pixel."""
    pitches = range(LOWEST_PITCH, HIGHEST_PITCH + 1)
    whites = [pitch for pitch in pitches if not is_black(pitch)]
    borders = [round(number * width / len(whites)) for number in range(len(whites) + 1)]
    keys = [Key(pitch, one, other - one) for pitch, (one, other) in zip(whites, pairwise(borders), strict=True)]
    white = width / len(whites)
    for pitch in filter(is_black, pitches):
        border = borders[whites.index(pitch - 1) + 1] + ASIDE[pitch % 12] * white
        length = max(round(BLACK_WIDTH * white), 1)
        keys.append(Key(pitch, round(border - length / 2), length))
    return tuple(sorted(keys))


@kept(8)
def standing_keys(low: float, n_keys: float, height: int) -> tuple[Key, ...]:
    """Return the keys in sight at the edge of a roll, each beside its row; white ones reach under the black ones."""
    view, rect = View(low=low, keys=n_keys), (0, 0, 1, height)
    keys = []
    for pitch in range(max(int(view.low) - 1, LOWEST_PITCH), min(int(view.low + view.keys) + 2, HIGHEST_PITCH + 1)):
        above = 0.5 * (not is_black(pitch) and is_black(pitch + 1) and pitch < HIGHEST_PITCH)
        below = 0.5 * (not is_black(pitch) and is_black(pitch - 1) and pitch > LOWEST_PITCH)
        top, bottom = round(view.y(pitch + 1 + above, rect)), round(view.y(pitch - below, rect))
        keys.append(Key(pitch, top, bottom - top))
    return tuple(keys)


def draw_keyboard(
    surface: pygame.Surface, rect: Rect, keys: tuple[Key, ...], lit: Mapping[int, Colour], theme: Theme, scale: float
) -> None:
    """Draw keys, those in `lit` in their colours; they lie if the rectangle is wider than high, else they stand."""
    left, top, *size = rect
    surface.blit(_image((size[0], size[1]), keys, theme, scale), (left, top))
    if not lit:
        return
    by_pitch = {key.pitch: key for key in keys}
    whites = [pitch for pitch in lit if not is_black(pitch)]
    blacks = {near for pitch in whites for near in (pitch - 1, pitch + 1)} | set(lit)
    clip = surface.get_clip()
    surface.set_clip(clip.clip(rect))
    for pitch in whites + sorted(filter(is_black, blacks)):
        if pitch in by_pitch:
            _draw_key(surface, rect, by_pitch[pitch], lit.get(pitch), theme, scale)
    surface.set_clip(clip)


@kept(8)
def _image(size: tuple[int, int], keys: tuple[Key, ...], theme: Theme, scale: float) -> pygame.Surface:
    image = pygame.Surface(size)
    image.fill(blend(theme.white_key, theme.black_key, GAP))
    for black in (False, True):
        for key in keys:
            if is_black(key.pitch) == black:
                _draw_key(image, (0, 0, *size), key, None, theme, scale)
    return image


def _draw_key(surface: pygame.Surface, rect: Rect, key: Key, lit: Colour | None, theme: Theme, scale: float) -> None:
    black, lies = is_black(key.pitch), rect[2] > rect[3]
    depth = round((rect[3] if lies else rect[2]) * (BLACK_DEPTH if black else 1))
    colour = lit or (theme.black_key if black else theme.white_key)
    gap = 0 if black else 1
    radius = min(round(2 * scale), key.length // 3)
    if lies:
        box = (rect[0] + key.start, rect[1], key.length - gap, depth)
        corners = {"border_bottom_left_radius": radius, "border_bottom_right_radius": radius}
    else:
        box = (rect[0], rect[1] + key.start, depth - gap, key.length - gap)
        corners = {"border_top_right_radius": radius, "border_bottom_right_radius": radius}
    front = round(FRONT * depth) if lies else 0
    pygame.draw.rect(surface, blend(colour, theme.black_key if not black else theme.white_key, SHADE), box, **corners)
    pygame.draw.rect(surface, colour, (*box[:2], box[2], box[3] - front), **corners)
    if key.pitch % 12 == 0:
        ink = max((theme.black_key, theme.white_key), key=lambda ink: contrast(ink, colour))
        _write_name(surface, box, key.pitch, ink, lies, scale)


def _write_name(surface: pygame.Surface, box: Rect, pitch: int, colour: Colour, lies: bool, scale: float) -> None:
    """Write the octave onto a C, if there is room."""
    size, name = round(LABEL * scale), key_name(pitch)
    width, height = text_size(name, size)
    left, top, across, down = box
    if lies and width <= across:
        write(surface, name, (left + across / 2, top + down - 3 * scale), size, colour, (0.5, 1.0))
    elif not lies and height * 0.45 <= down:
        write(surface, name, (left + across - 3 * scale, top + down / 2), size, colour, (1.0, 0.5))

"""How a note looks, in whatever direction time runs: its colour, its rounded box, its glow."""

from collections.abc import Iterable

import numpy as np
import pygame
from numpy.typing import NDArray

from nanopiano.gui.draw.kept import kept
from nanopiano.gui.draw.palette import Colour
from nanopiano.gui.draw.same import Same
from nanopiano.gui.draw.theme import Theme
from nanopiano.gui.state.view import Rect, Scene, sounding
from nanopiano.music.grid import LOWEST_PITCH, N_KEYS
from nanopiano.music.hands import Hands
from nanopiano.music.piece import NoteArray

FINE = 4  # how many times as large smooth ends are drawn
ROUNDEST = 3  # pixels of radius
SMALLEST_ROUND = 4  # pixels: lower boxes stay square
GLOW = 10  # pixels around a sounding note
GLOW_STRENGTH = 150  # of 255, next to the note
PITCH_CLASS, LEFT, RIGHT, PROMPT = range(4)  # what a note's colour tells
HANDS = Hands()  # of the piece that was looked at last, which may be growing


def kinds_of(scene: Scene, index: NDArray[np.intp]) -> NDArray[np.int_]:
    """Return what the colours of the notes with these indices tell, as int [n]."""
    kinds: NDArray[np.int_] = np.full(len(index), PITCH_CLASS)
    if scene.colour_by == "hand":
        kinds = np.where(_right(Same(scene.notes))[index], RIGHT, LEFT)
    return np.where(scene.is_new(scene.notes[index]), kinds, PROMPT)


def colours_of_kinds(theme: Theme, kinds: NDArray[np.int_], pitches: NDArray[np.int32]) -> list[Colour]:
    """Return the colours of notes of such kinds (see `kinds_of`) and pitches."""
    table = colour_table(theme)
    return [table[place] for place in (kinds * N_KEYS + pitches - LOWEST_PITCH).tolist()]


def colours_of(scene: Scene, theme: Theme, index: NDArray[np.intp]) -> list[Colour]:
    """Return the colours of the notes with these indices."""
    return colours_of_kinds(theme, kinds_of(scene, index), scene.notes[index, 1])


def sounding_now(scene: Scene) -> NDArray[np.intp]:
    """Return the indices of the notes that sound now: none unless the piece is playing."""
    return sounding(scene.notes, scene.playhead) if scene.playing else np.empty(0, dtype=np.intp)


def draw_sounding(
    surface: pygame.Surface, boxes: list[Rect], colours: list[Colour], theme: Theme, scale: float
) -> list[Colour]:
    """Draw the boxes of notes that sound, brighter and with a glow; return the colours that they have then."""
    for box, colour in zip(boxes, colours, strict=True):
        draw_glow(surface, box, colour, scale)
    bright = [theme.sounding(colour) for colour in colours]
    draw_boxes(surface, boxes, bright, scale)
    return bright


def draw_boxes(surface: pygame.Surface, boxes: Iterable[Rect], colours: Iterable[Colour], scale: float) -> None:
    """Draw boxes with softly rounded corners; which of them is above the others is not said."""
    corners = []
    most = max(round(ROUNDEST * scale), 1)
    for (left, top, width, height), colour in zip(boxes, colours, strict=True):
        radius = min(most, width // 3, height // 3)
        if radius < 1 or min(width, height) < SMALLEST_ROUND:
            surface.fill(colour, (left, top, width, height))
            continue
        if width >= height:
            surface.fill(colour, (left + radius, top, width - 2 * radius, height))
            one, other = _ends(colour, radius, height)
            corners += [(one, (left, top)), (other, (left + width - radius, top))]
        else:
            surface.fill(colour, (left, top + radius, width, height - 2 * radius))
            one, other = _ends(colour, radius, width, upright=True)
            corners += [(one, (left, top)), (other, (left, top + height - radius))]
    surface.fblits(corners)


def draw_glow(surface: pygame.Surface, box: Rect, colour: Colour, scale: float) -> None:
    """Draw the soft light around a box."""
    reach = round(GLOW * scale)
    surface.blit(_glow(colour, (box[2], box[3]), reach), (box[0] - reach, box[1] - reach))


@kept(4096)
def _ends(colour: Colour, radius: int, breadth: int, upright: bool = False) -> tuple[pygame.Surface, pygame.Surface]:
    """Return the smooth rounded ends of a box, left and right, or the upper and the lower one."""
    image = pygame.Surface((3 * radius * FINE, breadth * FINE), pygame.SRCALPHA)
    image.fill((*colour, 0))
    pygame.draw.rect(image, colour, image.get_rect(), border_radius=radius * FINE)
    image = pygame.transform.smoothscale(image, (3 * radius, breadth))
    if upright:
        image = pygame.transform.rotate(image, 90)
        return image.subsurface((0, 0, breadth, radius)), image.subsurface((0, 2 * radius, breadth, radius))
    return image.subsurface((0, 0, radius, breadth)), image.subsurface((2 * radius, 0, radius, breadth))


@kept(48)
def _glow(colour: Colour, size: tuple[int, int], reach: int) -> pygame.Surface:
    width, height = size
    image = pygame.Surface((width + 2 * reach, height + 2 * reach), pygame.SRCALPHA)
    image.fill((*colour, 0))
    for far in range(reach, 0, -1):
        alpha = round(GLOW_STRENGTH * (1 - far / (reach + 1)) ** 2)
        box = (reach - far, reach - far, width + 2 * far, height + 2 * far)
        pygame.draw.rect(image, (*colour, alpha), box, border_radius=far + 2)
    return image


@kept(4)
def _right(notes: Same[NoteArray]) -> NDArray[np.bool_]:
    return HANDS.right(notes.thing)


@kept(4)
def colour_table(theme: Theme) -> tuple[Colour, ...]:
    """Return the colours of the keys for each kind of note (see `kinds_of`), [4 * 88]."""
    return (*theme.notes, *theme.hands[0], *theme.hands[1], *[theme.prompt] * N_KEYS)

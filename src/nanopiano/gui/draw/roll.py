"""The roll: time to the right, keys upward."""

from math import floor

import pygame

from nanopiano.gui.draw.keyboard import draw_keyboard, key_name, standing_keys
from nanopiano.gui.draw.marks import draw_edge, draw_handle, draw_region
from nanopiano.gui.draw.notes import colours_of, draw_sounding, sounding_now
from nanopiano.gui.draw.paint import draw_tag, draw_veil, tag_size
from nanopiano.gui.draw.palette import Colour
from nanopiano.gui.draw.ruler import draw_head, draw_ruler
from nanopiano.gui.draw.theme import Theme
from nanopiano.gui.draw.tiles import draw_tiles, note_boxes
from nanopiano.gui.state.view import Rect, Scene, View, notes_rect, ruler_rect
from nanopiano.music.grid import HIGHEST_PITCH

POINTED = 14  # of 255: how much lighter (or darker) the row under the pointer is


def draw_roll(surface: pygame.Surface, rect: Rect, view: View, scene: Scene, theme: Theme, scale: float = 1.0) -> None:
    """Draw the roll into a rectangle: notes on a grid, a keyboard to the left, bar numbers above.

    What costs time and rarely changes (rows, keyboard, notes in tiles, texts) is kept by what it depends on.
    """
    area, ruler = notes_rect(rect, scale), ruler_rect(rect, scale)
    everything = (surface, area, view, scene, theme, scale)
    clip = surface.get_clip()
    surface.set_clip(clip.clip(rect).clip(area))
    draw_tiles(*everything)
    lit = _draw_sounding(*everything)
    draw_edge(*everything)
    draw_region(*everything)
    draw_handle(*everything)
    _draw_pointed_key(*everything)
    surface.set_clip(clip.clip(rect))
    surface.fill(theme.ground, (rect[0], rect[1], area[0] - rect[0], ruler[3]))
    keyboard = (rect[0], area[1], area[0] - rect[0], area[3])
    draw_keyboard(surface, keyboard, standing_keys(view.low, view.keys, area[3]), lit, theme, scale)
    draw_ruler(surface, ruler, view, scene, theme, scale)
    _draw_playhead(surface, area, ruler, view, scene, theme, scale)
    surface.set_clip(clip)


def _draw_sounding(
    surface: pygame.Surface, area: Rect, view: View, scene: Scene, theme: Theme, scale: float
) -> dict[int, Colour]:
    """Draw the notes that sound; return their keys with their colours."""
    index = sounding_now(scene)
    notes = scene.notes[index]
    bright = draw_sounding(surface, note_boxes(notes, area, view), colours_of(scene, theme, index), theme, scale)
    return dict(zip(notes[:, 1].tolist(), bright, strict=True))


def _draw_pointed_key(
    surface: pygame.Surface, area: Rect, view: View, scene: Scene, theme: Theme, scale: float
) -> None:
    """Say which key the pointer is at, and tint its row."""
    if scene.hover is None or not view.low <= scene.hover[1] < min(view.low + view.keys, HIGHEST_PITCH + 1):
        return
    pitch = floor(scene.hover[1])
    above, below = round(view.y(pitch + 1, area)), round(view.y(pitch, area))
    draw_veil(surface, (area[0], above, area[2], below - above), theme.text, POINTED)
    name = key_name(pitch)
    height = tag_size(name, scale)[1]
    top = min(max((above + below - height) // 2, area[1]), area[1] + area[3] - height)
    draw_tag(surface, name, (area[0] + round(6 * scale), top), theme, scale)


def _draw_playhead(
    surface: pygame.Surface, area: Rect, ruler: Rect, view: View, scene: Scene, theme: Theme, scale: float
) -> None:
    x, width = view.column(scene.playhead, area), max(round(1.5 * scale), 1)
    if area[0] <= x < area[0] + area[2]:
        tip = round(4 * scale)
        surface.fill(theme.accent, (x, area[1] - tip, width, area[3] + tip))
        draw_head(surface, ruler, x, width, theme, scale)

"""The roll: time to the right, keys upward."""

from functools import lru_cache
from math import ceil, floor

import pygame

from nanopiano.gui.keyboard import draw_keyboard, is_black, key_name, standing_keys
from nanopiano.gui.marks import draw_edge, draw_handle, draw_region
from nanopiano.gui.note_layer import draw_notes
from nanopiano.gui.paint import draw_tag, tag_size
from nanopiano.gui.palette import Colour, blend
from nanopiano.gui.ruler import draw_head, draw_ruler
from nanopiano.gui.theme import Theme
from nanopiano.gui.view import Rect, Scene, View, notes_rect, numbered_every, ruler_rect
from nanopiano.music.grid import BEATS_PER_BAR, HIGHEST_PITCH, LOWEST_PITCH

LEAST_BAR = 10  # pixels; bars closer than that are thinned out
# Pixels between lines of one kind: below the first number there are none, from the second on they have full strength.
BEATS, STEPS = (7, 24), (14, 40)
BEAT_STRENGTH, STEP_STRENGTH = 0.6, 0.25  # of the lines between octaves
REGION = 0.07  # how far the ground of a region goes towards the accent
POINTED = 0.5  # how far the row under the pointer goes towards raised


def draw_roll(surface: pygame.Surface, rect: Rect, view: View, scene: Scene, theme: Theme, scale: float = 1.0) -> None:
    """Draw the roll into a rectangle: notes on a grid, a keyboard to the left, bar numbers above.

    What costs time and rarely changes (rows, keyboard, notes in tiles, texts) is kept by what it depends on.
    """
    area, ruler = notes_rect(rect, scale), ruler_rect(rect, scale)
    everything = (surface, area, view, scene, theme, scale)
    clip = surface.get_clip()
    surface.set_clip(clip.clip(area))
    _draw_ground(surface, area, view, scene, theme)
    _draw_lines(*everything)
    lit = draw_notes(*everything)
    draw_edge(*everything)
    draw_region(*everything)
    draw_handle(*everything)
    _draw_pointed_key(*everything)
    surface.set_clip(clip.clip(rect))
    draw_ruler(surface, ruler, view, scene, theme, scale)
    _draw_playhead(surface, area, ruler, view, scene, theme, scale)
    surface.fill(theme.ground, (rect[0], rect[1], area[0] - rect[0], ruler[3]))
    keyboard = (rect[0], area[1], area[0] - rect[0], area[3])
    draw_keyboard(surface, keyboard, standing_keys(view.low, view.keys, area[3]), lit, theme, scale)
    surface.set_clip(clip)


def _draw_ground(surface: pygame.Surface, area: Rect, view: View, scene: Scene, theme: Theme) -> None:
    """Draw the rows of the keys, those in the region tinted, that under the pointer lifted."""
    left, top, width, height = area
    surface.blit(_rows((width, height), view.low, view.keys, theme, 0.0), (left, top))
    if scene.region is not None:
        first, last = (min(max(view.column(step, area), left), left + width) for step in scene.region)
        tinted = _rows((width, height), view.low, view.keys, theme, REGION)
        surface.blit(tinted, (first, top), (first - left, 0, last - first, height))
    if scene.hover is not None and LOWEST_PITCH <= scene.hover[1] < HIGHEST_PITCH + 1:
        above, below = (round(view.y(floor(scene.hover[1]) + side, area)) for side in (1, 0))
        surface.fill(blend(theme.panel, theme.line, POINTED), (left, above, width, below - above))


@lru_cache(maxsize=4)
def _rows(size: tuple[int, int], low: float, keys: float, theme: Theme, tint: float) -> pygame.Surface:
    """Return the ground: rows of black keys darker, a line between octaves; all tinted by some share of the accent."""
    image = pygame.Surface(size)
    image.fill(blend(theme.panel, theme.accent, tint))
    view, rect = View(low=low, keys=keys), (0, 0, *size)
    for pitch in range(floor(low), min(ceil(low + keys), HIGHEST_PITCH + 1)):
        top, bottom = round(view.y(pitch + 1, rect)), round(view.y(pitch, rect))
        if is_black(pitch):
            image.fill(blend(theme.black_row, theme.accent, tint), (0, top, size[0], bottom - top))
        if pitch % 12 == 0:
            image.fill(blend(theme.faint(0.8), theme.accent, tint), (0, bottom - 1, size[0], 1))
    return image


def _draw_lines(surface: pygame.Surface, area: Rect, view: View, scene: Scene, theme: Theme, scale: float) -> None:
    """Draw steps and beats, fainter the closer they are, and the bars, thinned out when they are close."""
    bar = scene.grid.bar_steps
    beat = bar // BEATS_PER_BAR
    kinds: list[tuple[int, Colour]] = []
    for apart, (none, full), strength in ((1, STEPS, STEP_STRENGTH), (beat, BEATS, BEAT_STRENGTH)):
        share = (apart * view.step_width / scale - none) / (full - none)
        if share > 0:
            kinds.append((apart, theme.faint(strength * min(share, 1.0))))
    every = numbered_every(bar * view.step_width, LEAST_BAR * scale)
    for apart, colour in (*kinds, (bar * every, theme.bar_line)):
        for x in view.columns(view.multiples(apart, area), area).tolist():
            surface.fill(colour, (x, area[1], 1, area[3]))


def _draw_pointed_key(
    surface: pygame.Surface, area: Rect, view: View, scene: Scene, theme: Theme, scale: float
) -> None:
    """Say which key the pointer is at."""
    if scene.hover is None or not view.low <= scene.hover[1] < min(view.low + view.keys, HIGHEST_PITCH + 1):
        return
    name = key_name(floor(scene.hover[1]))
    middle, height = view.y(floor(scene.hover[1]) + 0.5, area), tag_size(name, scale)[1]
    top = min(max(round(middle - height / 2), area[1]), area[1] + area[3] - height)
    draw_tag(surface, name, (area[0] + round(6 * scale), top), theme, scale)


def _draw_playhead(
    surface: pygame.Surface, area: Rect, ruler: Rect, view: View, scene: Scene, theme: Theme, scale: float
) -> None:
    x, width = view.column(scene.playhead, area), max(round(1.5 * scale), 1)
    if area[0] <= x < area[0] + area[2]:
        surface.fill(theme.accent, (x, area[1], width, area[3]))
        draw_head(surface, ruler, x, width, theme, scale)

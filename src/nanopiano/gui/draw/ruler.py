"""The ruler above the roll: bar numbers, the marked region, the head of the playhead."""

import pygame

from nanopiano.gui.draw.paint import draw_shape
from nanopiano.gui.draw.palette import blend
from nanopiano.gui.draw.text import write
from nanopiano.gui.draw.theme import Theme
from nanopiano.gui.state.view import Rect, Scene, View, numbered_every

NUMBER_SIZE = 11  # pixels
LEAST_BETWEEN_NUMBERS = 40  # pixels
TICK = 6  # pixels
MARKED, LOOPED = 0.22, 0.42  # how far the ground of a region goes towards the accent
HEAD = 11, 13  # pixels, width and height of the head


def draw_ruler(surface: pygame.Surface, rect: Rect, view: View, scene: Scene, theme: Theme, scale: float) -> None:
    """Draw the ruler of a roll."""
    left, top, width, height = rect
    clip = surface.get_clip()
    surface.set_clip(clip.clip(rect))
    surface.fill(theme.ground, rect)
    if scene.region is not None:
        first, last = (view.column(step, rect) for step in scene.region)
        band = blend(theme.ground, theme.accent, LOOPED if scene.loop else MARKED)
        pygame.draw.rect(surface, band, (first, top, last - first, height), border_top_left_radius=3)
    surface.fill(theme.line, (left, top + height - 1, width, 1))
    bar = scene.grid.bar_steps
    steps = view.multiples(bar * numbered_every(bar * view.step_width, LEAST_BETWEEN_NUMBERS * scale), rect)
    tick = round(TICK * scale)
    for step, x in zip(steps.tolist(), view.columns(steps, rect).tolist(), strict=True):
        surface.fill(theme.bar_line, (x, top + height - tick, 1, tick))
        marked = scene.region is not None and scene.region[0] <= step < scene.region[1]
        place = (x + 7 * scale, top + height / 2 - 1)
        colour = theme.text if marked else theme.dim
        write(surface, str(step // bar + 1), place, round(NUMBER_SIZE * scale), colour, (0.0, 0.5))
    surface.set_clip(clip)


def draw_head(surface: pygame.Surface, rect: Rect, x: int, width: int, theme: Theme, scale: float) -> None:
    """Draw the head of a playhead whose line begins at `x` and is `width` pixels wide."""
    across, down = (round(side * scale) for side in HEAD)
    across += (across - width) % 2  # so that the line is in its middle
    points = ((0.0, 0.0), (across, 0.0), (across, 0.55 * down), (across / 2, down), (0.0, 0.55 * down))
    draw_shape(surface, points, (x - (across - width) // 2, rect[1] + rect[3] - down), theme.accent)

"""What is marked on the roll: the region, the handle of the prompt, the edge of what is being composed."""

import pygame

from nanopiano.gui.draw.paint import draw_dot, draw_tag, draw_veil, fading, tag_size
from nanopiano.gui.draw.palette import blend
from nanopiano.gui.draw.theme import Theme
from nanopiano.gui.state.view import Rect, Scene, View

EDGE_WIDTH, EDGE_STRENGTH = 96, 84  # pixels; of 255
VEIL = 110  # of 255: how much of the music after the handle is hidden
GRIP = 10, 44  # pixels
GRIP_LINES = 3
REACH = 10  # pixels from the handle, within which the pointer takes it
DOT = 2.5  # pixels: radius of the dots of a repeat


def on_handle(view: View, area: Rect, scene: Scene, scale: float = 1.0) -> bool:
    """Return whether the pointer is where it takes the handle of the prompt; `area` is that of the notes."""
    if scene.handle is None or scene.hover is None:
        return False
    return abs(view.x(scene.hover[0], area) - view.x(scene.handle, area)) <= REACH * scale


def draw_region(surface: pygame.Surface, area: Rect, view: View, scene: Scene, theme: Theme, scale: float) -> None:
    """Draw the edges of the marked region, as a repeat if it is looped."""
    if scene.region is None:
        return
    line = max(round(scale), 1)
    for step, inward in zip(scene.region, (1, -1), strict=True):
        x = view.column(step, area)
        colour = theme.accent if scene.loop else blend(theme.panel, theme.accent, 0.6)
        surface.fill(colour, (x if inward > 0 else x - line, area[1], line, area[3]))
        if scene.loop:
            wide = round(3 * scale)
            surface.fill(colour, (x if inward > 0 else x - wide, area[1], wide, area[3]))
            for down in (12, 21):
                draw_dot(surface, (x + inward * 9 * scale, area[1] + down * scale), DOT * scale, colour)


def draw_edge(surface: pygame.Surface, area: Rect, view: View, scene: Scene, theme: Theme, scale: float) -> None:
    """Draw a light where the music is being composed."""
    if scene.edge is not None:
        light = fading((round(EDGE_WIDTH * scale), area[3]), theme.accent, EDGE_STRENGTH)
        surface.blit(light, (view.column(scene.edge, area), area[1]))


def draw_handle(surface: pygame.Surface, area: Rect, view: View, scene: Scene, theme: Theme, scale: float) -> None:
    """Draw the handle at the end of the prompt with the length of that, and veil what comes after."""
    if scene.handle is None:
        return
    left, top, width, height = area
    x, line = view.column(scene.handle, area), max(round(2 * scale), 1)
    if x < left + width:
        draw_veil(surface, (max(x, left), top, left + width - max(x, left), height), theme.panel, VEIL)
    colour = theme.accent if on_handle(view, area, scene, scale) else theme.text
    surface.fill(colour, (x - line // 2, top, line, height))
    across, down = (round(side * scale) for side in GRIP)
    grip = pygame.Rect(x - across // 2, top + (height - down) // 2, across, down)
    pygame.draw.rect(surface, colour, grip, border_radius=across // 2)
    for number in range(GRIP_LINES):
        y = grip.centery + round((number - (GRIP_LINES - 1) / 2) * 5 * scale)
        surface.fill(
            theme.panel, (grip.left + round(3 * scale), y, across - 2 * round(3 * scale), max(round(scale), 1))
        )
    words = _bars(scene.handle / scene.grid.bar_steps)
    wide, away = tag_size(words, scale)[0], round(8 * scale)
    beside = x - away - wide if x - away - wide > left else x + away
    draw_tag(surface, words, (beside, top + away), theme, scale)


def _bars(bars: float) -> str:
    return f"{bars:.4g} bar{'s' * (bars != 1)}"

"""The whole piece in a narrow strip, with the part that is seen."""

import pygame

from nanopiano.gui.draw.kept import kept
from nanopiano.gui.draw.palette import blend
from nanopiano.gui.draw.same import Same
from nanopiano.gui.draw.small import draw_small
from nanopiano.gui.draw.theme import Theme
from nanopiano.gui.state.view import ColourBy, Rect, Scene, View, notes_rect
from nanopiano.music.grid import Grid
from nanopiano.music.piece import NoteArray

REGION, LOOPED = 0.14, 0.3  # how far the ground of a region goes towards the accent
EDGE = 4  # pixels above and below the notes
LEAST_WINDOW = 6  # pixels


def minimap_x(step: float, rect: Rect, scene: Scene) -> float:
    """Return where a step stands in the minimap, in pixels."""
    return rect[0] + step * rect[2] / scene.steps


def minimap_step(x: float, rect: Rect, scene: Scene) -> float:
    """Return the step at `x` in the minimap; the inverse of `minimap_x`."""
    return (x - rect[0]) * scene.steps / rect[2]


def draw_minimap(
    surface: pygame.Surface, rect: Rect, view: View, roll_rect: Rect, scene: Scene, theme: Theme, scale: float = 1.0
) -> None:
    """Draw the minimap into `rect`; `roll_rect` is that of the roll whose view it shows."""
    left, top, width, height = rect
    clip = surface.get_clip()
    surface.set_clip(clip.clip(rect))
    surface.fill(theme.ground, rect)
    window = _window(rect, view, roll_rect, scene, scale)
    radius = round(4 * scale)
    pygame.draw.rect(surface, theme.raised, window, border_radius=radius)
    if scene.region is not None:
        first, last = (round(minimap_x(step, rect, scene)) for step in scene.region)
        band = blend(theme.ground, theme.accent, LOOPED if scene.loop else REGION)
        surface.fill(band, (first, top, max(last - first, 1), height))
    edge = round(EDGE * scale)
    surface.blit(_image(Same(scene.notes), scene.grid, (scene.begin, scene.end), scene.colour_by, scene.steps,
                        (width, height - 2 * edge), theme), (left, top + edge))  # fmt: skip
    pygame.draw.rect(surface, blend(theme.line, theme.dim, 0.5), window, max(round(scale), 1), border_radius=radius)
    line = max(round(1.5 * scale), 1)
    playhead = min(round(minimap_x(scene.playhead, rect, scene)), left + width - line)
    surface.fill(theme.accent, (playhead, top, line, height))
    surface.set_clip(clip)


def _window(rect: Rect, view: View, roll_rect: Rect, scene: Scene, scale: float) -> Rect:
    """Return what the roll shows of the piece."""
    left, top, width, height = rect
    steps = view.steps(notes_rect(roll_rect, scale))
    first = round(max(minimap_x(view.left, rect, scene), left))
    last = round(min(minimap_x(view.left + steps, rect, scene), left + width))
    wide = max(last - first, round(LEAST_WINDOW * scale))
    return min(first, left + width - wide), top, wide, height


@kept(4)
def _image(
    notes: Same[NoteArray], grid: Grid, new: tuple[int, int | None], colour_by: ColourBy, steps: int,
    size: tuple[int, int], theme: Theme,
) -> pygame.Surface:  # fmt: skip
    """Return the notes of a piece that takes `steps`, on a clear ground; its keys fill the height."""
    image = pygame.Surface(size, pygame.SRCALPHA)
    if len(notes.thing):
        scene = Scene(notes.thing, grid, *new, colour_by=colour_by)
        draw_small(image, scene, theme, steps)
    return image

"""One picture of the whole window, from the state."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pygame

from nanopiano.gui.draw.falling import draw_falling
from nanopiano.gui.draw.minimap import draw_minimap
from nanopiano.gui.draw.roll import draw_roll
from nanopiano.gui.draw.theme import Theme
from nanopiano.gui.state.app_state import AppState
from nanopiano.gui.state.view import Rect, Scene, View, notes_rect
from nanopiano.gui.window import panes
from nanopiano.gui.window.buttons import Buttons
from nanopiano.gui.window.dialogs import Dialog
from nanopiano.gui.window.faces import faces
from nanopiano.gui.window.layout import Layout, inside
from nanopiano.gui.window.raised import draw_tooltip
from nanopiano.gui.window.takes_list import TakesList
from nanopiano.music.piece import Piece

STYLES = {"generate": "primary", "invite": "primary", "source": "left", "fold": "quiet", "model": "status"}
ICONS = ("start", "play", "stop", "loop", "mode", "settings", "help")


@dataclass
class Furniture:
    """What a picture is made with and which is not state: widgets, lists, where the pointer is."""

    places: Layout
    theme: Theme
    buttons: Buttons
    takes: TakesList
    dialog: Dialog | None = None
    pointer: tuple[int, int] = (-1, -1)
    focus: Rect | None = None
    tip: tuple[str, Rect] | None = None
    empty: Piece = field(default_factory=lambda: Piece.of([]))


def build_buttons(places: Layout, theme: Theme) -> Buttons:
    """Return the buttons of the window at their places."""
    buttons = Buttons(places.size, theme, places.scale)
    names = [name for name in faces(AppState()) if name in places.at]
    for name in names:
        buttons.add(name, places.at[name], STYLES.get(name, "quiet" if name in ICONS else ""))
    return buttons


def draw_window(surface: pygame.Surface, state: AppState, furniture: Furniture, seconds: float) -> None:
    """Draw everything, `seconds` after the last picture."""
    places, theme, buttons = furniture.places, furniture.theme, furniture.buttons
    panes.draw_grounds(surface, places, theme)
    _draw_music(surface, state, furniture)
    panes.draw_panel(surface, places, state, theme)
    panes.draw_top(surface, places, state, theme)
    below = furniture.dialog is not None and furniture.dialog.modal
    pointer = (-1, -1) if below else furniture.pointer
    furniture.takes.draw(surface, places, state, theme, pointer)
    panes.draw_status(surface, places, state, theme)
    buttons.sync(faces(state))
    buttons.show("invite", state.piece is None and not state.busy)
    buttons.draw(surface, seconds)
    panes.draw_progress(surface, places, state, theme)
    if furniture.dialog is not None:
        furniture.dialog.draw(surface, state, theme, furniture.pointer, seconds)
    if furniture.focus is not None:
        panes.draw_focus(surface, furniture.focus, places, theme)
    if furniture.tip is not None:
        draw_tooltip(surface, *furniture.tip, places, theme)


def _hovered(view: View, furniture: Furniture) -> tuple[float, float] | None:
    """Return the step and the pitch under the pointer."""
    area = notes_rect(furniture.places.roll, furniture.places.scale)
    if not inside(area, furniture.pointer):
        return None
    x, y = furniture.pointer
    return view.step(x, area), view.pitch(y, area)


def _draw_music(surface: pygame.Surface, state: AppState, furniture: Furniture) -> None:
    places, theme = furniture.places, furniture.theme
    scene = state.scene()
    view = state.view
    if scene is not None and furniture.dialog is None:
        scene = replace(scene, hover=_hovered(view, furniture))
    if scene is None:
        scene, view = Scene(furniture.empty.notes, furniture.empty.grid), View(step_width=state.view.step_width)
    if state.mode == "falling":
        draw_falling(surface, places.roll, scene, theme, places.scale)
    else:
        draw_roll(surface, places.roll, view, scene, theme, places.scale)
    draw_minimap(surface, places.minimap, view, places.roll, scene, theme, places.scale)
    if state.piece is None and not state.busy:
        panes.draw_invitation(surface, places, theme)

"""Sliders: a track with its knob, below a label and the value."""

from __future__ import annotations

import pygame

from nanopiano.gui.draw.palette import blend
from nanopiano.gui.draw.text import write
from nanopiano.gui.draw.theme import Theme
from nanopiano.gui.state.app_state import AppState
from nanopiano.gui.state.controls import SLIDERS
from nanopiano.gui.state.view import Rect
from nanopiano.gui.window.layout import Layout, track_of

LABEL_SIZE, VALUE_SIZE = 13, 14  # pixels at scale 1
PANEL_SLIDERS = ("temperature", "words", "top_k", "bpm")
KNOB = 7  # pixels: radius


def draw_labelled(
    surface: pygame.Surface, rect: Rect, name: str, places: Layout, state: AppState, theme: Theme
) -> None:
    """Draw a slider below its label and its value."""
    left, top, width, _ = rect
    slider, px = SLIDERS[name], places.px
    track = track_of(rect, places.scale)
    middle = (top + track[1]) / 2 + px(1)
    write(surface, slider.label, (left, middle), px(LABEL_SIZE), theme.dim, (0.0, 0.5))
    value = slider.show(state.bpm if name == "bpm" else getattr(state.controls, name))
    write(surface, value, (left + width, middle), px(VALUE_SIZE), theme.text, (1.0, 0.5))
    draw_slider(surface, track, name, places, state, theme)


def draw_slider(surface: pygame.Surface, track: Rect, name: str, places: Layout, state: AppState, theme: Theme) -> None:
    """Draw a track with its knob; what is to the left of the knob is filled."""
    left, top, width, height = track
    middle, knob = top + height // 2, places.px(KNOB)
    x = slider_x(track, name, state, places)
    thick = max(places.px(4), 2)
    pygame.draw.rect(surface, theme.line, (left, middle - thick // 2, width, thick), border_radius=thick)
    filled = blend(theme.panel, theme.accent, 0.75)
    pygame.draw.rect(surface, filled, (left, middle - thick // 2, x - left, thick), border_radius=thick)
    pygame.draw.circle(surface, theme.panel, (x, middle), knob + 2)
    pygame.draw.aacircle(surface, theme.text, (x, middle), knob)


def slider_x(track: Rect, name: str, state: AppState, places: Layout) -> int:
    """Return where the knob stands."""
    slider, knob = SLIDERS[name], places.px(KNOB)
    share = slider.place(getattr(state.controls, name)) / (len(slider.values) - 1)
    return round(track[0] + knob + share * (track[2] - 2 * knob))


def slider_place(track: Rect, name: str, x: float, places: Layout) -> int:
    """Return the place (an index of the slider's values) that a pointer at `x` means; the inverse of `slider_x`."""
    knob, last = places.px(KNOB), len(SLIDERS[name].values) - 1
    share = (x - track[0] - knob) / (track[2] - 2 * knob)
    return round(min(max(share, 0.0), 1.0) * last)

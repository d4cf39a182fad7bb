"""Which part of the music is in view: a piece that comes is brought into it, one that grows is kept in it."""

from __future__ import annotations

from dataclasses import replace

from nanopiano.gui.state.app_state import AppState
from nanopiano.gui.state.view import Rect, View, notes_rect
from nanopiano.gui.window.frame import Furniture
from nanopiano.gui.window.layout import Layout
from nanopiano.music.piece import Piece

HANDLE_AT, LEAD = 0.8, 0.1  # shares of the width: where the handle of a prompt and the playhead stand at first
GROWING_LOW, GROWING_KEYS = 33.0, 64.0  # what is seen of the keyboard while nobody knows what will come


class Eyes:
    """They know what they looked at last."""

    def __init__(self) -> None:
        self._shown: str | None = None

    def at_what_is_new(self, state: AppState, furniture: Furniture) -> AppState:
        """Bring another piece into view; one that grows gets more keys where it needs them."""
        shown = state.current or (f"prompt {id(state.prompt.piece)}" if state.prompt else None)
        known, self._shown = shown == self._shown, shown
        piece, places = state.piece, furniture.places
        if piece is None or (known and not state.growing):
            return state
        area = notes_rect(places.roll, places.scale)
        view = state.view
        if not known:
            view = _first_view(state, piece, area, places.scale)
            if state.current is not None:
                furniture.takes.reveal(state.current, places, state)
        if state.growing and len(piece):
            view = _with_keys_of(view, piece, view.fit(piece, area))
        return replace(state, view=view)


def follow(state: AppState, places: Layout, seconds: float) -> AppState:
    """Let the view go with the playhead for some seconds."""
    if not (state.following and (state.playback.playing or state.playback.play_at is not None)):
        return state
    area = notes_rect(places.roll, places.scale)
    return replace(state, view=state.view.follow(state.position, area, seconds))


def _first_view(state: AppState, piece: Piece, area: Rect, scale: float) -> View:
    """Return what is seen of a piece that comes into view: its keys, and the bars about the playhead."""
    view = View(0.0, View().step_width * scale, GROWING_LOW, GROWING_KEYS)
    if not state.growing:
        view = replace(view.fit(piece, area), step_width=view.step_width)
    if state.current is None and state.prompt is not None:  # the handle shall be in sight
        return replace(view, step_width=min(view.step_width, HANDLE_AT * area[2] / state.prompt.step))
    left = state.position - LEAD * view.steps(area)
    scene = state.scene()
    return view.pan(max(left, 0.0), 0.0).within(scene.steps if scene else piece.steps, area)


def _with_keys_of(view: View, piece: Piece, fitted: View) -> View:
    """Return the view with more keys if notes lie outside of what is seen."""
    low, high = float(piece.pitches.min()), float(piece.pitches.max() + 1)
    if low >= view.low and high <= view.low + view.keys:
        return view
    bottom, top = min(view.low, fitted.low), max(view.low + view.keys, fitted.low + fitted.keys)
    return replace(view, low=bottom, keys=top - bottom)

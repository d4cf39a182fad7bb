"""The next state of the window from this one and an action, with what follows outside; no pygame."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from nanopiano.gui.state import composing, growing, keeping, models, playing
from nanopiano.gui.state.actions import (
    Action,
    Look,
    NoSound,
    Nudge,
    Reset,
    Say,
    Set,
    SetScale,
    SetSeed,
    Show,
    Surprise,
    Toggle,
)
from nanopiano.gui.state.app_state import AppState, Message
from nanopiano.gui.state.controls import SLIDERS, Value, surprise
from nanopiano.gui.state.events import Event
from nanopiano.gui.state.handlers import Handlers, Result, done
from nanopiano.model.sample import MAX_SEED

MOST_SCALE = 2.0
_SWITCHES = {
    "theme": ("dark", "light"),
    "mode": ("roll", "falling"),
    "colour_by": ("pitch class", "hand"),
    "expressive": (True, False),
    "original": (True, False),
    "takes_open": (True, False),
}

handlers = Handlers()


def update(state: AppState, action: Action | Event) -> Result:
    """Return the next state and the effects of an action. Raises KeyError for an action that nobody handles."""
    return _ALL[type(action)](state, action)


# --- sliders and switches --------------------------------------------------------------------------------------------


@handlers.on(Set)
def _set(state: AppState, action: Set) -> Result:
    return _with_control(state, action.name, SLIDERS[action.name].nearest(action.value))


@handlers.on(Nudge)
def _nudge(state: AppState, action: Nudge) -> Result:
    value = getattr(state.controls, action.name)
    return _with_control(state, action.name, SLIDERS[action.name].moved(value, action.places))


@handlers.on(Reset)
def _reset(state: AppState, action: Reset) -> Result:
    return _with_control(state, action.name, SLIDERS[action.name].default)


def _with_control(state: AppState, name: str, value: Value) -> Result:
    if getattr(state.controls, name) == value:
        return done(state)
    changes: dict[str, Any] = {name: value}
    state = replace(state, controls=replace(state.controls, **changes))
    return keeping.with_tempo(state) if name == "bpm" else done(state)


@handlers.on(Surprise)
def _surprise(state: AppState, action: Surprise) -> Result:
    now = surprise(state.controls, action.seed)
    if state.piece is not None:  # its tempo is its own
        now = replace(now, bpm=state.controls.bpm)
    top_k = "all choices open" if now.top_k is None else f"top-k {now.top_k}"
    state = replace(state, controls=now)
    text = f"Surprise: temperature {now.temperature:.2f}, {top_k}, {now.words:,} words at {state.bpm:.4g} BPM."
    return done(state, text)


@handlers.on(SetSeed)
def _set_seed(state: AppState, action: SetSeed) -> Result:
    if action.seed is not None and not 0 <= action.seed <= MAX_SEED:
        return done(state, f"{action.seed} is no seed: type a whole number from 0 to {MAX_SEED}.", error=True)
    return done(replace(state, seed=action.seed))


@handlers.on(Toggle)
def _toggle(state: AppState, action: Toggle) -> Result:
    if action.what == "loop":
        if state.region is None:
            return done(state, "Mark some bars first: drag along the bar numbers above the roll.")
        return done(replace(state, loop=not state.loop))
    one, other = _SWITCHES[action.what]
    changes: dict[str, Any] = {action.what: other if getattr(state, action.what) == one else one}
    return done(replace(state, **changes))


@handlers.on(SetScale)
def _set_scale(state: AppState, action: SetScale) -> Result:
    return done(replace(state, ui_scale=min(max(action.scale, 1.0), MOST_SCALE)))


@handlers.on(Show)
def _show(state: AppState, action: Show) -> Result:
    state = replace(state, dialog=None if action.dialog == state.dialog else action.dialog)
    return models.looked_for(state) if state.dialog == "models" else done(state)


@handlers.on(Say)
def _say(state: AppState, action: Say) -> Result:
    return done(replace(state, message=Message(action.text, action.error)))


@handlers.on(NoSound)
def _no_sound(state: AppState, action: NoSound) -> Result:
    return done(replace(state, no_sound=action.why))


@handlers.on(Look)
def _look(state: AppState, action: Look) -> Result:
    return done(replace(state, view=action.view, following=action.following))


_ALL = {
    kind: handler
    for room in (handlers, models.handlers, composing.handlers, growing.handlers, playing.handlers, keeping.handlers)
    for kind, handler in room.table.items()
}  # fmt: skip

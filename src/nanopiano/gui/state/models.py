"""Which model composes: it is chosen, loads beside the window, and composes; or the one before goes on."""

from __future__ import annotations

from dataclasses import replace

from nanopiano.gui.state.actions import ListModels, LoadModel, ModelsListed, UseModel
from nanopiano.gui.state.app_state import AppState
from nanopiano.gui.state.composing import cancel
from nanopiano.gui.state.events import NoModel, Ready
from nanopiano.gui.state.handlers import Handlers, Result, done
from nanopiano.gui.state.model_facts import model_name
from nanopiano.model.store import DEFAULT_MODEL

handlers = Handlers()


def looked_for(state: AppState) -> Result:
    """Let the models be listed anew: one may have been made meanwhile."""
    return done(state, None, ListModels(state.given_model))


@handlers.on(ModelsListed)
def _listed(state: AppState, action: ModelsListed) -> Result:
    return done(replace(state, models=action.models))


@handlers.on(UseModel)
def _use(state: AppState, action: UseModel) -> Result:
    model, name = action.model, model_name(action.model)
    problem = next((one.problem for one in state.models or () if one.model == model), "")
    if problem:
        return done(state, f"“{name}” cannot be used: {problem}", error=True)
    state = replace(state, dialog=None)
    if model == (state.loading or state.model):
        return done(replace(state, kept_model=model), None if state.loading else f"“{name}” composes already.")
    state, effects = cancel(replace(state, loading=model))
    return done(state, "", *effects, LoadModel(model))


@handlers.on(Ready)
def _ready(state: AppState, event: Ready) -> Result:
    """Go on with the model that is loaded. Only one that was chosen in the window is said, and kept."""
    first = state.model is None and state.no_model is None
    state = replace(state, model=event.model, no_model=None)
    if state.loading != event.model:
        return done(state)
    state = replace(state, loading=None)
    if event.model == state.given_model and first:
        return done(state)
    return done(replace(state, kept_model=event.model), None if first else f"“{model_name(event.model)}” composes now.")


@handlers.on(NoModel)
def _no_model(state: AppState, event: NoModel) -> Result:
    """Go on with what composed before; where nothing did, with the model of the package, unless another was given."""
    model, name = event.model, model_name(event.model)
    if state.loading not in (None, model):  # another was chosen since
        return done(state)
    state = replace(state, loading=None)
    if state.model not in (None, model):
        assert state.model is not None
        before = model_name(state.model)
        return done(state, f"“{before}” goes on composing, since “{name}” cannot be used: {event.message}", error=True)
    if model in (state.given_model, DEFAULT_MODEL):
        return done(replace(state, model=None, no_model=event.message), event.message, error=True)
    said = f"“{DEFAULT_MODEL}” composes, since “{name}” cannot be used: {event.message}"
    return done(
        replace(state, model=None, no_model=None, loading=DEFAULT_MODEL), said, LoadModel(DEFAULT_MODEL), error=True
    )

"""What the list of takes does to the state."""

from __future__ import annotations

from dataclasses import replace

from nanopiano.gui.actions import Discard, Export, Forget, Keep, Pin, Rename, Save, Select, TakesLoaded, Undo
from nanopiano.gui.controls import SLIDERS
from nanopiano.gui.handlers import Handlers, Result, done
from nanopiano.gui.state import AppState
from nanopiano.gui.takes import Take

handlers = Handlers()


def with_take(state: AppState, take: Take) -> AppState:
    """Return the state with this take in place of the one with the same id, or added."""
    others = tuple(other for other in state.takes if other.id != take.id)
    return replace(state, takes=tuple(sorted((*others, take), key=lambda one: one.id)))


def with_tempo(state: AppState) -> Result:
    """Give the take that is shown the tempo of the slider."""
    take = state.take
    if take is None or state.growing:
        return done(state)
    take = replace(take, piece=replace(take.piece, bpm=float(state.controls.bpm)))
    return done(with_take(state, take), None, Keep(take))


def shown(state: AppState, take: Take | None) -> AppState:
    """Return the state with this take in view, at its tempo; the playhead stays, so that takes can be compared."""
    if take is None:
        return replace(state, current=None, region=None, loop=False)
    region = state.region if state.region and state.region[1] <= take.piece.bars * take.piece.grid.bar_steps else None
    bpm = SLIDERS["bpm"].nearest(take.piece.bpm)
    controls = replace(state.controls, bpm=int(bpm or state.controls.bpm))
    return replace(state, current=take.id, controls=controls, region=region, loop=state.loop and region is not None)


@handlers.on(Select)
def _select(state: AppState, action: Select) -> Result:
    take = state.take_of(action.take)
    return done(state if take is None else shown(state, take))


@handlers.on(Discard)
def _discard(state: AppState, action: Discard) -> Result:
    take = state.take_of(action.take)
    if take is None:
        return done(state)
    if state.job is not None and state.job.take == take.id:
        return done(state, f"“{take.name}” is still being composed: cancel first, then discard it.", error=True)
    place = state.takes.index(take)
    left = tuple(other for other in state.takes if other.id != take.id)
    state = replace(state, takes=left, discarded=(*state.discarded, take))
    if state.current == take.id:
        state = shown(state, left[min(place, len(left) - 1)] if left else None)
    return done(state, f"“{take.name}” is discarded. Ctrl+Z brings it back.", Forget(take.id))


@handlers.on(Undo)
def _undo(state: AppState, _: Undo) -> Result:
    if not state.discarded:
        return done(state, "There is no discarded take to bring back.")
    take = state.discarded[-1]
    state = shown(with_take(replace(state, discarded=state.discarded[:-1]), take), take)
    return done(state, f"“{take.name}” is back.", Keep(take))


@handlers.on(Rename)
def _rename(state: AppState, action: Rename) -> Result:
    take, name = state.take_of(action.take), " ".join(action.name.split())
    if take is None or not name or name == take.name:
        return done(state)
    take = replace(take, name=name)
    return done(with_take(state, take), None, Keep(take))


@handlers.on(Pin)
def _pin(state: AppState, action: Pin) -> Result:
    take = state.take_of(action.take)
    if take is None:
        return done(state)
    take = replace(take, pinned=not take.pinned)
    return done(with_take(state, take), None, Keep(take))


@handlers.on(TakesLoaded)
def _loaded(state: AppState, action: TakesLoaded) -> Result:
    for take in action.takes:
        state = with_take(state, take)
    if action.damaged:
        files = "1 file of a take was" if action.damaged == 1 else f"{action.damaged} files of takes were"
        return done(state, f"{files} damaged and set aside as .damaged in the folder of takes.", error=True)
    return done(state)


@handlers.on(Save)
def _save(state: AppState, action: Save) -> Result:
    piece, take = state.piece, state.take
    if piece is None:
        return done(state, "There is nothing to save yet: press Generate.")
    begin, end = (take.begin, take.end) if take else (0, None)
    folder = str(action.path.parent)
    return done(replace(state, folder=folder), None, Export(piece, begin, end, state.expressive, action.path))


def in_order(takes: tuple[Take, ...]) -> list[Take]:
    """Return takes as the list shows them: pinned first, then the newest."""
    return sorted(takes, key=lambda take: (take.pinned, take.id), reverse=True)

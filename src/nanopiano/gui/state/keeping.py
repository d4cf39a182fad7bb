"""What the list of takes does to the state."""

from __future__ import annotations

from dataclasses import replace

from nanopiano.gui.state.actions import (
    CancelJob,
    Discard,
    Effect,
    Export,
    Forget,
    Keep,
    Pin,
    Rename,
    Save,
    Select,
    Sound,
    TakesLoaded,
    Undo,
)
from nanopiano.gui.state.app_state import AppState, Playback
from nanopiano.gui.state.controls import SLIDERS, Controls
from nanopiano.gui.state.handlers import Handlers, Result, done
from nanopiano.gui.state.takes import Take

handlers = Handlers()


def with_takes(state: AppState, *takes: Take) -> AppState:
    """Return the state with these takes in place of those with the same ids, or added."""
    by_id = {take.id: take for take in (*state.takes, *takes)}
    return replace(state, takes=tuple(by_id[one] for one in sorted(by_id)))


def with_tempo(state: AppState) -> Result:
    """Give what is shown the tempo of the slider."""
    take, prompt = state.take, state.prompt
    if take is None:
        return done(state if prompt is None else replace(state, prompt=replace(prompt, bpm=state.controls.bpm)))
    take = replace(take, piece=replace(take.piece, bpm=float(state.controls.bpm)))
    return done(with_takes(state, take), None, Keep(take))


def take_shown(state: AppState, take: Take) -> AppState:
    """Return the state with this take in view, at its tempo.

    Playhead and marked bars stay, if the take has these bars, so that takes can be compared. What would have begun to
    play by itself does so no more.
    """
    if take.id == state.current:
        return state
    playback = replace(state.playback, play_at=None)
    state = replace(state, current=take.id, controls=_slid(state, take.piece.bpm), playback=playback)
    fits = state.region is not None and state.region[1] <= state.bars * state.bar_steps
    return state if fits else replace(state, region=None, loop=False)


def prompt_shown(state: AppState) -> AppState:
    """Return the state with the prompt in view at its tempo, or nothing if there is none; its sound must stop."""
    bpm = state.prompt.bpm if state.prompt else state.controls.bpm
    state = replace(state, current=None, controls=_slid(state, bpm), region=None, loop=False)
    return replace(state, playback=Playback(), following=True)


def _slid(state: AppState, bpm: float) -> Controls:
    """Return the controls with the slider of the tempo as near to one as it comes."""
    return replace(state.controls, bpm=int(SLIDERS["bpm"].nearest(bpm) or state.controls.bpm))


@handlers.on(Select)
def _select(state: AppState, action: Select) -> Result:
    take = state.take_of(action.take)
    return done(state if take is None else take_shown(state, take))


@handlers.on(Discard)
def _discard(state: AppState, action: Discard) -> Result:
    take = state.take_of(action.take)
    if take is None:
        return done(state)
    effects: list[Effect] = [Forget(take.id)]
    if state.job is not None and state.job.take == take.id:
        state = replace(state, job=None)
        effects.append(CancelJob())
    beside = _beside(state, take) if state.current == take.id else state.take
    left = tuple(other for other in state.takes if other.id != take.id)
    if beside is not None:
        state = take_shown(state, beside)
    elif state.current is not None:
        state = prompt_shown(state)
        effects.append(Sound("stop"))
    state = replace(state, takes=left, discarded=(*state.discarded, take))
    return done(state, f"“{take.name}” is discarded. Ctrl+Z brings it back.", *effects)


def _beside(state: AppState, take: Take) -> Take | None:
    """Return the take that stands below in the list, else the one above."""
    order = in_order(state.takes)
    place = order.index(take)
    return next(iter((*order[place + 1 :], *reversed(order[:place]))), None)


@handlers.on(Undo)
def _undo(state: AppState, _: Undo) -> Result:
    if not state.discarded:
        return done(state, "There is no discarded take to bring back.")
    take = state.discarded[-1]
    # In view it may be already, if it was loaded again meanwhile: it comes back as it was, at its tempo.
    state = replace(state, discarded=state.discarded[:-1], current=None)
    state = take_shown(with_takes(state, take), take)
    return done(state, f"“{take.name}” is back.", Keep(take))


@handlers.on(Rename)
def _rename(state: AppState, action: Rename) -> Result:
    take, name = state.take_of(action.take), " ".join(action.name.split())
    if take is None or not name or name == take.name:
        return done(state)
    take = replace(take, name=name)
    return done(with_takes(state, take), None, Keep(take))


@handlers.on(Pin)
def _pin(state: AppState, action: Pin) -> Result:
    take = state.take_of(action.take)
    if take is None:
        return done(state)
    take = replace(take, pinned=not take.pinned)
    return done(with_takes(state, take), None, Keep(take))


@handlers.on(TakesLoaded)
def _loaded(state: AppState, action: TakesLoaded) -> Result:
    state = with_takes(replace(state, takes=action.takes), *state.takes)
    if action.damaged:
        files = "1 file of a take was" if action.damaged == 1 else f"{action.damaged} files of takes were"
        return done(state, f"{files} damaged and set aside as .damaged in the folder of takes.", error=True)
    return done(state)


@handlers.on(Save)
def _save(state: AppState, action: Save) -> Result:
    shown = replace(state, current=action.take)
    piece, take = shown.piece, shown.take
    if piece is None:
        return done(state, "There is nothing to save yet: press Generate.")
    begin, end = (take.begin, take.end) if take else (0, None)
    folder = str(action.path.parent)
    return done(replace(state, folder=folder), None, Export(piece, begin, end, state.expressive, action.path))


def in_order(takes: tuple[Take, ...]) -> list[Take]:
    """Return takes as the list shows them: pinned first, then the newest."""
    return sorted(takes, key=lambda take: (take.pinned, take.id), reverse=True)

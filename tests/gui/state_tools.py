"""Pieces, takes and events for tests of the state: what the user does and what the composing process tells."""

from typing import TypeVar

from nanopiano.gui.state.actions import (
    Action,
    Compose,
    Effect,
    Generate,
    PromptGiven,
    Select,
    StartJob,
    TakesLoaded,
)
from nanopiano.gui.state.app_state import AppState
from nanopiano.gui.state.events import Event, Finished, Grown, Request
from nanopiano.gui.state.takes import Take
from nanopiano.gui.state.update import update
from nanopiano.music.piece import Piece

BAR = Piece.of([]).grid.bar_steps
MADE = "2026-11-22T12:00:00.000+00:00"
_E = TypeVar("_E", bound=Effect)


def some_piece(bars: int, bpm: float = 120.0, first_bar: int = 0) -> Piece:
    """A quarter note on every beat."""
    return Piece.of([(step, 60 + step % 12, 4) for step in range(first_bar * BAR, bars * BAR, 4)], bpm=bpm)


def some_take(name: str = "Take", bars: int = 8, bpm: float = 120.0, day: int = 1) -> Take:
    take_id = f"202611{day:02}T120000000000-0001"
    return Take(take_id, name, some_piece(bars, bpm), 0, None, 3, "new", "", {"words": 600}, MADE)


def after(state: AppState, *actions: Action | Event) -> AppState:
    """Return the state after all these."""
    for action in actions:
        state, _ = update(state, action)
    return state


def effects(state: AppState, action: Action | Event, kind: type[_E]) -> list[_E]:
    """Return the effects of this kind that an action has."""
    return [effect for effect in update(state, action)[1] if isinstance(effect, kind)]


def requested(state: AppState, action: Compose) -> Request:
    """Return the one request that an action sends to the composer."""
    (effect,) = effects(state, action, StartJob)
    return effect.request


def with_takes(*takes: Take, state: AppState | None = None) -> AppState:
    """Return a state with these takes, the last of them in view."""
    return after(state or AppState(), TakesLoaded(takes, 0), Select(takes[-1].id))


def with_song(bars: int = 12, bpm: float = 120.0, state: AppState | None = None) -> AppState:
    """Return a state with a song as the prompt, in view."""
    return after(state or AppState(), PromptGiven(some_piece(bars, bpm), "song", "Song", "A composer", "song-1"))


def generating(state: AppState | None = None, seed: int = 5) -> AppState:
    """Return a state in which Generate was pressed; no note has come yet."""
    return after(state or AppState(), Generate(seed, MADE))


def growing(state: AppState | None = None, bars: int = 1) -> AppState:
    """Return a state in which a new piece has grown to so many bars."""
    state = generating(state)
    return after(state, grown(state, bars))


def grown(state: AppState, bars: int, begin: int = 0, end: int | None = None) -> Grown:
    """Return what is told when the piece of the job has grown to so many bars; `begin` and `end` in steps."""
    assert state.job is not None
    request = state.job.request
    return Grown(request.number, some_piece(bars, request.bpm), begin, end, (bars - 1) * BAR, 0.5, 9 * bars)


def finished(state: AppState, bars: int, *, cancelled: bool = False) -> Finished:
    """Return what is told when the piece of the job has come to its end with so many bars."""
    assert state.job is not None
    request, take = state.job.request, state.take_of(state.job.take)
    begin, end = (take.begin, take.end) if take else (0, None)
    return Finished(request.number, some_piece(bars, request.bpm), begin, end, 500.0, cancelled)


def only_take(state: AppState) -> Take:
    """Return the take, of which there must be one."""
    (take,) = state.takes
    return take

"""What the buttons that compose do to the state: the prompt, and what is asked for."""

from __future__ import annotations

from dataclasses import replace

from nanopiano.gui.state.actions import (
    Cancel,
    CancelJob,
    Compose,
    ComposeAgain,
    Generate,
    GoOnFromHere,
    NewPiece,
    PromptGiven,
    Retry,
    SetPromptBars,
    ShowPrompt,
    Sound,
    StartJob,
)
from nanopiano.gui.state.app_state import SONG_BARS, AppState, Job, Message, Prompt, bars_begun
from nanopiano.gui.state.events import Request
from nanopiano.gui.state.handlers import Handlers, Result, done
from nanopiano.gui.state.keeping import prompt_shown
from nanopiano.music.piece import Piece

handlers = Handlers()
ONE_AT_A_TIME = "One piece at a time: wait until this one is composed, or cancel it."


# --- what to compose -------------------------------------------------------------------------------------------------


@handlers.on(NewPiece)
def _new_piece(state: AppState, _: NewPiece) -> Result:
    message = "Generate composes a new piece from nothing."
    if state.prompt is None or state.current is not None:
        return done(replace(state, prompt=None), message)
    return done(prompt_shown(replace(state, prompt=None)), message, Sound("stop"))


@handlers.on(PromptGiven)
def _prompt_given(state: AppState, action: PromptGiven) -> Result:
    if not len(action.piece):
        return done(state, f"“{action.name}” holds no notes to go on from: choose another.", error=True)
    bars = bars_begun(action.piece)
    bars = min(SONG_BARS, bars) if action.kind == "song" else bars
    prompt = Prompt(action.piece, bars, action.kind, action.name, action.piece.bpm, action.detail, action.song)
    detail = f" ({action.detail})" if action.detail else ""
    state = prompt_shown(replace(state, prompt=prompt, dialog=None))
    return done(state, f"“{action.name}”{detail}: Generate goes on after its bar {bars}.", Sound("stop"))


@handlers.on(ShowPrompt)
def _show_prompt(state: AppState, _: ShowPrompt) -> Result:
    if state.prompt is None or state.current is None:
        return done(state)
    message = f"“{state.prompt.name}”: drag the handle to choose how much of it is the prompt."
    return done(prompt_shown(state), message, Sound("stop"))


@handlers.on(SetPromptBars)
def _set_prompt_bars(state: AppState, action: SetPromptBars) -> Result:
    prompt = state.prompt
    if prompt is None:
        return done(state)
    bars = min(max(action.bars, 1), bars_begun(prompt.piece))
    word = "bar" if bars == 1 else "bars"
    return done(replace(state, prompt=replace(prompt, bars=bars)), f"The prompt is the first {bars} {word}.")


# --- the buttons -----------------------------------------------------------------------------------------------------


@handlers.on(Generate)
def _generate(state: AppState, action: Generate) -> Result:
    prompt = state.prompt
    if state.busy:
        return cancel(state)
    if prompt is None:
        return _start(state, action, "new", "New piece", "")
    return _start(state, action, prompt.kind, prompt.name, prompt.name, piece=prompt.piece, bars=prompt.bars)


@handlers.on(Retry)
def _retry(state: AppState, action: Retry) -> Result:
    last = state.last_job
    if last is None:
        return done(state, "There is nothing to try again yet: press Generate.")
    asked = replace(
        last.request, seed=action.seed, sampling=state.sampling, length=state.controls.length, bpm=state.bpm
    )
    return _begin(state, replace(last, request=asked, made=action.made))


@handlers.on(ComposeAgain)
def _compose_again(state: AppState, action: ComposeAgain) -> Result:
    piece, region = state.piece, state.region
    if state.busy:
        return done(state, ONE_AT_A_TIME)
    if piece is None or region is None:
        return done(state, "Mark the bars to compose again: drag along the bar numbers above the roll.")
    first, last = region[0] // state.bar_steps + 1, region[1] // state.bar_steps
    origin = _origin(state)
    bars = f"bar {first}" if first == last else f"bars {first}–{last}"
    return _start(state, action, "again", f"{origin}, {bars} again", origin, piece=piece, fill=(first, last))


@handlers.on(GoOnFromHere)
def _go_on(state: AppState, action: GoOnFromHere) -> Result:
    piece = state.piece
    if state.busy:
        return done(state, ONE_AT_A_TIME)
    bars = min(round(state.playback.position) // state.bar_steps, bars_begun(piece) if piece else 0)
    if bars < 1:
        return done(state, "Move the playhead to where the music shall go on differently: past the first bar.")
    origin = _origin(state)
    return _start(state, action, "on", f"{origin}, from bar {bars + 1}", origin, piece=piece, bars=bars)


@handlers.on(Cancel)
def _cancel(state: AppState, _: Cancel) -> Result:
    return cancel(state)


def cancel(state: AppState) -> Result:
    """Stop composing and keep what there is."""
    if state.job is None or state.job.cancelling:
        return done(state)
    playback = replace(state.playback, play_at=None)
    return done(replace(state, job=replace(state.job, cancelling=True), playback=playback), None, CancelJob())


def _origin(state: AppState) -> str:
    """Return the name of what is shown; of a take that was made from another one and names it, the name of that."""
    take = state.take
    if take is None:
        return state.prompt.name if state.prompt else ""
    return take.origin if take.kind in ("again", "on") and take.name.startswith(f"{take.origin}, ") else take.name


def _start(
    state: AppState, action: Compose, kind: str, name: str, origin: str, *,
    piece: Piece | None = None, bars: int | None = None, fill: tuple[int, int] | None = None,
) -> Result:  # fmt: skip
    """Begin to compose with what the sliders show."""
    request = Request(
        number=0, seed=action.seed if state.seed is None else state.seed, sampling=state.sampling,
        length=state.controls.length, bpm=state.bpm, prompt=piece, prompt_bars=bars, bars=fill,
    )  # fmt: skip
    return _begin(state, Job(request, kind, name, origin, action.made))


def _begin(state: AppState, job: Job) -> Result:
    number = state.number + 1
    job = replace(job, request=replace(job.request, number=number))
    playback = replace(state.playback, play_at=None)  # what is cut short now does not begin to play by itself
    state = replace(state, number=number, job=job, last_job=job, playback=playback, message=Message(""))
    return done(state, None, StartJob(job.request))

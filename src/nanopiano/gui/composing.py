"""What composing does to the state, from the button to the last note."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from nanopiano.gui.actions import (
    Cancel,
    CancelJob,
    Compose,
    ComposeAgain,
    Effect,
    Generate,
    GoOnFromHere,
    Keep,
    NewPiece,
    PromptGiven,
    Retry,
    SetPromptBars,
    ShowPrompt,
    Sound,
    SoundAt,
    StartJob,
)
from nanopiano.gui.controls import SLIDERS
from nanopiano.gui.handlers import Handlers, Result, done
from nanopiano.gui.jobs import Failed, Finished, Grown, NoModel, Ready, Request
from nanopiano.gui.keeping import with_take
from nanopiano.gui.state import SONG_BARS, AppState, Job, Message, Playback, Prompt
from nanopiano.gui.takes import Take
from nanopiano.music.piece import Piece

handlers = Handlers()
BARS_AHEAD = 2  # playing begins once so many bars are there
BARS_OF_PROMPT = 2  # of what stands before new music, so much is heard first


# --- what to compose -------------------------------------------------------------------------------------------------


@handlers.on(NewPiece)
def _new_piece(state: AppState, _: NewPiece) -> Result:
    return done(replace(state, prompt=None), "Generate composes a new piece from nothing.")


@handlers.on(PromptGiven)
def _prompt_given(state: AppState, action: PromptGiven) -> Result:
    prompt = Prompt(action.piece, 1, action.kind, action.name, action.detail, action.song)
    prompt = replace(prompt, bars=min(SONG_BARS, prompt.all_bars) if action.kind == "song" else prompt.all_bars)
    bpm = int(SLIDERS["bpm"].nearest(action.piece.bpm) or state.controls.bpm)
    state = replace(state, prompt=prompt, controls=replace(state.controls, bpm=bpm))
    detail = f" ({action.detail})" if action.detail else ""
    return _prompt_shown(state, f"“{action.name}”{detail}: Generate goes on from its bar {prompt.bars}.")


@handlers.on(ShowPrompt)
def _show_prompt(state: AppState, _: ShowPrompt) -> Result:
    if state.prompt is None or state.current is None:
        return done(state)
    return _prompt_shown(state, f"“{state.prompt.name}”: drag the handle to choose how much of it is the prompt.")


def _prompt_shown(state: AppState, message: str) -> Result:
    state = replace(state, current=None, region=None, loop=False, playback=Playback(), following=True, dialog=None)
    return done(state, message, Sound("stop"))


@handlers.on(SetPromptBars)
def _set_prompt_bars(state: AppState, action: SetPromptBars) -> Result:
    prompt = state.prompt
    if prompt is None:
        return done(state)
    bars = min(max(action.bars, 1), prompt.all_bars)
    word = "bar" if bars == 1 else "bars"
    return done(replace(state, prompt=replace(prompt, bars=bars)), f"The prompt is the first {bars} {word}.")


# --- the buttons -----------------------------------------------------------------------------------------------------


@handlers.on(Generate)
def _generate(state: AppState, action: Generate) -> Result:
    prompt = state.prompt
    if prompt is None:
        return _start(state, action, "new", "New piece", "")
    return _start(state, action, prompt.kind, prompt.name, prompt.name, piece=prompt.piece, bars=prompt.bars)


@handlers.on(Retry)
def _retry(state: AppState, action: Retry) -> Result:
    last = state.last_job
    if last is None:
        return done(state, "There is nothing to try again yet: press Generate.")
    asked = replace(last.request, seed=action.seed, sampling=state.controls.sampling, length=state.controls.length)
    return _begin(state, replace(last, request=asked, made=action.made))


@handlers.on(ComposeAgain)
def _compose_again(state: AppState, action: ComposeAgain) -> Result:
    piece, region = state.piece, state.region
    if piece is None or region is None:
        return done(state, "Mark the bars to compose again: drag along the bar numbers above the roll.")
    first, last = region[0] // state.bar_steps + 1, region[1] // state.bar_steps
    origin = state.take.name if state.take else state.prompt.name if state.prompt else ""
    bars = f"bar {first}" if first == last else f"bars {first}–{last}"
    return _start(state, action, "again", f"{origin}, {bars} again", origin, piece=piece, fill=(first, last))


@handlers.on(GoOnFromHere)
def _go_on(state: AppState, action: GoOnFromHere) -> Result:
    piece = state.piece
    bars = round(state.playback.position) // state.bar_steps
    if piece is None or bars < 1:
        return done(state, "Move the playhead to where the music shall go on differently: past the first bar.")
    name = state.take.name if state.take else state.prompt.name if state.prompt else ""
    prompt = Prompt(piece, 1, "on", name)
    prompt = replace(prompt, bars=min(bars, prompt.all_bars))
    return _start(state, action, "on", f"{name}, from bar {prompt.bars + 1}", name, piece=piece, bars=prompt.bars)


@handlers.on(Cancel)
def _cancel(state: AppState, _: Cancel) -> Result:
    if state.job is None:
        return done(state)
    return done(replace(state, job=replace(state.job, cancelling=True)), None, CancelJob())


def _start(
    state: AppState, action: Compose, kind: str, name: str, origin: str, *,
    piece: Piece | None = None, bars: int | None = None, fill: tuple[int, int] | None = None,
) -> Result:  # fmt: skip
    """Begin to compose with what the sliders show."""
    controls = state.controls
    request = Request(
        number=0, seed=action.seed if state.seed is None else state.seed, sampling=controls.sampling,
        length=controls.length, bpm=float(controls.bpm), prompt=piece, prompt_bars=bars, bars=fill,
    )  # fmt: skip
    return _begin(state, Job(request, kind, name, origin, action.made))


def _begin(state: AppState, job: Job) -> Result:
    number = state.number + 1
    job = replace(job, request=replace(job.request, number=number), take=None, edge=0, share=0.0, n_words=0)
    job = replace(job, cancelling=False)
    state = replace(state, number=number, job=job, last_job=job, message=Message(""))
    return done(state, None, StartJob(job.request))


# --- what the composing process tells --------------------------------------------------------------------------------


@handlers.on(Ready)
def _ready(state: AppState, event: Ready) -> Result:
    return done(replace(state, model=event.model, no_model=None))


@handlers.on(NoModel)
def _no_model(state: AppState, event: NoModel) -> Result:
    return done(replace(state, job=None, no_model=event.message), event.message, error=True)


@handlers.on(Grown)
def _grown(state: AppState, event: Grown) -> Result:
    job = state.job
    if job is None or job.request.number != event.number:
        return done(state)
    effects: list[Effect] = []
    first = job.take is None
    take = _take(state, job, event.piece, event.begin, event.end) if first else state.take_of(job.take)
    if take is None:
        return done(state)
    take = replace(take, piece=event.piece, begin=event.begin, end=event.end)
    job = replace(job, take=take.id, edge=event.edge, share=event.share, n_words=event.n_words)
    state = replace(with_take(state, take), job=job)
    if first:
        state, begin_at = _listening(state, take)
        effects += [Sound("pause"), SoundAt(begin_at)]
    effects.append(Keep(take))
    play_at = state.playback.play_at
    if play_at is not None and event.edge >= play_at:
        state = replace(state, playback=replace(state.playback, play_at=None, playing=True))
        effects.append(Sound("play"))
    return done(state, None, *effects)


@handlers.on(Finished)
def _finished(state: AppState, event: Finished) -> Result:
    job = state.job
    if job is None or job.request.number != event.number:
        return done(state)
    take = state.take_of(job.take)
    state = replace(state, job=None)
    if take is None:
        said = "Cancelled." if event.cancelled else "The model had nothing to say here: try again."
        return done(state, said)
    bpm = float(state.controls.bpm) if state.current == take.id else take.piece.bpm
    take = replace(
        take, piece=replace(event.piece, bpm=bpm), begin=event.begin, end=event.end, finished=not event.cancelled
    )
    state = with_take(state, take)
    effects: list[Effect] = [Keep(take)]
    if state.playback.play_at is not None:
        effects.append(Sound("play"))
        state = replace(state, playback=replace(state.playback, play_at=None, playing=True))
    return done(state, _summary(take, event), *effects)


@handlers.on(Failed)
def _failed(state: AppState, event: Failed) -> Result:
    if event.number and (state.job is None or state.job.request.number != event.number):
        return done(state)
    state = replace(state, job=None, playback=replace(state.playback, play_at=None))
    return done(state, f"Generation failed: {event.message}", error=True)


def _take(state: AppState, job: Job, piece: Piece, begin: int, end: int | None) -> Take:
    """Return the take that a job makes, from its first note on."""
    stamp = "".join(letter for letter in job.made if letter.isalnum())
    settings: dict[str, Any] = {name: getattr(state.controls, name) for name in ("temperature", "words", "top_k")}
    settings |= {name: getattr(state.controls, name) for name in ("top_p", "min_p", "bpm")}
    return Take(
        id=f"{stamp}-{job.request.number:04}", name=_fresh(state, job.name), piece=piece, begin=begin, end=end,
        seed=job.request.seed, kind=job.kind, origin=job.origin, settings=settings, made=job.made, finished=False,
    )  # fmt: skip


def _fresh(state: AppState, name: str) -> str:
    """Return the name, numbered from 2 on where a take has it."""
    known = {take.name for take in (*state.takes, *state.discarded)}
    return next(
        one for number in range(1, 100_000) if (one := name if number == 1 else f"{name} {number}") not in known
    )


def _listening(state: AppState, take: Take) -> tuple[AppState, float]:
    """Return the state with the growing take in view, to be played from a little before its new music on."""
    bar = take.piece.grid.bar_steps
    begin_at = float(max(take.begin // bar - BARS_OF_PROMPT, 0) * bar)
    play_at = take.begin + BARS_AHEAD * bar if take.end is None else take.end
    region = state.region if take.kind == "again" else None
    playback = Playback(position=begin_at, play_at=play_at)
    state = replace(state, current=take.id, region=region, loop=state.loop and region is not None)
    return replace(state, playback=playback, following=True), begin_at


def _summary(take: Take, event: Finished) -> str:
    new = take.piece.clip(take.begin, take.piece.steps if take.end is None else take.end)
    facts = f"{len(new):,} new notes, {take.piece.bars:,} bars, seed {take.seed}"
    if event.cancelled:
        return f"Cancelled: what was composed is kept ({facts})."
    return f"Generation complete! {facts}, {event.words_per_second:,.0f} words a second."

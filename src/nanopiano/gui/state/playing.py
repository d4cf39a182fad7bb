"""What playing does to the state."""

from __future__ import annotations

from dataclasses import replace

from nanopiano.gui.state.actions import Effect, Heard, Mark, PlayPause, Seek, SeekBars, Sound, SoundAt, Stop
from nanopiano.gui.state.app_state import AppState
from nanopiano.gui.state.handlers import Handlers, Result, done

handlers = Handlers()


@handlers.on(PlayPause)
def _play_pause(state: AppState, _: PlayPause) -> Result:
    playback, piece = state.playback, state.piece
    if piece is None:
        return done(state, "There is nothing to play yet: press Generate.")
    if playback.playing or playback.play_at is not None:
        return done(replace(state, playback=replace(playback, playing=False, play_at=None)), None, Sound("pause"))
    effects: tuple[Effect, ...] = (Sound("play"),)
    if playback.position >= piece.steps and not state.growing:
        effects = (SoundAt(0.0), *effects)
    return done(replace(state, playback=replace(playback, playing=True), following=True), None, *effects)


@handlers.on(Stop)
def _stop(state: AppState, _: Stop) -> Result:
    home = float(state.region[0]) if state.loop and state.region else 0.0
    playback = replace(state.playback, playing=False, waiting=False, position=home, play_at=None)
    job = replace(state.job, silent=True) if state.job and state.job.take is None else state.job
    return done(replace(state, playback=playback, following=True, job=job), None, Sound("stop"))


@handlers.on(Seek)
def _seek(state: AppState, action: Seek) -> Result:
    if state.piece is None:
        return done(state)
    step = min(max(action.step, 0.0), float(state.piece.steps))
    return done(replace(state, playback=replace(state.playback, position=step)), None, SoundAt(step))


@handlers.on(SeekBars)
def _seek_bars(state: AppState, action: SeekBars) -> Result:
    bar, position = state.bar_steps, state.position
    # Half a beat into a bar, one bar back means its beginning: so one step a bar is never too few.
    here = position // bar if action.bars > 0 else -((-position + bar / 8) // bar)
    return _seek(replace(state, following=True), Seek((here + action.bars) * bar))


@handlers.on(Mark)
def _mark(state: AppState, action: Mark) -> Result:
    if action.steps is None or state.piece is None:
        return done(replace(state, region=None, loop=False))
    bar = state.bar_steps
    first, last = (min(max(int(step // bar), 0), state.bars - 1) for step in sorted(action.steps))
    first = min(first, max(state.piece.bars, 1) - 1)  # past its last note a piece has nothing to compose again
    return done(replace(state, region=(first * bar, (last + 1) * bar)))


@handlers.on(Heard)
def _heard(state: AppState, action: Heard) -> Result:
    playback = replace(state.playback, position=action.position, playing=action.playing, waiting=action.waiting)
    return done(state if playback == state.playback else replace(state, playback=playback))

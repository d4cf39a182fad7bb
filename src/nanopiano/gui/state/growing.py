"""What the composing process tells, and what it does to the state: from the first note of a take to its last."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

from nanopiano.gui.state.actions import Effect, Keep, Sound, SoundAt
from nanopiano.gui.state.app_state import AppState, Job, Playback
from nanopiano.gui.state.events import Failed, Finished, Grown, Judged
from nanopiano.gui.state.handlers import Handlers, Result, done
from nanopiano.gui.state.keeping import with_takes
from nanopiano.gui.state.takes import Take
from nanopiano.music.piece import Piece

handlers = Handlers()
COMPLETE = "Generation complete!"
BARS_AHEAD = 2  # playing begins once so many bars are there
BARS_OF_PROMPT = 2  # of what stands before new music, so much is heard first


@handlers.on(Grown)
def _grown(state: AppState, event: Grown) -> Result:
    job = state.job
    if job is None or job.request.number != event.number:
        return done(state)
    effects: list[Effect] = []
    known = state.take_of(job.take)
    take = _grown_take(known or _new_take(state, job, event.piece), event)
    job = replace(job, take=take.id, edge=event.edge, share=event.share, n_words=event.n_words)
    state = replace(with_takes(state, take), job=job)
    if known is None:
        state = _listening(state, job, take)
        effects += [Sound("pause"), SoundAt(state.playback.position)]
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
    take = replace(_grown_take(take, event), finished=not event.cancelled)
    state = with_takes(state, take)
    effects: list[Effect] = [Keep(take)]
    if state.playback.play_at is not None:
        effects.append(Sound("play"))
        state = replace(state, playback=replace(state.playback, play_at=None, playing=True))
    return done(state, _summary(take, event), *effects)


@handlers.on(Judged)
def _judged(state: AppState, event: Judged) -> Result:
    """Keep with its take how original that is, and say it if the take is still the latest news."""
    # Numbers begin anew with every session: a take of an earlier one, which was told then, is not meant.
    made = [take for take in state.takes if take.id.endswith(_ending(event.number)) and "quoted" not in take.settings]
    take = max(made, key=lambda take: take.id, default=None)
    if take is None:
        return done(state)
    facts = {"longest_passage_notes": event.longest_passage_notes, "share_of_12": event.share_of_12}
    take = replace(take, settings={**take.settings, **facts, "quoted": event.quoted})
    state = with_takes(state, take)
    text = state.message.text
    news = take.id == state.current and text.startswith(COMPLETE) and not state.message.error
    return done(state, f"{text} {_quotation(event)}" if news else None, Keep(take))


@handlers.on(Failed)
def _failed(state: AppState, event: Failed) -> Result:
    if event.number == 0:  # of no request
        return done(state, f"{event.message[:1].upper()}{event.message[1:]}", error=True)
    if state.job is None or state.job.request.number != event.number:
        return done(state)
    state = replace(state, job=None, playback=replace(state.playback, play_at=None))
    return done(state, f"Generation failed: {event.message}", error=True)


def _new_take(state: AppState, job: Job, piece: Piece) -> Take:
    """Return the take that a job makes, when its first note has come. It gets the tempo of what is shown.

    Its id sorts by the time when it was asked for, wherever and in whatever time of the year.
    """
    request = job.request
    stamp = datetime.fromisoformat(job.made).astimezone(UTC).strftime("%Y%m%dT%H%M%S%f")
    settings: dict[str, Any] = {
        **asdict(request.sampling), "words": request.length.words, "bpm": request.bpm, "model": state.model,
    }  # fmt: skip
    return Take(
        id=f"{stamp}{_ending(request.number)}", name=_fresh(state, job.name),
        piece=replace(piece, bpm=state.bpm), begin=0, end=None, seed=request.seed, kind=job.kind,
        origin=job.origin, settings=settings, made=job.made, finished=False,
    )  # fmt: skip


def _ending(number: int) -> str:
    """Return how the id of the take ends that a request makes."""
    return f"-{number:04}"


def _quotation(event: Judged) -> str:
    if not event.longest_passage_notes:
        return "It shares no nine notes in a row with its training."
    return f"Longest passage also in training: {event.longest_passage_notes} notes, {event.quoted}."


def _grown_take(take: Take, event: Grown | Finished) -> Take:
    """Return the take with the music of an event, at the tempo that it has by now."""
    return replace(take, piece=replace(event.piece, bpm=take.piece.bpm), begin=event.begin, end=event.end)


def _fresh(state: AppState, name: str) -> str:
    """Return the name, numbered from 2 on where a take has it."""
    known = {take.name for take in (*state.takes, *state.discarded)}
    return next(
        one for number in range(1, 100_000) if (one := name if number == 1 else f"{name} {number}") not in known
    )


def _listening(state: AppState, job: Job, take: Take) -> AppState:
    """Return the state with the growing take in view, to be played from a little before its new music on."""
    bar = take.piece.grid.bar_steps
    play_at = take.begin + BARS_AHEAD * bar if take.end is None else take.end
    begin_at = float(max(take.begin // bar - BARS_OF_PROMPT, 0) * bar)
    playback = Playback(position=begin_at, play_at=None if job.cancelling or job.silent else play_at)
    region = None if take.end is None else (take.begin, take.end)
    state = replace(state, current=take.id, region=region, loop=state.loop and region is not None)
    return replace(state, playback=playback, following=True)


def _summary(take: Take, event: Finished) -> str:
    new = take.piece.clip(take.begin, take.piece.steps if take.end is None else take.end)
    facts = f"{len(new):,} new notes, {take.piece.bars:,} bars, seed {take.seed}"
    if event.cancelled:
        return f"Cancelled: what was composed is kept ({facts})."
    return f"{COMPLETE} {facts}, {event.words_per_second:,.0f} words a second."

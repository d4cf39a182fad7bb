"""Plays a score: play, pause, stop, seek, loop, tempo. No clock inside: time passes only as sound is rendered."""

import threading
from dataclasses import dataclass
from math import ceil, floor, inf
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nanopiano.audio.limiter import LATENCY, Limiter
from nanopiano.audio.room import Room
from nanopiano.audio.samples import RATE, Piano
from nanopiano.audio.score import Score
from nanopiano.audio.synth import Synth
from nanopiano.audio.voice import Stereo, Voice
from nanopiano.music.piece import DEFAULT_BPM

__all__ = ["LATENCY", "RATE", "Transport"]

State = Literal["stopped", "playing", "paused", "waiting", "ended"]
FADE = round(0.025 * RATE)  # frames from full sound to silence at a pause or stop, and back
SHORTEST_LOOP = 1.0  # steps
NEARLY = 1e-6  # frames, or steps, that rounding may be wrong by


@dataclass
class _Held:
    """A key that is down."""

    voice: Voice
    onset: float  # steps
    end: float  # even steps


class Transport:
    """Plays a score through a piano in a room. Safe to be told things by one thread while another one renders.

    What it is told counts from the next rendered frame on. Positions are steps. What is heard lies `LATENCY` frames
    behind what is rendered.
    """

    def __init__(self, piano: Piano) -> None:
        self._lock = threading.Lock()
        self._synth = Synth(piano)
        self._room = Room()
        self._limiter = Limiter()
        self._score = Score.empty()
        self._onsets = self._ends = np.zeros(0)  # of the score, in even steps
        self._state: State = "stopped"
        self._bpm = DEFAULT_BPM
        self._loop: tuple[float, float] | None = None
        self._volume = self._volume_now = 1.0
        self._origin = 0.0  # even steps; the position is `_frames` after it
        self._frames = 0
        self._next = 0  # the stroke to come
        self._struck = -inf  # onset (steps) of the last stroke, since the position last jumped
        self._held: list[_Held] = []
        self._gate = 0.0  # 0: nothing is let out, 1: all
        self._hush = False  # take all voices away before the next frame
        self._clear = False  # forget all that rings once the gate is shut

    # --- what it is told ---------------------------------------------------------------------------------------------

    def set_score(self, score: Score) -> None:
        """Play this score from where the position is; what sounds goes on if it is in it, else is released."""
        with self._lock:
            position = self._position()
            self._score = score
            self._onsets, self._ends = score.evens(score.onsets), score.evens(score.ends)
            self._anchor(position)
            self._find_next()
            for held in self._held:
                held.end = self._end_of(held)
            if self._state == "ended" and self._position() < score.end:
                self._state = "paused"
            elif self._state == "waiting":
                self._state = "playing"

    def play(self) -> None:
        """Play from the position; from the beginning (of the loop) after the end."""
        with self._lock:
            if self._state in ("playing", "waiting"):
                return
            inside = self._loop is None or self._loop[0] <= self._position() < self._loop[1]
            if self._state == "ended" or not inside:
                self._jump(self._home)
            self._state = "playing"
            self._hush = self._hush or self._clear
            self._clear = False

    def pause(self) -> None:
        """Fade out and keep what sounds for when it plays again."""
        with self._lock:
            if self._state in ("playing", "waiting"):
                self._state = "paused"

    def stop(self) -> None:
        """Fade out and go back to the beginning (of the loop)."""
        with self._lock:
            self._state = "stopped"
            self._clear = True
            self._held.clear()
            self._move(self._home)

    def seek(self, step: float) -> None:
        """Go to a step; what sounds fades, and what would sound there is not struck again."""
        with self._lock:
            self._jump(min(max(step, 0.0), self._score.end))
            if self._state == "ended":
                self._state = "paused"
            elif self._state == "waiting":
                self._state = "playing"

    @property
    def loop(self) -> tuple[float, float] | None:
        """The steps that are played again and again, or None."""
        return self._loop

    @loop.setter
    def loop(self, steps: tuple[float, float] | None) -> None:
        with self._lock:
            self._loop = steps if steps is None else (max(steps[0], 0.0), max(steps[1], steps[0] + SHORTEST_LOOP))
            if self._state == "waiting":
                self._state = "playing"

    @property
    def bpm(self) -> float:
        """The tempo in beats a minute."""
        return self._bpm

    @bpm.setter
    def bpm(self, bpm: float) -> None:
        with self._lock:
            self._anchor(self._position())
            self._bpm = bpm

    @property
    def volume(self) -> float:
        """The volume, 0 to 1, even to the ear: half of it sounds about half as loud."""
        return self._volume

    @volume.setter
    def volume(self, volume: float) -> None:
        self._volume = min(max(volume, 0.0), 1.0)

    # --- what it tells -----------------------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        """What it does: stopped, playing, paused, waiting (for the score to grow) or ended."""
        return self._state

    @property
    def playing(self) -> bool:
        """Whether it plays, or waits to play on."""
        return self._state in ("playing", "waiting")

    @property
    def waiting(self) -> bool:
        """Whether it waits at the edge of a score that is not complete."""
        return self._state == "waiting"

    @property
    def position(self) -> float:
        """The step up to which sound was rendered."""
        with self._lock:
            return self._position()

    @property
    def silent(self) -> bool:
        """Whether nothing rings any more but the room."""
        return self._synth.silent

    # --- sound -------------------------------------------------------------------------------------------------------

    def render(self, frames: int) -> NDArray[np.float32]:
        """Return the next frames, float32 [frames, 2], every sample between -0.89 and 0.89 (-1 dBFS)."""
        sound = np.zeros(frames, dtype=np.complex64)
        with self._lock:
            opening = self._state in ("playing", "waiting", "ended")
            live = frames if opening else min(frames, ceil(self._gate * FADE))
            self._prepare(opening)
            self._plan(live)
            volume = self._volume
        if live:
            gate = self._gate + np.arange(1, live + 1) * ((1 if opening else -1) / FADE)
            self._gate = float(np.clip(gate[-1], 0, 1))
            loudness = np.linspace(self._volume_now, volume, live + 1)[1:] ** 2
            sound[:live] = self._sound(live) * (np.clip(gate, 0, 1) * loudness).astype(np.float32)
        self._volume_now = volume
        if self._clear and self._gate < 1 / FADE:
            self._forget()
        return sound.view(np.float32).reshape(frames, 2)

    def _sound(self, frames: int) -> Stereo:
        dry = self._synth.render(frames)
        return self._limiter.limit(dry + self._room.answer(dry))

    def _prepare(self, opening: bool) -> None:
        """Carry out what a jump or a stop left to do."""
        if self._hush and self._gate < 1 / FADE:
            self._forget()
        elif self._hush:
            self._synth.take_away()
        self._hush = False
        if opening and self._synth.silent and self._gate < 1 / FADE:
            self._gate = 1.0  # nothing rings: the first stroke comes in full

    def _forget(self) -> None:
        for part in (self._synth, self._room, self._limiter):
            part.clear()
        self._clear = False
        self._gate = 0.0

    # --- time (under the lock) ---------------------------------------------------------------------------------------

    @property
    def _rate(self) -> float:
        """Even steps a frame."""
        return self._bpm * self._score.steps_per_beat / 60 / RATE

    @property
    def _home(self) -> float:
        return self._loop[0] if self._loop else 0.0

    def _position(self) -> float:
        return self._score.step(self._origin + self._frames * self._rate)

    def _anchor(self, step: float) -> None:
        """Count frames from a step on."""
        self._origin = self._score.even(step)
        self._frames = 0

    def _move(self, step: float) -> None:
        """Set the position."""
        self._anchor(step)
        self._struck = -inf
        self._find_next()

    def _jump(self, step: float) -> None:
        """Set the position and silence what sounds."""
        self._held.clear()
        self._hush = True
        self._move(step)

    def _find_next(self) -> None:
        """Find the stroke to come: the first one at or after the position that was not struck yet."""
        here = np.searchsorted(self._onsets, self._origin - NEARLY)
        self._next = int(max(here, np.searchsorted(self._score.onsets, self._struck, side="right")))

    def _end_of(self, held: _Held) -> float:
        """Return when a key goes up in the score, in even steps; -inf if the stroke is not in it."""
        onsets = self._score.onsets
        first, last = np.searchsorted(onsets, held.onset), np.searchsorted(onsets, held.onset, side="right")
        same = np.flatnonzero(self._score.pitches[first:last] == held.voice.pitch)
        return float(self._ends[first + same[0]]) if len(same) else -inf

    def _plan(self, frames: int) -> None:
        """Strike and release what falls into the next frames, and move the position on."""
        done = 0
        while done < frames and self._state in ("playing", "paused"):  # paused, while it fades
            border = self._border()
            to_border = self._frame(self._score.even(border)) - self._frames
            n = min(frames - done, max(to_border, 0))
            self._pass(n, self._synth.clock + done)
            done += n
            if n >= to_border and not self._reach(border, self._synth.clock + done):
                break

    def _border(self) -> float:
        """Return the step at which playing cannot just go on."""
        if self._loop is None:
            return self._score.end
        return self._loop[1] if self._score.complete else min(self._loop[1], self._score.end)

    def _reach(self, border: float, clock: int) -> bool:
        """Jump back in a loop, end, or wait at the edge; return whether playing goes on."""
        if self._loop is not None and border >= self._loop[1]:
            self._release_all(clock)
            self._move(self._loop[0])
            return True
        self._anchor(border)
        if self._score.complete:
            self._release_all(clock)
        if self._state == "playing":
            self._state = "ended" if self._score.complete else "waiting"
        return False

    def _release_all(self, clock: int) -> None:
        for held in self._held:
            held.voice.release(clock)
        self._held.clear()

    def _pass(self, frames: int, clock: int) -> None:
        """Let `frames` pass, of which the first is at `clock`."""
        end = self._frames + frames
        while self._next < len(self._onsets) and (at := self._frame(self._onsets[self._next])) < end:
            self._strike(self._next, clock + max(at - self._frames, 0))
            self._next += 1
        still_held = []
        for held in self._held:
            if (at := self._frame(held.end)) < end:
                held.voice.release(clock + max(at - self._frames, 0))
            elif held.voice.cut is None:
                still_held.append(held)
        self._held = still_held
        self._frames = end

    def _frame(self, even: float) -> int:
        """Return the frame since the origin in which an even time falls."""
        return floor(max((even - self._origin) / self._rate, -1.0) + NEARLY)

    def _strike(self, index: int, frame: int) -> None:
        score = self._score
        voice = self._synth.strike(int(score.pitches[index]), int(score.velocities[index]), frame)
        self._struck = float(score.onsets[index])
        if voice is not None:
            self._held.append(_Held(voice, self._struck, float(self._ends[index])))

"""Plays a score: play, pause, stop, seek, loop, tempo. No clock inside: time passes only as sound is rendered."""

import threading
from dataclasses import dataclass
from math import ceil, inf
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nanopiano.audio.limiter import LATENCY, Limiter
from nanopiano.audio.playhead import Playhead
from nanopiano.audio.room import Room
from nanopiano.audio.samples import RATE, Piano
from nanopiano.audio.score import Score
from nanopiano.audio.synth import Synth
from nanopiano.audio.voice import Stereo, Voice

__all__ = ["LATENCY", "RATE", "Transport"]

State = Literal["stopped", "playing", "paused", "waiting", "ended"]
FADE = round(0.025 * RATE)  # frames from full sound to silence at a pause or stop, and back
SHUT = 1 / FADE  # a gate below this is shut
SHORTEST_LOOP = 1.0  # steps


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
        self._head = Playhead()
        self._state: State = "stopped"
        self._volume = self._volume_now = 1.0
        self._held: list[_Held] = []
        self._gate = 0.0  # 0: nothing is let out, 1: all
        self._hush = False  # take all voices away before the next frame
        self._clear = False  # forget all that rings once the gate is shut
        # The steps where what was rendered last begins and ends, whatever is told meanwhile; for who renders.
        self.span = (0.0, 0.0)

    # --- what it is told ---------------------------------------------------------------------------------------------

    def set_score(self, score: Score) -> None:
        """Play this score from where the position is; what sounds goes on if it is in it, else is released."""
        with self._lock:
            self._head.set_score(score)
            for held in self._held:
                index = self._head.find(held.onset, held.voice.pitch)
                held.end = -inf if index is None else self._head.end_of(index)
            if self._state == "ended" and self._head.position < score.end:
                self._state = "paused"
            self._stop_waiting()

    def play(self) -> None:
        """Play from the position; from the beginning (of the loop) after the end."""
        with self._lock:
            if self._state in ("playing", "waiting"):
                return
            head = self._head
            over = head.score.complete and head.position >= head.border
            if self._state == "ended" or over or head.position < head.home:
                self._jump(head.home)
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
            self._head.jump(self._head.home)

    def seek(self, step: float) -> None:
        """Go to a step; what sounds fades, and what would sound there is not struck again."""
        with self._lock:
            self._jump(min(max(step, 0.0), self._head.score.end))
            if self._state == "ended":
                self._state = "paused"
            self._stop_waiting()

    def cut(self, heard: float | None = None) -> None:
        """Be silent from the next frame on, without a fade: what the ear still gets is faded by somebody else.

        If it has just paused, `heard` is the step where the ear is: there it plays on, as though the rest had not been
        rendered.
        """
        with self._lock:
            self._gate = 0.0
            if heard is not None and self._state == "paused":
                for held in self._held:
                    if held.onset > heard:
                        held.voice.take_away(self._synth.clock)
                self._held = [held for held in self._held if held.onset <= heard]
                self._head.jump(heard)

    @property
    def loop(self) -> tuple[float, float] | None:
        """The steps that are played again and again, or None."""
        return self._head.loop

    @loop.setter
    def loop(self, steps: tuple[float, float] | None) -> None:
        with self._lock:
            if steps is not None:
                begin = max(steps[0], 0.0)
                steps = (begin, max(steps[1], begin + SHORTEST_LOOP))
            self._head.loop = steps
            self._stop_waiting()

    @property
    def bpm(self) -> float:
        """The tempo in beats a minute."""
        return self._head.bpm

    @bpm.setter
    def bpm(self, bpm: float) -> None:
        with self._lock:
            self._head.bpm = bpm

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
            return self._head.position

    @property
    def silent(self) -> bool:
        """Whether nothing rings any more but the room."""
        return self._synth.silent

    # --- sound -------------------------------------------------------------------------------------------------------

    def render(self, frames: int) -> NDArray[np.float32]:
        """Return the next frames, float32 [frames, 2], every sample between -0.89 and 0.89 (-1 dBFS)."""
        sound = np.zeros(frames, dtype=np.complex64)
        with self._lock:
            open_ = self._state in ("playing", "waiting", "ended")
            live = frames if open_ else min(frames, ceil(self._gate * FADE))
            self._prepare(open_)
            begin = self._head.position
            self._plan(live)
            self.span = begin, self._head.position
            volume = self._volume
        if live:
            gate = self._gate + np.arange(1, live + 1) / (FADE if open_ else -FADE)
            self._gate = float(np.clip(gate[-1], 0, 1))
            loudness = np.linspace(self._volume_now, volume, live + 1)[1:] ** 2
            sound[:live] = self._sound(live) * (np.clip(gate, 0, 1) * loudness).astype(np.float32)
        self._volume_now = volume
        if self._clear and self._gate < SHUT:
            self._forget()
        return sound.view(np.float32).reshape(frames, 2)

    def _sound(self, frames: int) -> Stereo:
        dry = self._synth.render(frames)
        return self._limiter.limit(dry + self._room.answer(dry))

    def _prepare(self, opens: bool) -> None:
        """Carry out what a jump left to do."""
        if self._hush and self._gate < SHUT:
            self._forget()
        elif self._hush:
            self._synth.take_away()
        self._hush = False
        if opens and self._synth.silent and self._gate < SHUT:
            self._gate = 1.0  # nothing rings: the first stroke comes in full

    def _forget(self) -> None:
        for part in (self._synth, self._room, self._limiter):
            part.clear()
        self._clear = False
        self._gate = 0.0

    # --- time (under the lock) ---------------------------------------------------------------------------------------

    def _stop_waiting(self) -> None:
        """Play on, up to the border that there is now."""
        if self._state == "waiting":
            self._state = "playing"

    def _jump(self, step: float) -> None:
        """Set the position and silence what sounds."""
        self._held.clear()
        self._hush = True
        self._head.jump(step)

    def _plan(self, frames: int) -> None:
        """Strike and release what falls into the next frames, and move the position on."""
        done = 0
        while done < frames and self._state in ("playing", "paused"):  # paused, while it fades
            to_border = self._head.frames_to_border()
            n = min(frames - done, max(to_border, 0))
            self._pass(n, self._synth.clock + done)
            done += n
            if n >= to_border and not self._reach_border(self._synth.clock + done):
                return

    def _pass(self, frames: int, clock: int) -> None:
        """Let `frames` pass, of which the first is at `clock`."""
        score = self._head.score
        for index, wait in self._head.strokes(frames):
            pitch, velocity = int(score.pitches[index]), int(score.velocities[index])
            voice = self._synth.strike(pitch, velocity, clock + wait)
            if voice is not None:
                self._held.append(_Held(voice, float(score.onsets[index]), self._head.end_of(index)))
        still_held = []
        for held in self._held:
            if (wait := self._head.frames_to(held.end)) < frames:
                held.voice.release(clock + max(wait, 0))
            elif held.voice.cut is None:
                still_held.append(held)
        self._held = still_held
        self._head.advance(frames)

    def _reach_border(self, clock: int) -> bool:
        """Jump back in a loop, end, or wait at the edge; return whether playing goes on."""
        head = self._head
        looping = head.loop is not None and head.border >= head.loop[1]
        if looping or head.score.complete:
            for held in self._held:
                held.voice.release(clock)
            self._held.clear()
        if looping:
            head.jump(head.home)
            return True
        head.anchor(head.border)
        if self._state == "playing":
            self._state = "ended" if head.score.complete else "waiting"
        return False

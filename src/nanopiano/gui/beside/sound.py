"""The bridge to the sound: the transport is kept in step with the state, and reports where it is."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import perf_counter

from nanopiano.audio.output import Output, open_output
from nanopiano.audio.samples import Piano
from nanopiano.audio.score import score_of
from nanopiano.audio.transport import Transport
from nanopiano.gui.state.actions import Effect, Heard, Sound, SoundAt
from nanopiano.gui.state.app_state import AppState
from nanopiano.music.piece import NoteArray, Piece

ON_ITS_WAY = 0.3  # seconds after which what was rendered before a jump has been heard for sure
FAR_BARS, GIVE_AGAIN = 4, 0.5  # a growing piece known so many bars ahead is given every so many seconds
NEAR = 1.0  # steps within which it is what comes after the jump that is heard
_Known = tuple[NoteArray | None, bool, bool, int]  # notes, whether they grow and are played with expression, the edge


class Player:
    """Plays what the state shows."""

    def __init__(self) -> None:
        self.transport = Transport(Piano())
        self.output: Output = open_output(self.transport)
        self._playing: _Known = (None, False, False, 0)
        self._latest: Callable[[], None] | None = None  # gives it what has come since
        self._given = 0.0  # when it was given the score that it plays
        self._jumped = 0.0, 0.0  # to which step, and until when something else may still be on its way to the ear

    def follow(self, state: AppState) -> None:
        """Give the transport what the state says: tempo, volume, loop, notes."""
        transport, piece = self.transport, state.piece
        transport.volume = state.controls.volume
        transport.bpm = state.bpm
        loop = (float(state.region[0]), float(state.region[1])) if state.loop and state.region else None
        if transport.loop != loop:
            transport.loop = loop
        if piece is None:
            return
        edge = state.job.edge if state.job is not None and state.growing else None
        wanted = (piece.notes, state.growing, state.expressive, edge or 0)
        if self._playing[0] is wanted[0] and self._playing[1:] == wanted[1:]:
            return
        self._latest = partial(self._give, piece, wanted)
        if not self._knows_enough(state, edge):
            self._latest()

    def _give(self, piece: Piece, wanted: _Known) -> None:
        """Let the transport know a piece."""
        self._playing, self._given, self._latest = wanted, perf_counter(), None
        _, growing, expressive, edge = wanted
        self.transport.set_score(score_of(piece, expressive=expressive, edge=edge if growing else None))

    def _knows_enough(self, state: AppState, edge: int | None) -> bool:
        """Return whether a growing piece was given lately, and as far as nobody will hear until it is given again."""
        _, growing, expressive, known = self._playing
        if edge is None or not growing or expressive != state.expressive or edge < known:
            return False
        far = known - self.transport.position > FAR_BARS * state.bar_steps
        return far and perf_counter() - self._given < GIVE_AGAIN

    def carry_out(self, effect: Effect) -> None:
        """Play, pause, stop, or go to a step."""
        transport, was_playing, heard = self.transport, self.transport.playing, self.output.position
        if isinstance(effect, SoundAt):
            if self._latest is not None:  # in which the step may lie
                self._latest()
            transport.seek(effect.step)
        elif isinstance(effect, Sound):
            {"play": transport.play, "pause": transport.pause, "stop": transport.stop}[effect.verb]()
        if isinstance(effect, SoundAt) or transport.playing != was_playing:
            transport.cut(heard if effect == Sound("pause") else None)
            self.output.jump()
        if isinstance(effect, SoundAt) or effect == Sound("stop"):
            self._jumped = transport.position, perf_counter() + ON_ITS_WAY

    def heard(self) -> Heard:
        """Return what is heard now; after a jump where it leads, though what is on its way still sounds."""
        position, (step, until) = self.output.position, self._jumped
        if abs(position - step) < NEAR:
            self._jumped = 0.0, 0.0
        elif perf_counter() < until:
            position = step
        return Heard(position, self.transport.playing, self.transport.waiting)

    def close(self) -> None:
        """Be silent for good."""
        self.output.close()

"""What is played: the strokes of a piece in time, as a pianist would place them."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nanopiano.audio.performance import lead_of_melody, pace_of, shaped
from nanopiano.music.piece import Piece

Steps = NDArray[np.float64]


def _even() -> Steps:
    return np.ones(0)


@dataclass(frozen=True, eq=False)
class Score:
    """Strokes in order of onset. `end` is where the music ends or, not `complete`, how far it is known.

    `pace` says how fast each step from 0 on is played, 1 being the tempo; steps after the last have pace 1. Where
    time runs evenly, it counts `even` steps: what passes at the tempo in the time of one step.
    """

    onsets: Steps  # [n] steps
    ends: Steps  # [n] steps
    pitches: NDArray[np.int32]  # [n] MIDI numbers
    velocities: NDArray[np.int32]  # [n] 1..127
    end: float = 0.0  # steps
    complete: bool = True
    steps_per_beat: int = 4
    pace: Steps = field(default_factory=_even)

    @classmethod
    def empty(cls) -> "Score":
        """Return a score without music."""
        return cls(np.zeros(0), np.zeros(0), np.zeros(0, np.int32), np.zeros(0, np.int32))

    @cached_property
    def _evens(self) -> Steps:
        """The even time at each step that has a pace, and at the end of the last, [len(pace) + 1]."""
        return np.concatenate([[0.0], np.cumsum(1 / self.pace)])

    def even(self, step: float) -> float:
        """Return the even time at a step."""
        last = len(self.pace)
        if step >= last:
            return float(self._evens[-1] + step - last)
        return float(np.interp(step, np.arange(last + 1), self._evens))

    def step(self, even: float) -> float:
        """Return the step at an even time: the inverse of `even`."""
        last = len(self.pace)
        if even >= self._evens[-1]:
            return float(even - self._evens[-1] + last)
        return float(np.interp(even, self._evens, np.arange(last + 1)))

    def evens(self, steps: Steps) -> Steps:
        """Return the even time at each of [n] steps."""
        last = len(self.pace)
        return np.interp(steps, np.arange(last + 1), self._evens) + np.maximum(steps - last, 0.0)


def score_of(piece: Piece, *, expressive: bool = True, edge: int | None = None) -> Score:
    """Return what to play of a piece; `edge` says up to which step it is known, None that it is complete.

    Expressive, notes that say nothing of their loudness get one by rule (`music.expression`), and time breathes
    (`performance`). A piece that grows keeps what was played before its edge.
    """
    piece = piece.canonical()
    complete = edge is None
    end = piece.steps if edge is None else edge
    piece = piece.clip(0, end)
    onsets = piece.onsets.astype(np.float64)
    ends = onsets + piece.lengths
    pace = _even()
    if expressive:
        pace = pace_of(piece, end, complete)
        piece = shaped(piece, pace)
        onsets = onsets + lead_of_melody(piece)
    order = np.argsort(onsets, kind="stable")
    return Score(
        onsets[order],
        ends[order],
        piece.pitches[order],
        piece.notes[order, 3],
        float(end),
        complete,
        piece.grid.steps_per_beat,
        pace,
    )

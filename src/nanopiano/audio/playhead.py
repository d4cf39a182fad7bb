"""Where playing is in a score: which stroke comes in which frame, and where it cannot just go on."""

from collections.abc import Iterator
from math import floor, inf

import numpy as np

from nanopiano.audio.performance import LONGEST_LEAD
from nanopiano.audio.samples import RATE
from nanopiano.audio.score import Score
from nanopiano.music.piece import DEFAULT_BPM

NEARLY = 1e-6  # frames, or steps, that rounding may be wrong by
SAME = LONGEST_LEAD + NEARLY  # steps by which two onsets of one stroke differ at most; strokes of a key are 0.6 apart


class Playhead:
    """A position in a score that moves by whole frames. Positions are steps; `frames` count from the last jump.

    Frames are counted from an origin, not added up as steps: so the music is the same in blocks of any size.
    """

    def __init__(self) -> None:
        self.score = Score.empty()
        self.loop: tuple[float, float] | None = None
        self._onsets = self._ends = np.zeros(0)  # of the score, in even steps
        self._bpm = DEFAULT_BPM
        self._origin = 0.0  # even steps
        self._frames = 0  # the position is so many frames after the origin
        self._next = 0  # the stroke to come
        self._struck = -inf  # onset of the last stroke, since the position last jumped

    @property
    def position(self) -> float:
        """The step that comes next."""
        return self.score.step(self._origin + self._frames * self._rate)

    @property
    def home(self) -> float:
        """The step where playing begins."""
        return self.loop[0] if self.loop else 0.0

    @property
    def border(self) -> float:
        """The step at which playing cannot just go on: the end of the loop, or of what is known of the score."""
        if self.loop is None:
            return self.score.end
        return self.loop[1] if self.score.complete else min(self.loop[1], self.score.end)

    @property
    def bpm(self) -> float:
        """The tempo in beats a minute; a new one keeps the position."""
        return self._bpm

    @bpm.setter
    def bpm(self, bpm: float) -> None:
        if bpm != self._bpm:
            self.anchor(self.position)
            self._bpm = bpm

    @property
    def _rate(self) -> float:
        """Even steps a frame."""
        return self._bpm * self.score.steps_per_beat / 60 / RATE

    def set_score(self, score: Score) -> None:
        """Go on in another score, from the same position; no stroke that is past comes again."""
        position = self.position
        self.score = score
        self._onsets, self._ends = score.evens(score.onsets), score.evens(score.ends)
        self.anchor(position)
        self._find_next()

    def jump(self, step: float) -> None:
        """Go to a step."""
        self.anchor(step)
        self._struck = -inf
        self._find_next()

    def anchor(self, step: float) -> None:
        """Be at a step, exactly, without having passed anything."""
        self._origin = self.score.even(step)
        self._frames = 0

    def _find_next(self) -> None:
        """Find the first stroke at or after the position that was not struck yet."""
        here = np.searchsorted(self._onsets, self._origin - NEARLY)
        self._next = int(max(here, np.searchsorted(self.score.onsets, self._struck, side="right")))

    def frames_to(self, even: float) -> int:
        """Return in how many frames an even time comes; negative if it is past."""
        return floor(max((even - self._origin) / self._rate, -1.0) + NEARLY) - self._frames

    def frames_to_border(self) -> int:
        """Return in how many frames the border comes; negative if it is past."""
        return self.frames_to(self.score.even(self.border))

    def end_of(self, index: int) -> float:
        """Return the even time at which the key of a stroke goes up."""
        return float(self._ends[index])

    def find(self, onset: float, pitch: int) -> int | None:
        """Return the stroke of a key at a step, None if it is not in the score.

        At another tempo the same stroke has another lead of the melody, so its onset need not be quite the same.
        """
        first, last = (int(np.searchsorted(self.score.onsets, onset + lead)) for lead in (-SAME, SAME))
        same = np.flatnonzero(self.score.pitches[first:last] == pitch)
        return first + int(same[0]) if len(same) else None

    def strokes(self, frames: int) -> Iterator[tuple[int, int]]:
        """Yield the strokes of the next frames: which one, and in how many frames."""
        while self._next < len(self._onsets):
            wait = self.frames_to(self._onsets[self._next])
            if wait >= frames:
                return
            self._struck = float(self.score.onsets[self._next])
            yield self._next, max(wait, 0)
            self._next += 1

    def advance(self, frames: int) -> None:
        """Move on."""
        self._frames += frames

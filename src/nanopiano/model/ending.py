"""When a piece may end, and where it does.

END is masked until the length is reached. Then the piece goes on for a while, to END or to a closing bar line, and is
cut back to where the model found END likeliest. The mask does the closing, and a cut falls where END may stand, so any
output decodes.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nanopiano.errors import InputError
from nanopiano.music.grid import Grid
from nanopiano.music.listen import Listener
from nanopiano.music.vocab import END, FIRST_DURATION, WAIT

MAX_WORDS = 1_000_000
LEAST_EXTRA_BARS = 4  # what a piece gets at least, past its length, to find an end


@dataclass(frozen=True)
class Length:
    """How much new music is asked for: words, bars or seconds; the last needs the tempo. Raises InputError."""

    words: int | None = None
    bars: float | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        given = {name: value for name, value in vars(self).items() if value is not None}
        if len(given) != 1:
            raise InputError(f"give one of words, bars and seconds, not {' and '.join(given) or 'none of them'}")
        ((name, value),) = given.items()
        most = {"words": MAX_WORDS, "bars": MAX_WORDS / 8, "seconds": MAX_WORDS / 4}[name]
        if not 1 <= value <= most:
            raise InputError(f"a length of {value} {name} is out of range: expected 1 to {most:,.0f}")

    def steps(self, grid: Grid, bpm: float) -> int | None:
        """Return the steps asked for, None if words are."""
        if self.bars is not None:
            return round(self.bars * grid.bar_steps)
        if self.seconds is not None:
            return max(1, round(self.seconds / grid.seconds(1, bpm)))
        return None


class Place(NamedTuple):
    """Where a piece may end: how many of its words, and of the notes written since its length was reached, stay."""

    n_words: int
    n_notes: int


class Ending:
    """Masks END until the length is reached, closes the piece on a bar line later on, and finds the best end before.

    To close is to let no note sound past the line and to take a wait that leads there as the end. An end where
    something rings for a beat or more is better than any other, for nine in ten held-out pieces end so; among its like
    that one is best where the model finds END likeliest, the latest of equals.
    """

    def __init__(self, listener: Listener, length: Length, bpm: float, begin: int, *, free: bool = False) -> None:
        self.listener, self.begin, self.free = listener, begin, free
        self.grid = listener.vocab.grid
        self.words, self.steps = length.words, length.steps(self.grid, bpm)
        self.reached_at: int | None = None  # the step where the length was reached
        # The bar line on which the piece closes at the latest; what is asked for in words has one only once it is due.
        self.line = None if self.steps is None else self._bar_line(begin + self.steps + self._extra - 1)
        self.best: Place | None = None
        self._merit = (False, -math.inf)  # of the best place: whether something rings there, log chance of END
        self._may_end = False  # whether the event now being written might have been END

    @property
    def looking(self) -> bool:
        """Whether the length is reached, and the best end is being looked for."""
        return self.reached_at is not None

    @property
    def rings(self) -> bool:
        """Whether something sounds on for a beat or more."""
        return int(self.listener.until.max()) - self.listener.time >= self.grid.steps_per_beat

    def share(self, n_words: int) -> float:
        """Return how much of the length is written, 0 to 1."""
        if self.words is not None:
            return min(n_words / self.words, 1.0)
        return min(max(self.listener.time - self.begin, 0) / (self.steps or 1), 1.0)

    def restrict(self, mask: NDArray[np.bool_], n_words: int) -> None:
        """Take from `mask` what the length forbids, `n_words` new words having been written."""
        listener, time = self.listener, self.listener.time
        if self.reached_at is None and self.share(n_words) >= 1.0:
            self.reached_at = max(time, self.begin)
        if listener.head is None:
            mask[END] &= self.free or self.reached_at is not None
            self._may_end = bool(mask[END])
            if self.line is None and self._overdue(n_words):
                self.line = self._bar_line(time)
            if self.line is not None:
                mask[WAIT] &= self._may_end or self.line - time > 1
            mask[END] |= not mask.any()
        elif self.line is not None and listener.head != WAIT:
            mask[FIRST_DURATION + self.line - time :] = False
        elif self.line is not None and not self._may_end:
            mask[FIRST_DURATION + self.line - time - 1 :] = False

    def weigh(self, log_chance: float, place: Place) -> None:
        """Compare a place where END may stand, and its chance there, with the best one so far."""
        merit = (self.rings, log_chance)
        if merit >= self._merit:
            self.best, self._merit = place, merit

    def ends_with(self, word: int) -> bool:
        """Return whether `word`, about to be read, is the length of a wait to the closing line, which means END."""
        if self.line is None or self.listener.head != WAIT or not self._may_end:
            return False
        return self.listener.time + word - FIRST_DURATION + 1 >= self.line

    @property
    def _extra(self) -> int:
        """The steps past its length that a piece gets to find an end."""
        return max(LEAST_EXTRA_BARS * self.grid.bar_steps, (self.steps or 0) // 10)

    def _bar_line(self, step: int) -> int:
        """Return the first bar line after `step`."""
        return (step // self.grid.bar_steps + 1) * self.grid.bar_steps

    def _overdue(self, n_words: int) -> bool:
        if self.words is None or self.reached_at is None:
            return False
        return self.listener.time >= self.reached_at + self._extra and n_words >= self.words + self.words // 10

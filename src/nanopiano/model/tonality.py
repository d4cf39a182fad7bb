"""The key that the music is in: notes foreign to it can be made rarer, or commoner, than the model has them.

A model errs in single notes, and each of its errors is music to it from then on: composed pieces use more pitch classes
than human ones and stand less firmly in a scale (docs/measures.md). A note is foreign here if its pitch class was not
heard for four bars, so nothing need be known of scales: minor, modal and chromatic music have their own. They are made
rarer, never forbidden, for music modulates; the temperature then acts on all words alike.
"""

import numpy as np
from numpy.typing import NDArray

from nanopiano.music.grid import LOWEST_PITCH, N_KEYS
from nanopiano.music.vocab import FIRST_DURATION, FIRST_PITCH

NEAR_BARS = 4  # in which a pitch class was heard, or it is foreign
FIRST_BARS = 2  # of a piece, in which nothing is foreign
NEVER = -(2**40)  # a step long before every piece
CLASS_OF = (np.arange(N_KEYS) + LOWEST_PITCH) % 12  # of every key


class Tonality:
    """Follows the notes and knows which pitch classes are foreign; in a fill, none of those that come after it is."""

    def __init__(self, bar_steps: int) -> None:
        self.near, self.first = NEAR_BARS * bar_steps, FIRST_BARS * bar_steps
        self._latest = np.full(12, NEVER)  # for each pitch class the step where it began last
        self._earliest: int | None = None  # the step where the first note began

    def hear(self, key: int, time: int) -> None:
        """Take in a note: its key, 0 to 87, and the step where it begins."""
        pitch_class = CLASS_OF[key]
        self._latest[pitch_class] = max(time, self._latest[pitch_class])
        if self._earliest is None:
            self._earliest = time

    def foreign(self, time: int) -> NDArray[np.bool_]:
        """Return which keys are foreign at a step, bool [88]."""
        latest = int(self._latest.max())
        if self._earliest is None or latest - self._earliest < self.first:
            return np.zeros(N_KEYS, dtype=bool)
        # While the music rests, or holds its notes, it stays where it was.
        return (min(time, latest) - self._latest > self.near)[CLASS_OF]

    def coloured(self, logits: NDArray[np.float32], times: float, time: int) -> NDArray[np.float32]:
        """Return logits [V] with the keys that are foreign at a step so many times as likely against other words."""
        if times == 1:
            return logits
        coloured = logits.copy()
        coloured[FIRST_PITCH:FIRST_DURATION] += np.log(np.float32(times)) * self.foreign(time)
        return coloured

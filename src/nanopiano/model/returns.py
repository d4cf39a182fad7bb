"""Themes that come back from afar: known while a piece is written, not taken for dullness, and helped on if so wished.

A model goes on with a theme that has begun to return, but in its own music, which has none yet, it hardly begins one,
and it leaves one sooner than people do (docs/measures.md). So words that go on with a passage from afar can be made
likelier than it finds them, by `Sampling.returns`; the temperature then acts on all words alike. What comes for the
third time, or from nearby, is left as it is, for that is how pieces get stuck.
"""

from array import array

import numpy as np
from numpy.typing import NDArray

SURE_WORDS = 32  # which stood in the piece before, in the same order, make what follows a return
FIRST_WORDS = 8  # make it one that may be helped on
FAR_BARS = 4  # from where it stood to where it stands again; nearer, music circles


class Returns:
    """Follows the words and knows where they return: as they stood in the piece once before, four bars ago or more."""

    def __init__(self, bar_steps: int, n_words: int) -> None:
        self.far, self.n_words = FAR_BARS * bar_steps, n_words
        self._words = array("H")
        self._times: list[int] = []
        self._ends: dict[bytes, int | None] = {}  # where each run of words ended; None if it came twice
        self.next: int | None = None  # the word that would go on with a return

    def hear(self, word: int, time: int) -> None:
        """Take in a word, which leads to step `time`."""
        self._words.append(word)
        self._times.append(time)
        self.next = None
        if len(self._words) >= self.n_words:
            run = self._words[-self.n_words :].tobytes()
            end = self._ends.get(run)
            if end is not None and time - self._times[end] >= self.far:
                self.next = self._words[end + 1]
            self._ends[run] = None if run in self._ends else len(self._words) - 1

    def helped(self, logits: NDArray[np.float32], times: float) -> NDArray[np.float32]:
        """Return logits [V] with the word that goes on with a return so many times as likely against any other."""
        if self.next is None or times == 1:
            return logits
        raised = logits.copy()
        raised[self.next] += np.log(np.float32(times))
        return raised

"""What followed where the last words stood before: how music that comes back is heard, however long ago it was.

A model's window holds some bars; a theme comes back after a page. So of the last 4, 8, 16 and 32 words the place where
they stood the last time is looked up in the whole piece, and the word that followed there is told: what comes next if
the music goes on as it did then. What comes next if it goes on like an earlier passage in another key, or like one that
it only resembles, is told too, as `music.moved` finds it. Copying from the longest match is the old way to predict by
partial matching (Cleary and Witten 1984); here the network is told and decides. `Memory` goes word by word; `recall`
computes the same for a whole sequence at once.
"""

import numpy as np
from numpy.typing import NDArray

from nanopiano.music.moved import N_MOVED, Moved, moved
from nanopiano.music.runs import Runs, places_after
from nanopiano.music.vocab import START
from nanopiano.music.words import Ids

LENGTHS = (4, 8, 16, 32)  # words looked up, doubling; two are a note or a wait


def n_recalled(also_moved: bool) -> int:
    """Return how many words are told after each."""
    return len(LENGTHS) + also_moved * N_MOVED


class Memory:
    """Reads words one by one and tells after each what comes next, should it be as it was before."""

    def __init__(self, also_moved: bool, bar_steps: int) -> None:
        self._runs, self._moved = Runs(LENGTHS), Moved(bar_steps) if also_moved else None

    def copy(self) -> "Memory":
        """Return another that knows the same and goes on by itself."""
        other = Memory(False, 1)
        other._runs, other._moved = self._runs.copy(), self._moved and self._moved.copy()
        return other

    def feed(self, word: int, time: int) -> list[int]:
        """Read one word, after which the time is `time` steps; return the words told, START for nothing.

        They are what followed the last 4, 8, 16 and 32 words the time before, then what `Moved` tells.
        """
        words = self._runs.codes
        told = [words[place] if place else START for place in self._runs.feed(word)]
        return told if self._moved is None else told + self._moved.feed(word, time)


def recall(ids: Ids, time: NDArray[np.int64], also_moved: bool, bar_steps: int) -> NDArray[np.int64]:
    """Return what a `Memory` tells after each of `ids` (uint16 [T], from the beginning of a piece); int64 [T, 4 or 11].

    time [T] in steps is that after each word, as `music.listen.hear` returns it.
    """
    places = places_after(ids, LENGTHS)
    told = np.where(places > 0, ids[places], START).astype(np.int64)
    return np.concatenate([told, moved(ids, time, bar_steps)], axis=1) if also_moved else told

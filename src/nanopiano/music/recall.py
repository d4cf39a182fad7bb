"""What followed where the last words stood before: how music that comes back is heard, however long ago it was.

A model's window holds some bars; a theme comes back after a page. So of the last 4, 8, 16 and 32 words the place where
they stood the last time is looked up in the whole piece, and the word that followed there is told: what comes next if
the music goes on as it did then. Copying from the longest match is the old way to predict by partial matching (Cleary
and Witten 1984); here the network is told and decides. `Memory` goes word by word; `recall` computes the same for a
whole sequence at once.
"""

from array import array
from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray

from nanopiano.music.vocab import START
from nanopiano.music.words import Ids

LENGTHS = (4, 8, 16, 32)  # words looked up, doubling; two are a note or a wait


class Memory:
    """Reads words one by one and tells after each what followed the last time."""

    def __init__(self) -> None:
        self._words = array("H")
        self._after: list[dict[bytes, int]] = [{} for _ in LENGTHS]  # runs of words -> the place after them

    def copy(self) -> "Memory":
        """Return another that knows the same and goes on by itself."""
        other = Memory()
        other._words, other._after = self._words[:], [after.copy() for after in self._after]
        return other

    def feed(self, word: int) -> list[int]:
        """Read one word; return what followed the last 4, 8, 16 and 32 words the time before (START: nothing)."""
        self._words.append(word)
        n, told = len(self._words), [START] * len(LENGTHS)
        for level, length in enumerate(LENGTHS[: bisect_right(LENGTHS, n)]):
            run = self._words[-length:].tobytes()
            if place := self._after[level].get(run):
                told[level] = self._words[place]
            self._after[level][run] = n
        return told


def recall(ids: Ids) -> NDArray[np.int64]:
    """Return what a `Memory` recalls after each of `ids` (uint16 [T], from the beginning of a piece); int64 [T, 4]."""
    told = np.full((len(ids), len(LENGTHS)), START, dtype=np.int64)
    rank, length = ids.astype(np.int64), 1  # equal numbers for equal runs of `length` words, by where they begin
    while length < LENGTHS[-1] and len(rank) > length:
        pairs = rank[:-length] * (int(rank.max()) + 1) + rank[length:]
        order = np.argsort(pairs, kind="stable")
        same = np.diff(pairs[order]) == 0
        length *= 2
        rank = np.empty_like(pairs)
        rank[order] = np.concatenate([[0], np.cumsum(~same)])
        if length in LENGTHS:
            earlier, later = order[:-1][same], order[1:][same]
            told[later + length - 1, LENGTHS.index(length)] = ids[earlier + length]
    return told

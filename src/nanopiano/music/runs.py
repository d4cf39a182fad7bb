"""Where the last words, or whatever stands for them, stood the time before: runs of some lengths, and their places.

`Runs` goes one by one; `places_after` computes the same for a whole sequence at once.
"""

from array import array
from bisect import bisect_right
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


class Runs:
    """Reads codes (0 to 65,535) one by one and tells after each where the last of them stood the time before."""

    def __init__(self, lengths: Sequence[int]) -> None:
        self.lengths = lengths
        self.codes = array("H")
        self._after: list[dict[bytes, int]] = [{} for _ in lengths]  # runs of codes -> the place after them

    def copy(self) -> "Runs":
        """Return others that know the same and go on by themselves."""
        other = Runs(self.lengths)
        other.codes, other._after = self.codes[:], [after.copy() for after in self._after]
        return other

    def feed(self, code: int) -> list[int]:
        """Read one code; for each length return the place after where the last so many stood the time before, or 0."""
        self.codes.append(code)
        n, places = len(self.codes), [0] * len(self.lengths)
        for level, length in enumerate(self.lengths[: bisect_right(self.lengths, n)]):
            run = self.codes[-length:].tobytes()
            places[level] = self._after[level].get(run, 0)
            self._after[level][run] = n
        return places


def places_after(codes: NDArray[np.uint16], lengths: Sequence[int]) -> NDArray[np.int64]:
    """Return what `Runs` tells after each of `codes` [T], of lengths that are powers of two; int64 [T, lengths].

    Runs of twice the length are pairs of runs, so that each doubling is a sort (Karp, Miller and Rosenberg 1972).
    """
    places = np.zeros((len(codes), len(lengths)), dtype=np.int64)
    rank, length = codes.astype(np.int64), 1  # equal numbers for equal runs of `length` codes, by where they begin
    while length < lengths[-1] and len(rank) > length:
        pairs = rank[:-length] * (int(rank.max()) + 1) + rank[length:]
        order = np.argsort(pairs, kind="stable")
        same = np.diff(pairs[order]) == 0
        length *= 2
        rank = np.empty_like(pairs)
        rank[order] = np.concatenate([[0], np.cumsum(~same)])
        if length in lengths:
            earlier, later = order[:-1][same], order[1:][same]
            places[later + length - 1, lengths.index(length)] = earlier + length
    return places

"""Which hand plays which note: a split of the keyboard that moves calmly through the piece.

All strokes of a step above the split are the right hand's, those below it the left hand's. Among all ways in which
the split may move, the one is taken that costs least, where these things cost: a hand that reaches further than an
octave, counting the keys that it still holds; hands so close that they are in each other's way; a split that moves;
and, so little that it only decides what nothing else does, a split far from middle C. The cheapest way is found by
dynamic programming (Viterbi's algorithm: Forney, "The Viterbi algorithm", Proc. IEEE 61 (1973) 268-278). The costs
are our own choice; hands that cross are not foreseen.
"""

import numpy as np
from numpy.typing import NDArray

from nanopiano.music.grid import HIGHEST_PITCH, LOWEST_PITCH
from nanopiano.music.piece import NoteArray

REACH = 12  # semitones between the outer fingers of a hand
ROOM = 5  # semitones between the hands
MIDDLE = 60  # middle C
# What a semitone too many (of reach), too few (of room), of moving, and away from the middle costs.
TOO_FAR, TOO_CLOSE, MOVING, OFF_MIDDLE = 1.0, 0.15, 0.5, 0.02
SPLITS = np.arange(LOWEST_PITCH, HIGHEST_PITCH + 2)  # the lowest key of the right hand, from all to none
MOVES = MOVING * np.arange(len(SPLITS))  # what moving there from the lowest split costs


class Hands:
    """The hands of a piece that may grow: what is known of its beginning is not computed again."""

    def __init__(self) -> None:
        self._notes: NoteArray = np.empty((0, 4), dtype=np.int32)
        self._totals: NDArray[np.float64] = np.empty((0, len(SPLITS)))  # the least cost of each split until then
        self._way: NDArray[np.intp] = np.empty(0, dtype=np.intp)  # the cheapest splits

    def right(self, notes: NoteArray) -> NDArray[np.bool_]:
        """Return for each canonical note whether the right hand plays it, bool [n]; see above."""
        steps, which = np.unique(notes[:, 0], return_inverse=True)
        known = int(np.searchsorted(steps, self._first_other(notes)))
        longest = notes[:, 2].max(initial=0)
        costs = [_cost(_sounding(notes, step, longest)) for step in steps[known:].tolist()]
        self._totals = _totals(self._totals[:known], costs)
        self._way = _way(self._totals, self._way[:known])
        self._notes = notes
        return np.asarray(notes[:, 1] >= SPLITS[self._way][which])

    def _first_other(self, notes: NoteArray) -> int:
        """Return the first step at which notes begin that are others than last time: until then all sounds alike."""
        both = min(len(notes), len(self._notes))
        same = (notes[:both, :3] == self._notes[:both, :3]).all(axis=1)
        first = both if same.all() else int(same.argmin())
        later = [int(some[first, 0]) for some in (notes, self._notes) if first < len(some)]
        return min(later, default=np.iinfo(np.int32).max)


def right_hand(notes: NoteArray) -> NDArray[np.bool_]:
    """Return for each canonical note whether the right hand plays it, bool [n]; see above."""
    return Hands().right(notes)


def _sounding(notes: NoteArray, step: int, longest: int) -> NDArray[np.int32]:
    """Return the pitches of the canonical notes, of `longest` steps at most, that sound at a step, int32 [keys]."""
    begin, end = np.searchsorted(notes[:, 0], (step - longest, step), side="right")
    near = notes[begin:end]
    return np.asarray(near[near[:, 0] + near[:, 2] > step, 1])


def _cost(pitches: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return what playing these keys (not none) at once costs for each split, float64 [splits]."""
    keys = np.sort(pitches)
    n_left = np.searchsorted(keys, SPLITS)
    last_left, first_right = keys[np.maximum(n_left - 1, 0)], keys[np.minimum(n_left, len(keys) - 1)]
    left_reach, right_reach = last_left - keys[0], keys[-1] - first_right
    both = (n_left > 0) & (n_left < len(keys))
    too_far = np.maximum(np.where(n_left > 0, left_reach, 0) - REACH, 0) + np.maximum(
        np.where(n_left < len(keys), right_reach, 0) - REACH, 0
    )
    too_close = both * np.maximum(ROOM - (first_right - last_left), 0)
    costs: NDArray[np.float64] = TOO_FAR * too_far + TOO_CLOSE * too_close + OFF_MIDDLE * np.abs(SPLITS - MIDDLE)
    return costs


def _totals(known: NDArray[np.float64], costs: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the least cost of being at each split at each time [times, splits], after times where it is known."""
    totals = np.concatenate([known, np.reshape(costs, (len(costs), len(SPLITS)))])
    for time in range(max(len(known), 1), len(totals)):
        before = totals[time - 1]
        upward = np.minimum.accumulate(before - MOVES) + MOVES
        downward = (np.minimum.accumulate((before + MOVES)[::-1]))[::-1] - MOVES
        totals[time] += np.minimum(upward, downward)
    return totals


def _way(totals: NDArray[np.float64], former: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the cheapest way as one index of a split for each time, [times].

    `former` is the way through the first of these times when they were all: once the new one meets it, going back in
    time, it goes on as it did.
    """
    way = np.empty(len(totals), dtype=np.intp)
    way[: len(former)] = former
    for time in range(len(totals) - 1, -1, -1):
        later = MOVES - MOVES[way[time + 1]] if time + 1 < len(totals) else 0 * MOVES
        split = (totals[time] + np.abs(later)).argmin()
        if time < len(former) and split == former[time]:
            break
        way[time] = split
    return way

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

from nanopiano.gui.state.view import sounding
from nanopiano.music.grid import HIGHEST_PITCH, LOWEST_PITCH
from nanopiano.music.piece import NoteArray

REACH = 12  # semitones between the outer fingers of a hand
ROOM = 5  # semitones between the hands
MIDDLE = 60  # middle C
# What a semitone too many (of reach), too few (of room), of moving, and away from the middle costs.
TOO_FAR, TOO_CLOSE, MOVING, OFF_MIDDLE = 1.0, 0.15, 0.5, 0.02
SPLITS = np.arange(LOWEST_PITCH, HIGHEST_PITCH + 2)  # the lowest key of the right hand, from all to none


def right_hand(notes: NoteArray) -> NDArray[np.bool_]:
    """Return for each canonical note whether the right hand plays it, bool [n]; see above."""
    if not len(notes):
        return np.zeros(0, dtype=bool)
    steps, which = np.unique(notes[:, 0], return_inverse=True)
    costs = np.stack([_cost(notes[sounding(notes, step), 1]) for step in steps.tolist()])
    return np.asarray(notes[:, 1] >= SPLITS[_cheapest(costs)][which])


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


def _cheapest(costs: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the cheapest way through costs [times, splits] as one index of a split for each time, [times]."""
    move = MOVING * np.arange(costs.shape[1])
    totals = costs.copy()
    for time in range(1, len(costs)):
        before = totals[time - 1]
        upward = np.minimum.accumulate(before - move) + move
        downward = (np.minimum.accumulate((before + move)[::-1]))[::-1] - move
        totals[time] += np.minimum(upward, downward)
    way = np.empty(len(costs), dtype=np.intp)
    way[-1] = totals[-1].argmin()
    for time in range(len(costs) - 1, 0, -1):
        way[time - 1] = (totals[time - 1] + np.abs(move - move[way[time]])).argmin()
    return way

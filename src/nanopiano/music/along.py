"""The earlier passage that music goes along with, higher or lower, and what comes next if it goes on along with it.

A passage is known by a lag (how long ago it was, in steps) and a move (by how many semitones the music now lies above
it). What stood there at the same time is told even where the music departs from it: a varied theme keeps its bass.
`Along` goes word by word; `along` computes the same for a whole sequence at once.
"""

from bisect import bisect_right, insort

import numpy as np
from numpy.typing import NDArray

from nanopiano.music.vocab import FILL, FIRST_DURATION, FIRST_PITCH, START, WAIT
from nanopiano.music.words import Ids

Ints = NDArray[np.int64]

ABOVE = 127  # more than any pitch word; a key of a note is its onset times 128, and the more the lower its pitch


def is_pitch(word: int) -> bool:
    """Whether a word is a pitch."""
    return FIRST_PITCH <= word < FIRST_DURATION


class Along:
    """Reads words one by one, and tells what comes next along with a passage."""

    def __init__(self) -> None:
        self._notes: dict[int, dict[int, int]] = {}  # onset, steps -> pitch word -> word of its duration
        self._moments: list[int] = []  # all times at which something may begin
        self._last = START

    def copy(self) -> "Along":
        """Return another that knows the same and goes on by itself."""
        other = Along()
        other._notes = {onset: notes.copy() for onset, notes in self._notes.items()}
        other._moments, other._last = self._moments[:], self._last
        return other

    def feed(self, word: int, time: int) -> None:
        """Read one word, after which the time is `time` steps."""
        if not self._moments or time > self._moments[-1]:
            self._moments.append(time)
        elif self._moments[bisect_right(self._moments, time) - 1] != time:
            insort(self._moments, time)
        self._before, self._last, self._time = self._last, word, time
        if word >= FIRST_DURATION and is_pitch(self._before):
            self._notes.setdefault(time, {})[self._before] = word

    def next(self, lag: int, move: int) -> int:
        """Return the word that comes next if the music goes along with what was `lag` > 0 steps ago, START if none."""
        then, word = self._time - lag, self._last
        if then < 0:
            return START
        notes = self._notes.get(then, {})
        if is_pitch(word):
            return notes.get(word - move, START)
        if word == WAIT:
            return FIRST_DURATION - 1 + self._moments[bisect_right(self._moments, then)] - then
        below = self._before if is_pitch(self._before) and word >= FIRST_DURATION else FIRST_DURATION + ABOVE
        left = [pitch + move for pitch in notes if pitch + move < below]
        return (max(left) if is_pitch(max(left)) else START) if left else WAIT


def along(ids: Ids, time: Ints, lag: Ints, move: Ints) -> Ints:
    """Return what `Along` tells after each of `ids` with each of n passages, START where its lag is 0; int64 [T, n].

    ids and time are [T], lag and move [T, n]; time and lag in steps.
    """
    told = np.full(lag.shape, START, dtype=np.int64)
    fill = np.flatnonzero(ids == FILL)[:1]
    for begin, end in zip([0, *fill], [*fill, len(ids)], strict=True):  # what fills a gap is not known before FILL
        told[begin:end] = _along(ids[:end].astype(np.int64), time[:end], lag[:end], move[:end])[begin:]
    return told


def _along(ids: Ints, time: Ints, lag: Ints, move: Ints) -> Ints:
    told = np.full(lag.shape, START, dtype=np.int64)
    heads = np.concatenate([[START], ids[:-1]])
    after_note = (ids >= FIRST_DURATION) & (heads >= FIRST_PITCH) & (heads < FIRST_DURATION)
    struck = np.flatnonzero(after_note)
    keys = time[struck] * (ABOVE + 1) + ABOVE - heads[struck]
    order = np.argsort(keys, kind="stable")
    keys, durations = np.append(keys[order], -1), np.append(ids[struck][order], START)  # the last stands for none
    moments = np.unique(time)
    then = time[:, None] - lag
    asked = (lag > 0) & (then >= 0)
    is_note, is_wait = (ids >= FIRST_PITCH) & (ids < FIRST_DURATION), ids == WAIT

    here = np.nonzero(asked & is_note[:, None])  # how long was it?
    key = then[here] * (ABOVE + 1) + ABOVE - np.clip(ids[here[0]] - move[here], 0, ABOVE)
    found = np.searchsorted(keys[:-1], key, "right") - 1
    told[here] = np.where(keys[found] == key, durations[found], START)

    here = np.nonzero(asked & is_wait[:, None])  # how long until the next thing?
    told[here] = FIRST_DURATION - 1 + moments[np.searchsorted(moments, then[here], "right")] - then[here]

    here = np.nonzero(asked & ~(is_note | is_wait)[:, None])  # is there a lower note?
    below = np.where(after_note[here[0]], np.clip(heads[here[0]] - move[here], 0, ABOVE), ABOVE)
    found = np.searchsorted(keys[:-1], then[here] * (ABOVE + 1) + ABOVE - below, "right")
    pitch = ABOVE - keys[found] % (ABOVE + 1) + move[here]
    there = keys[found] // (ABOVE + 1) == then[here]
    told[here] = np.where(there, np.where((pitch >= FIRST_PITCH) & (pitch < FIRST_DURATION), pitch, START), WAIT)
    return told

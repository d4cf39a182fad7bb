"""Which notes of a hand belong to which of its two voices.

One voice carries all as long as its notes come one after another or together. Where one is held while others move, the
hand is parted: the notes that are struck together by pitch, the upper ones to the upper voice. What two voices cannot
say is said by ties, so any music can be written. Among the ways to part the one is taken that needs the fewest ties,
crosses the voices least, and opens a second voice seldom: a beam search over the strokes, with costs of our own.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nanopiano.music.piece import NoteArray

WIDTH = 12  # ways that are followed at once
TIE, CROSSING, OPENING, GOING_ON, ALONE = 1.0, 0.5, 0.75, 0.1, 1.0

Held = tuple[tuple[int, int], ...]  # (end in steps, pitch) of the notes that a voice still holds


class _Way(NamedTuple):
    cost: float
    held: tuple[Held, Held]
    ended: int  # where the lower voice was heard last, in steps
    last: "_Way | None"  # the way until the stroke before
    upper: int  # how many notes of the last stroke the upper voice has


def part_voices(notes: NoteArray) -> NDArray[np.bool_]:
    """Return for each canonical note of a hand whether the lower voice has it, bool [n]."""
    if not len(notes):
        return np.empty(0, dtype=bool)
    begins = np.flatnonzero(np.diff(notes[:, 0], prepend=-1))
    strokes = np.split(notes, begins[1:])
    ways = [_Way(0.0, ((), ()), -1, None, 0)]
    for stroke in strokes:
        rows = [(onset + length, pitch) for onset, pitch, length, _ in stroke.tolist()]
        found = [_next(way, int(stroke[0, 0]), rows, upper) for way in ways for upper in range(len(rows), -1, -1)]
        best: dict[tuple[tuple[Held, Held], bool], _Way] = {}
        for way in sorted(found, key=lambda way: way.cost):
            best.setdefault((way.held, way.ended >= stroke[0, 0]), way)
        ways = list(best.values())[:WIDTH]
    lower = np.zeros(len(notes), dtype=bool)
    taken: _Way | None = ways[0]
    for begin, stroke in zip(begins[::-1], strokes[::-1], strict=True):
        assert taken is not None  # a way has one step for every stroke
        lower[begin + taken.upper : begin + len(stroke)] = True
        taken = taken.last
    return lower


def _next(way: _Way, now: int, rows: list[tuple[int, int]], upper: int) -> _Way:
    """Return the way on, in which the upper voice takes the first `upper` notes (highest first) of a stroke."""
    held = tuple(tuple(note for note in voice if note[0] > now) for voice in way.held)
    new = (rows[:upper], rows[upper:])
    cost = way.cost + TIE * sum(map(_ties, held, new))
    if new[1]:
        cost += GOING_ON if way.ended >= now else OPENING
        cost += ALONE * (not held[0] and not new[0])
        cost += CROSSING * any(pitch < new[1][0][1] for _, pitch in held[0])
    cost += CROSSING * bool(new[0] and any(pitch > new[0][-1][1] for _, pitch in held[1]))
    after = ((*held[0], *new[0]), (*held[1], *new[1]))
    return _Way(cost, after, max([way.ended, *(end for end, _ in new[1])]), way, upper)


def _ties(held: Held, new: list[tuple[int, int]]) -> int:
    """Return how many more ties a voice needs that holds some notes and strikes new ones."""
    if not new:
        return 0
    ends = {end for end, _ in new}
    before = {end for end, _ in held}
    cuts = sum(1 + sum(other < end for other in ends - before) for end, _ in held)
    return cuts + sum(sum(other < end for other in ends | before) for end, _ in new)

"""Notes in ticks -> notes on the grid, with the count of what that changed."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nanopiano.errors import InputError
from nanopiano.music.grid import MOST_BEATS, Grid
from nanopiano.music.piece import NoteArray, canonical_notes
from nanopiano.music.reading import NEAR

SMPTE = 0x8000  # this bit of the division says that the file counts seconds, not beats
# Microseconds in a frame of SMPTE time as (numerator, denominator), by frames a second; 29 stands for 29.97.
_FRAME = {24: (125_000, 3), 25: (40_000, 1), 29: (100_100, 3), 30: (100_000, 3)}


class Quantised(NamedTuple):
    """Notes in canonical form, and what became of them; counts are of notes."""

    notes: NoteArray
    restruck: int  # ended where their key is struck again
    doubled: int  # merged into a longer one of the same key and step
    cut: int  # longer than the longest word
    lengthened: int  # shorter than half a step
    mean_distance: float  # of the onsets from the grid, in steps
    on_grid: float  # share of onsets within NEAR


class Clock(NamedTuple):
    """How ticks become beats: a tick is `scale / parts` units, a beat is `per_beat` units."""

    per_beat: int
    scale: int = 1
    parts: int = 1

    @classmethod
    def of(cls, division: int, tempo: int) -> "Clock":
        """Return the clock of a header's division; SMPTE time (seconds) is made beats of `tempo` microseconds.

        Raises InputError for a division that says no time.
        """
        if division < SMPTE:
            clock = cls(division)
        else:
            scale, parts = _FRAME.get(256 - (division >> 8), (0, 0))
            clock = cls(tempo, scale, parts * (division & 0xFF))
        if not clock.per_beat or not clock.parts:
            raise InputError(f"its header is damaged: a time division of 0x{division:04x}; get the file again")
        return clock


def quantise(rows: list[tuple[int, int, int, int]], clock: Clock, grid: Grid) -> Quantised:
    """Put notes (start in ticks, pitch, length in ticks, velocity; at least one) on the grid by `Grid.step_at`.

    Raises InputError if the last note ends absurdly late.
    """
    beats = max(start + length for start, _, length, _ in rows) * clock.scale // (clock.parts * clock.per_beat)
    if beats > MOST_BEATS:
        raise InputError(f"its last note would end {beats:,} beats on, of at most {MOST_BEATS:,}: is it damaged?")
    raw = np.array(rows, dtype=np.int64)  # [n, 4]
    times = raw[:, [0, 2]] * clock.scale // clock.parts
    steps = (2 * grid.steps_per_beat * times + clock.per_beat) // (2 * clock.per_beat)  # Grid.step_at for all at once
    distance = np.abs(grid.steps_per_beat * times[:, 0] - clock.per_beat * steps[:, 0]) / clock.per_beat
    lengthened = int((steps[:, 1] == 0).sum())
    raw[:, [0, 2]] = steps
    near = float((distance <= NEAR).mean())
    return Quantised(*_canonical(raw.astype(np.int32), grid.longest), lengthened, float(distance.mean()), near)


def _canonical(raw: NDArray[np.int32], longest: int) -> tuple[NoteArray, int, int, int]:
    """Return canonical notes; how many were ended by a new stroke, merged, and cut to the longest length."""
    raw = raw[np.lexsort((-raw[:, 2], -raw[:, 1], raw[:, 0]))]
    notes = canonical_notes(raw, longest)
    first = np.ones(len(raw), dtype=bool)
    first[1:] = (raw[1:, :2] != raw[:-1, :2]).any(axis=1)
    shortened = raw[first, 2] > notes[:, 2]  # both are in the same order: by onset, highest pitch first
    cut = int((shortened & (notes[:, 2] == longest)).sum())
    return notes, int(shortened.sum()) - cut, len(raw) - len(notes), cut

"""Which part of a piece is seen and where on the screen it stands: numbers only, no pygame.

A rectangle is (left, top, width, height) in pixels of the surface. All lengths here are such pixels, whatever the
scale of the interface: who doubles the scale doubles `step_width`.
"""

from dataclasses import dataclass, replace
from math import ceil, exp, floor
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nanopiano.music.grid import HIGHEST_PITCH, LOWEST_PITCH, N_KEYS, Grid
from nanopiano.music.piece import NoteArray, Piece

Rect = tuple[int, int, int, int]  # left, top, width, height in pixels
ColourBy = Literal["pitch class", "hand"]

KEYBOARD = 44  # pixels, left of the notes
RULER = 20  # pixels, above them
FEWEST_KEYS = 12.0
NARROWEST, WIDEST = 0.02, 80.0  # pixels a step
SPARE_KEYS = 3  # above and below a piece that is made to fit
FIT_KEYS = 30.0  # shown at least
FIT_WIDEST = 12.0  # pixels a step: a short piece is not blown up beyond that
SPARE_SHARE = 0.5  # of the width may stay empty after the end
FOLLOWED = 0.1, 0.45  # of the width: following keeps the playhead between these
FOLLOW_SECONDS = 0.2  # after which a jump is made good to 63%


@dataclass(frozen=True)
class View:
    """The part of a piece that is seen. Every change returns a View within bounds."""

    left: float = 0.0  # step at the left edge
    step_width: float = 6.0  # pixels
    low: float = float(LOWEST_PITCH)  # pitch whose lower edge is the lower edge of the notes' area
    keys: float = float(N_KEYS)  # shown from there upward

    def x(self, step: float, rect: Rect) -> float:
        """Return where a step begins, in pixels."""
        return rect[0] + (step - self.left) * self.step_width

    def step(self, x: float, rect: Rect) -> float:
        """Return the step at `x`; the inverse of `x`."""
        return self.left + (x - rect[0]) / self.step_width

    def y(self, pitch: float, rect: Rect) -> float:
        """Return the lower edge of a key's row, which is the upper edge of the row below it, in pixels."""
        return rect[1] + rect[3] * (1 - (pitch - self.low) / self.keys)

    def pitch(self, y: float, rect: Rect) -> float:
        """Return the pitch at `y`; the inverse of `y`. Its floor is the key whose row lies there."""
        return self.low + self.keys * (1 - (y - rect[1]) / rect[3])

    def column(self, step: float, rect: Rect) -> int:
        """Return the whole pixel at which a step begins; see `columns`."""
        return round(step * self.step_width) + rect[0] - round(self.left * self.step_width)

    def columns(self, steps: NDArray[np.int_] | NDArray[np.int32], rect: Rect) -> NDArray[np.int64]:
        """Return the whole pixels at which steps begin, int64 of the same shape.

        The picture moves as a whole: the distance of two steps does not depend on `left`.
        """
        origin = rect[0] - round(self.left * self.step_width)
        return np.asarray(np.rint(steps * self.step_width), dtype=np.int64) + origin

    def steps(self, rect: Rect) -> float:
        """Return how many steps find room."""
        return rect[2] / self.step_width

    def multiples(self, apart: int, rect: Rect) -> NDArray[np.int_]:
        """Return the steps in sight that are multiples of `apart`, with one more at either side."""
        return np.arange(floor(self.left / apart), ceil((self.left + self.steps(rect)) / apart) + 1) * apart

    def zoom_time(self, factor: float, at_step: float) -> "View":
        """Return a view `factor` times as wide a step, in which `at_step` stays where it is."""
        width = min(max(self.step_width * factor, NARROWEST), WIDEST)
        left = at_step - (at_step - self.left) * self.step_width / width
        return replace(self, left=max(left, 0.0), step_width=width)

    def zoom_pitch(self, factor: float, at_pitch: float) -> "View":
        """Return a view with keys `factor` times as high, in which `at_pitch` stays where it is if there is room."""
        keys = min(max(self.keys / factor, FEWEST_KEYS), float(N_KEYS))
        low = at_pitch - (at_pitch - self.low) * keys / self.keys
        return replace(self, low=_low_within(low, keys), keys=keys)

    def pan(self, steps: float, pitches: float) -> "View":
        """Return a view that begins `steps` later and `pitches` higher."""
        return replace(self, left=max(self.left + steps, 0.0), low=_low_within(self.low + pitches, self.keys))

    def within(self, end: float, rect: Rect) -> "View":
        """Return a view in which the music, which ends at step `end`, fills at least half of the width."""
        last = max(end - (1 - SPARE_SHARE) * self.steps(rect), 0.0)
        return replace(self, left=min(self.left, last))

    def follow(self, playhead: float, rect: Rect, seconds: float) -> "View":
        """Return a view that has moved for `seconds` to where the playhead is neither late in it nor at its beginning.

        This view if it is so already. The distance to go shrinks exponentially, so it does not matter how many frames
        that takes.
        """
        early, late = (share * self.steps(rect) for share in FOLLOWED)
        goal = min(max(self.left, playhead - late), max(playhead - early, 0.0))
        if goal == self.left:
            return self
        return replace(self, left=goal + (self.left - goal) * exp(-seconds / FOLLOW_SECONDS))

    def fit(self, piece: Piece, rect: Rect) -> "View":
        """Return the view of a whole piece and of the keys that it needs; the empty one shows four bars, all keys."""
        width = rect[2] / max(piece.bars, 4) / piece.grid.bar_steps
        view = replace(self, left=0.0, step_width=min(max(width, NARROWEST), FIT_WIDEST))
        if not len(piece):
            return replace(view, low=float(LOWEST_PITCH), keys=float(N_KEYS))
        low, high = int(piece.pitches.min()) - SPARE_KEYS, int(piece.pitches.max()) + 1 + SPARE_KEYS
        keys = min(max(float(high - low), FIT_KEYS), float(N_KEYS))
        return replace(view, low=_low_within((low + high - keys) / 2, keys), keys=keys)


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything that is shown of a piece, times in steps. Pictures of `notes` are kept: never change it in place."""

    notes: NoteArray  # [n, 4] in canonical order
    grid: Grid
    begin: int = 0  # notes with onsets in [begin, end) are new music, in colours; the rest is prompt, grey
    end: int | None = None  # None: to the end
    playhead: float = 0.0
    playing: bool = False
    region: tuple[int, int] | None = None  # marked
    loop: bool = False  # the region is being looped
    handle: int | None = None  # where the prompt ends, while that can be chosen
    edge: int | None = None  # while composing: how far the music is known
    hover: tuple[float, float] | None = None  # (step, pitch) under the pointer
    colour_by: ColourBy = "pitch class"

    @property
    def steps(self) -> int:
        """How long the picture of the whole is: whole bars, at least four; eights while it grows, for calm."""
        last = max(int((self.notes[:, 0] + self.notes[:, 2]).max(initial=0)), self.edge or 0)
        unit = self.grid.bar_steps * (1 if self.edge is None else 8)
        return max(ceil(last / unit) * unit, 4 * self.grid.bar_steps)

    def is_new(self, notes: NoteArray) -> NDArray[np.bool_]:
        """Return which of these notes are new music, bool [n]."""
        new: NDArray[np.bool_] = notes[:, 0] >= self.begin
        return new if self.end is None else new & (notes[:, 0] < self.end)


def notes_rect(rect: Rect, scale: float = 1.0) -> Rect:
    """Return the area of the notes in a roll: right of the keyboard, below the ruler."""
    left, top, width, height = rect
    keyboard, ruler = round(KEYBOARD * scale), round(RULER * scale)
    return left + keyboard, top + ruler, max(width - keyboard, 1), max(height - ruler, 1)


def ruler_rect(rect: Rect, scale: float = 1.0) -> Rect:
    """Return the ruler of a roll, above its notes."""
    left, top, width, _ = notes_rect(rect, scale)
    return left, rect[1], width, top - rect[1]


def visible(notes: NoteArray, first: float, last: float) -> NDArray[np.intp]:
    """Return the indices of the canonical notes of which some part lies in the steps [first, last), in order."""
    onsets = notes[:, 0]
    longest = notes[:, 2].max(initial=0)
    begin, end = np.searchsorted(onsets, (first - longest, last))
    index = np.arange(begin, end)
    return index[onsets[begin:end] + notes[begin:end, 2] > first]


def sounding(notes: NoteArray, step: float) -> NDArray[np.intp]:
    """Return the indices of the canonical notes that sound at a time in steps."""
    return visible(notes, step, np.nextafter(step, np.inf))


def numbered_every(bar_width: float, least: float) -> int:
    """Return every how many bars there is a number, a power of two, if numbers are at least `least` pixels apart."""
    every = 1
    while every * bar_width < least:
        every *= 2
    return every


def _low_within(low: float, keys: float) -> float:
    return min(max(low, float(LOWEST_PITCH)), HIGHEST_PITCH + 1 - keys)

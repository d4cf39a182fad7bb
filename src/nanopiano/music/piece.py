"""A piece of music: notes in steps, with tempo and title."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nanopiano.errors import InputError
from nanopiano.music.grid import HIGHEST_PITCH, LOWEST_PITCH, Grid

DEFAULT_VELOCITY = 80  # mezzo-forte; what a written file says unless a performance asks for more
DEFAULT_BPM = 120.0  # what a MIDI file without a tempo means

NoteArray = NDArray[np.int32]  # [n, 4]: onset, pitch, length, velocity


class Note(NamedTuple):
    """One stroke of a key. `onset` and `length` in steps, `pitch` as MIDI number 21..108, `velocity` 1..127."""

    onset: int
    pitch: int
    length: int
    velocity: int = DEFAULT_VELOCITY


@dataclass(frozen=True, eq=False)
class Piece:
    """Notes on a grid. `notes` is int32 [n, 4]: onset, pitch, length, velocity; in order after `canonical`."""

    notes: NoteArray
    bpm: float = DEFAULT_BPM
    title: str = ""
    time_signature: tuple[int, int] = (4, 4)
    grid: Grid = field(default_factory=Grid)

    @classmethod
    def of(cls, notes: Iterable[Note | tuple[int, ...]], **facts: object) -> "Piece":
        """Build a canonical piece from notes in any order; `facts` are the other fields.

        Raises InputError for a note before step 0 or off the keyboard.
        """
        rows = [Note(*note) for note in notes]
        for note in rows:
            if note.onset < 0 or not LOWEST_PITCH <= note.pitch <= HIGHEST_PITCH:
                raise InputError(f"{note} is no note: expected onset 0 or later, pitch {LOWEST_PITCH}..{HIGHEST_PITCH}")
        array = np.array(rows, dtype=np.int32).reshape(-1, 4)
        return cls(array, **facts).canonical()  # type: ignore[arg-type]

    def __len__(self) -> int:
        return len(self.notes)

    def __iter__(self) -> Iterator[Note]:
        return (Note(*row) for row in self.notes.tolist())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Piece):
            return NotImplemented
        mine = (self.bpm, self.title, self.time_signature, self.grid)
        return mine == (other.bpm, other.title, other.time_signature, other.grid) and np.array_equal(
            self.notes, other.notes
        )

    __hash__ = None  # type: ignore[assignment]

    @property
    def onsets(self) -> NDArray[np.int32]:
        """Onsets in steps, int32 [n]."""
        return self.notes[:, 0]

    @property
    def pitches(self) -> NDArray[np.int32]:
        """MIDI numbers, int32 [n]."""
        return self.notes[:, 1]

    @property
    def lengths(self) -> NDArray[np.int32]:
        """Lengths in steps, int32 [n]."""
        return self.notes[:, 2]

    @property
    def steps(self) -> int:
        """The end of the last note to end, in steps."""
        return int((self.onsets + self.lengths).max(initial=0))

    @property
    def bars(self) -> int:
        """Bars begun, a bar being four beats counted from step 0."""
        return -(-self.steps // self.grid.bar_steps)

    @property
    def seconds(self) -> float:
        """The length of the piece at its tempo."""
        return self.grid.seconds(self.steps, self.bpm)

    def canonical(self) -> "Piece":
        """Return the piece in canonical form.

        Sorted by onset, highest pitch first; each pitch once a step (the longest wins, then the loudest); a note ends
        where its key is struck again; none is longer than the longest word.
        """
        return self.with_notes(canonical_notes(self.notes, self.grid.longest))

    def with_notes(self, notes: NoteArray) -> "Piece":
        """Return the same piece with other notes."""
        return replace(self, notes=notes)

    def clip(self, start: int, end: int) -> "Piece":
        """Return the notes with onsets in [start, end) steps, lengths kept, at the places where they stand."""
        return self.with_notes(self.notes[(self.onsets >= start) & (self.onsets < end)])

    def shift(self, steps: int) -> "Piece":
        """Return the piece moved by `steps`; raises InputError if a note would begin before step 0."""
        if len(self) and self.onsets.min() + steps < 0:
            raise InputError(f"cannot shift by {steps} steps: the first note begins at step {self.onsets.min()}")
        return self.with_notes(self.notes + np.array([steps, 0, 0, 0], dtype=np.int32))

    def transpose(self, semitones: int) -> "Piece":
        """Return the whole piece moved by `semitones`; raises InputError if a note would leave the keyboard."""
        if len(self):
            low, high = int(self.pitches.min()) + semitones, int(self.pitches.max()) + semitones
            if low < LOWEST_PITCH or high > HIGHEST_PITCH:
                raise InputError(
                    f"cannot transpose by {semitones}: pitches would span {low}..{high}, "
                    f"the keyboard has {LOWEST_PITCH}..{HIGHEST_PITCH}"
                )
        return self.with_notes(self.notes + np.array([0, semitones, 0, 0], dtype=np.int32))

    def stretch(self, numerator: int, denominator: int = 1) -> "Piece":
        """Return the piece with notes and rests `numerator / denominator` times as long.

        Raises InputError where an onset or a length would leave the grid, or a length pass the longest word.
        """
        if numerator < 1 or denominator < 1:
            raise InputError(f"cannot stretch by {numerator}/{denominator}: both must be at least 1")
        times = self.notes[:, [0, 2]].astype(np.int64) * numerator
        if (times % denominator).any():
            raise InputError(f"cannot stretch by {numerator}/{denominator}: a note would leave the grid")
        times //= denominator
        if (times[:, 1] > self.grid.longest).any():
            raise InputError(
                f"cannot stretch by {numerator}/{denominator}: a note would pass {self.grid.longest} steps"
            )
        notes = self.notes.copy()
        notes[:, [0, 2]] = times
        return self.with_notes(notes)


def canonical_notes(notes: NoteArray, longest: int) -> NoteArray:
    """Return `notes` (int32 [n, 4]) in canonical order and form; see `Piece.canonical`."""
    if not len(notes):
        return notes.reshape(0, 4).astype(np.int32)
    onset, pitch, length, velocity = notes.T
    by_key = notes[np.lexsort((-velocity, -length, onset, pitch))]
    first = np.ones(len(by_key), dtype=bool)
    first[1:] = (np.diff(by_key[:, 0]) != 0) | (np.diff(by_key[:, 1]) != 0)
    by_key = by_key[first]
    same_key = np.diff(by_key[:, 1]) == 0
    until_struck_again = np.where(same_key, np.diff(by_key[:, 0]), longest)
    by_key[:-1, 2] = np.minimum(by_key[:-1, 2], until_struck_again)
    by_key[:, 2] = np.clip(by_key[:, 2], 1, longest)
    return by_key[np.lexsort((-by_key[:, 1], by_key[:, 0]))]

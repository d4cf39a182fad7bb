"""The vocabulary: one ordered tuple of words, computed from the grid and nothing else."""

import hashlib
from collections.abc import Callable
from functools import cached_property, lru_cache

import numpy as np

from nanopiano.music.grid import HIGHEST_PITCH, LOWEST_PITCH, N_KEYS, Grid

START, END, WAIT, GAP, FILL = range(5)  # ids of the words that say no number
FIRST_PITCH = 5  # id of n21; the other keys follow
FIRST_DURATION = FIRST_PITCH + N_KEYS  # id of d1; the longer ones follow
SIGNS = ("START", "END", "sepxx", "GAP", "FILL")


class Vocabulary:
    """All words of a grid, numbered: signs, then 88 pitches from low to high, then durations from d1 up."""

    def __init__(self, grid: Grid | None = None) -> None:
        self.grid = grid or Grid()
        pitches = tuple(f"n{pitch}" for pitch in range(LOWEST_PITCH, HIGHEST_PITCH + 1))
        durations = tuple(f"d{steps}" for steps in range(1, self.grid.longest + 1))
        self.words: tuple[str, ...] = SIGNS + pitches + durations
        self.id_of = {word: number for number, word in enumerate(self.words)}

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def fingerprint(self) -> str:
        """A short name of exactly these words; it travels with every corpus and every model."""
        facts = f"{self.grid.steps_per_beat} {' '.join(self.words)}"
        return hashlib.sha256(facts.encode()).hexdigest()[:16]

    @cached_property
    def kinds(self) -> np.ndarray:
        """For every id the id that stands for its kind: a sign for itself, FIRST_PITCH, FIRST_DURATION; uint8 [V]."""
        kinds = np.arange(len(self), dtype=np.int64)
        kinds[FIRST_PITCH:FIRST_DURATION] = FIRST_PITCH
        kinds[FIRST_DURATION:] = FIRST_DURATION
        return kinds.astype(np.uint8)

    @cached_property
    def octaves(self) -> np.ndarray:
        """For every id the octave of its pitch: 1 from n21, 2 from n24 (a C) up ...; 0 of other words; int64 [V]."""
        return self._of_pitches(lambda pitch: pitch // 12 - LOWEST_PITCH // 12 + 1)

    @cached_property
    def pitch_classes(self) -> np.ndarray:
        """For every id the pitch class of its pitch, 1 (C) to 12; 0 of other words; int64 [V]."""
        return self._of_pitches(lambda pitch: pitch % 12 + 1)

    def _of_pitches(self, tell: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        told = np.zeros(len(self), dtype=np.int64)
        told[FIRST_PITCH:FIRST_DURATION] = tell(np.arange(LOWEST_PITCH, HIGHEST_PITCH + 1))
        return told


def duration_id(steps: int) -> int:
    """Return the id of the word for a duration of `steps`."""
    return FIRST_DURATION + steps - 1


def pitch_id(pitch: int) -> int:
    """Return the id of the word for a MIDI pitch."""
    return FIRST_PITCH + pitch - LOWEST_PITCH


@lru_cache
def vocabulary(steps_per_beat: int = 4) -> Vocabulary:
    """Return the vocabulary of a grid (made once)."""
    return Vocabulary(Grid(steps_per_beat))

"""What is refused, and why."""

from dataclasses import dataclass

import numpy as np

from nanopiano.corpus.split import VAL_ONE_IN
from nanopiano.errors import InputError
from nanopiano.music.grid import Grid
from nanopiano.music.piece import Piece

DAMAGED = "damaged"
TOO_SHORT = "too short"
OFF_THE_GRID = "off the grid"
ABSURD = "absurd"
DUPLICATE = "duplicate"
REASONS = (DAMAGED, TOO_SHORT, OFF_THE_GRID, ABSURD, DUPLICATE)


@dataclass(frozen=True)
class Rules:
    """What a piece must be to be kept, and how pieces are cut into splits."""

    min_notes: int = 64
    min_on_grid: float = 0.85  # share of onsets within 0.13 step of the grid
    max_hours: float = 2.0
    val_one_in: int = VAL_ONE_IN  # one work in so many goes to validation
    steps_per_beat: int = 4

    def __post_init__(self) -> None:
        for name, low, high in (
            ("min_notes", 1, 10**9),
            ("min_on_grid", 0, 1),
            ("max_hours", 0, 10**6),
            ("val_one_in", 2, 10**9),
            ("steps_per_beat", 1, 96),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise InputError(f"{name} is {value}: it must be within {low}..{high}")

    @property
    def grid(self) -> Grid:
        """The grid that all pieces stand on."""
        return Grid(self.steps_per_beat)


def refusal(piece: Piece, on_grid: float, rules: Rules) -> tuple[str, str] | None:
    """Return why a piece that could be read is not kept, as (reason, detail), or None; `on_grid` is a share 0..1."""
    hours = piece.seconds / 3600
    if len(piece) < rules.min_notes:
        return TOO_SHORT, f"{len(piece)} notes, at least {rules.min_notes} are needed"
    if hours > rules.max_hours:
        return ABSURD, f"lasts {hours:.1f} hours, {rules.max_hours:g} at most are believed"
    if len(np.unique(piece.pitches)) == 1:
        return ABSURD, f"all {len(piece)} notes are of pitch {piece.pitches[0]}"
    if on_grid < rules.min_on_grid:
        return OFF_THE_GRID, f"{on_grid:.0%} of the onsets are on the grid, at least {rules.min_on_grid:.0%} are needed"
    return None

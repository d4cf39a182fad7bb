"""A set of pieces, measured."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nanopiano.measures.catalogue import FAULTS, MEASURES, Measure, faults
from nanopiano.measures.cuts import first_bars, first_words
from nanopiano.measures.distances import Floats
from nanopiano.music.piece import Piece


@dataclass(frozen=True)
class Amount:
    """How much of each piece is measured: its first words, and its first bars where length alone changes a figure."""

    words: int = 600
    bars: int = 8


@dataclass(frozen=True)
class Figures:
    """What all measures say of n pieces."""

    by_name: dict[str, Floats]  # [n, d] for each measure, NaN for a piece that is too short for it
    faults: list[list[str]]  # of each piece; see `catalogue.faults`

    def known(self, measure: Measure) -> Floats:
        """Return the figures of the pieces that are long enough for `measure`, [up to n, d]."""
        figures = self.by_name[measure.name]
        return figures[~np.isnan(figures[:, 0])]

    def chosen(self, places: NDArray[np.int64]) -> "Figures":
        """Return the figures of some pieces; one may be chosen more than once."""
        by_name = {name: figures[places] for name, figures in self.by_name.items()}
        return Figures(by_name, [self.faults[place] for place in places])

    @property
    def faulty(self) -> dict[str, int]:
        """How many pieces there are, and how many with each fault."""
        return {"pieces": len(self.faults)} | {name: sum(name in one for one in self.faults) for name in FAULTS}

    @property
    def faulty_share(self) -> float:
        """The share of pieces with a fault."""
        return sum(map(bool, self.faults)) / max(len(self.faults), 1)


def measured(pieces: Iterable[Piece], amount: Amount, tick: Callable[[], object] = lambda: None) -> Figures:
    """Measure pieces; those without notes in their first words are left out. `tick` is called after each."""
    columns: dict[str, list[Floats]] = {measure.name: [] for measure in MEASURES}
    found = []
    for piece in pieces:
        cut = first_words(piece, amount.words)
        if len(cut):
            opening = first_bars(cut, amount.bars)
            for measure in MEASURES:
                columns[measure.name].append(measure.figures(opening if measure.by_length else cut))
            found.append(faults(cut))
        tick()
    shapes = {measure.name: (-1, measure.size) for measure in MEASURES}
    return Figures({name: np.array(rows).reshape(shapes[name]) for name, rows in columns.items()}, found)

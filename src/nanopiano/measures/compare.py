"""Two sets of pieces, one of them by people, compared by every measure."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from nanopiano.errors import InputError
from nanopiano.measures.catalogue import MEASURES, Measure
from nanopiano.measures.distances import (
    Floats,
    densities,
    distances_between,
    distances_within,
    kl_divergence,
    overlapped_area,
)
from nanopiano.measures.figures import Figures

FEWEST_PIECES = 4  # of a set: two halves with a distance within each


class Likeness(NamedTuple):
    """How alike two sets are by a measure: the area under both densities of distances; the divergence, in nats."""

    area: float
    divergence: float


def likeness(new: Floats, human: Floats) -> Likeness:
    """Compare the distances within `human` [m, d] with those between `new` [n, d] and it (Yang and Lerch 2020)."""
    within, between = densities(distances_within(human), distances_between(new, human).ravel())
    return Likeness(overlapped_area(within, between), kl_divergence(within, between))


@dataclass(frozen=True)
class Row:
    """What one measure says of the two sets."""

    measure: Measure
    generated: Floats  # [n, d]
    human: Floats  # [m, d]

    @cached_property
    def likeness(self) -> Likeness:
        """Generated and human."""
        return likeness(self.generated, self.human)

    @cached_property
    def yardstick(self) -> Likeness:
        """Every second human piece and the others: what human music itself reaches."""
        return likeness(self.human[1::2], self.human[0::2])

    @property
    def shared(self) -> tuple[float, float] | None:
        """What the mean histograms share, 0 to 1, and those of the human halves; None for other measures."""
        if not self.measure.histogram:
            return None
        generated, human, *halves = (
            part.mean(axis=0) for part in (self.generated, self.human, self.human[0::2], self.human[1::2])
        )
        return overlapped_area(generated, human), overlapped_area(*halves)


@dataclass(frozen=True)
class Comparison:
    """All measures of two sets of pieces."""

    rows: list[Row]
    generated: Figures
    human: Figures

    @property
    def area(self) -> float:
        """The mean overlapped area over all measures."""
        return float(np.mean([row.likeness.area for row in self.rows]))

    @property
    def human_area(self) -> float:
        """The same of one half of the human pieces against the other."""
        return float(np.mean([row.yardstick.area for row in self.rows]))

    def to_json(self) -> dict[str, Any]:
        """Return all figures; those of measures with several figures a piece as lists."""
        return {
            "overlapped_area": self.area,
            "human_overlapped_area": self.human_area,
            "generated": self.generated.faulty,
            "human": self.human.faulty,
            "measures": {row.measure.name: _row_to_json(row) for row in self.rows},
        }


def compare(generated: Figures, human: Figures) -> Comparison:
    """Compare two sets by all measures. Raises InputError if a set is too small."""
    expect_enough(generated, "generated")
    expect_enough(human, "human")
    rows = [Row(measure, generated.known(measure), human.known(measure)) for measure in MEASURES]
    return Comparison(rows, generated, human)


def expect_enough(figures: Figures, name: str) -> None:
    """Raise InputError if too few pieces of the set called `name` are long enough for some measure."""
    for measure in MEASURES:
        if (n_pieces := len(figures.known(measure))) < FEWEST_PIECES:
            raise InputError(
                f"{n_pieces} {name} pieces are long enough to be measured by {measure.name}: expected "
                f"{FEWEST_PIECES} or more; give more or longer pieces, or measure more words or fewer bars"
            )


def _row_to_json(row: Row) -> dict[str, Any]:
    facts: dict[str, Any] = {"unit": row.measure.unit}
    for name, figures in (("generated", row.generated), ("human", row.human)):
        numbers = {"mean": figures.mean(axis=0).tolist(), "spread": figures.std(axis=0).tolist()}
        if figures.shape[1] == 1:
            numbers = {key: values[0] for key, values in numbers.items()}
        facts[name] = {"pieces": len(figures), **numbers}
    facts |= {"overlapped_area": row.likeness.area, "kl_divergence": row.likeness.divergence}
    facts |= {"human_overlapped_area": row.yardstick.area, "human_kl_divergence": row.yardstick.divergence}
    if row.shared is not None:
        facts |= dict(zip(("shared", "human_shared"), row.shared, strict=True))
    return facts

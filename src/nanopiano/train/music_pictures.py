"""Pictures of two sets of pieces by the measures of music; imported only where they are wanted: matplotlib is slow."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

Sets = tuple[
    NDArray[np.float64], NDArray[np.float64]
]  # figures of the generated and of the human pieces: [n, d], [m, d]

NAMES = ("generated", "human")
COLUMNS = 4
BINS = 20


def save_pictures(figures: Mapping[str, Sets], folder: Path) -> None:
    """Draw figures by the name of their measure: `figures.png` those of one number a piece, `histograms.png` others.

    Of several numbers a piece the mean over all pieces is drawn.
    """
    single = {name: sets for name, sets in figures.items() if sets[0].shape[1] == 1}
    several = {name: sets for name, sets in figures.items() if name not in single}
    for file, chosen, draw in (("figures.png", single, _distribution), ("histograms.png", several, _means)):
        n_rows = -(-len(chosen) // COLUMNS)
        figure = Figure(figsize=(4 * COLUMNS, 3 * n_rows))
        FigureCanvasAgg(figure)
        figure.subplots_adjust(0.04, 0.1 / n_rows, 0.99, 1 - 0.1 / n_rows, wspace=0.2, hspace=0.3)
        for place, (name, sets) in enumerate(chosen.items(), start=1):
            draw(figure.add_subplot(n_rows, COLUMNS, place, title=name.replace("_", " ")), sets)
        figure.axes[0].legend()
        temporary = folder / f"{file}.part.png"
        figure.savefig(temporary, dpi=100)
        temporary.replace(folder / file)


def _distribution(axes: Axes, sets: Sets) -> None:
    """How the figures of the pieces are spread, as shares of each set."""
    edges = np.histogram_bin_edges(np.concatenate(sets), BINS).tolist()
    for name, values in zip(NAMES, sets, strict=True):
        axes.hist(values[:, 0], edges, weights=np.full(len(values), 1 / len(values)), alpha=0.5, label=name)


def _means(axes: Axes, sets: Sets) -> None:
    places = np.arange(sets[0].shape[1])
    for name, shift, values in zip(NAMES, (-0.2, 0.2), sets, strict=True):
        axes.bar(places + shift, values.mean(axis=0), 0.4, label=name)

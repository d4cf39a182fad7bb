"""What a run shows: losses.csv and losses.png, written anew after every evaluation."""

import csv
import io
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from nanopiano.files import write_atomically

INK, PALE = "#333333", "#dddddd"
CURVES = {  # label and colour by the name of a column; colour-blind eyes tell them apart (Okabe and Ito)
    "train_nats_per_word": ("training", "#999999"),
    "val_nats_per_word": ("validation", "#0072b2"),
    "average_nats_per_word": ("averaged", "#d55e00"),
}
MOST_DOTS = 40  # evaluations, if each is to have a dot
LABEL_SHARE = 0.055  # of the height of the picture, for the label of a curve

Rows = list[dict[str, float]]  # one an evaluation


class End(NamedTuple):
    """The last point of a curve, where its label stands."""

    words: float
    loss: float
    label: str
    colour: str


def write_losses(history: Rows, folder: Path) -> None:
    """Write one row an evaluation, and the curves of training and validation over words seen.

    Raises NanopianoError if the system refuses.
    """
    columns = list(dict.fromkeys(name for row in history for name in row))  # an average may come later
    table = io.StringIO(newline="")
    writer = csv.DictWriter(table, columns)
    writer.writeheader()
    writer.writerows(history)
    write_atomically(folder / "losses.csv", table.getvalue().encode())
    picture = io.BytesIO()
    draw_losses(history, folder.resolve().name).savefig(picture, dpi=120)
    write_atomically(folder / "losses.png", picture.getvalue())


def draw_losses(history: Rows, name: str) -> Figure:
    """Return the curves of a run, each named at its end, with the lowest validation loss ringed."""
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    _label(axes, [_curve(axes, history, column) for column in CURVES if any(column in row for row in history)])
    best, words = min((row[column], row["words"]) for row in history for column in list(CURVES)[1:] if column in row)
    axes.plot(words, best, "o", markersize=11, markerfacecolor="none", markeredgecolor=INK, clip_on=False)
    title = f"best in validation: {best:.4f} nats per word after {EngFormatter(places=1)(words)} words"
    axes.set_title(name, loc="left", color=INK, weight="bold")
    axes.set_title(title, loc="right", color=INK, fontsize="medium")
    axes.set_xlim(0, max(history[-1]["words"], 1))  # what is beyond is for the labels
    _dress(axes)
    return figure


def _curve(axes: Axes, history: Rows, column: str) -> End:
    """Draw a curve. A training loss is a mean since the evaluation before, so it stands half-way between the two."""
    label, colour = CURVES[column]
    words = np.array([row["words"] for row in history], dtype=np.float64)
    losses = np.array([row.get(column, np.nan) for row in history])
    if column == "train_nats_per_word":
        words -= np.diff(words, prepend=0) / 2
    axes.plot(
        words, losses, color=colour, marker="." if len(history) <= MOST_DOTS else "", linewidth=1.8, clip_on=False
    )
    return End(words[-1], losses[-1], f"{label} {losses[-1]:.3f}", colour)


def _label(axes: Axes, ends: list[End]) -> None:
    """Write the name of every curve at the right, from the lowest up, none upon another."""
    low, high = axes.get_ylim()
    right, free = max(end.words for end in ends), -np.inf
    for end in sorted(ends, key=lambda end: end.loss):
        place = max(end.loss, free)
        free = place + LABEL_SHARE * (high - low)
        axes.annotate(
            end.label, (right, place), (12, 0), textcoords="offset points", va="center",
            color=end.colour, annotation_clip=False,
        )  # fmt: skip


def _dress(axes: Axes) -> None:
    axes.set_xlabel("words seen", color=INK)
    axes.set_ylabel("nats per word", color=INK)
    axes.xaxis.set_major_formatter(EngFormatter(sep=" "))
    axes.grid(axis="y", color=PALE)
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK, length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(PALE)

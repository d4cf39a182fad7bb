"""What a run shows: losses.csv and losses.png, written anew after every evaluation."""

import csv
from pathlib import Path


def write_losses(history: list[dict[str, float]], folder: Path) -> None:
    """Write one row an evaluation, and the curves of training and validation over words seen."""
    columns = list(dict.fromkeys(name for row in history for name in row))  # an average may come later
    with (folder / "losses.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(history)
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  slow to import, only wanted here
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(xlabel="words seen, in millions", ylabel="nats per word", title=folder.name)
    words = [row["words"] / 1e6 for row in history]
    curves = {"train_nats_per_word": "training", "val_nats_per_word": "validation", "average_nats_per_word": "averaged"}
    for name, label in curves.items():
        if name in columns:
            axes.plot(words, [row.get(name, float("nan")) for row in history], marker=".", label=label)
    axes.grid(alpha=0.3)
    axes.legend()
    temporary = folder / "losses.part.png"
    figure.savefig(temporary, dpi=120)
    temporary.replace(folder / "losses.png")

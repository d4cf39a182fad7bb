"""What it costs to hear a run learn: one evaluation's pieces, by the weights of a model, step by step.

    python benchmarks/watching.py [--model small] [--pieces 3] [--times 5]

Prints, as Markdown, the processor seconds of making the engine, composing, drawing and playing all pieces, and of
writing the losses of a run of 40 evaluations. The first time includes imports.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from torch import Tensor

from nanopiano.audio.files import save_sound
from nanopiano.gui.draw.picture import save_picture
from nanopiano.model.config import ModelConfig
from nanopiano.model.store import find_model, read_config
from nanopiano.music.piece import Piece
from nanopiano.train.checkpoint import load_tensors
from nanopiano.train.heard import Pieces
from nanopiano.train.options import WatchOptions
from nanopiano.train.report import write_losses

ROWS = [{"step": n, "words": n * 3e6, "train_nats_per_word": 1.0, "val_nats_per_word": 1 + 1 / n} for n in range(1, 41)]


def run_of(model: str, run: Path) -> dict[str, Tensor]:
    """Make the folder of a run, and return the weights of a model as its own."""
    folder = find_model(model)
    (run / "config.json").write_text(json.dumps(ModelConfig.from_json(read_config(folder)).to_json()))
    return load_tensors(folder / "model.safetensors")[0]


def measure(run: Path, weights: dict[str, Tensor], n_pieces: int) -> dict[str, float]:
    """Return the seconds of one evaluation by what they were spent on."""
    spent: dict[str, float] = defaultdict(float)

    def timed(what: str, act: Callable[[Piece, Path], None]) -> Callable[[Piece, Path], None]:
        def run_timed(piece: Piece, path: Path) -> None:
            begun = time.process_time()
            act(piece, path)
            spent[what] += time.process_time() - begun

        return run_timed

    draw, play = timed("drawing", save_picture), timed("playing (with a tracker)", save_sound)
    begun = time.process_time()
    list(Pieces(run, WatchOptions(pieces=n_pieces), draw, play).compose(1, weights))
    spent["engine and composing"] = time.process_time() - begun - sum(spent.values())
    begun = time.process_time()
    write_losses(ROWS, run)
    spent["losses"] = time.process_time() - begun
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="small")
    parser.add_argument("--pieces", type=int, default=3)
    parser.add_argument("--times", type=int, default=5)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        weights = run_of(args.model, Path(folder))
        all_spent = [measure(Path(folder), weights, args.pieces) for _ in range(args.times)]
    print(f"| {args.pieces} pieces of 300 words by {args.model} | processor seconds, median of {args.times} (first) |")
    print("|---|---|")
    for what in all_spent[0]:
        seconds = [spent[what] for spent in all_spent]
        print(f"| {what} | {statistics.median(seconds):.2f} ({seconds[0]:.2f}) |")


if __name__ == "__main__":
    main()

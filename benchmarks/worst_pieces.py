"""The generated pieces that are least like human music, with what sets them apart and their rolls as text.

    python benchmarks/worst_pieces.py --corpus CORPUS [--pieces 50] [--worst 10] [--seed 1] [--bars 12]

How far out a piece is by a measure: the share of held-out human pieces whose mean distance to (other) human pieces is
smaller than its own. The worst are those that are stuck or silent, then those farthest out on the mean over measures.
In a roll a column is a 16th: # is a stroke, - a key held; only keys that are used have a row.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nanopiano.corpus.packed import Corpus
from nanopiano.measures.catalogue import MEASURES
from nanopiano.measures.cuts import first_words
from nanopiano.measures.distances import distances_between
from nanopiano.measures.figures import Amount, Figures, measured
from nanopiano.model.composer import Composer
from nanopiano.music.grid import LOWEST_PITCH
from nanopiano.music.piece import Piece
from nanopiano.music.roll import piece_to_roll
from nanopiano.music.words import ids_to_piece

NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


def outlyingness(generated: Figures, human: Figures) -> NDArray[np.float64]:
    """How far out each piece is by each measure, 0 to 1, float64 [n, measures]; NaN where it is too short."""
    columns = []
    for measure in MEASURES:
        old = human.known(measure)
        usual = distances_between(old, old).sum(axis=1) / (len(old) - 1)
        away = distances_between(generated.by_name[measure.name], old).mean(axis=1)
        columns.append(np.where(np.isnan(away), np.nan, (usual[None] < away[:, None]).mean(axis=1)))
    return np.stack(columns, axis=1)


def show_roll(piece: Piece, bars: int) -> None:
    roll = piece_to_roll(piece)[: bars * piece.grid.bar_steps]
    bar = piece.grid.bar_steps
    for key in np.flatnonzero(roll.any(axis=0))[::-1].tolist():
        pitch = key + LOWEST_PITCH
        text = "".join(" #-"[cell] for cell in roll[:, key].tolist())
        parts = "|".join(text[begin : begin + bar] for begin in range(0, len(text), bar))
        print(f"{NAMES[pitch % 12]:>2}{pitch // 12 - 1} |{parts}|")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--model", default="small")
    parser.add_argument("--pieces", type=int, default=50)
    parser.add_argument("--worst", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bars", type=int, default=12, help="shown of each")
    args = parser.parse_args()
    amount, composer = Amount(), Composer(args.model, threads=1)
    split = Corpus.open(args.corpus).split("val")
    human = measured((ids_to_piece(split.ids(number)) for number in range(len(split))), amount)
    seeds = list(range(args.seed, args.seed + args.pieces))
    pieces = [first_words(composer.compose(seed=seed).finish(), amount.words) for seed in seeds]
    generated = measured(pieces, amount)
    out = outlyingness(generated, human)
    merit = np.nanmean(out, axis=1) + np.array([bool(one) for one in generated.faults])
    print("of all pieces: " + ", ".join(f"{name} {number}" for name, number in generated.faulty.items()))
    for place in np.argsort(-merit)[: args.worst].tolist():
        print(f"\nseed {seeds[place]}: {' '.join(generated.faults[place])} out {np.nanmean(out[place]):.2f}")
        for column in np.argsort(-np.nan_to_num(out[place]))[:6].tolist():
            name, figures = MEASURES[column].name, generated.by_name[MEASURES[column].name][place]
            usual = human.known(MEASURES[column]).mean(axis=0)
            shown = f" ({figures[0]:.3g}, human {usual[0]:.3g})" if len(figures) == 1 else ""
            print(f"  {name} {out[place, column]:.2f}{shown}")
        show_roll(pieces[place], args.bars)


if __name__ == "__main__":
    main()

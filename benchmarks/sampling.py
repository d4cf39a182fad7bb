"""How freely to draw: settings of the sampler, by the measures of music and not by taste.

    python benchmarks/sampling.py --corpus CORPUS [--pieces 24] [--seed 1]               the grid
    python benchmarks/sampling.py --corpus CORPUS --settings default 1.05,all,0.95,0 ... [--pieces 128] [--seed 1001]
    python benchmarks/sampling.py --corpus CORPUS --settings ... --words 2400 --bars 32                form over 32 bars

The score was set before a piece was composed: the mean over all measures of the overlapped area (Yang and Lerch 2020)
between the distances within held-out human music and those from the generated pieces to it, less the share of pieces
that are stuck or silent (`measures.catalogue.faults`) beyond that of human pieces. What one half of the human pieces
scores against the other is the ceiling. Pieces are drawn anew with replacement for the interval (95%, percentiles).
`--lacking N` then shows, for the last setting, the N measures by which its pieces are least like human music.
"""

import argparse
import json
from itertools import product
from pathlib import Path

import numpy as np

from nanopiano.cli.comparing import cells
from nanopiano.corpus.packed import Corpus
from nanopiano.measures.catalogue import FAULTS
from nanopiano.measures.compare import Comparison, compare
from nanopiano.measures.figures import Amount, Figures, measured
from nanopiano.model.composer import Composer
from nanopiano.model.defaults import DEFAULT_SAMPLING
from nanopiano.model.ending import Length
from nanopiano.model.sample import Sampling
from nanopiano.music.piece import Piece
from nanopiano.music.words import ids_to_piece, piece_to_text

AT_ONCE = 8  # pieces composed together

GRID = [
    Sampling(0.9, None, 0.95, 0.0),
    *(Sampling(t, None, p, 0.0) for t, p in product((1.0, 1.05, 1.1), (0.95, 0.98, 1.0))),
    *(Sampling(t, None, p, 0.0) for t, p in ((1.1, 0.9), (1.15, 0.9), (1.15, 0.95))),  # the best lay at the edge
    *(Sampling(t, None, 1.0, m) for t, m in product((1.0, 1.1, 1.2), (0.02, 0.05))),
    *(Sampling(t, 32, 1.0, 0.0) for t in (1.0, 1.05)),
]


def setting(text: str) -> Sampling:
    """Read `temperature,top-k,top-p,min-p,min-surprise,returns,chromatic` (less at will) or `default`."""
    if text == "default":
        return DEFAULT_SAMPLING
    temperature, top_k, top_p, min_p, *rest = text.split(",")
    least, returns, chromatic = (float(part) for part in (*rest, *("0", "1", "1")[len(rest) :]))
    cuts = None if top_k == "all" else int(top_k), float(top_p), float(min_p)
    return Sampling(float(temperature), *cuts, min_surprise=least, returns=returns, chromatic=chromatic)


def named(sampling: Sampling) -> str:
    shares = (sampling.top_p, sampling.min_p, sampling.min_surprise, sampling.returns, sampling.chromatic)
    return ",".join([f"{sampling.temperature:g}", str(sampling.top_k or "all"), *(f"{share:g}" for share in shares)])


def compose(composer: Composer, sampling: Sampling, seeds: list[int], words: int) -> list[Piece]:
    pieces = []
    for first in range(0, len(seeds), AT_ONCE):
        begun = composer.batch(seeds[first : first + AT_ONCE], length=Length(words=words), sampling=sampling)
        pieces += [composition.finish() for composition in begun]
    return pieces


def score(comparison: Comparison) -> float:
    return comparison.area - max(comparison.generated.faulty_share - comparison.human.faulty_share, 0.0)


def interval(generated: Figures, human: Figures, resamples: int) -> tuple[float, float]:
    """Return the 95% interval of the score, the generated pieces drawn anew with replacement."""
    rng = np.random.default_rng(0)
    n = len(generated.faults)
    scores = [score(compare(generated.chosen(rng.integers(n, size=n)), human)) for _ in range(resamples)]
    low, high = np.percentile(scores, [2.5, 97.5])
    return float(low), float(high)


def lacking(comparison: Comparison, n: int) -> str:
    """Return the n measures with the least overlap as Markdown, the least alike first."""
    lines = [
        "| measure | unit | generated | human | overlap | halves | KL | halves |",
        "|---|---|---|---|---|---|---|---|",
    ]
    rows = sorted(comparison.rows, key=lambda row: row.likeness.area)[:n]
    return "\n".join([*lines, *(f"| {' | '.join(cells(row))} |" for row in rows)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--model", default="small")
    parser.add_argument("--settings", type=setting, nargs="+", default=GRID)
    parser.add_argument("--pieces", type=int, default=24)
    parser.add_argument("--words", type=int, default=600)
    parser.add_argument("--bars", type=int, default=8, help="measured where length alone changes a figure")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resamples", type=int, default=0, help="0: no interval")
    parser.add_argument("--lacking", type=int, default=0, metavar="N", help="measures shown in the end")
    parser.add_argument("--keep", type=Path, help="folder for the pieces, a .jsonl for each setting")
    args = parser.parse_args()
    composer = Composer(args.model, threads=1)
    amount = Amount(args.words, args.bars)
    split = Corpus.open(args.corpus).split("val")
    human = measured((ids_to_piece(split.ids(number)) for number in range(len(split))), amount)
    seeds = list(range(args.seed, args.seed + args.pieces))
    names = "temperature, top-k, top-p, min-p, min-surprise, returns, chromatic"
    print(f"| {names} | score | 95% | overlapped area | stuck | silent |\n|---|---|---|---|---|---|", flush=True)
    for sampling in args.settings:
        pieces = compose(composer, sampling, seeds, args.words)
        if args.keep:
            args.keep.mkdir(parents=True, exist_ok=True)
            lines = [json.dumps({"text": piece_to_text(piece)}) for piece in pieces]
            (args.keep / f"{named(sampling)}.jsonl").write_text("\n".join(lines) + "\n")
        generated = measured(pieces, amount)
        comparison = compare(generated, human)
        span = "{:.4f} to {:.4f}".format(*interval(generated, human, args.resamples)) if args.resamples else ""
        shown = (named(sampling), f"{score(comparison):.4f}", span, f"{comparison.area:.4f}")
        print("|", " | ".join((*shown, *(str(generated.faulty[name]) for name in FAULTS))), "|", flush=True)
    if args.lacking:
        print(lacking(comparison, args.lacking))
    print(f"one half of the human pieces against the other: {comparison.human_area:.4f}; {human.faulty}")


if __name__ == "__main__":
    main()

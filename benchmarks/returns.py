"""How often do themes come back, in held-out human music and in composed pieces?

    python benchmarks/returns.py --corpus CORPUS [--returns 1 3 5 10] [--pieces 40] [--words 2400] [--seed 5001]

A return is a run of 24 words or more that stood in the piece before, each word counted in one return only: read from
the beginning, the longest run that stands at a word is taken whole. It comes from afar if it stood four bars ago or
more. All pieces count with their first words alone, human ones if they have as many.
"""

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from sampling import compose

from nanopiano.corpus.packed import Corpus
from nanopiano.model.composer import Composer
from nanopiano.model.defaults import DEFAULT_SAMPLING
from nanopiano.model.returns import FAR_BARS
from nanopiano.music.grid import Grid
from nanopiano.music.listen import hear
from nanopiano.music.words import Ids, piece_to_ids

LEAST = 24  # words of a return, a bar or less
SEED_WORDS = 6  # by which places that may begin a return are found


def returns_of(ids: Ids) -> Iterator[tuple[int, int, int]]:
    """Yield where each return begins, how many words it has and where they stood before, the latest of the longest."""
    words, places = ids.tolist(), dict[tuple[int, ...], list[int]]()
    at = known = 0
    while at < len(words):
        while known + SEED_WORDS <= at:
            places.setdefault(tuple(words[known : known + SEED_WORDS]), []).append(known)
            known += 1
        runs = [(run_length(words, at, then), then) for then in places.get(tuple(words[at : at + SEED_WORDS]), ())]
        length, then = max(runs, default=(0, 0))
        if length >= LEAST:
            yield at, length, then
        at += length if length >= LEAST else 1


def run_length(words: list[int], at: int, then: int) -> int:
    """Return how many words from `at` on are those from `then` on."""
    length = 0
    while at + length < len(words) and words[at + length] == words[then + length]:
        length += 1
    return length


def row(name: str, pieces: Iterable[Ids]) -> str:
    """Return a row of the table."""
    n_pieces = n_words = 0
    far: list[int] = []
    near: list[int] = []
    for ids in pieces:
        time = hear(ids).time
        for at, length, then in returns_of(ids):
            (far if time[at] - time[then] >= FAR_BARS * Grid().bar_steps else near).append(length)
        n_pieces, n_words = n_pieces + 1, n_words + len(ids)
    cells = [
        f"{1000 * len(found) / n_words:.2f} | {sum(found) / n_words:.1%} | {np.median(found or [0]):.0f}"
        for found in (far, near)
    ]
    return f"| {name} ({n_pieces} pieces) | {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--model", default="small")
    parser.add_argument("--returns", type=float, nargs="+", default=[1.0, 3.0, 5.0, 10.0])
    parser.add_argument("--pieces", type=int, default=40)
    parser.add_argument("--words", type=int, default=2400)
    parser.add_argument("--seed", type=int, default=5001)
    args = parser.parse_args()
    split, composer = Corpus.open(args.corpus).split("val"), Composer(args.model, threads=1)
    print("| | from afar, each 1,000 words | share of the words | median words | from nearby | share | median |")
    print("|---|---|---|---|---|---|---|")
    long_enough = np.flatnonzero(split.lengths >= args.words).tolist()
    print(row("held-out music", (np.asarray(split.ids(number))[: args.words] for number in long_enough)), flush=True)
    seeds = list(range(args.seed, args.seed + args.pieces))
    for times in args.returns:
        pieces = compose(composer, replace(DEFAULT_SAMPLING, returns=times), seeds, args.words)
        print(row(f"--returns {times:g}", (piece_to_ids(piece)[: args.words] for piece in pieces)), flush=True)


if __name__ == "__main__":
    main()

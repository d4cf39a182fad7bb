"""Is it music? Unprompted pieces by measures: stuck events, empty stretches, histograms beside held-out music.

    python benchmarks/music_check.py --corpus CORPUS [--model small] [--pieces 20] [--words 600] [--out FOLDER]

Overlap of two histograms is the sum over bins of the smaller share: 1 is the same, 0 has nothing in common.
"""

import argparse
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nanopiano.corpus.packed import Corpus
from nanopiano.model.composer import Composer
from nanopiano.model.defaults import DEFAULT_SAMPLING
from nanopiano.model.ending import Length
from nanopiano.model.sample import Sampling
from nanopiano.music.midi import write_midi
from nanopiano.music.piece import Piece
from nanopiano.music.words import ids_to_piece

MOST_REPEATS = 16  # of one event after itself
LONGEST_EMPTY_BARS = 2


def longest_repeat(piece: Piece) -> int:
    """Return how often at most one event (pitches and lengths of a step, with the wait before) follows itself."""
    events: list[tuple[object, ...]] = []
    last = 0
    for onset in np.unique(piece.onsets).tolist():
        here = piece.notes[piece.onsets == onset]
        events.append((onset - last, *map(tuple, here[:, 1:3].tolist())))
        last = onset
    longest = run = 1
    for before, now in pairwise(events):
        run = run + 1 if before == now else 1
        longest = max(longest, run)
    return longest


def empty_bars(piece: Piece) -> float:
    """Return the longest stretch in which nothing sounds, in bars."""
    ends = np.maximum.accumulate(piece.onsets + piece.lengths)
    gaps = np.append(piece.onsets[0], piece.onsets[1:] - ends[:-1])
    return float(gaps.max()) / piece.grid.bar_steps


def pitch_classes(pieces: list[Piece]) -> NDArray[np.float64]:
    """Shares of the 12 pitch classes relative to each piece's most common one (so that keys do not matter)."""
    total: NDArray[np.float64] = np.zeros(12)
    for piece in pieces:
        counts = np.bincount(piece.pitches % 12, minlength=12)
        total += np.roll(counts, -int(counts.argmax())) / counts.sum()
    total /= len(pieces)
    return total


def intervals(pieces: list[Piece]) -> NDArray[np.float64]:
    """Shares of the steps between successive highest notes, in semitones, -12..12, larger ones at the ends."""
    total: NDArray[np.float64] = np.zeros(25)
    for piece in pieces:
        first = np.unique(piece.onsets, return_index=True)[1]
        total += np.bincount(np.clip(np.diff(piece.pitches[first]), -12, 12) + 12, minlength=25)
    total /= total.sum()
    return total


def lengths(pieces: list[Piece]) -> NDArray[np.float64]:
    """Shares of note lengths in steps, 1..32, longer ones at the end."""
    total: NDArray[np.float64] = np.zeros(33)
    for piece in pieces:
        total += np.bincount(np.clip(piece.lengths, 1, 32), minlength=33)
    total /= total.sum()
    return total


def overlap(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    return float(np.minimum(a, b).sum())


def held_out(corpus: Path) -> list[Piece]:
    split = Corpus.open(corpus).split("val")
    # As many words as are composed; an even number after START, so that no event is cut.
    return [ids_to_piece(np.asarray(split.ids(number))[: 1 + 600]) for number in range(len(split))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--model", default="small")
    parser.add_argument("--pieces", type=int, default=20)
    parser.add_argument("--words", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--temperature", type=float, default=DEFAULT_SAMPLING.temperature)
    parser.add_argument("--top-p", type=float, default=DEFAULT_SAMPLING.top_p)
    parser.add_argument("--min-p", type=float, default=DEFAULT_SAMPLING.min_p)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    composer = Composer(args.model)
    sampling = Sampling(temperature=args.temperature, top_p=args.top_p, min_p=args.min_p)
    print(f"sampling: {sampling}")
    pieces = []
    for seed in range(args.seed, args.seed + args.pieces):
        composition = composer.compose(length=Length(words=args.words), sampling=sampling, seed=seed)
        piece = composition.finish()
        pieces.append(piece)
        print(
            f"seed {seed}: {composition.n_words} words, {len(piece)} notes, {piece.bars} bars, "
            f"same event at most {longest_repeat(piece)} times, empty at most {empty_bars(piece):.1f} bars, "
            f"pitches {piece.pitches.min()}-{piece.pitches.max()}"
        )
        if args.out:
            args.out.mkdir(parents=True, exist_ok=True)
            write_midi(piece, args.out / f"seed-{seed}.mid")
    human = held_out(args.corpus)
    stuck = sum(longest_repeat(piece) > MOST_REPEATS for piece in pieces)
    empty = sum(empty_bars(piece) > LONGEST_EMPTY_BARS for piece in pieces)
    print(
        f"stuck (an event over {MOST_REPEATS} times): {stuck} of {len(pieces)}; held-out music: "
        f"{sum(longest_repeat(piece) > MOST_REPEATS for piece in human)} of {len(human)}"
    )
    print(
        f"empty over {LONGEST_EMPTY_BARS} bars: {empty} of {len(pieces)}; held-out music: "
        f"{sum(empty_bars(piece) > LONGEST_EMPTY_BARS for piece in human)} of {len(human)}"
    )
    halves = human[0::2], human[1::2]
    for name, histogram in (("pitch classes", pitch_classes), ("intervals", intervals), ("note lengths", lengths)):
        print(
            f"overlap of {name}: {overlap(histogram(pieces), histogram(human)):.3f} with held-out music "
            f"(its two halves: {overlap(histogram(halves[0]), histogram(halves[1])):.3f})"
        )


if __name__ == "__main__":
    main()

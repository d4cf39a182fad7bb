"""How well the index of originality does, beside brute force over the whole training set; and what --original costs.

    python benchmarks/originality.py --corpus CORPUS [--model small] [--pieces 100] [--original-pieces 50]

Brute force takes every passage of every length as a hash of 64 bits of its exact differences. Planted quotations stand
in another key between notes drawn at random. Times are of the processor, on one core, which others may slow down too.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nanopiano.corpus.packed import Corpus
from nanopiano.model.composer import Composer
from nanopiano.model.defaults import DEFAULT_ORIGINAL, DEFAULT_SAMPLING
from nanopiano.model.ending import Length
from nanopiano.model.originality.index import INDEX_FILE, Index, load_index
from nanopiano.model.originality.measure import originality
from nanopiano.model.sample import Sampling
from nanopiano.model.store import find_model
from nanopiano.music.grid import HIGHEST_PITCH, LOWEST_PITCH, Grid
from nanopiano.music.passages import PASSAGE_NOTES, SHORTEST_NOTES
from nanopiano.music.piece import NoteArray, Piece
from nanopiano.music.words import canonical_ids_to_notes

Hashes = NDArray[np.uint64]
QUOTED = (12, 14, 16, 20, 24, 32, 50, 100, 200)
TIMES = 40  # that a quotation of each length is planted
FACTOR = np.uint64(0x9E3779B97F4A7C15)


def mixed(numbers: Hashes) -> Hashes:
    """Murmur3's finaliser."""
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        numbers = (numbers ^ (numbers >> np.uint64(33))) * np.uint64(factor)
    return numbers ^ (numbers >> np.uint64(33))


class Differences:
    """Exact differences of many pieces, one after another."""

    def __init__(self, pieces: list[NoteArray]) -> None:
        steps = [np.diff(notes[:, :2].astype(np.int64), axis=0) for notes in pieces]
        self.piece = np.repeat(np.arange(len(steps)), [len(step) for step in steps])
        both = np.concatenate(steps)
        self.steps = mixed((both[:, 0] * 256 + both[:, 1] + 128).astype(np.uint64))

    def passages(self, n_notes: int) -> tuple[NDArray[np.int64], Hashes]:
        """Where passages of `n_notes` begin, and their hashes."""
        n = len(self.steps) - n_notes + 2
        hashes: Hashes = np.zeros(n, dtype=np.uint64)
        for ahead in range(n_notes - 1):
            hashes = hashes * FACTOR + self.steps[ahead : ahead + n]
        whole = np.flatnonzero(self.piece[:n] == self.piece[n_notes - 2 :])
        return whole, mixed(hashes[whole])

    def longer(self, starts: NDArray[np.int64], hashes: Hashes, n_notes: int) -> tuple[NDArray[np.int64], Hashes]:
        """The same passages with one note more, where their pieces have one."""
        last = starts + n_notes - 1
        inside = last < len(self.steps)
        inside[inside] = self.piece[last[inside]] == self.piece[starts[inside]]
        return starts[inside], mixed(hashes[inside] * FACTOR + self.steps[last[inside]])


def brute_force(training: Differences, pieces: list[NoteArray]) -> tuple[list[int], list[float]]:
    """The longest passage of each piece that stands in training (0 under 9 notes), and its share of 12."""
    asked = Differences(pieces)
    longest = np.zeros(len(asked.steps), dtype=np.int64)
    starts, hashes = asked.passages(SHORTEST_NOTES)
    others, known = training.passages(SHORTEST_NOTES)
    n_notes = SHORTEST_NOTES
    while len(starts):
        found = np.isin(hashes, known)
        starts, hashes = starts[found], hashes[found]
        longest[starts] = n_notes
        alike = np.isin(known, hashes)
        starts, hashes = asked.longer(starts, hashes, n_notes)
        others, known = training.longer(others[alike], known[alike], n_notes)
        n_notes += 1
    parts = [longest[asked.piece == number] for number in range(len(pieces))]
    counts = [max(len(part) - PASSAGE_NOTES + 2, 1) for part in parts]
    shares = [float((part >= PASSAGE_NOTES).sum()) / count for part, count in zip(parts, counts, strict=True)]
    return [int(part.max(initial=0)) for part in parts], shares


class Planted(NamedTuple):
    """A piece with a quotation, and where that comes from."""

    notes: NoteArray
    source: int
    first: int  # note there
    n_notes: int


def plant(training: list[NoteArray], n_notes: int, rng: np.random.Generator) -> Planted:
    """A quotation in another key between notes at random."""
    while True:
        source = int(rng.integers(len(training)))
        if len(training[source]) < n_notes:
            continue
        first = int(rng.integers(len(training[source]) - n_notes + 1))
        quoted = training[source][first : first + n_notes].copy()
        low, high = LOWEST_PITCH - quoted[:, 1].min(), HIGHEST_PITCH - quoted[:, 1].max()
        shifts = [shift for shift in range(max(low, -11), min(high, 11) + 1) if shift]
        if shifts:
            break
    quoted[:, 1] += rng.choice(shifts)
    before, after = at_random(rng), at_random(rng)
    quoted[:, 0] += before[-1, 0] + 3 - quoted[0, 0]
    after[:, 0] += quoted[-1, 0] + 3
    return Planted(np.concatenate([before, quoted, after]), source, first, n_notes)


def at_random(rng: np.random.Generator) -> NoteArray:
    n = 100
    onsets = np.cumsum(rng.integers(1, 9, n))
    return np.stack([onsets, rng.integers(30, 100, n), np.ones(n), np.full(n, 80)], axis=1).astype(np.int32)


def check_planted(index: Index, training: list[NoteArray]) -> None:
    rng = np.random.default_rng(1)
    print("planted: notes, times, found within 0 / 1 / 2 notes, most off, right place")
    for n_notes in QUOTED:
        errors, right = [], 0
        for _ in range(TIMES):
            planted = plant(training, n_notes, rng)
            passage = originality(index, Piece(planted.notes)).passage
            errors.append(abs((passage.n_notes if passage else 0) - n_notes))
            right += passage is not None and stands_there(index, training, planted, passage.spot)
        within = [sum(error <= most for error in errors) for most in (0, 1, 2)]
        print(f"{n_notes}, {TIMES}, {within[0]} / {within[1]} / {within[2]}, {max(errors)}, {right}")


def stands_there(index: Index, training: list[NoteArray], planted: Planted, spot: Any) -> bool:
    """Whether the quotation stands in the bars that were named, in this or another piece."""
    quoted = np.diff(planted.notes[100 : 100 + planted.n_notes, :2], axis=0)
    for number in np.flatnonzero([piece == (spot.title, spot.composer) for piece in index.pieces]):
        notes = training[int(number)]
        if len(notes) <= len(quoted):  # another piece of this title
            continue
        bars = notes[:, 0] // Grid().bar_steps + 1
        windows = np.lib.stride_tricks.sliding_window_view(np.diff(notes[:, :2], axis=0), len(quoted), axis=0)
        for first in np.flatnonzero((windows == quoted.T).all(axis=(1, 2))):
            # A quotation that seems one note longer may reach into the bar before or after.
            if abs(bars[first] - spot.bars[0]) <= 1 and abs(bars[first + len(quoted)] - spot.bars[1]) <= 1:
                return True
    return False


def check_pieces(what: str, index: Index, exact: Differences, pieces: list[NoteArray]) -> None:
    began = process_time()
    found = [originality(index, Piece(notes)) for notes in pieces]
    seconds = process_time() - began
    longest, shares = brute_force(exact, pieces)
    off = np.array([(f.passage.n_notes if f.passage else 0) - n for f, n in zip(found, longest, strict=True)])
    apart = np.array([f.share_of_12 - share for f, share in zip(found, shares, strict=True)])
    print(f"{what}: {len(pieces)} pieces, {sum(map(len, pieces)) / len(pieces):.0f} notes each")
    print(f"  longest, brute force: {spread(longest)}; share of 12: {spread(shares)}")
    print(f"  longest, index minus brute force: {counted(off)}")
    print(f"  share of 12, index minus brute force: mean {apart.mean():+.4%}, most {np.abs(apart).max():.3%}")
    worst = int(np.argmax(longest))
    print(f"  number {worst + 1}: {found[worst].line()}")
    print(f"  {1000 * seconds / len(pieces):.1f} ms of the processor a piece")


def spread(values: list[int] | list[float]) -> str:
    return "10% {:.4g}, 50% {:.4g}, 90% {:.4g}, 100% {:.4g}".format(*np.percentile(values, (10, 50, 90, 100)))


def counted(values: NDArray[Any]) -> str:
    return ", ".join(
        f"{value:+d}: {count}" for value, count in zip(*np.unique(values, return_counts=True), strict=True)
    )


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    began = process_time()
    result = work()
    return result, process_time() - began


def compose(composer: Composer, samplings: list[Sampling], seeds: range) -> list[tuple[list[NoteArray], float]]:
    """The pieces of these seeds by each sampling, in turn, and their words a second."""
    pieces: list[list[NoteArray]] = [[] for _ in samplings]
    words, seconds = [0] * len(samplings), [0.0] * len(samplings)
    for seed in seeds:
        for number, sampling in enumerate(samplings):
            composition = composer.compose(length=Length(words=600), sampling=sampling, seed=seed)
            piece, spent = timed(composition.finish)
            pieces[number].append(piece.notes)
            words[number] += composition.n_words
            seconds[number] += spent
    return [(pieces[number], words[number] / seconds[number]) for number in range(len(samplings))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--model", default="small")
    parser.add_argument("--pieces", type=int, default=100)
    parser.add_argument("--original-pieces", type=int, default=50)
    args = parser.parse_args()
    folder = find_model(args.model)
    index, seconds = timed(lambda: load_index(folder))
    _, sorting = timed(lambda: index.table)
    size = (folder / INDEX_FILE).stat().st_size
    print(f"{size:,} bytes, read in {seconds:.2f} s and ready after {seconds + sorting:.2f} s of the processor")
    corpus = Corpus.open(args.corpus)
    train, val = (
        [canonical_ids_to_notes(split.ids(number)) for number in range(len(split))]
        for split in map(corpus.split, ("train", "val"))
    )
    check_planted(index, train)
    exact = Differences(train)
    check_pieces("validation pieces", index, exact, val)
    check_pieces("their first 250 notes", index, exact, [notes[:250] for notes in val])
    composer = Composer(args.model, threads=1)
    composer.index = index
    sampling = Sampling(**vars(DEFAULT_SAMPLING) | {"original": DEFAULT_ORIGINAL})
    seeds = range(1, args.original_pieces + 1)
    (first, pace), (kept, kept_pace) = compose(composer, [DEFAULT_SAMPLING, sampling], seeds)
    ((rest, _),) = compose(composer, [DEFAULT_SAMPLING], range(args.original_pieces + 1, args.pieces + 1))
    print(f"words a second of the processor: {pace:.0f} freely, {kept_pace:.0f} with --original {DEFAULT_ORIGINAL}")
    check_pieces("composed freely", index, exact, first + rest)
    check_pieces(f"composed with --original {DEFAULT_ORIGINAL}", index, exact, kept)


if __name__ == "__main__":
    main()

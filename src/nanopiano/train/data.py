"""What training reads: windows of whole pieces, transposed, some of them with a gap to fill.

Every batch is a function of (seed, epoch, number), so that a resumed run reads exactly what an uninterrupted one reads
and several processes can share an epoch without talking.
"""

from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from nanopiano.model.config import ModelConfig
from nanopiano.model.rotary import Rotary
from nanopiano.music.fill import fill_answer, fill_prompt, part
from nanopiano.music.grid import HIGHEST_PITCH, LOWEST_PITCH, N_KEYS
from nanopiano.music.listen import hear
from nanopiano.music.piece import Piece
from nanopiano.music.recall import recall
from nanopiano.music.vocab import FILL, FIRST_DURATION, FIRST_PITCH, GAP, Vocabulary, vocabulary
from nanopiano.music.words import Ids, canonical_ids_to_notes

IGNORED = -1  # a target that counts for nothing
LONGEST_GAP_BARS = 8
FILL_WORDS = 8  # what a gap adds to a piece: GAP and FILL with their lengths, and the waits around the gap


class Pieces(Protocol):
    """What a corpus split offers (see `corpus.packed`)."""

    @property
    def lengths(self) -> NDArray[np.signedinteger[Any]]:
        """Words of every piece."""

    @property
    def lowest(self) -> NDArray[np.signedinteger[Any]]:
        """The lowest pitch of every piece."""

    @property
    def highest(self) -> NDArray[np.signedinteger[Any]]:
        """The highest pitch of every piece."""

    def ids(self, number: int) -> Ids:
        """Return the words of a piece."""


class EveryNth:
    """Every n-th of some pieces: to validate in a part of the time."""

    def __init__(self, pieces: Pieces, n: int) -> None:
        self.pieces, self.n = pieces, n
        self.lengths: NDArray[np.signedinteger[Any]] = pieces.lengths[::n]
        self.lowest: NDArray[np.signedinteger[Any]] = pieces.lowest[::n]
        self.highest: NDArray[np.signedinteger[Any]] = pieces.highest[::n]

    def ids(self, number: int) -> Ids:
        """Return the words of a piece."""
        return self.pieces.ids(number * self.n)


class Batch(NamedTuple):
    """B windows of T words and what is heard after each word."""

    ids: NDArray[np.int64]  # [B, T]
    targets: NDArray[np.int64]  # [B, T], IGNORED where there is none
    place: NDArray[np.int64]  # [B, T]
    sounding: NDArray[np.uint8]  # [B, T, 88]
    recalled: NDArray[np.int64]  # [B, T, 4 or 11], as `music.recall`; [B, T, 0] where the network recalls nothing
    cos: NDArray[np.float32]  # [B, T, D/2]
    sin: NDArray[np.float32]  # [B, T, D/2]

    @property
    def n_words(self) -> int:
        """How many targets count."""
        return int((self.targets != IGNORED).sum())


class Window(NamedTuple):
    """A cut from one piece: input words start .. start + length - 1, each with the word after it as target."""

    piece: int
    start: int
    length: int
    semitones: int
    fill_seed: int | None = None


def transposed(ids: Ids, semitones: int) -> Ids:
    """Return the words of a whole piece moved by `semitones`; the caller keeps it on the keyboard."""
    is_pitch = (ids >= FIRST_PITCH) & (ids < FIRST_DURATION)
    return np.where(is_pitch, ids.astype(np.int64) + semitones, ids).astype(np.uint16)


def never_composed(ids: Ids) -> NDArray[np.bool_]:
    """Return [n], true at GAP with its length and at FILL: a composer is given them, so they are not to be learnt."""
    gap = ids == GAP
    never: NDArray[np.bool_] = gap | (ids == FILL) | np.concatenate([[False], gap[:-1]])
    return never


class WindowPlan:
    """Which windows of a split stand in which batch of which epoch."""

    def __init__(self, pieces: Pieces, length: int, batch_words: int, fill_rate: float, most_semitones: int, seed: int):
        self.pieces, self.length, self.batch_words = pieces, length, batch_words
        self.fill_rate, self.most_semitones, self.seed = fill_rate, most_semitones, seed
        # A few shapes only, since every shape is compiled anew.
        self.shapes = sorted({max(length * quarter // 4, 1) for quarter in (1, 2, 3, 4)})

    def epoch(self, epoch: int) -> list[list[Window]]:
        """Return the batches of an epoch, windows of like length together, batches in random order."""
        rng = np.random.default_rng([self.seed, epoch])
        by_shape: dict[int, list[Window]] = {shape: [] for shape in self.shapes}
        for piece in range(len(self.pieces.lengths)):
            for window in self._windows(piece, rng):
                by_shape[self.shape_of(window.length)].append(window)
        batches: list[list[Window]] = []
        for shape, windows in by_shape.items():
            order = rng.permutation(len(windows))
            rows = max(1, self.batch_words // shape)
            batches += [[windows[i] for i in order[first : first + rows]] for first in range(0, len(order), rows)]
        return [batches[i] for i in rng.permutation(len(batches))]

    def shape_of(self, length: int) -> int:
        """Return the shape (words a row) that a window of `length` words is padded to."""
        return next(shape for shape in self.shapes if length <= shape)

    def _windows(self, piece: int, rng: np.random.Generator) -> list[Window]:
        total = int(self.pieces.lengths[piece]) - 1  # the last word is only ever a target
        low = max(-self.most_semitones, LOWEST_PITCH - int(self.pieces.lowest[piece]))
        high = min(self.most_semitones, HIGHEST_PITCH - int(self.pieces.highest[piece]))
        windows = []
        for _ in range(-(-total // self.length)):
            # Starts may fall before the piece and past its last full window, so that its ends are seen as often.
            start = int(rng.integers(-self.length // 2, max(total - self.length // 2, 1)))
            start = min(max(start, 0), max(total - self.length, 0))
            semitones = int(rng.integers(low, high + 1))
            fill_seed = int(rng.integers(2**31)) if rng.random() < self.fill_rate else None
            added = 0 if fill_seed is None else FILL_WORDS  # so that the padded row holds its END too
            windows.append(Window(piece, start, min(self.length, total + added), semitones, fill_seed))
        return windows


class BatchMaker:
    """Turns windows into arrays."""

    def __init__(self, pieces: Pieces, plan: WindowPlan, config: ModelConfig) -> None:
        self.pieces, self.plan, self.config = pieces, plan, config
        self.vocab = vocabulary(config.steps_per_beat)

    def batch(self, windows: list[Window], rank: int = 0, size: int = 1) -> Batch:
        """Return the arrays of a batch, or of the share of process `rank` of `size`: every `size`th window.

        All shares have one shape; rows that are missing to it count for nothing.
        """
        T = max(self.plan.shape_of(window.length) for window in windows)
        B = -(-max(1, self.plan.batch_words // T) // size)
        ids = np.zeros((B, T), dtype=np.int64)
        targets = np.full((B, T), IGNORED, dtype=np.int64)
        time = np.zeros((B, T), dtype=np.int64)
        sounding = np.zeros((B, T, N_KEYS), dtype=np.uint8)
        recalled = np.zeros((B, T, self.config.n_recalled), dtype=np.int64)
        for row, window in enumerate(windows[rank::size]):
            words, first_target, heard_from = self._words(window)
            n = min(len(words) - 1 - heard_from, T)
            here = slice(heard_from, heard_from + n)
            ids[row, :n] = words[here]
            asked = np.where(never_composed(words), IGNORED, words.astype(np.int64))
            targets[row, first_target:n] = asked[heard_from + 1 + first_target : heard_from + n + 1]
            if not self.config.plain:  # which hears nothing
                heard = hear(words[: heard_from + n])
                time[row, :n], sounding[row, :n] = heard.time[here], heard.sounding[here]
            if self.config.hear_recall:
                kinds = self.config.hear_moved, self.config.bar_steps
                recalled[row, :n] = recall(words[: heard_from + n], heard.time, *kinds)[here]
        index = np.broadcast_to(np.arange(T), (B, T))
        cos, sin = Rotary.of(self.config).tables(index, time)
        return Batch(ids, targets, time % self.config.bar_steps, sounding, recalled, cos, sin)

    def _words(self, window: Window) -> tuple[Ids, int, int]:
        """Return the words from START on, the first place in the window that has a target, and where it begins."""
        ids = transposed(self.pieces.ids(window.piece), window.semitones)
        if window.fill_seed is not None:
            filled = fill_example(ids, self.vocab, self.plan.length, np.random.default_rng(window.fill_seed))
            if filled is not None:
                # What follows START is unlike the beginning of a piece there: it must not be learnt as one.
                return filled[: self.plan.shape_of(window.length) + 1], 2, 0
        return ids[: window.start + window.length + 1], 0, window.start


def fill_example(ids: Ids, vocab: Vocabulary, length: int, rng: np.random.Generator) -> Ids | None:
    """Return `START before GAP after FILL middle END` of at most `length` + 1 words, None if no gap could be cut."""
    notes = canonical_ids_to_notes(ids)
    if not len(notes):
        return None
    piece, bar = Piece(notes, grid=vocab.grid), vocab.grid.bar_steps
    start = int(notes[rng.integers(len(notes)), 0]) // bar * bar
    for bars in range(int(rng.integers(1, LONGEST_GAP_BARS + 1)), 0, -1):
        end = start + bars * bar
        parts = part(piece, start, end)
        answer = fill_answer(parts.middle, start)
        room = length - len(answer) - FILL_WORDS
        if room >= length // 2:
            return np.concatenate([fill_prompt(parts, start, end, room // 2), answer])
    return None

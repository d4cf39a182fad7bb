"""Batches for `recipe.py`: the windows of training with what its variants are told besides, and the held-out words."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from nanopiano.corpus.packed import Split
from nanopiano.model.config import ModelConfig
from nanopiano.music.grid import N_KEYS
from nanopiano.music.listen import hear
from nanopiano.music.recall import recall
from nanopiano.music.vocab import FILL, FIRST_DURATION, FIRST_PITCH, GAP, WAIT
from nanopiano.music.words import Ids
from nanopiano.train.data import IGNORED, BatchMaker, Window, WindowPlan, never_composed
from nanopiano.train.gpt import CHUNK
from recipes.network import RECALLED, Heard

BAR = 16
ROWS = 4
MOST_OFTEN = 8.0


@dataclass(frozen=True)
class Reading:
    """How words are read; the defaults are the base."""

    lowest_first: bool = False  # order of the notes within a step
    stretch_rate: float = 0.0  # share of the windows with all times doubled or halved where that fits the grid
    echo: bool = False  # whether what followed a bar ago is looked up
    recall: bool = False  # whether what came next the last time is looked up
    source_power: float = 1.0  # a source's share of what is read is as its words to this power


def mixed(pieces: Split, power: float, seed: int) -> Split:
    """Return as many pieces, drawn so that a source's share is as its words to `power`; as they are if it is 1.

    A piece is drawn MOST_OFTEN times as often as at first, at most: some sources hold a single piece.
    """
    if power == 1:
        return pieces
    sources = np.array([pieces.facts(number)["source"] for number in range(len(pieces))])
    names, source = np.unique(sources, return_inverse=True)
    words = np.bincount(source, pieces.lengths, len(names))
    weights = np.minimum(words ** (power - 1) / words.max() ** (power - 1), MOST_OFTEN)[source]
    drawn = np.random.default_rng(seed).choice(len(pieces), len(pieces), p=weights / weights.sum())
    columns: dict[str, Any] = {}
    for entry in fields(pieces):
        if isinstance(column := getattr(pieces, entry.name), np.ndarray):
            columns[entry.name] = column[drawn]
    return replace(pieces, **columns)


class Examples:
    """Makes batches for the lab network from the windows of a plan."""

    def __init__(self, pieces: Split, plan: WindowPlan, config: ModelConfig, reading: Reading) -> None:
        self.plan, self.reading = plan, reading
        self.maker = BatchMaker(pieces, plan, config)
        self.rng = np.random.default_rng(plan.seed)

    def batch(self, windows: list[Window]) -> tuple[Heard, torch.Tensor]:
        """Return what is heard and the targets [B, T], IGNORED where there is none."""
        T = max(self.plan.shape_of(window.length) for window in windows)
        rows = []
        for window in windows:
            words, first_target, begin = self.maker._words(window)
            if self.rng.random() < self.reading.stretch_rate:
                words = stretched(words, self.rng)
            if self.reading.lowest_first:
                words = lowest_first(words)
            n = min(len(words) - 1 - begin, T)
            targets = np.where(never_composed(words), IGNORED, words.astype(np.int64))[begin + 1 : begin + n + 1]
            targets[:first_target] = IGNORED
            rows.append((words[: begin + n], begin, targets))
        return stack(rows, T, self.reading)


def held_out(
    pieces: Split, numbers: list[int], length: int, reading: Reading
) -> Iterator[tuple[Heard, torch.Tensor, list[int]]]:
    """Yield what is heard, targets and the piece of each row; every word is a target once, windows overlap by half."""
    rows: list[tuple[Ids, int, NDArray[np.int64]]] = []
    owners: list[int] = []
    new = length // 2
    for number in numbers:
        words = pieces.ids(number)
        words = lowest_first(words) if reading.lowest_first else words
        for begin in range(0, max(len(words) - 1 - (length - new), 1), new):
            targets = words[begin + 1 : begin + length + 1].astype(np.int64)
            if begin:
                targets[: length - new] = IGNORED
            rows.append((words[: begin + len(targets)], begin, targets))
            owners.append(number)
    order = sorted(range(len(rows)), key=lambda row: len(rows[row][2]))
    for first in range(0, len(order), ROWS):
        chosen = order[first : first + ROWS]
        T = -(-max(len(rows[row][2]) for row in chosen) // CHUNK) * CHUNK
        yield *stack([rows[row] for row in chosen], T, reading), [owners[row] for row in chosen]


def stack(rows: list[tuple[Ids, int, NDArray[np.int64]]], T: int, reading: Reading) -> tuple[Heard, torch.Tensor]:
    """Return the rows (words from START on, first word of the window, targets) padded to T words."""
    B = len(rows)
    ids, time, wait = (np.zeros((B, T), dtype=np.int64) for _ in range(3))
    targets = np.full((B, T), IGNORED, dtype=np.int64)
    recalled = np.zeros((B, T, len(RECALLED)), dtype=np.int64)
    sounding, keys = (np.zeros((B, T, N_KEYS), dtype=np.uint8) for _ in range(2))
    for row, (words, begin, answers) in enumerate(rows):
        heard, n = hear(words), len(words) - begin
        ids[row, :n], targets[row, :n] = words[begin:], answers
        time[row, :n], sounding[row, :n] = heard.time[begin:], heard.sounding[begin:]
        if reading.recall:
            recalled[row, :n] = recall(words, heard.time, True, BAR)[begin:]
        if reading.echo:
            keys[row, :n], wait[row, :n] = a_bar_ago(words, heard.time, begin)
    tensors = (torch.from_numpy(array) for array in (ids, time, sounding, keys, wait, recalled))
    return Heard(*tensors), torch.from_numpy(targets)


def a_bar_ago(words: Ids, time: NDArray[np.int64], begin: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return, for the words from `begin` on, what was struck a bar ago: keys [n, 88], and steps from there [n].

    The keys are those of the first onset at or after the step a bar ago. The steps lead to that onset too, but after a
    note to the next one later than its step: so far it will be to the next onset if the bar repeats. 16 and no keys say
    that nothing was struck within a bar from there.
    """
    fill = np.flatnonzero(words == FILL)
    if len(fill) and begin < fill[0]:  # what stands before FILL must not see what fills the gap
        first, second = _a_bar_ago(words[: fill[0]], time, begin), _a_bar_ago(words, time, int(fill[0]))
        return np.concatenate([first[0], second[0]]), np.concatenate([first[1], second[1]])
    return _a_bar_ago(words, time, begin)


def _a_bar_ago(words: Ids, time: NDArray[np.int64], begin: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    roll = np.zeros((int(time.max()) + 2, N_KEYS), dtype=np.uint8)
    pitches = np.flatnonzero((words >= FIRST_PITCH) & (words < FIRST_DURATION))
    roll[time[pitches], words[pitches].astype(np.int64) - FIRST_PITCH] = 1
    nowhere = len(roll) - 1
    onset = np.where(roll.any(1), np.arange(len(roll)), nowhere + BAR)
    following = np.minimum.accumulate(onset[::-1])[::-1]  # the first onset at or after each step
    then = time[begin : len(words)] - BAR
    heads = np.concatenate([[0], words[:-1]])[begin:]
    after_note = (words[begin:] >= FIRST_DURATION) & (heads >= FIRST_PITCH) & (heads < FIRST_DURATION)
    here = following[np.clip(then, 0, None)]
    ahead = np.where(after_note, following[np.clip(then + 1, 0, None)], here) - then
    keys = np.where((then >= 0) & (here - then < BAR), here, nowhere)
    return roll[keys], np.where((then >= 0) & (ahead < BAR), ahead, BAR)


def lowest_first(words: Ids) -> Ids:
    """Return the words with the notes of every step in the order lowest first; other words stay where they are."""
    out = words.copy()
    is_note = np.zeros(len(words), dtype=bool)
    is_note[:-1] = (words[:-1] >= FIRST_PITCH) & (words[:-1] < FIRST_DURATION)
    at = 0
    while at < len(words):
        end = at
        while end + 1 < len(words) and is_note[end]:
            end += 2
        if end > at:
            out[at:end] = words[at:end].reshape(-1, 2)[::-1].reshape(-1)
        at = max(end, at) + 1
    return out


def stretched(words: Ids, rng: np.random.Generator) -> Ids:
    """Return the words with every duration doubled or halved where that is possible, else as they are."""
    is_duration = words >= FIRST_DURATION
    steps = words[is_duration].astype(np.int64) - FIRST_DURATION + 1
    if not len(steps) or (words == GAP).any() or (words == WAIT).sum() < 2:
        return words
    if rng.random() < 0.5 and not (steps % 2).any():
        steps = steps // 2
    elif steps.max() <= 64:
        steps = steps * 2
    out = words.copy()
    out[is_duration] = (steps + FIRST_DURATION - 1).astype(words.dtype)
    return out

"""Windows of rolls as arrays: what a network reads, what it is told, which words may come, which one comes."""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nanopiano.model.rotary import Rotary
from nanopiano.music.grid import LOWEST_PITCH, N_KEYS
from nanopiano.music.recall import recall
from nanopiano.music.vocab import FIRST_DURATION, FIRST_PITCH, vocabulary
from nanopiano.music.words import Ids
from nanopiano.train.data import IGNORED, Window, WindowPlan, transposed
from polyphony.grammar import tell
from polyphony.recipe import Recipe

BAR = 16  # frames: where a rhythm is looked up
SHAPE = 64  # rows are padded to multiples of so many words


class Batch(NamedTuple):
    """B windows of T words."""

    ids: Tensor  # int64 [B, T]
    time: Tensor  # int64 [B, T]
    sounding: Tensor  # uint8 [B, T, 88]
    released: Tensor  # bool [B, T, 88]
    shift: Tensor  # int64 [B], semitones
    recalled: Tensor  # int64 [B, T, 4 or 11]
    cos: Tensor  # float32 [B, T, D/2]
    sin: Tensor  # float32 [B, T, D/2]
    targets: Tensor  # int64 [B, T], IGNORED where there is none
    allowed: Tensor  # bool [B, T, V], all true where there is no target

    @property
    def read(self) -> tuple[Tensor, ...]:
        """What a network reads, in its order."""
        return self[:8]


class Rolls:
    """The words of one split, as a `WindowPlan` asks for them."""

    def __init__(self, spelt: list[Ids]) -> None:
        self.spelt = spelt
        pitches = [ids[(ids >= FIRST_PITCH) & (ids < FIRST_DURATION)].astype(np.int64) for ids in spelt]
        offset = LOWEST_PITCH - FIRST_PITCH
        self.lengths = np.array([len(ids) for ids in spelt])
        self.lowest = np.array([keys.min(initial=FIRST_DURATION) + offset for keys in pitches])
        self.highest = np.array([keys.max(initial=FIRST_PITCH) + offset for keys in pitches])

    def ids(self, number: int) -> Ids:
        """Return the words of a roll."""
        return self.spelt[number]


def plan_of(rolls: Rolls, recipe: Recipe, seed: int) -> WindowPlan:
    """Return which windows stand in which batch: every roll once an epoch, longer ones in several windows."""
    plan = WindowPlan(rolls, recipe.length, recipe.batch_words, 0.0, recipe.most_semitones, seed)
    plan.shapes = list(range(SHAPE, recipe.length + SHAPE, SHAPE))
    return plan


def training_batch(rolls: Rolls, windows: list[Window], recipe: Recipe, rng: np.random.Generator) -> Batch:
    """Return the arrays of a planned batch; some windows stay in their key."""
    rows = []
    for window in windows:
        semitones = 0 if rng.random() < recipe.untransposed else window.semitones
        ids = transposed(rolls.ids(window.piece), semitones)[: window.start + window.length + 1]
        rows.append((ids, window.start, semitones))
    return batch(rows, recipe)


def batch(rows: list[tuple[Ids, int, int]], recipe: Recipe) -> Batch:
    """Return the arrays of rows (words from START on, where the window begins, semitones moved)."""
    B, T, V = len(rows), -(-max(len(ids) - 1 - start for ids, start, _ in rows) // SHAPE) * SHAPE, len(vocabulary())
    ids = np.zeros((B, T), dtype=np.int64)
    targets = np.full((B, T), IGNORED, dtype=np.int64)
    time = np.zeros((B, T), dtype=np.int64)
    sounding = np.zeros((B, T, N_KEYS), dtype=np.uint8)
    released = np.zeros((B, T, N_KEYS), dtype=bool)
    allowed = np.ones((B, T, V), dtype=bool)
    recalled = np.zeros((B, T, recipe.config().n_recalled), dtype=np.int64)
    for row, (words, start, _) in enumerate(rows):
        told, n = tell(words[:-1]), len(words) - 1 - start
        ids[row, :n], targets[row, :n] = words[start:-1], words[start + 1 :]
        time[row, :n], sounding[row, :n] = told.time[start:], told.sounding[start:]
        if recipe.hear_recall:
            recalled[row, :n] = recall(words[:-1], told.time, recipe.hear_moved, BAR)[start:]
        released[row, :n], allowed[row, :n] = told.released[start:], told.allowed[start:]
    cos, sin = Rotary(recipe.config().head_size).tables(np.broadcast_to(np.arange(T), (B, T)), time)
    shift = np.array([semitones for *_, semitones in rows])
    read: tuple[NDArray[np.generic], ...] = (ids, time, sounding, released, shift, recalled, cos, sin)
    return Batch(*(torch.from_numpy(np.ascontiguousarray(array)) for array in (*read, targets, allowed)))

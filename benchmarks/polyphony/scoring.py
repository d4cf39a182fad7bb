"""Nats per frame of a split, by one network or by the mean chance of several, and how sure the figure is."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from nanopiano.train.data import IGNORED
from polyphony.batches import Batch, Rolls, batch
from polyphony.network import PolyGPT

Nats = NDArray[np.float64]


class Figure(NamedTuple):
    """Nats per frame, total over total, and the middle 95% of resampled sequences."""

    nats: float
    low: float
    high: float


def word_loss(logits: Tensor, found: Batch) -> Tensor:
    """Return the nats of every target among the words that may come, [B * T], 0 where there is none."""
    masked = logits.float().masked_fill(~found.allowed, float("-inf"))
    return F.cross_entropy(masked.flatten(0, 1), found.targets.flatten(), ignore_index=IGNORED, reduction="none")


def word_nats(network: PolyGPT, rolls: Rolls, batch_words: int = 8192) -> list[Nats]:
    """Return the nats of every word of every roll, float64 [T - 1] each, every word from the window before it."""
    result: list[Nats] = [np.empty(0)] * len(rolls.lengths)
    order = np.argsort(rolls.lengths, kind="stable").tolist()
    while order:
        rows = max(1, min(len(order), batch_words // int(rolls.lengths[order[-1]])))
        numbers, order = order[-rows:], order[:-rows]
        found = batch([(rolls.ids(number), 0, 0) for number in numbers], network.recipe)
        with torch.no_grad():
            nats = word_loss(network(*found.read), found).view(found.ids.shape).double().numpy()
        for row, number in enumerate(numbers):
            result[number] = nats[row, : int(rolls.lengths[number]) - 1]
    return result


def mean_chance(members: Sequence[list[Nats]]) -> list[Nats]:
    """Return the nats of every word under the mean of the members' chances.

    Each member foretells each word from the words before it, so their mean does, and is a distribution over rolls.
    """
    return [np.log(len(members)) - np.logaddexp.reduce([-nats for nats in rows]) for rows in zip(*members, strict=True)]


def per_frame(nats: Iterable[Nats], frames: Sequence[int]) -> float:
    """Return nats per frame, total over total."""
    return float(sum(float(row.sum()) for row in nats) / sum(frames))


def bootstrap(nats: Sequence[Nats], frames: Sequence[int], resamples: int = 10_000, seed: int = 1) -> Figure:
    """Return nats per frame with the percentile interval over resampled sequences (Efron 1979)."""
    totals, counts = np.array([row.sum() for row in nats]), np.array(frames)
    rng = np.random.default_rng(seed)
    chosen = rng.integers(len(counts), size=(resamples, len(counts)))
    figures = totals[chosen].sum(axis=1) / counts[chosen].sum(axis=1)
    low, high = np.quantile(figures, [0.025, 0.975])
    return Figure(float(totals.sum() / counts.sum()), float(low), float(high))

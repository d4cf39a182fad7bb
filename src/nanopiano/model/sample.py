"""From logits to a word: mask, temperature, top-k, top-p, min-p, in this order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nanopiano.errors import InputError
from nanopiano.music.passages import SHORTEST_NOTES

MAX_SEED = 2**63 - 1


@dataclass(frozen=True)
class Sampling:
    """How freely words are drawn. Raises InputError for a value out of range."""

    temperature: float = 1.0  # 0 takes the likeliest word
    top_k: int | None = None  # only the k likeliest words; None: all
    top_p: float = 1.0  # only the likeliest words that together have this share (Holtzman et al. 2020)
    min_p: float = 0.0  # only words at least this share as likely as the likeliest (Nguyen et al. 2024)
    min_surprise: float = 0.0  # nats a word that new music must have lately, or it is drawn warmer; see `surprise`
    returns: float = 1.0  # so many times as likely is what goes on with a passage from afar; see `returns`
    chromatic: float = 1.0  # so many times as likely are notes foreign to the last bars; see `tonality`
    original: int | None = None  # no passage of more notes than this may stand in training as well; None: it may

    def __post_init__(self) -> None:
        _within("temperature", self.temperature, 0, 10, "0 takes the likeliest word, 1 is as learnt")
        _within("top-p", self.top_p, 0, 1, "1 switches it off", open_low=True)
        _within("min-p", self.min_p, 0, 1, "0 switches it off", open_high=True)
        _within("min-surprise", self.min_surprise, 0, 2, "nats a word; 0 switches it off")
        _within("returns", self.returns, 1, 1000, "times as likely; 1 is as learnt")
        _within("chromatic", self.chromatic, 0.01, 10, "times as likely; 1 is as learnt")
        if self.top_k is not None and self.top_k < 1:
            raise InputError(f"top-k is {self.top_k}: expected a whole number from 1 up, or 'all'")
        if self.original is not None and self.original < SHORTEST_NOTES:
            raise InputError(f"original is {self.original}: expected {SHORTEST_NOTES} notes or more")


def _within(
    name: str, value: float, low: float, high: float, hint: str, *, open_low: bool = False, open_high: bool = False
) -> None:
    inside = low <= value <= high and not (open_low and value == low) and not (open_high and value == high)
    if not inside:
        span = f"{'above' if open_low else 'from'} {low:g} {'to below' if open_high else 'to'} {high:g}"
        raise InputError(f"{name} is {value}: expected a number {span} ({hint})")


def probabilities(
    logits: NDArray[np.float32], allowed: NDArray[np.bool_], sampling: Sampling, warmth: float = 1.0
) -> NDArray[np.float64]:
    """Return the chance of every word, float64 [V]; zero where not allowed. At least one word must be allowed.

    The temperature is taken times `warmth`.
    """
    scores = np.where(allowed, logits, -np.inf).astype(np.float64)
    if sampling.temperature == 0:
        certain = np.zeros(len(scores))
        certain[scores.argmax()] = 1.0
        return certain
    scores -= scores.max()
    chances: NDArray[np.float64] = np.exp(scores / (sampling.temperature * warmth))
    order = np.argsort(-scores, kind="stable")  # not by chances, which may tie where scores do not
    if sampling.top_k is not None:
        chances[order[sampling.top_k :]] = 0.0
    if sampling.top_p < 1:
        before = np.cumsum(chances[order]) - chances[order]
        chances[order[before >= sampling.top_p * chances.sum()]] = 0.0
    if sampling.min_p > 0:
        chances[chances < sampling.min_p * chances.max()] = 0.0
    chances /= chances.sum()
    return chances


def log_chance(logits: NDArray[np.float32], allowed: NDArray[np.bool_], word: int) -> float:
    """Return how likely the model finds a word among those allowed, as it learnt it: the logarithm of its chance."""
    scores = logits[allowed].astype(np.float64)
    return float(logits[word] - np.logaddexp.reduce(scores))


def draw(chances: NDArray[np.float64], rng: np.random.Generator) -> int:
    """Draw a word by its chances."""
    sums = np.cumsum(chances)
    # The last word with a chance bounds what rounding may let pass.
    return min(int(np.searchsorted(sums, rng.random() * sums[-1], side="right")), int(np.flatnonzero(chances)[-1]))

"""The angles by which queries and keys are turned: half with the word index, half with musical time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nanopiano.model.config import ModelConfig

LONGEST_PERIOD = 1024.0  # the slowest frequency turns one radian in so many words, or steps
# Periods in bars of time that turns by bars: what begins at the same place of a beat or a bar is turned alike.
BAR_PERIODS = np.array([1 / 8, 3 / 16, 1 / 4, 3 / 8, 1 / 2, 3 / 4, 1, 3 / 2, 2, 3, 4, 6, 8, 16, 32, 64])


class Rotary:
    """Rotary positions (Su et al. 2021, RoFormer). Only differences matter; float64 keeps them exact in long pieces."""

    def __init__(self, head_size: int, hear_time: bool = True, bar_steps: int = 0) -> None:
        """Make the angles of heads of `head_size` numbers; time turns by bars of `bar_steps` steps, 0: by octaves."""
        n = head_size // 4  # pairs of each kind; a head has head_size / 2 pairs
        self.frequencies = LONGEST_PERIOD ** -(np.arange(n) / max(n - 1, 1))  # radians a word
        chosen = np.linspace(0, len(BAR_PERIODS) - 1, n).round().astype(int)
        self.time_frequencies = 2 * np.pi / (BAR_PERIODS[chosen] * bar_steps) if bar_steps else self.frequencies
        self.hear_time = hear_time

    @classmethod
    def of(cls, config: ModelConfig) -> Rotary:
        """Return the angles of a network of `config`."""
        return cls(config.head_size, config.hear_time, config.bar_steps if config.hear_bars else 0)

    def tables(self, index: NDArray[np.int64], time: NDArray[np.int64]) -> tuple[NDArray[np.float32], ...]:
        """Return cosines and sines, float32 [..., head_size / 2], of word indices and times in steps (both [...])."""
        angles = self._angles(index, time)
        return np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)

    def turn(self, index: int, time: NDArray[np.int64], cos: NDArray[np.float32], sin: NDArray[np.float32]) -> None:
        """Write the tables of one word index and B times into cos and sin [B, head_size / 2]."""
        angles = self._angles(np.full(time.shape, index), time)
        np.cos(angles, out=cos, casting="same_kind")
        np.sin(angles, out=sin, casting="same_kind")

    def _angles(self, index: NDArray[np.int64], time: NDArray[np.int64]) -> NDArray[np.float64]:
        # Without musical time the second half turns with the index too, half a place between the first frequencies.
        between = self.frequencies * LONGEST_PERIOD ** (-0.5 / max(len(self.frequencies) - 1, 1))
        second = time[..., None] * self.time_frequencies if self.hear_time else index[..., None] * between
        return np.concatenate([index[..., None] * self.frequencies, second], axis=-1)

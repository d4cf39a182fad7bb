"""The angles by which queries and keys are turned: half with the word index, half with musical time."""

import numpy as np
from numpy.typing import NDArray

LONGEST_PERIOD = 1024.0  # the slowest frequency turns one radian in so many words, or steps


class Rotary:
    """Rotary positions (Su et al. 2021, RoFormer). Only differences matter; float64 keeps them exact in long pieces."""

    def __init__(self, head_size: int, hear_time: bool = True) -> None:
        n = head_size // 4  # pairs of each kind; a head has head_size / 2 pairs
        self.frequencies = LONGEST_PERIOD ** -(np.arange(n) / max(n - 1, 1))  # radians a word, or a step
        self.hear_time = hear_time

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
        second = time[..., None] * self.frequencies if self.hear_time else index[..., None] * between
        return np.concatenate([index[..., None] * self.frequencies, second], axis=-1)

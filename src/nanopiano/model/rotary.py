"""The angles by which queries and keys are turned: half with the word index, half with musical time."""

import numpy as np
from numpy.typing import NDArray

LONGEST_PERIOD = 1024.0  # the slowest frequency turns one radian in so many words, or steps


def frequencies(head_size: int) -> NDArray[np.float64]:
    """Radians a word (or a step of time) for one half of the frequency pairs of a head; float64 [head_size / 4]."""
    n = head_size // 4
    return LONGEST_PERIOD ** -(np.arange(n) / max(n - 1, 1))


def rotary_tables(
    index: NDArray[np.int64], time: NDArray[np.int64], head_size: int, hear_time: bool = True
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return cosines and sines, float32 [..., head_size / 2], for word indices and times in steps (both [...]).

    Only differences matter to attention (Su et al. 2021, RoFormer); float64 inside keeps them exact for long pieces.
    """
    turns = frequencies(head_size)
    by_index = index[..., None] * turns
    by_time = (time if hear_time else index)[..., None] * (turns if hear_time else turns / np.sqrt(turns[-2] / turns[-1]))
    angles = np.concatenate([by_index, by_time], axis=-1)
    return np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)

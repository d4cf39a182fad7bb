"""What a network that blends words keeps of the last ones: its streams before every attention and perceptron."""

import numpy as np
from numpy.typing import NDArray

from nanopiano.model.config import ModelConfig

Floats = NDArray[np.float32]


class Streams:
    """The last `blend_words` - 1 words of every stream of B pieces, [B, n, C] each; zeros before the first word."""

    def __init__(self, config: ModelConfig, rows: int) -> None:
        kept, C = max(config.blend_words - 1, 0), config.n_embd
        self.fresh = {name: np.zeros((rows, 1, C), dtype=np.float32) for name in config.streams}  # of a single word
        self.past = {f"past_{name}": np.zeros((rows, kept, C), dtype=np.float32) for name in self.fresh}

    def step(self) -> None:
        """Take in the word that stands in `fresh`."""
        for name, word in self.fresh.items():
            past = self.past[f"past_{name}"]
            past[:, :-1] = past[:, 1:]
            past[:, -1:] = word

    def read(self, streams: dict[str, Floats]) -> None:
        """Take in T words of every stream, [B, T, C] each."""
        for name in self.fresh:
            past = self.past[f"past_{name}"]
            past[:] = np.concatenate([past, streams[name]], axis=1)[:, -past.shape[1] :]

    def keep(self, rows: list[int]) -> None:
        """Go on with only these pieces (a row named twice becomes two)."""
        self.fresh = {name: word[rows] for name, word in self.fresh.items()}
        self.past = {name: array[rows] for name, array in self.past.items()}

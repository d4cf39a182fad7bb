"""What keeps new music from becoming duller and duller.

A model that goes on from its own words expects them more and more and says them again: the boredom trap (Basu et al.
2021, Mirostat, section 4). Long composed pieces have many more words that surprise hardly than held-out music has
(docs/measures.md). Mirostat holds the surprise at a given height; here it may be what it likes above the least, for
pieces differ, and the drawing gets warmer only below.
"""

import numpy as np
from numpy.typing import NDArray

from nanopiano.model.sample import Sampling
from nanopiano.music.words import Ids

HORIZON = 64  # words that the mean over the last ones reaches back
WARMEST = 1.5  # times the temperature, where nothing surprises at all


class Surprise:
    """Follows how much the last words surprised the model, and says how warm to draw; a dull prompt may go on so."""

    def __init__(self, sampling: Sampling) -> None:
        # Who asks for a lower temperature than music was learnt with wants fewer surprises.
        self.least = sampling.min_surprise * min(sampling.temperature, 1.0)  # nats a word
        self.lately = self.least

    @property
    def warmth(self) -> float:
        """What to multiply the temperature by, 1 to 1.5."""
        if self.lately >= self.least:
            return 1.0
        return WARMEST - (WARMEST - 1) * self.lately / self.least

    def read_prompt(self, nats: NDArray[np.float64]) -> None:
        """Take in the surprise of each word of the prompt, float64 [T]."""
        usual = (HORIZON * self.least + float(nats.sum())) / (HORIZON + len(nats))
        self.least = self.lately = min(self.least, usual)

    def hear(self, log_chance: float) -> None:
        """Take in how likely the model found the word that was drawn: the logarithm of its chance."""
        self.lately += (-log_chance - self.lately) / HORIZON


def prompt_nats(logits: NDArray[np.float32], prompt: Ids) -> NDArray[np.float64]:
    """Return the nats of every word but the first of those with logits, float64 [T - 1]: the last T of a prompt.

    `logits` are those after each of them, [T, V].
    """
    scores, said = logits[:-1].astype(np.float64), prompt[len(prompt) - len(logits) + 1 :].astype(np.int64)
    sums = np.logaddexp.reduce(scores, axis=-1)
    return np.asarray(sums - scores[np.arange(len(said)), said], dtype=np.float64)

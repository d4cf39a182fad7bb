"""How far and how fast a run goes, said now and then."""

import time
from collections.abc import Callable

import numpy as np

from nanopiano.train.checkpoint import Progress

SAY_SECONDS = 10.0  # between progress lines
Say = Callable[[str], None]


class Pace:
    """Says now and then how fast a run goes; the time of evaluations is left out."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.rest()

    def rest(self) -> None:
        """Begin to count anew."""
        self.said, self.words = time.monotonic(), self.progress.words

    def step(self, say: Say, total_words: int) -> None:
        """Count a step."""
        seconds = time.monotonic() - self.said
        if seconds < SAY_SECONDS:
            return
        progress = self.progress
        speed = (progress.words - self.words) / seconds
        left = (total_words - progress.words) / max(speed, 1e-9) / 60
        share = 100 * progress.words / total_words
        recent = float(np.mean(progress.losses[-50:]))
        say(f"step {progress.step}  {share:.1f}%  loss {recent:.4f}  {speed:.0f} words/s  {left:.0f} min left")
        self.rest()

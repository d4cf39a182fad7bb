"""Shows a run while it learns: losses as CSV and picture, composed pieces, and trackers such as TensorBoard.

What cannot be shown (a full disk, a network that is down) is said once and never ends the run.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from nanopiano.train.checkpoint import Progress
from nanopiano.train.heard import Pieces
from nanopiano.train.pace import Say
from nanopiano.train.trackers import Tracker

STEPS = 20  # between the figures that trackers get


class Watch:
    """Shows one run; only one process of a run has one that shows anything."""

    def __init__(self, run: Path, say: Say, pieces: Pieces | None = None, trackers: Sequence[Tracker] = ()) -> None:
        self.run, self.say, self.pieces, self.trackers = run, say, pieces, trackers
        self.failed: set[str] = set()  # what was already said to fail

    def begin(self, progress: Progress) -> None:
        """Begin, or go on with a run; the only time that a failure is raised, as NanopianoError."""
        for tracker in self.trackers:
            tracker.begin(progress.words)

    def stepped(self, progress: Progress, lr_share: float) -> None:
        """Show the loss of the last steps, and the learning rate as a share of its peak."""
        if self.trackers and progress.step % STEPS == 0:
            loss = float(np.mean(progress.losses[-STEPS:]))
            self._tell(progress.words, {"step/nats_per_word": loss, "step/learning_rate": lr_share})

    def evaluated(self, progress: Progress, weights: Mapping[str, Tensor]) -> None:
        """Show the latest evaluation, and what the weights that were evaluated compose."""
        from nanopiano.train.report import write_losses  # noqa: PLC0415  matplotlib, slow to import

        self._try("losses.csv and losses.png", write_losses, progress.history, self.run)
        row = progress.history[-1]
        self._tell(progress.words, {f"evaluation/{name}": row[name] for name in row if name not in ("step", "words")})
        if self.pieces is not None:
            self._try("composed pieces", self._hear, progress.words, weights)

    def close(self) -> None:
        """Show nothing more."""
        for tracker in self.trackers:
            self._try(tracker.name, tracker.close)

    def _hear(self, words: int, weights: Mapping[str, Tensor]) -> None:
        assert self.pieces is not None
        for heard in self.pieces.compose(words, weights):
            for tracker in self.trackers:
                self._try(tracker.name, tracker.piece, heard)

    def _tell(self, words: int, figures: dict[str, float]) -> None:
        for tracker in self.trackers:
            self._try(tracker.name, tracker.figures, words, figures)

    def _try(self, what: str, show: Callable[..., None], *shown: Any) -> None:
        """Show something; say the first time that it fails."""
        try:
            show(*shown)
        except Exception as error:  # whatever it is: nobody loses a run because of a picture
            if what not in self.failed:
                self.failed.add(what)
                self.say(f"{what} cannot be shown, training goes on: {' '.join(str(error).split())}")


class Unwatched(Watch):
    """Shows nothing: of many processes all but one have this."""

    def begin(self, progress: Progress) -> None:
        """Show nothing."""

    def stepped(self, progress: Progress, lr_share: float) -> None:
        """Show nothing."""

    def evaluated(self, progress: Progress, weights: Mapping[str, Tensor]) -> None:
        """Show nothing."""

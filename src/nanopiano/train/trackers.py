"""Programs of others that show runs, side by side if one likes: TensorBoard, and Weights & Biases."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from nanopiano.errors import NanopianoError
from nanopiano.train.checkpoint import read_json
from nanopiano.train.heard import Heard


class Tracker(Protocol):
    """What is told of a run; everything by the number of words seen."""

    name: str

    def begin(self, words: int) -> None:
        """Begin, or go on after `words`. Raises NanopianoError."""

    def figures(self, words: int, figures: dict[str, float]) -> None:
        """Show numbers by name."""

    def piece(self, heard: Heard) -> None:
        """Show a piece that the run composed."""

    def close(self) -> None:
        """Write what is still to be written."""


class TensorBoard:
    """Event files in RUN/tensorboard. Raises ModuleNotFoundError where TensorBoard is not installed."""

    name = "TensorBoard"

    def __init__(self, run: Path) -> None:
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415  slow to import, rarely wanted

        self.run, self.make = run, SummaryWriter

    def begin(self, words: int) -> None:
        """Begin a file; what a session that was killed had shown beyond `words` is hidden."""
        folder = self.run / "tensorboard"
        try:
            self.writer = self.make(str(folder), purge_step=words + 1)
        except OSError as error:
            raise NanopianoError(f"cannot write into {folder}: {error.strerror}") from error
        facts = (self.run / "run.json").read_text("utf-8")
        self.writer.add_text("run.json", f"```\n{facts}\n```", words)

    def figures(self, words: int, figures: dict[str, float]) -> None:
        """Add a point to the curve of every figure."""
        for name, value in figures.items():
            self.writer.add_scalar(name, value, words)

    def piece(self, heard: Heard) -> None:
        """Add the picture and the sound of a piece, a slider over words leading through all of a seed."""
        import soundfile  # noqa: PLC0415
        from PIL import Image  # noqa: PLC0415  comes with matplotlib

        with Image.open(heard.picture) as picture:
            self.writer.add_image(f"heard/picture-{heard.seed}", np.asarray(picture), heard.words, dataformats="HWC")
        if heard.sound is not None:
            sound, rate = soundfile.read(heard.sound, dtype="float32")
            self.writer.add_audio(f"heard/sound-{heard.seed}", sound.mean(axis=1), heard.words, sample_rate=rate)
        self.writer.flush()

    def close(self) -> None:
        """Write what is still to be written."""
        self.writer.close()


class WeightsAndBiases:
    """A run of the project `nanopiano` at Weights & Biases, kept in RUN/wandb; offline with WANDB_MODE=offline.

    Raises ModuleNotFoundError where wandb is not installed.
    """

    name = "Weights & Biases"

    def __init__(self, run: Path) -> None:
        import wandb  # noqa: PLC0415

        self.run, self.wandb = run, wandb

    def begin(self, words: int) -> None:  # noqa: ARG002  it finds out by itself
        """Begin the run there, or go on with it: its id follows from the first session of ours."""
        facts = read_json(self.run / "run.json")
        name = self.run.resolve().name
        first = json.dumps([name, *facts["sessions"][:1]]).encode()
        try:
            self.shown = self.wandb.init(
                project=os.environ.get("WANDB_PROJECT", "nanopiano"),
                id=hashlib.sha256(first).hexdigest()[:12],
                resume="allow",
                name=name,
                dir=str(self.run),
                config=facts,
                settings=self.wandb.Settings(console="off"),
            )
        except Exception as error:
            why = " ".join(str(error).split())
            raise NanopianoError(
                f"Weights & Biases cannot begin: {why} (WANDB_MODE=offline needs no account)"
            ) from error
        self.shown.define_metric("*", step_metric="words")

    def figures(self, words: int, figures: dict[str, float]) -> None:
        """Add a point to the curve of every figure."""
        self.shown.log({"words": words, **figures})

    def piece(self, heard: Heard) -> None:
        """Add the picture and the sound of a piece."""
        shown: dict[str, Any] = {f"heard/picture-{heard.seed}": self.wandb.Image(str(heard.picture))}
        if heard.sound is not None:
            shown[f"heard/sound-{heard.seed}"] = self.wandb.Audio(str(heard.sound))
        self.shown.log({"words": heard.words, **shown})

    def close(self) -> None:
        """Send or write what is still to be."""
        self.shown.finish()


def make_tracker(name: str, run: Path) -> Tracker:
    """Return the tracker with a name of `options.TRACKERS`. Raises ModuleNotFoundError if it is not installed."""
    return TensorBoard(run) if name == "tensorboard" else WeightsAndBiases(run)

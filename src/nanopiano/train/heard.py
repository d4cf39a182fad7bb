"""Pieces that a run composes as it learns, the seeds always the same, so that one hears it.

It composes as the product does: the same graph, the same sampler. The network that learns, and its random numbers, are
not touched.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from torch import Tensor

from nanopiano.model.composer import Composer
from nanopiano.model.config import ModelConfig
from nanopiano.model.ending import Length
from nanopiano.model.engine import Engine
from nanopiano.music.midi import write_midi
from nanopiano.music.piece import Piece
from nanopiano.train.checkpoint import read_json
from nanopiano.train.export import build_graph
from nanopiano.train.options import WatchOptions
from nanopiano.train.publish import BITS

FOLDER = "heard"
LENGTH = Length(words=300)
SOUND_SECONDS = 30.0  # an untrained network may write an hour

Save = Callable[[Piece, Path], None]  # draws a piece into a file, or plays it into one


class Heard(NamedTuple):
    """A piece that was composed, and where it lies."""

    words: int  # that the weights have seen
    seed: int
    midi: Path
    picture: Path
    sound: Path | None


class Pieces:
    """Composes the pieces of a run; `draw` and `play` come from rooms that training does not know."""

    def __init__(self, run: Path, options: WatchOptions, draw: Save, play: Save | None = None) -> None:
        self.run, self.options, self.draw, self.play = run, options, draw, play
        self.words = 0  # that the weights had seen which composed last

    def compose(self, words: int, tensors: Mapping[str, Tensor]) -> Iterator[Heard]:
        """Compose with weights that have seen so many words, if it is time; yield every piece once it is saved.

        Raises NanopianoError if a file cannot be read or written.
        """
        if not self.options.pieces or words - self.words < max(self.options.pieces_every, 1):
            return
        self.words = words
        (self.run / FOLDER).mkdir(exist_ok=True)  # before the work: a disk may be full
        config = ModelConfig.from_json(read_json(self.run / "config.json"))
        weights = {name: tensor.detach().float().cpu().numpy() for name, tensor in tensors.items()}
        graph = build_graph(config, weights, BITS).SerializeToString()
        composer = Composer(Engine(graph, config, threads=1))  # more would contend with those of torch
        for seed in range(1, self.options.pieces + 1):
            yield self._save(composer.compose(length=LENGTH, seed=seed).finish(), words, seed)

    def _save(self, piece: Piece, words: int, seed: int) -> Heard:
        piece = replace(piece, title=f"{self.run.resolve().name} after {words:,} words, seed {seed}")
        name = self.run / FOLDER / f"{words:09d}-{seed}"
        heard = Heard(words, seed, name.with_suffix(".mid"), name.with_suffix(".png"), None)
        write_midi(piece, heard.midi)
        self.draw(piece, heard.picture)
        if self.play is None:
            return heard
        end = round(SOUND_SECONDS / piece.grid.seconds(1, piece.bpm))
        sound = name.with_suffix(".mp3")
        self.play(piece.clip(0, end), sound)
        return heard._replace(sound=sound)

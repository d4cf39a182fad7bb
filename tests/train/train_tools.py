"""Networks, pieces and corpora for the tests of training."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from model_tools import some_weights

from nanopiano.corpus.build import build_corpus
from nanopiano.corpus.judge import Rules
from nanopiano.corpus.packed import Corpus
from nanopiano.model.config import SIZES, ModelConfig
from nanopiano.music.grid import Grid
from nanopiano.music.piece import Piece
from nanopiano.music.words import Ids, piece_to_ids, piece_to_text
from nanopiano.train.gpt import GPT
from nanopiano.train.options import TrainOptions

torch.set_num_threads(1)  # sums must be added up in one order wherever a test runs

QUICK = TrainOptions(
    size="tiny",
    total_words=4_000,
    length=64,
    batch_words=256,
    warmup_words=500,
    eval_words=1_500,
    save_seconds=0.0,
    device="cpu",
    precision="float32",
    compile="no",
)


def some_piece(seed: int, n_notes: int = 60, steps_per_beat: int = 4) -> Piece:
    """A tune over a bass, in a major key of its own, another one for each seed."""
    rng = np.random.default_rng(seed)
    scale, tonic = np.array([0, 2, 4, 5, 7, 9, 11, 12]), int(rng.integers(48, 60))
    rows = []
    for beat in range(n_notes):
        step = beat * steps_per_beat
        rows.append((step, tonic + 12 + int(scale[rng.integers(8)]), steps_per_beat))
        if beat % 4 == 0:
            rows.append((step, tonic - 12 + int(scale[rng.integers(4)]), 4 * steps_per_beat))
    return Piece.of(rows, grid=Grid(steps_per_beat))


def some_corpus(folder: Path, n_pieces: int = 16, steps_per_beat: int = 4) -> Corpus:
    """A corpus of short pieces, about one in four for validation."""
    lines = [
        json.dumps({"title": f"piece {seed}", "text": piece_to_text(some_piece(seed, steps_per_beat=steps_per_beat))})
        for seed in range(n_pieces)
    ]
    source = folder / "pieces.jsonl"
    source.write_text("\n".join(lines))
    rules = Rules(min_notes=1, val_one_in=4, steps_per_beat=steps_per_beat)
    build_corpus([source], folder / "corpus", workers=1, rules=rules, progress=False)
    return Corpus.open(folder / "corpus")


class PiecesAtHand:
    """Pieces as a corpus split offers them, without a corpus."""

    def __init__(self, pieces: list[Piece]) -> None:
        self._ids = [piece_to_ids(piece) for piece in pieces]
        self.lengths = np.array([len(ids) for ids in self._ids])
        self.lowest = np.array([piece.pitches.min() for piece in pieces]).astype(np.int64)
        self.highest = np.array([piece.pitches.max() for piece in pieces]).astype(np.int64)

    def ids(self, number: int) -> Ids:
        return self._ids[number]


def some_network(seed: int = 0, **changes: object) -> GPT:
    """A network of size tiny with random weights; `changes` are fields of its config."""
    config = replace(SIZES["tiny"], **changes)  # type: ignore[arg-type]
    network = GPT(config)
    network.load_state_dict(as_tensors(config, seed))
    return network


def as_tensors(config: ModelConfig, seed: int = 0) -> dict[str, torch.Tensor]:
    """Random weights for torch."""
    return {name: torch.from_numpy(weight) for name, weight in some_weights(config, seed).items()}

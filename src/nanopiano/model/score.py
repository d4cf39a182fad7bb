"""How well a model expects given music: nats per word, per note, per beat, through the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nanopiano.model.cache import CHUNK
from nanopiano.model.engine import Engine
from nanopiano.music.listen import hear
from nanopiano.music.piece import Piece
from nanopiano.music.words import Ids, piece_to_ids


@dataclass
class Score:
    """Sums over pieces; END counts as a word, START does not."""

    nats: float = 0.0
    words: int = 0
    notes: int = 0
    beats: float = 0.0
    pieces: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return the figures of the contract; notes and beats allow models of other vocabularies to be compared."""
        return {
            "nats_per_word": self.nats / max(self.words, 1),
            "nats_per_note": self.nats / max(self.notes, 1),
            "nats_per_beat": self.nats / max(self.beats, 1e-9),
            "words": self.words,
            "notes": self.notes,
            "beats": self.beats,
            "pieces": self.pieces,
        }


def word_nats(engine: Engine, ids: Ids) -> NDArray[np.float64]:
    """Return the nats of every word but the first, float64 [T - 1], in one pass as the composer runs.

    A word is expected from the window before it (the words between two windows' lengths before it act through what
    they left in the cache) and from what is recalled of the whole piece.
    """
    heard = hear(ids)
    cache = engine.cache()
    nats = []
    for first in range(0, len(ids) - 1, CHUNK):
        here = slice(first, min(first + CHUNK, len(ids) - 1))
        words = ids[None, here].astype(np.int64)
        logits = cache.read(words, heard.time[None, here], heard.sounding[None, here])[0].astype(np.float64)
        logits -= logits.max(axis=-1, keepdims=True)
        answers = ids[here.start + 1 : here.stop + 1].astype(np.int64)
        nats.append(np.log(np.exp(logits).sum(axis=-1)) - logits[np.arange(len(answers)), answers])
    return np.concatenate(nats)


def score(engine: Engine, pieces: Iterable[Piece], tick: Callable[[], object] = lambda: None) -> Score:
    """Score pieces in their canonical form; `tick` is called after each."""
    total = Score()
    for piece in pieces:
        canonical = piece.canonical()
        nats = word_nats(engine, piece_to_ids(canonical))
        total.nats += float(nats.sum())
        total.words += len(nats)
        total.notes += len(canonical)
        total.beats += canonical.steps / canonical.grid.steps_per_beat
        total.pieces += 1
        tick()
    return total

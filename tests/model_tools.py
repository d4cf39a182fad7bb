"""Small models for tests: random weights, model folders, and an engine that wants always the same."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nanopiano.model.cache import Cache
from nanopiano.model.config import SIZES, ModelConfig
from nanopiano.model.engine import Engine
from nanopiano.music.grid import N_KEYS
from nanopiano.music.listen import hear
from nanopiano.music.vocab import vocabulary
from nanopiano.music.words import Ids
from nanopiano.train.export import build_graph
from nanopiano.train.onnx_graph import Weights


def some_weights(config: ModelConfig, seed: int = 0) -> Weights:
    """Random weights by the names of `train.gpt.GPT`, so large that every part of the network matters."""
    rng = np.random.default_rng(seed)
    C, D = config.n_embd, config.head_size
    shapes: dict[str, tuple[int, ...]] = dict.fromkeys(("words.weight", "head.weight"), (config.vocab_size, C))
    shapes |= {f"before.{back}.weight": (config.vocab_size, C) for back in range(config.hear_before)}
    if config.hear_octave:
        shapes |= {"octaves.weight": (10, C), "classes.weight": (13, C)}
    if config.hear_recall:
        shapes["recalled.weight"] = (config.n_recalled * config.vocab_size, C)
        shapes["copying.weight"] = (config.n_recalled, C)
    if config.hear_endings:
        shapes["endings.weight"] = (C, config.bar_steps)
    if config.hear_held:
        shapes["held.weight"] = (C, N_KEYS)
    if config.hear_place:
        shapes["places.weight"] = (config.bar_steps, C)
    if config.hear_sounding:
        shapes["sounding.weight"] = (C, N_KEYS)
    for layer in range(config.n_layer):
        sizes = {
            "qkv": ((config.n_head + 2 * config.n_kv_head) * D, C),
            "proj": (C, C),
            "up": (4 * C, C),
            "down": (C, 4 * C),
        }
        shapes |= {f"blocks.{layer}.{name}.weight": shape for name, shape in sizes.items()}
        if config.blend_words:
            shapes[f"blocks.{layer}.taps"] = (config.blend_words, 2, C)
    # An embedding of unit size; what is multiplied keeps about the size of its input.
    tables = ("words.", "before.", "places.", "octaves.", "classes.", "recalled.")
    scale = {name: 1.0 if name.startswith(tables) else shape[1] ** -0.5 for name, shape in shapes.items()}
    scale |= {name: 0.5 for name in shapes if name.endswith("taps")}
    return {name: (rng.standard_normal(shape) * scale[name]).astype(np.float32) for name, shape in shapes.items()}


def some_engine(seed: int = 0, **changes: Any) -> Engine:
    """An engine of size tiny with random weights in float32; `changes` are fields of its config."""
    config = ModelConfig.from_json({**SIZES["tiny"].to_json(), **changes})
    return Engine(build_graph(config, some_weights(config, seed), 32).SerializeToString(), config, threads=1)


def write_model(folder: Path, config: ModelConfig, weights: Weights, bits: int = 32) -> Path:
    """Write what the engine needs of a model folder."""
    folder.mkdir(parents=True, exist_ok=True)
    graph = build_graph(config, weights, bits).SerializeToString()
    (folder / "model.onnx").write_bytes(graph)
    facts = {**config.to_json(), "bits": bits, "sha256": hashlib.sha256(graph).hexdigest()}
    (folder / "config.json").write_text(json.dumps(facts))
    return folder


def heard_by(ids: Ids) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]:
    """What `Cache.read` takes for one piece."""
    heard = hear(ids)
    return ids[None].astype(np.int64), heard.time[None], heard.sounding[None]


def all_logits(engine: Engine, ids: Ids) -> NDArray[np.float32]:
    """The logits after every word, read from the beginning at once; [T, V]."""
    logits: NDArray[np.float32] = engine.cache().read(*heard_by(ids))[0]
    return logits


class Mood(Engine):
    """An engine without a network: whatever it reads, it wants the same words."""

    def __init__(self, **wanted: float) -> None:
        """Logits by word; what is not named has logit 0."""
        self.config = SIZES["tiny"]
        self.logits = np.zeros(self.config.vocab_size, dtype=np.float32)
        for word, logit in wanted.items():
            self.logits[vocabulary().id_of[word]] = logit

    def at(self, time: int) -> NDArray[np.float32]:
        """The logits after a word that leads to step `time`, [V]."""
        return self.logits

    def cache(self, rows: int = 1) -> Cache:
        return MoodCache(self, rows)


class MoodCache(Cache):
    """Remembers nothing."""

    def __init__(self, engine: Mood, rows: int) -> None:
        self.mood, self.rows = engine, rows

    def read(self, ids: NDArray[np.int64], time: NDArray[np.int64], sounding: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.stack([[self.mood.at(int(step)) for step in row] for row in time])

    def step(self, ids: NDArray[np.int64], time: NDArray[np.int64], sounding: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.stack([self.mood.at(int(step)) for step in time])

    def remember(self, words: Ids, time: NDArray[np.int64]) -> None:
        pass

    def keep(self, rows: list[int]) -> None:
        self.rows = len(rows)

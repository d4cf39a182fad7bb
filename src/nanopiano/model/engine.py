"""The engine: a network of a model folder in ONNX Runtime (see `model.cache` for what it remembers)."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
import onnxruntime

from nanopiano.errors import InputError
from nanopiano.model.cache import Cache, PlainCache
from nanopiano.model.config import ModelConfig
from nanopiano.model.rotary import Rotary
from nanopiano.model.store import read_config
from nanopiano.music.grid import N_KEYS


class Engine:
    """A network ready to run. Thread-safe for reading; each piece has a `Cache` of its own."""

    def __init__(self, graph: bytes, config: ModelConfig, threads: int | None = None) -> None:
        self.config = config
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or min(2, os.cpu_count() or 1)
        options.inter_op_num_threads = 1
        options.log_severity_level = 4  # what goes wrong is raised, and said by who catches it
        self.session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        self.rotary = Rotary.of(config)

    @classmethod
    def load(cls, folder: Path, threads: int | None = None) -> Engine:
        """Load a model folder. Raises InputError for one that is missing, damaged or of another vocabulary."""
        facts = read_config(folder)
        config = ModelConfig.from_json(facts)
        path = folder / "model.onnx"
        try:
            graph = path.read_bytes()
        except OSError as error:
            raise InputError(
                f"cannot read {path} ({error.strerror}): a model folder holds it and config.json"
            ) from error
        digest = hashlib.sha256(graph).hexdigest()
        stated = str(facts.get("sha256"))
        if stated != digest:
            raise InputError(
                f"{path} is damaged (its sha256 begins {digest[:12]}, config.json says {stated[:12]}): install it again"
            )
        try:
            engine = cls(graph, config, threads)
            _check_shapes(engine.session, config)  # first, so that no cache is made for absurd ones
            nothing = np.zeros(1, dtype=np.int64)
            engine.cache().step(nothing, nothing, np.zeros((1, N_KEYS), dtype=np.uint8))
        except Exception as error:  # the runtime raises kinds of its own
            why = " ".join(str(error).split())
            raise InputError(f"{path} does not work with its config.json: install it again ({why})") from error
        return engine

    def cache(self, rows: int = 1) -> Cache:
        """Return an empty cache for `rows` pieces that grow together."""
        return PlainCache(self, rows) if self.config.plain else Cache(self, rows)


def _check_shapes(session: onnxruntime.InferenceSession, config: ModelConfig) -> None:
    """Raise ValueError where the graph's inputs and outputs are not what `config` makes them."""
    declared = {
        entry.name: [size for size in entry.shape if isinstance(size, int)]  # the others are free
        for entry in (*session.get_inputs(), *session.get_outputs())
    }
    wanted = {"ids": [], "mask": [1], "parts": [2], "logits": [config.vocab_size]}
    half = [config.head_size // 2]
    wanted |= {"position": []} if config.plain else {"row": [], "cos": half, "sin": half}
    wanted |= {"place": []} if config.hear_place else {}
    wanted |= {"endings": [config.bar_steps]} if config.hear_endings else {}
    wanted |= {"recalled": [config.n_recalled]} if config.hear_recall else {}
    wanted |= {f"before_{back}": [] for back in range(1, config.hear_before + 1)}
    wanted |= {"sounding": [N_KEYS]} if config.hear_sounding or config.hear_held else {}
    for name in config.streams:
        wanted |= {name: [config.n_embd], f"past_{name}": [config.blend_words - 1, config.n_embd]}
    for layer in range(config.n_layer):
        for name in (f"key_{layer}", f"value_{layer}"):
            wanted[name] = wanted[f"past_{name}"] = [config.n_kv_head, config.head_size]
    for name in sorted({*declared, *wanted}):
        if declared.get(name) != wanted.get(name):
            found, right = (shapes.get(name, "missing") for shapes in (declared, wanted))
            raise ValueError(f"{name} is {found} in the graph, {right} by config.json")

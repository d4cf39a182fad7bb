"""The engine: ONNX Runtime over a cache of fixed size, so that a word costs the same however many came before.

Keys carry their rotary turn, so their order in the cache does not matter: the newest overwrite the oldest in place.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from nanopiano.errors import InputError
from nanopiano.model.config import ModelConfig
from nanopiano.model.rotary import Rotary
from nanopiano.music.grid import N_KEYS
from nanopiano.music.vocab import START

CHUNK = 256  # words of a prompt read at once
NOT_SEEN = np.float32(-1e30)

Floats = NDArray[np.float32]


class Engine:
    """A network ready to run. Thread-safe for reading; each piece has a `Cache` of its own."""

    def __init__(self, graph: bytes, config: ModelConfig, threads: int | None = None) -> None:
        self.config = config
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or min(2, os.cpu_count() or 1)
        options.inter_op_num_threads = 1
        options.log_severity_level = 4  # what goes wrong is raised, and said by who catches it
        self.session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        self.rotary = Rotary(config.head_size, config.hear_time)

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
        return Cache(self, rows)


def read_config(folder: Path) -> dict[str, Any]:
    """Return what `config.json` of a model folder says. Raises InputError."""
    path = folder / "config.json"
    try:
        facts = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InputError(f"{folder} is no model folder: config.json cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise InputError(f"{path} is damaged: {error}") from error
    if not isinstance(facts, dict):
        raise InputError(f"{path} is damaged: it holds no JSON object")
    return facts


def _check_shapes(session: onnxruntime.InferenceSession, config: ModelConfig) -> None:
    """Raise ValueError where the graph's inputs and outputs are not what `config` makes them."""
    declared = {
        entry.name: [size for size in entry.shape if isinstance(size, int)]  # the others are free
        for entry in (*session.get_inputs(), *session.get_outputs())
    }
    wanted = {"ids": [], "row": [], "mask": [1], "parts": [2], "logits": [config.vocab_size]}
    wanted |= {name: [config.head_size // 2] for name in ("cos", "sin")}
    wanted |= {"place": []} if config.hear_place else {}
    wanted |= {"endings": [config.bar_steps]} if config.hear_endings else {}
    wanted |= {f"before_{back}": [] for back in range(1, config.hear_before + 1)}
    wanted |= {"sounding": [N_KEYS]} if config.hear_sounding else {}
    for layer in range(config.n_layer):
        for name in (f"key_{layer}", f"value_{layer}"):
            wanted[name] = wanted[f"past_{name}"] = [config.n_kv_head, config.head_size]
    for name in sorted({*declared, *wanted}):
        if declared.get(name) != wanted.get(name):
            found, right = (shapes.get(name, "missing") for shapes in (declared, wanted))
            raise ValueError(f"{name} is {found} in the graph, {right} by config.json")


def endings(sounding: NDArray[np.uint8], longest: int) -> Floats:
    """Return how many keys fall silent in 1, 2 ... `longest` steps, 2 at most; [..., 88] -> float32 [..., longest]."""
    ends = sounding[..., None] == np.arange(1, longest + 1, dtype=np.uint8)
    counts: Floats = np.minimum(ends.sum(axis=-2), 2).astype(np.float32)
    return counts


class Cache:
    """Keys and values of the last window - 1 words of B pieces, and the buffers that one more word needs."""

    def __init__(self, engine: Engine, rows: int) -> None:
        self.engine, self.rows = engine, rows
        config = engine.config
        self.n_words = 0  # read so far
        self.size = config.window - 1
        self.last = np.full((rows, config.hear_before), START, dtype=np.int64)  # words, the latest first
        shape = (rows, config.n_kv_head, self.size, config.head_size)
        self.past = {
            f"past_{kind}_{layer}": np.zeros(shape, dtype=np.float32)
            for layer in range(config.n_layer)
            for kind in ("key", "value")
        }
        self._bind()

    def _bind(self) -> None:
        """Bind every buffer of a single word once, so that a word costs one call and no copies."""
        config, rows = self.engine.config, self.rows
        group = config.n_head // config.n_kv_head
        self.mask = np.full((1, 1, group, self.size + 1), NOT_SEEN, dtype=np.float32)
        self.mask[..., min(self.n_words, self.size) :] = NOT_SEEN
        self.mask[..., : min(self.n_words, self.size)] = 0
        self.mask[..., -1] = 0
        half = config.head_size // 2
        self.inputs: dict[str, NDArray[Any]] = {
            "ids": np.zeros((rows, 1), dtype=np.int64),
            "place": np.zeros((rows, 1), dtype=np.int64),
            "sounding": np.zeros((rows, 1, N_KEYS), dtype=np.float32),
            "endings": np.zeros((rows, 1, config.bar_steps), dtype=np.float32),
            "cos": np.zeros((rows, half), dtype=np.float32),
            "sin": np.zeros((rows, half), dtype=np.float32),
            "row": np.arange(rows, dtype=np.int64)[:, None],
            "mask": self.mask,
            "parts": np.array([self.size, 1], dtype=np.int64),
            **{f"before_{back}": np.zeros((rows, 1), dtype=np.int64) for back in range(1, config.hear_before + 1)},
        }
        fresh = (rows, config.n_kv_head, 1, config.head_size)
        self.fresh = {name.removeprefix("past_"): np.zeros(fresh, dtype=np.float32) for name in self.past}
        self.logits = np.zeros((rows, 1, config.vocab_size), dtype=np.float32)
        self.binding = self.engine.session.io_binding()
        wanted = {entry.name for entry in self.engine.session.get_inputs()}
        for name, array in {**self.inputs, **self.past}.items():
            if name in wanted:
                self.binding.bind_ortvalue_input(name, onnxruntime.OrtValue.ortvalue_from_numpy(array))
        for name, array in {"logits": self.logits, **self.fresh}.items():
            self.binding.bind_ortvalue_output(name, onnxruntime.OrtValue.ortvalue_from_numpy(array))

    def step(self, ids: NDArray[np.int64], time: NDArray[np.int64], sounding: NDArray[np.uint8]) -> Floats:
        """Read one word a piece; ids, time [B], sounding [B, 88] in steps -> logits [B, V] (overwritten next time)."""
        inputs = self.inputs
        bar = self.engine.config.bar_steps  # a key that sounds for a bar or more is heard at full strength
        inputs["ids"][:, 0] = ids
        for back in range(self.last.shape[1]):
            inputs[f"before_{back + 1}"][:, 0] = self.last[:, back]
        np.remainder(time, bar, out=inputs["place"][:, 0])
        np.minimum(sounding, bar, out=inputs["sounding"][:, 0], casting="unsafe")
        inputs["sounding"] *= np.float32(1 / bar)
        if self.engine.config.hear_endings:
            inputs["endings"][:, 0] = endings(sounding, bar)
        self.engine.rotary.turn(self.n_words, time, inputs["cos"], inputs["sin"])
        self.engine.session.run_with_iobinding(self.binding)
        slot = self.n_words % self.size
        for name, array in self.fresh.items():
            self.past[f"past_{name}"][:, :, slot] = array[:, :, 0]
        self.mask[..., slot] = 0
        self.n_words += 1
        self._remember(ids[:, None])
        return self.logits[:, 0]

    def read(self, ids: NDArray[np.int64], time: NDArray[np.int64], sounding: NDArray[np.uint8]) -> Floats:
        """Read T words of every piece at once; ids, time [B, T], sounding [B, T, 88] -> logits [B, T, V]."""
        parts = [
            self._read(ids[:, i : i + CHUNK], time[:, i : i + CHUNK], sounding[:, i : i + CHUNK])
            for i in range(0, ids.shape[1], CHUNK)
        ]
        return np.concatenate(parts, axis=1)

    def _read(self, ids: NDArray[np.int64], time: NDArray[np.int64], sounding: NDArray[np.uint8]) -> Floats:
        B, T = ids.shape
        bar = self.engine.config.bar_steps
        index = np.broadcast_to(np.arange(self.n_words, self.n_words + T), (B, T))
        cos, sin = self.engine.rotary.tables(index, time)
        feed: dict[str, NDArray[Any]] = {
            "ids": ids.astype(np.int64),
            "place": time.astype(np.int64) % bar,
            "sounding": np.minimum(sounding, bar).astype(np.float32) / bar,
            "endings": endings(sounding, bar),
            "cos": cos.reshape(B * T, -1),
            "sin": sin.reshape(B * T, -1),
            "row": np.arange(B * T, dtype=np.int64).reshape(B, T),
            "mask": self._read_mask(T),
            "parts": np.array([self.size, T], dtype=np.int64),
        }
        whole = np.concatenate([self.last[:, ::-1], ids], axis=1)
        for back in range(1, self.last.shape[1] + 1):
            start = self.last.shape[1] - back
            feed[f"before_{back}"] = whole[:, start : start + T]
        session = self.engine.session
        wanted = {entry.name for entry in session.get_inputs()}
        names = ["logits", *self.fresh]
        outputs = session.run(names, {k: v for k, v in {**feed, **self.past}.items() if k in wanted})
        kept = min(T, self.size)
        slots = np.arange(self.n_words + T - kept, self.n_words + T) % self.size
        for name, array in zip(names[1:], outputs[1:], strict=True):
            self.past[f"past_{name}"][:, :, slots] = array[:, :, T - kept :]
        self.n_words += T
        self._remember(ids)
        self.mask[..., : min(self.n_words, self.size)] = 0
        return outputs[0]  # type: ignore[no-any-return]

    def _remember(self, ids: NDArray[np.int64]) -> None:
        """Keep the last words of ids [B, T] for those to come."""
        back = self.last.shape[1]
        if back:
            self.last = np.concatenate([ids[:, ::-1][:, :back], self.last], axis=1)[:, :back].astype(np.int64)

    def _read_mask(self, T: int) -> Floats:
        """0 where a new word may look; float32 [1, 1, H/K * T, size + T]."""
        config = self.engine.config
        slots = np.arange(self.size)
        # The latest word index below n_words that lies in each slot; negative where the slot is empty.
        held = self.n_words - 1 - (self.n_words - 1 - slots) % self.size
        query = self.n_words + np.arange(T)[:, None]
        key = np.concatenate([held, self.n_words + np.arange(T)])
        seen = (key <= query) & (query - key < config.window) & (key >= 0)
        mask = np.where(seen, np.float32(0), NOT_SEEN)
        return np.tile(mask, (config.n_head // config.n_kv_head, 1))[None, None]

    def keep(self, rows: list[int]) -> None:
        """Go on with only these pieces (a row named twice becomes two)."""
        self.rows = len(rows)
        self.past = {name: np.ascontiguousarray(array[rows]) for name, array in self.past.items()}
        self.last = self.last[rows]
        self._bind()

"""What a network remembers of the words so far: a cache of fixed size, so that a word costs the same for ever.

Beside it, where the network asks for that, the last words of its `Streams`, and a `Memory` of all words of the piece,
which grows by 0.6 kilobytes a word.

Keys of our network carry their rotary turn, so their order in the cache does not matter: the newest overwrite the
oldest in place. A plain network has learned positions instead, and they come to an end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from nanopiano.model.streams import Streams
from nanopiano.music.grid import N_KEYS
from nanopiano.music.recall import Memory
from nanopiano.music.vocab import START
from nanopiano.music.words import Ids

if TYPE_CHECKING:
    from nanopiano.model.engine import Engine

CHUNK = 256  # words of a prompt read at once
NOT_SEEN = np.float32(-1e30)

Floats = NDArray[np.float32]


def endings(sounding: NDArray[np.uint8], longest: int) -> Floats:
    """Return how many keys fall silent in 1, 2 ... `longest` steps, 2 at most; [..., 88] -> float32 [..., longest]."""
    ends = sounding[..., None] == np.arange(1, longest + 1, dtype=np.uint8)
    counts: Floats = np.minimum(ends.sum(axis=-2), 2).astype(np.float32)
    return counts


class Cache:
    """Keys and values of the last window - 1 words of B pieces, what goes with them, and buffers of one more word."""

    def __init__(self, engine: Engine, rows: int) -> None:
        self.engine, self.rows = engine, rows
        config = engine.config
        self.n_words = 0  # read so far
        self.size = config.window - 1
        self.last = np.full((rows, config.hear_before), START, dtype=np.int64)  # words, the latest first
        self.memories = [Memory(config.hear_moved, config.bar_steps) for _ in range(rows)] if config.hear_recall else []
        # The first row of each kind in the table of what is recalled.
        self.first_row = np.arange(config.n_recalled) * config.vocab_size
        shape = (rows, config.n_kv_head, self.size, config.head_size)
        self.past = {
            f"past_{kind}_{layer}": np.zeros(shape, dtype=np.float32)
            for layer in range(config.n_layer)
            for kind in ("key", "value")
        }
        self.streams = Streams(config, rows)
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
            "recalled": np.zeros((rows, 1, config.n_recalled), dtype=np.int64),
            "cos": np.zeros((rows, half), dtype=np.float32),
            "sin": np.zeros((rows, half), dtype=np.float32),
            "row": np.arange(rows, dtype=np.int64)[:, None],
            "position": np.zeros(1, dtype=np.int64),
            "mask": self.mask,
            "parts": np.array([self.size, 1], dtype=np.int64),
            **{f"before_{back}": np.zeros((rows, 1), dtype=np.int64) for back in range(1, config.hear_before + 1)},
        }
        fresh = (rows, config.n_kv_head, 1, config.head_size)
        self.fresh = {name.removeprefix("past_"): np.zeros(fresh, dtype=np.float32) for name in self.past}
        self.logits = np.zeros((rows, 1, config.vocab_size), dtype=np.float32)
        self.binding = self.engine.session.io_binding()
        wanted = {entry.name for entry in self.engine.session.get_inputs()}
        for name, array in {**self.inputs, **self.past, **self.streams.past}.items():
            if name in wanted:
                self.binding.bind_ortvalue_input(name, onnxruntime.OrtValue.ortvalue_from_numpy(array))
        for name, array in {"logits": self.logits, **self.fresh, **self.streams.fresh}.items():
            self.binding.bind_ortvalue_output(name, onnxruntime.OrtValue.ortvalue_from_numpy(array))

    def step(self, ids: NDArray[np.int64], time: NDArray[np.int64], sounding: NDArray[np.uint8]) -> Floats:
        """Read one word a piece; ids, time [B], sounding [B, 88] in steps -> logits [B, V] (overwritten next time)."""
        inputs = self.inputs
        bar = self.engine.config.bar_steps  # a key that sounds for a bar or more is heard at full strength
        inputs["ids"][:, 0] = ids
        for back in range(self.last.shape[1]):
            inputs[f"before_{back + 1}"][:, 0] = self.last[:, back]
        inputs["position"][0] = self.n_words
        np.remainder(time, bar, out=inputs["place"][:, 0])
        np.minimum(sounding, bar, out=inputs["sounding"][:, 0], casting="unsafe")
        inputs["sounding"] *= np.float32(1 / bar)
        if self.engine.config.hear_endings:
            inputs["endings"][:, 0] = endings(sounding, bar)
        if self.memories:
            inputs["recalled"][:] = self._recall(ids[:, None], time[:, None])
        self.engine.rotary.turn(self.n_words, time, inputs["cos"], inputs["sin"])
        self.engine.session.run_with_iobinding(self.binding)
        slot = self.n_words % self.size
        for name, array in self.fresh.items():
            self.past[f"past_{name}"][:, :, slot] = array[:, :, 0]
        self.streams.step()
        self.mask[..., slot] = 0
        self.n_words += 1
        self._keep_last(ids[:, None])
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
            "recalled": self._recall(ids, time),
            "cos": cos.reshape(B * T, -1),
            "sin": sin.reshape(B * T, -1),
            "row": np.arange(B * T, dtype=np.int64).reshape(B, T),
            "position": index[0],
            "mask": self._read_mask(T),
            "parts": np.array([self.size, T], dtype=np.int64),
        }
        whole = np.concatenate([self.last[:, ::-1], ids], axis=1)
        for back in range(1, self.last.shape[1] + 1):
            start = self.last.shape[1] - back
            feed[f"before_{back}"] = whole[:, start : start + T]
        session = self.engine.session
        wanted = {entry.name for entry in session.get_inputs()}
        feed |= {**self.past, **self.streams.past}
        names = ["logits", *self.fresh, *self.streams.fresh]
        computed = session.run(names, {name: array for name, array in feed.items() if name in wanted})
        outputs = dict(zip(names, computed, strict=True))
        kept = min(T, self.size)
        slots = np.arange(self.n_words + T - kept, self.n_words + T) % self.size
        for name in self.fresh:
            self.past[f"past_{name}"][:, :, slots] = outputs[name][:, :, T - kept :]
        self.streams.read(outputs)
        self.n_words += T
        self._keep_last(ids)
        self.mask[..., : min(self.n_words, self.size)] = 0
        return outputs["logits"]  # type: ignore[no-any-return]

    def remember(self, words: Ids, time: NDArray[np.int64]) -> None:
        """Take in first words of all pieces that are not read, and the times after them, [T]: they may be recalled."""
        for memory in self.memories:
            for word, steps in zip(words.tolist(), time.tolist(), strict=True):
                memory.feed(word, steps)

    def _recall(self, ids: NDArray[np.int64], time: NDArray[np.int64]) -> NDArray[np.int64]:
        """Let the pieces remember the words ids [B, T]; return what they recall, as rows of its table [B, T, n]."""
        if not self.memories:  # a network that does not ask for it
            return np.empty((*ids.shape, 0), dtype=np.int64)
        pieces = zip(self.memories, ids.tolist(), time.tolist(), strict=True)
        told = [[memory.feed(*read) for read in zip(words, steps, strict=True)] for memory, words, steps in pieces]
        return self.first_row + np.array(told, dtype=np.int64)

    def _keep_last(self, ids: NDArray[np.int64]) -> None:
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
        self.streams.keep(rows)
        self.memories = [self.memories[row].copy() for row in rows] if self.memories else []
        self._bind()


class PlainCache(Cache):
    """The cache of a plain network, whose `window` positions are learned: there is nothing beyond them.

    When all are taken, the last half of the words is read again from the first position on, as `validate` does.
    """

    def __init__(self, engine: Engine, rows: int) -> None:
        super().__init__(engine, rows)
        self.words = np.zeros((rows, engine.config.window), dtype=np.int64)  # by their positions

    def step(self, ids: NDArray[np.int64], time: NDArray[np.int64], sounding: NDArray[np.uint8]) -> Floats:
        """As `Cache.step`; what is heard is passed over."""
        self._make_room()
        self.words[:, self.n_words] = ids
        return super().step(ids, time, sounding)

    def read(self, ids: NDArray[np.int64], time: NDArray[np.int64], sounding: NDArray[np.uint8]) -> Floats:
        """As `Cache.read`; what is heard is passed over."""
        parts, first = [], 0
        while first < ids.shape[1]:
            self._make_room()
            here = slice(first, first + min(CHUNK, len(self.words[0]) - self.n_words))
            parts.append(self._read(ids[:, here], time[:, here], sounding[:, here]))
            first = here.stop
        return np.concatenate(parts, axis=1)

    def _read(self, ids: NDArray[np.int64], time: NDArray[np.int64], sounding: NDArray[np.uint8]) -> Floats:
        self.words[:, self.n_words : self.n_words + ids.shape[1]] = ids
        return super()._read(ids, time, sounding)

    def _make_room(self) -> None:
        """Read the last half of the words again, if no position is free."""
        window = self.engine.config.window
        if self.n_words < window:
            return
        kept = self.words[:, window // 2 :].copy()
        self.n_words = 0
        self.mask[..., :-1] = NOT_SEEN
        time, sounding = np.zeros_like(kept), np.zeros((*kept.shape, N_KEYS), dtype=np.uint8)
        for first in range(0, kept.shape[1], CHUNK):
            here = slice(first, first + CHUNK)
            self._read(kept[:, here], time[:, here], sounding[:, here])

    def keep(self, rows: list[int]) -> None:
        """Go on with only these pieces (a row named twice becomes two)."""
        self.words = self.words[rows]
        super().keep(rows)

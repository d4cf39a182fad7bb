"""Proof that the engine computes what the network computes."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from nanopiano.model.engine import Engine
from nanopiano.model.rotary import Rotary
from nanopiano.music.listen import Listener, hear
from nanopiano.music.vocab import END, START, vocabulary
from nanopiano.music.words import Ids
from nanopiano.train.gpt import GPT

PROOF_WORDS = 600

Tick = Callable[[int], object]  # told how many more words have been proved


def random_words(n_words: int, seed: int = 0, steps_per_beat: int = 4) -> Ids:
    """Return START and legal words drawn evenly from what the grammar allows, never END; uint16 [n_words]."""
    rng = np.random.default_rng(seed)
    listener = Listener(vocabulary(steps_per_beat))
    ids = [START]
    listener.feed(START)
    while len(ids) < n_words:
        mask = listener.allowed()
        mask[END] = False
        ids.append(int(rng.choice(np.flatnonzero(mask))))
        listener.feed(ids[-1])
    return np.array(ids, dtype=np.uint16)


def network_logits(network: GPT, ids: Ids) -> NDArray[np.float32]:
    """Return the logits of the torch network after every word in float32; ids uint16 [T] -> [T, V]."""
    config = network.config
    heard = hear(ids)
    cos, sin = Rotary(config.head_size, config.hear_time).tables(np.arange(len(ids)), heard.time)
    inputs = (ids.astype(np.int64), heard.time % config.bar_steps, heard.sounding, cos, sin)
    with torch.no_grad():
        logits = network.cpu().float()(*(torch.from_numpy(np.ascontiguousarray(array))[None] for array in inputs))
    return logits[0].numpy()  # type: ignore[no-any-return]


def engine_logits(engine: Engine, ids: Ids, tick: Tick = lambda _: None) -> NDArray[np.float32]:
    """Return the logits of the engine, half of the words read at once and the rest one by one; [T, V]."""
    heard = hear(ids)
    words, half = ids.astype(np.int64), len(ids) // 2
    cache = engine.cache()
    rows = [cache.read(words[None, :half], heard.time[None, :half], heard.sounding[None, :half])[0]]
    tick(half)
    for i in range(half, len(ids)):
        here = slice(i, i + 1)
        rows.append(cache.step(words[here], heard.time[here], heard.sounding[here]).copy())
        tick(1)
    return np.concatenate(rows)


def largest_difference(network: GPT, engine: Engine, tick: Tick = lambda _: None) -> float:
    """Return the largest difference between the logits of network and engine over 600 words."""
    ids = random_words(PROOF_WORDS, steps_per_beat=network.config.steps_per_beat)
    return float(np.abs(network_logits(network, ids) - engine_logits(engine, ids, tick)).max())

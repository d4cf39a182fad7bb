"""Proof that the engine computes what the network computes."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from nanopiano.model.engine import Engine
from nanopiano.model.rotary import Rotary
from nanopiano.music.listen import Listener, hear
from nanopiano.music.recall import recall
from nanopiano.music.vocab import END, START, vocabulary
from nanopiano.music.words import Ids
from nanopiano.train.networks import Network
from nanopiano.train.plain_gpt import PlainGPT

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


def proof_words(n_words: int, steps_per_beat: int = 4) -> Ids:
    """Return `n_words` words that a listener takes, uint16, the second half as the first, so that much is recalled."""
    half = random_words((n_words + 3) // 4 * 2 + 1, steps_per_beat=steps_per_beat)  # START and whole events
    return np.concatenate([half, half[1:]])[:n_words]


def network_logits(network: Network, ids: Ids) -> NDArray[np.float32]:
    """Return the logits of the torch network after every word in float32; ids uint16 [T] -> [T, V]."""
    network = network.cpu().float()
    if isinstance(network, PlainGPT):
        return _plain_logits(network, ids)
    config = network.config
    heard = hear(ids)
    cos, sin = Rotary.of(config).tables(np.arange(len(ids)), heard.time)
    recalled = recall(ids, heard.time, config.hear_moved, config.bar_steps)
    inputs = (ids.astype(np.int64), heard.time % config.bar_steps, heard.sounding, recalled, cos, sin)
    with torch.no_grad():
        logits = network(*(torch.from_numpy(np.ascontiguousarray(array))[None] for array in inputs))
    return logits[0].numpy()  # type: ignore[no-any-return]


def _plain_logits(network: PlainGPT, ids: Ids) -> NDArray[np.float32]:
    """In windows of all positions that overlap by half: there is nothing beyond the last position."""
    window = network.config.window
    new, words = window // 2, torch.from_numpy(ids.astype(np.int64))[None]
    rows = []
    for start in range(0, max(len(ids) - (window - new), 1), new):
        with torch.no_grad():
            logits = network(words[:, start : start + window])[0]
        rows.append(logits[window - new :] if start else logits)
    return torch.cat(rows).numpy()


def engine_logits(engine: Engine, ids: Ids, tick: Tick = lambda _: None) -> NDArray[np.float32]:
    """Return the logits of the engine, the last 300 words (half at most) read one by one, all else at once; [T, V]."""
    heard = hear(ids)
    words, n_single = ids.astype(np.int64), min(len(ids), PROOF_WORDS) // 2
    first = len(ids) - n_single
    cache = engine.cache()
    rows = [cache.read(words[None, :first], heard.time[None, :first], heard.sounding[None, :first])[0]]
    tick(n_single)
    for i in range(first, len(ids)):
        here = slice(i, i + 1)
        rows.append(cache.step(words[here], heard.time[here], heard.sounding[here]).copy())
        tick(1)
    return np.concatenate(rows)


def largest_difference(network: Network, engine: Engine, tick: Tick = lambda _: None) -> float:
    """Return the largest difference between the logits of network and engine over 600 words, or a window and more."""
    config = engine.config
    n_words = max(PROOF_WORDS, config.window + PROOF_WORDS // 4) if config.plain else PROOF_WORDS
    ids = proof_words(n_words, config.steps_per_beat)
    return float(np.abs(network_logits(network, ids) - engine_logits(engine, ids, tick)).max())

"""Does the music decay in long pieces? Held-out pieces of over 4,000 words, scored in two ways.

    python benchmarks/long_pieces.py --corpus CORPUS [--model small]

One pass: as the composer runs, a cache of fixed size from the first word on, old keys dropped. Recomputed: every 256
words are scored with an empty cache and the 768 words before them read afresh. Nats per word of words 2,000 to 4,000.
"""

import argparse
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from nanopiano.corpus.packed import Corpus
from nanopiano.model.engine import Engine
from nanopiano.model.score import word_nats
from nanopiano.model.store import find_model
from nanopiano.music.listen import hear
from nanopiano.music.words import Ids

FIRST, LAST, BLOCK, CONTEXT = 2000, 4000, 256, 768


def recomputed_nats(engine: Engine, ids: Ids) -> np.ndarray:
    """Return the nats of words FIRST .. LAST - 1, each block from a cache of its own."""
    heard = hear(ids)
    parts = []
    for begin in range(FIRST, LAST, BLOCK):
        here = slice(begin - 1 - CONTEXT, min(begin + BLOCK, LAST) - 1)
        words = ids[None, here].astype(np.int64)
        cache = engine.cache()
        # What comes back is looked up in the whole piece, window or not.
        cache.remember(ids[: here.start], heard.time[: here.start])
        logits = cache.read(words, heard.time[None, here], heard.sounding[None, here])[0, CONTEXT:]
        logits = logits.astype(np.float64) - logits.max(axis=-1, keepdims=True)
        answers = ids[begin : here.stop + 1].astype(np.int64)
        parts.append(np.log(np.exp(logits).sum(axis=-1)) - logits[np.arange(len(answers)), answers])
    return np.concatenate(parts)


def long_pieces(corpus: Path) -> Iterable[Ids]:
    split = Corpus.open(corpus).split("val")
    for number in np.flatnonzero(split.lengths > LAST):
        yield np.asarray(split.ids(int(number)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--model", default="small")
    args = parser.parse_args()
    engine = Engine.load(find_model(args.model))
    once, anew, early = [], [], []
    for ids in long_pieces(args.corpus):
        nats = word_nats(engine, ids[: LAST + 1])
        once.append(nats[FIRST - 1 : LAST - 1].mean())
        early.append(nats[500:1000].mean())
        anew.append(recomputed_nats(engine, ids).mean())
    print(f"{len(once)} held-out pieces of over {LAST} words, nats per word of words {FIRST}-{LAST}:")
    print(f"one pass {np.mean(once):.4f}, recomputed {np.mean(anew):.4f}: {np.mean(once) / np.mean(anew) - 1:+.2%}")
    print(f"(words 500-1000 of the same pieces in one pass: {np.mean(early):.4f})")


if __name__ == "__main__":
    main()

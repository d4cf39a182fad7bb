"""Rolls for the tests of benchmarks/poly.py, whose modules are found once this one is imported."""

import sys
from pathlib import Path

import numpy as np
import torch
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
torch.set_num_threads(1)

from polyphony.recipe import Recipe  # noqa: E402
from polyphony.rolls import Roll  # noqa: E402

TINY = Recipe(
    n_layer=1,
    n_head=2,
    n_embd=32,
    window=64,
    length=64,
    most_semitones=2,
    hear_moved=True,
    blend_words=3,
    batch_words=256,
    total_words=2_000,
    eval_words=1_000,
    average_words=500,
    save_seconds=0.0,
)


@st.composite
def some_rolls(draw: st.DrawFn, most_frames: int = 300) -> Roll:
    """Rolls of few keys and few changes, with runs and silences of all lengths, some of them beyond d128."""
    n_keys = draw(st.integers(1, 4))
    keys = draw(st.lists(st.integers(0, 87), min_size=n_keys, max_size=n_keys, unique=True))
    chords = draw(arrays.arrays(np.uint8, st.tuples(st.integers(0, 8), st.just(n_keys)), elements=st.integers(0, 1)))
    frames = st.one_of(st.integers(1, 4), st.sampled_from([127, 128, 129, 256, most_frames]))
    lengths = [draw(frames) for _ in chords]
    roll = np.zeros((sum(lengths), 88), dtype=np.uint8)
    roll[:, keys] = np.repeat(chords, lengths, axis=0)
    return roll


def chorale(seed: int, frames: int = 24) -> Roll:
    """Three voices that move now and then."""
    rng = np.random.default_rng(seed)
    roll = np.zeros((frames, 88), dtype=np.uint8)
    for lowest in (20, 32, 44):
        moves = np.cumsum(rng.random(frames) < 0.5)
        roll[np.arange(frames), lowest + rng.integers(0, 8, frames)[moves]] = 1
    return roll

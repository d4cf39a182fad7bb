"""Matrices learn by Muon, tables by AdamW, both on one schedule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from train_tools import some_network

from nanopiano.train.optim import lr_share, optimizers


@pytest.mark.parametrize(
    ("words", "share"),
    [(0, 0.01), (49, 0.5), (99, 1.0), (100, 1.0), (500, 1.0), (750, 0.5), (999, 0.002), (1000, 0.0), (2000, 0.0)],
)
def test_the_rate_rises_stays_and_falls_to_zero(words: int, share: float) -> None:
    assert lr_share(words, warmup_words=100, total_words=1000, decay_share=0.5) == pytest.approx(share)


@given(st.integers(0, 2000), st.integers(0, 3000), st.integers(1, 2000), st.floats(0, 1))
def test_the_rate_is_a_share(words: int, warmup: int, total: int, decay: float) -> None:
    assert 0 <= lr_share(words, warmup, total, decay) <= 1


def test_there_may_be_no_rise_and_no_fall() -> None:
    assert [lr_share(words, 0, 100, 0) for words in (0, 50, 99, 100)] == [1, 1, 1, 0]


def test_matrices_of_the_blocks_learn_by_muon_and_everything_else_by_adamw() -> None:
    network = some_network(blend_words=3)
    names = {id(parameter): name for name, parameter in network.named_parameters()}
    muon, adamw = (
        {names[id(parameter)] for group in optimizer.param_groups for parameter in group["params"]}
        for optimizer in optimizers(network, 0.02, 0.004, 0.01)
    )
    taps = {"blocks.0.taps", "blocks.1.taps"}
    assert muon == {name for name in names.values() if name.startswith("blocks.")} - taps
    assert adamw == {"words.weight", "places.weight", "sounding.weight", "head.weight"} | taps

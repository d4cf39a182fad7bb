"""A model changes over to time that turns by bars: its pairs are put in another order and are the same."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from model_tools import some_weights

from nanopiano.model.config import SIZES, ModelConfig
from nanopiano.model.rotary import Rotary
from nanopiano.train.gpt import GPT
from nanopiano.train.prove import network_logits, random_words

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
from fit_to_bars import fitted, old_pairs


@pytest.mark.parametrize("n_embd", [64, 128])  # heads of 32 and of 64 numbers
def test_pairs_that_turn_as_they_did_compute_what_they_did(monkeypatch: pytest.MonkeyPatch, n_embd: int) -> None:
    old = replace(SIZES["tiny"], n_embd=n_embd)
    chosen = old_pairs(old, replace(old, hear_bars=True))
    assert sorted(chosen) == list(range(old.head_size // 4)) != list(chosen)
    network = GPT(old)
    weights = {name: torch.from_numpy(array) for name, array in some_weights(old).items()}
    network.load_state_dict(weights)
    expected = network_logits(network, words := random_words(60))

    def in_new_order(config: ModelConfig) -> Rotary:
        rotary = Rotary(config.head_size)
        rotary.time_frequencies = rotary.time_frequencies[chosen]
        return rotary

    monkeypatch.setattr(Rotary, "of", in_new_order)
    assert np.abs(network_logits(network, words) - expected).max() > 1e-2
    network.load_state_dict(fitted(weights, old, chosen))
    np.testing.assert_allclose(network_logits(network, words), expected, atol=1e-3)

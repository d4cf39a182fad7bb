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
from nanopiano.train.begin import begin_from
from nanopiano.train.checkpoint import read_json
from nanopiano.train.gpt import GPT
from nanopiano.train.prove import network_logits, random_words

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
from fit_to_bars import fitted, old_pairs, write_start


@pytest.mark.parametrize("training", [{"words_in_all": 90, "words": 12}, {"words": 90}])
def test_what_was_made_of_a_model_tells_the_words_that_it_has_seen_and_nothing_else_of_it(
    training: dict[str, int], tmp_path: Path
) -> None:
    config = SIZES["tiny"]
    weights = {name: torch.from_numpy(array) for name, array in some_weights(config).items()}
    write_start(tmp_path / "made", weights, config, {"sha256": "59d4", "parameters": 1, "training": training})
    assert read_json(tmp_path / "made" / "config.json") == config.to_json() | {"training": {"words_in_all": 90}}
    assert begin_from(GPT(config), config, tmp_path / "made") == {"model": "made", "sha256": "", "words": 90}


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

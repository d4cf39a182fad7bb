"""A model grows: the larger network computes what it did."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from model_tools import some_weights

from nanopiano.model.config import DEAF, SIZES
from nanopiano.train.gpt import GPT
from nanopiano.train.prove import network_logits, random_words

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
from grow import grown


def test_a_network_of_more_layers_heads_and_numbers_computes_what_the_model_does() -> None:
    hearing: dict[str, Any] = {name: True for name, deaf in DEAF.items() if deaf is False}
    old = replace(SIZES["tiny"], n_head=4, n_kv_head=2, hear_before=2, blend_words=3, **hearing)
    new = replace(old, n_layer=3, n_embd=96, n_head=6)
    weights = {name: torch.from_numpy(array) for name, array in some_weights(old).items()}
    networks = GPT(old), GPT(new)
    networks[0].load_state_dict(weights)
    networks[1].load_state_dict(grown(weights, old, new))
    words = random_words(60)
    expected, logits = (network_logits(network, words) for network in networks)
    np.testing.assert_allclose(logits, expected, atol=1e-3)


def test_every_new_number_that_is_read_can_learn_although_nothing_is_written_to_it_yet() -> None:
    old = SIZES["tiny"]
    new = replace(old, n_embd=96, n_head=3)
    weights = {name: torch.from_numpy(array) for name, array in some_weights(old).items()}
    tensors = grown(weights, old, new)
    assert not tensors["words.weight"][:, old.n_embd :].any()
    assert tensors["head.weight"][:, old.n_embd :].all()
    assert not tensors["blocks.0.proj.weight"][old.n_embd :].any()
    assert tensors["blocks.0.qkv.weight"][:, old.n_embd :].all()

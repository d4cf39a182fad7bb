"""Models that training can go on from."""

from pathlib import Path

import torch
from model_tools import some_weights, write_model

from nanopiano.model.config import ModelConfig
from nanopiano.train.checkpoint import save_tensors
from nanopiano.train.gpt import GPT


def model_to_begin_from(folder: Path, config: ModelConfig, seed: int = 0) -> Path:
    """A model folder with random weights to go on from, in half precision as `publish` writes them."""
    weights = some_weights(config, seed)
    write_model(folder, config, weights, bits=8)
    halves = {name: torch.from_numpy(weight).half() for name, weight in weights.items()}
    save_tensors(halves, folder / "model.safetensors", config.to_json())
    return folder


def network_of(config: ModelConfig, seed: int = 0) -> GPT:
    """The network of that model."""
    network = GPT(config)
    weights = some_weights(config, seed)
    network.load_state_dict({name: torch.from_numpy(weight).half().float() for name, weight in weights.items()})
    return network

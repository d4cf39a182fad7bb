"""Plain networks with random weights, so large that every part of the network matters."""

import torch

from nanopiano.model.config import ModelConfig, plain_size
from nanopiano.model.engine import Engine
from nanopiano.train.export import build_graph
from nanopiano.train.plain_gpt import PlainGPT, Shape


def shaken(network: torch.nn.Module, seed: int = 0) -> None:
    """Give every number of a network, biases and gains too, a push of its own."""
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=random) * 0.2)


def some_plain(seed: int = 0, positions: int = 64, shape: Shape | None = None) -> PlainGPT:
    """A plain network of size tiny, or of a shape."""
    network = PlainGPT(shape or plain_size("tiny", positions)).eval()
    shaken(network, seed)
    return network


def engine_of(network: PlainGPT, bits: int = 32) -> Engine:
    config = network.config
    assert isinstance(config, ModelConfig)
    weights = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    return Engine(build_graph(config, weights, bits).SerializeToString(), config, threads=1)

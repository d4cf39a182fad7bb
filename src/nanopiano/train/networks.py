"""The two networks: ours, which hears the music, and the plain one."""

from nanopiano.model.config import ModelConfig
from nanopiano.train.gpt import GPT
from nanopiano.train.plain_gpt import PlainGPT

Network = GPT | PlainGPT


def new_network(config: ModelConfig, dropout: float = 0.0) -> Network:
    """Return a network of that shape with weights to begin from; both are called as `GPT` is."""
    return PlainGPT(config, dropout) if config.plain else GPT(config, dropout)

"""A mean of the weights over the end of a run, which is often better than any of them (Polyak and Juditsky 1992)."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from nanopiano.train.interrupt import ctrl_c_held_back


class Average:
    """An exponential mean of a network's weights that reaches `horizon_words` back, early in a run less far."""

    def __init__(self, network: nn.Module, horizon_words: int) -> None:
        self.network, self.horizon_words = network, horizon_words
        self.stands_in = False  # whether the network has the mean weights now
        self.tensors = {name: parameter.detach().clone() for name, parameter in network.named_parameters()}

    def follow(self, n_words: int, words_seen: int) -> None:
        """Take in the weights after a step of `n_words`, `words_seen` words into the run."""
        reach = min(self.horizon_words, words_seen / 4)  # or the mean would remember where the network began
        means, now = zip(*((self.tensors[name], p.detach()) for name, p in self._parameters()), strict=True)
        torch._foreach_lerp_(means, now, min(1.0, n_words / reach))

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Let the network have the mean weights, and its own again afterwards."""
        try:
            self._exchange()
            yield
        finally:
            if self.stands_in:
                self._exchange()

    def _exchange(self) -> None:
        with torch.no_grad(), ctrl_c_held_back():
            for name, parameter in self._parameters():
                own = parameter.clone()
                parameter.copy_(self.tensors[name])
                self.tensors[name].copy_(own)
            self.stands_in = not self.stands_in

    def _parameters(self) -> Iterator[tuple[str, Tensor]]:
        return self.network.named_parameters()

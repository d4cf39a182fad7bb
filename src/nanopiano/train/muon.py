"""Muon among many processes: the costly part of a step, making matrices orthogonal, is shared out.

Muon needs whole matrices. Momentum is kept wherever the gradient is; then every process gathers the matrices of a
round, one a process, makes its own orthogonal, and sends the result to the others, in bfloat16 as it was computed.
The step is that of `torch.optim.Muon`, whose functions are called: they are not public, but torch is pinned.
"""

from collections.abc import Callable
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.optim._muon import _adjust_lr, _zeropower_via_newtonschulz

from nanopiano.train.sharding import sharded_as, whole


class SharedMuon(torch.optim.Muon):
    """`torch.optim.Muon` for matrices that every process has, or holds some rows of; its state is the same."""

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Make one step; all processes must, each with the gradients of all."""
        assert closure is None
        for group in self.param_groups:
            # Matrices of one size together, so that the processes of a round have as much to do.
            matrices = sorted((p for p in group["params"] if p.grad is not None), key=Tensor.numel)
            for first in range(0, len(matrices), dist.get_world_size()):
                self._round(matrices[first : first + dist.get_world_size()], group)

    def _round(self, matrices: list[Tensor], group: dict[str, Any]) -> None:
        """Update as many matrices as there are processes, or fewer."""
        updates = [whole(self._momentum(matrix, group)) for matrix in matrices]
        directions = []
        for owner, update in enumerate(updates):
            direction = torch.empty_like(update, dtype=torch.bfloat16, memory_format=torch.contiguous_format)
            if owner == dist.get_rank():
                direction.copy_(
                    _zeropower_via_newtonschulz(update, group["ns_coefficients"], group["ns_steps"], group["eps"])
                )
            directions.append(direction)
        sent = [dist.broadcast(direction, owner, async_op=True) for owner, direction in enumerate(directions)]
        for matrix, direction, work in zip(matrices, directions, sent, strict=True):
            work.wait()
            matrix.mul_(1 - group["lr"] * group["weight_decay"])
            rate = _adjust_lr(group["lr"], group["adjust_lr_fn"], matrix.shape)
            matrix.add_(sharded_as(direction, matrix), alpha=-rate)

    def _momentum(self, matrix: Tensor, group: dict[str, Any]) -> Tensor:
        """Take a gradient into the momentum and return what is to be made orthogonal, as sharded as the gradient."""
        gradient = matrix.grad
        assert gradient is not None
        state = self.state[matrix]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(gradient)
        momentum = state["momentum_buffer"].lerp_(gradient, 1 - group["momentum"])
        return gradient.lerp(momentum, group["momentum"]) if group["nesterov"] else momentum

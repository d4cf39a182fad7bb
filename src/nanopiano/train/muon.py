"""Muon in the precision that the device is fast in, alone or with its costly part shared among processes.

`torch.optim.Muon` makes matrices orthogonal in bfloat16, which a processor without hardware for it does 25 times as
slowly as in float32. The state is that of `torch.optim.Muon`, and so is the step in bfloat16, bit for bit; its
functions are called, which are not public, but torch is pinned.
"""

from collections.abc import Callable
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.optim._muon import _adjust_lr, _zeropower_via_newtonschulz

from nanopiano.train.sharding import sharded_as, whole


def orthogonal(matrix: Tensor, coefficients: tuple[float, float, float], n_steps: int, eps: float) -> Tensor:
    """Return `matrix` with its singular values brought near 1 by Newton-Schulz (Jordan et al. 2024), in its precision.

    Every step multiplies X, the matrix with its longer side across, by a polynomial of X Xᵀ. So only the small square
    matrices are iterated and X is multiplied once, at the end: 0.55 of the work where it is 4 times as long as high.
    """
    a, b, c = coefficients
    upright = matrix.size(0) > matrix.size(1)
    x = matrix.T if upright else matrix
    x = x / x.norm().clamp(min=eps)
    gram, product = x @ x.T, None
    for step in range(n_steps):
        factor = torch.addmm(gram, gram, gram, beta=b, alpha=c)
        factor.diagonal().add_(a)
        product = factor if product is None else factor @ product
        if step < n_steps - 1:
            gram = factor @ gram @ factor
    x = x if product is None else torch.mm(product, x)
    return x.T if upright else x


class Muon(torch.optim.Muon):
    """`torch.optim.Muon`, which makes matrices orthogonal in `dtype`, bfloat16 or float32."""

    def __init__(self, matrices: Any, *, dtype: torch.dtype = torch.float32, **options: Any) -> None:
        super().__init__(matrices, **options)
        self.dtype = dtype

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Make one step."""
        assert closure is None
        for group in self.param_groups:
            for matrix in group["params"]:
                if matrix.grad is not None:
                    self._learn(matrix, self._direction(self._momentum(matrix, group), group), group)

    def _momentum(self, matrix: Tensor, group: dict[str, Any]) -> Tensor:
        """Take a gradient into the momentum and return what is to be made orthogonal, as sharded as the gradient."""
        gradient = matrix.grad
        assert gradient is not None
        state = self.state[matrix]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(gradient)
        momentum = state["momentum_buffer"].lerp_(gradient, 1 - group["momentum"])
        return gradient.lerp(momentum, group["momentum"]) if group["nesterov"] else momentum

    def _direction(self, update: Tensor, group: dict[str, Any]) -> Tensor:
        how = group["ns_coefficients"], group["ns_steps"], group["eps"]
        if self.dtype == torch.bfloat16:
            return _zeropower_via_newtonschulz(update, *how)
        return orthogonal(update.to(self.dtype), *how)

    def _learn(self, matrix: Tensor, direction: Tensor, group: dict[str, Any]) -> None:
        matrix.mul_(1 - group["lr"] * group["weight_decay"])
        matrix.add_(direction, alpha=-_adjust_lr(group["lr"], group["adjust_lr_fn"], matrix.shape))


class SharedMuon(Muon):
    """The same step among many processes, for matrices that every process has, or holds some rows of.

    Muon needs whole matrices. Momentum is kept wherever the gradient is; then every process gathers the matrices of a
    round, one a process, makes its own orthogonal, and sends the result to the others, as it was computed.
    """

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
            direction = torch.empty_like(update, dtype=self.dtype, memory_format=torch.contiguous_format)
            if owner == dist.get_rank():
                direction.copy_(self._direction(update, group))
            directions.append(direction)
        sent = [dist.broadcast(direction, owner, async_op=True) for owner, direction in enumerate(directions)]
        for matrix, direction, work in zip(matrices, directions, sent, strict=True):
            work.wait()
            self._learn(matrix, sharded_as(direction, matrix), group)

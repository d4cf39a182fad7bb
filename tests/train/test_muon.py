"""Muon makes the step of `torch.optim.Muon`, in float32 too."""

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from nanopiano.train.muon import Muon, orthogonal

COEFFICIENTS = (3.4445, -4.7750, 2.0315)


def some_matrix(seed: int, rows: int, columns: int, decay: float = 0.0) -> Tensor:
    """Singular values fall by `decay` powers of ten, so the matrix may be all but singular."""
    rng = torch.Generator().manual_seed(seed)
    spread = torch.logspace(0, -decay, columns)
    return torch.randn(rows, columns, generator=rng) @ torch.diag(spread)


def newton_schulz(matrix: Tensor, n_steps: int) -> Tensor:
    """As Jordan et al. 2024 write it, in float64."""
    a, b, c = COEFFICIENTS
    x: Tensor = matrix.double() / matrix.double().norm()
    for _ in range(n_steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x


@given(st.integers(0, 99), st.integers(1, 24), st.integers(1, 24), st.floats(0, 4), st.integers(0, 6))
def test_iterating_the_small_products_is_newton_schulz(
    seed: int, rows: int, columns: int, decay: float, n_steps: int
) -> None:
    matrix = some_matrix(seed, rows, columns, decay)
    made = orthogonal(matrix, COEFFICIENTS, n_steps, 1e-7)
    assert made.dtype == torch.float32
    assert torch.allclose(made.double(), newton_schulz(matrix, n_steps), atol=2e-2)


@pytest.mark.parametrize("shape", [(40, 12), (12, 40), (24, 24)])
def test_singular_values_come_near_one(shape: tuple[int, int]) -> None:
    values = torch.linalg.svdvals(orthogonal(some_matrix(1, *shape), COEFFICIENTS, 5, 1e-7))
    assert float(values.min()) > 0.4 and float(values.max()) < 1.3


def test_a_matrix_of_zeros_stays_zero() -> None:
    assert not orthogonal(torch.zeros(3, 5), COEFFICIENTS, 5, 1e-7).any()


def learnt(kind: type[torch.optim.Muon], **options: Any) -> list[Tensor]:
    """Three steps of the same gradients."""
    matrices = [torch.nn.Parameter(some_matrix(seed, *shape)) for seed, shape in enumerate([(6, 6), (24, 6), (6, 24)])]
    muon = kind(matrices, lr=0.1, weight_decay=0.1, **options)
    for step in range(3):
        for number, matrix in enumerate(matrices):
            matrix.grad = some_matrix(10 * step + number, *matrix.shape)
        muon.step()  # type: ignore[no-untyped-call]
    return [matrix.detach() for matrix in matrices]


def test_in_bfloat16_the_steps_are_those_of_torch_bit_for_bit() -> None:
    ours, theirs = learnt(Muon, dtype=torch.bfloat16), learnt(torch.optim.Muon)
    assert all(map(torch.equal, ours, theirs))


def test_in_float32_the_steps_are_those_of_torch_but_for_its_rounding() -> None:
    ours, theirs = learnt(Muon, dtype=torch.float32), learnt(torch.optim.Muon)
    for mine, other in zip(ours, theirs, strict=True):
        assert torch.allclose(mine, other, atol=0.02)  # three steps of 0.1, 0.4% of rounding in each product
        assert not torch.equal(mine, other)


def test_a_matrix_without_a_gradient_stays_as_it_is() -> None:
    matrix = torch.nn.Parameter(some_matrix(1, 4, 4))
    before = matrix.detach().clone()
    Muon([matrix], lr=0.1).step()
    assert torch.equal(matrix, before)

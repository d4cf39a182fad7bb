"""Where a network runs and how fast: device, mixed precision, compilation."""

import shutil
from typing import Any

import torch
from torch import nn

from nanopiano.errors import InputError
from nanopiano.train.validate import Network

CHOICES = ("auto", "yes", "no")
PRECISIONS = ("auto", "float32", "bfloat16")


def find_device(name: str) -> torch.device:
    """Return the device called `name`; auto takes a GPU if there is one. Raises InputError."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise InputError(f"device {name!r} cannot be used ({str(error).splitlines()[0]}): try --device cpu") from error
    return device


def forward_pass(network: nn.Module, device: torch.device, precision: str, compiled: str) -> Network:
    """Return the network to call, compiled and in mixed precision where asked for or worth it."""
    run: Any = network
    if compiles(device, compiled):
        torch._dynamo.config.cache_size_limit = 64  # a few batch shapes, for training and validation each
        run = torch.compile(network, dynamic=False)
    if uses_bfloat16(device, precision):

        def mixed(*inputs: torch.Tensor) -> torch.Tensor:
            with torch.autocast(device.type, torch.bfloat16):
                return run(*inputs)  # type: ignore[no-any-return]

        return mixed
    return run  # type: ignore[no-any-return]


def compiles(device: torch.device, compiled: str) -> bool:
    """Return whether the network is compiled where `compiled` is asked for."""
    return compiled == "yes" or (compiled == "auto" and _has_compiler(device))


def uses_bfloat16(device: torch.device, precision: str) -> bool:
    """Return whether matrices are multiplied in bfloat16 where `precision` is asked for."""
    return precision == "bfloat16" or (precision == "auto" and _fast_bfloat16(device))


def _has_compiler(device: torch.device) -> bool:
    return device.type == "cuda" or any(map(shutil.which, ("cc", "gcc", "clang", "cl")))


def _fast_bfloat16(device: torch.device) -> bool:
    """Whether bfloat16 matrices are multiplied by hardware (measured: 6 times float32 on a CPU that has it)."""
    return device.type == "cuda" or (device.type == "cpu" and torch.cpu._is_avx512_bf16_supported())

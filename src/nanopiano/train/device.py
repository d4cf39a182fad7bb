"""Where a network runs and how fast: device, mixed precision, compilation."""

import os
import shutil
import subprocess
import sys
import sysconfig
from importlib.util import find_spec
from pathlib import Path
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
    return compiled == "yes" or (compiled == "auto" and lacking(device) is None)


def lacking(device: torch.device) -> str | None:
    """Return what `torch.compile` looks for and does not find, which would end the run; None if all is at hand."""
    if device.type == "cuda":  # triton compiles the kernels, and in C what starts them
        compilers = [os.environ["CC"]] if "CC" in os.environ else ["gcc", "clang"]
        c_compiler = sys.platform == "win32" or any(map(shutil.which, compilers))  # on Windows it brings its own
        needs = [("triton", find_spec("triton") is not None), ("a C compiler", c_compiler)]
    else:
        usual = {"win32": "cl", "darwin": "clang++"}.get(sys.platform, "g++")
        cxx = os.environ.get("CXX", usual)
        needs = [(f"the C++ compiler {cxx}", _answers(cxx))]
    needs.append(("Python.h, which comes with Python's headers,", _has_headers()))
    return next((what for what, found in needs if not found), None)


def uses_bfloat16(device: torch.device, precision: str) -> bool:
    """Return whether matrices are multiplied in bfloat16 where `precision` is asked for."""
    return precision == "bfloat16" or (precision == "auto" and _fast_bfloat16(device))


def _answers(compiler: str) -> bool:
    """Whether a compiler is there and works: on macOS there is a clang++ that only tells what to install."""
    if sys.platform == "win32":
        return shutil.which(compiler) is not None
    try:
        subprocess.run([compiler, "--version"], capture_output=True, check=True)
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def _has_headers() -> bool:
    """Whether C can be compiled for this Python; a framework of macOS keeps the headers elsewhere."""
    folders = Path(sysconfig.get_path("include")), Path(sysconfig.get_path("stdlib")).parents[1] / "Headers"
    return any((folder / "Python.h").is_file() for folder in folders)


def _fast_bfloat16(device: torch.device) -> bool:
    """Whether bfloat16 matrices are multiplied by hardware (measured: 6 times float32 on a CPU that has it)."""
    return device.type == "cuda" or (device.type == "cpu" and torch.cpu._is_avx512_bf16_supported())

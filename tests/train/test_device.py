"""Where there is nothing to compile with, a network learns uncompiled, and that is said."""

import sys
import sysconfig
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from train_tools import QUICK, some_corpus

from nanopiano.train import device
from nanopiano.train.device import compiles, lacking
from nanopiano.train.loop import train

CPU, GPU = torch.device("cpu"), torch.device("cuda")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of programs, the only ones on a machine with Linux and Python's headers."""
    for name in ("CC", "CXX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(device, "_has_headers", lambda: True)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def add(folder: Path, name: str, *, works: bool = True) -> None:
    (folder / name).write_text(f"#!/bin/sh\nexit {0 if works else 1}\n")
    (folder / name).chmod(0o755)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell's scripts")
def test_on_a_processor_a_c_compiler_is_not_enough(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(programs, "gcc")
    add(programs, "cc")
    assert lacking(CPU) == "the C++ compiler g++" and not compiles(CPU, "auto")
    add(programs, "g++", works=False)
    assert not compiles(CPU, "auto")
    add(programs, "g++")
    assert compiles(CPU, "auto")
    monkeypatch.setenv("CXX", "c++-99")
    assert lacking(CPU) == "the C++ compiler c++-99"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell's scripts")
def test_on_a_gpu_triton_and_a_c_compiler_are_needed(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "find_spec", lambda _: None)
    assert lacking(GPU) == "triton" and not compiles(GPU, "auto")
    monkeypatch.setattr(device, "find_spec", lambda name: name)
    assert lacking(GPU) == "a C compiler"
    add(programs, "gcc")
    assert compiles(GPU, "auto")


def test_without_the_headers_of_python_nothing_is_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "_answers", lambda _: True)
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(tmp_path / "lib" / "python"))
    assert not compiles(CPU, "auto")
    (tmp_path / "lib" / "python").mkdir(parents=True)
    (tmp_path / "lib" / "python" / "Python.h").touch()
    assert compiles(CPU, "auto")


def test_a_run_that_cannot_be_compiled_says_so_and_learns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "nowhere")
    said: list[str] = []
    options = replace(QUICK, compile="auto", total_words=300)
    train(some_corpus(tmp_path, n_pieces=8).folder, tmp_path / "run", options, say=said.append)
    assert said[1] == "the C++ compiler nowhere is not at hand: the network is not compiled and learns more slowly"

"""What the program without Python does otherwise than the package."""

import sys

import pytest

from nanopiano.errors import not_installed
from nanopiano.gui.beside.exports import _environment


@pytest.fixture
def _frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    """As PyInstaller's programs find themselves."""
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setenv("LD_LIBRARY_PATH", "/of/the/program")


def test_a_package_is_advised_to_be_installed() -> None:
    assert str(not_installed("torch", "train")) == 'torch is not installed: pip install "nanopiano[train]" brings it'


@pytest.mark.usefixtures("_frozen")
def test_it_does_not_advise_to_install_into_itself() -> None:
    assert str(not_installed("torch", "train")).startswith("this program does not bring torch")


@pytest.mark.usefixtures("_frozen")
def test_programs_of_the_system_get_the_libraries_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "LD_LIBRARY_PATH" not in _environment()
    monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", "/as/it/was")
    assert _environment()["LD_LIBRARY_PATH"] == "/as/it/was"

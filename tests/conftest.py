"""What all tests share: how hypothesis searches, and small random models made once."""

import os
import random
import secrets
import signal
from pathlib import Path

import pytest
from cli_tools import Cli
from hypothesis import settings
from model_tools import some_weights, write_model

from nanopiano.model.config import SIZES
from nanopiano.model.engine import Engine

# Machines differ, and so does their load: no deadline. CI tries the same examples every time; people try new ones.
settings.register_profile("nanopiano", deadline=None, max_examples=60, derandomize="CI" in os.environ)
settings.load_profile("nanopiano")

# A shell lets what it starts in the background ignore Ctrl-C, and its children too: here it is to be tried.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def drawn_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw the same seeds in every run of a test: a piece that ends early once in a thousand times is no failure."""
    monkeypatch.setattr(secrets, "randbelow", random.Random(1).randrange)


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder as `publish` writes it, with random weights."""
    config = SIZES["tiny"]
    return write_model(tmp_path_factory.mktemp("models") / "random", config, some_weights(config), bits=8)


@pytest.fixture(scope="session")
def engine(model_folder: Path) -> Engine:
    """The engine of that folder."""
    return Engine.load(model_folder, threads=1)


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], model_folder: Path) -> Cli:
    """The command line in an empty folder, with an empty folder of the user's."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("NANOPIANO_HOME", str(tmp_path / "home"))
    return Cli(capsys, folder, model_folder)

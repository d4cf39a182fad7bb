"""The buttons that compose, each reached by its place on the screen, its effect seen in what the composer receives."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from window_tools import User, opened, some_song

from nanopiano.gui import actions as do
from nanopiano.songbook import songs


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Iterator[User]:
    with opened(tmp_path_factory.mktemp("window") / "home", model_folder) as user:
        user.until(lambda: user.state.model)
        yield user


@pytest.fixture
def user(window: User) -> User:
    window.begin_anew()
    return window


def test_generate_composes_a_new_piece_with_what_the_sliders_show(user: User) -> None:
    user.window.do(do.Set("words", 50))
    user.window.do(do.Set("temperature", 1.2))
    user.click("generate")
    assert user.request.prompt is None and user.request.bars is None
    assert user.request.sampling == user.state.controls.sampling and user.request.sampling.temperature == 1.2
    assert user.request.length.words == 50 and user.request.bpm == user.state.controls.bpm
    user.finished()
    assert user.take.kind == "new" and user.take.seed == user.request.seed
    assert user.state.message.text.startswith("Generation complete! ")

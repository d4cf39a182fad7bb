"""Files that cannot be opened or written: said plainly in the status line, and all else goes on."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from window_tools import User, opened, some_song

from nanopiano.errors import NanopianoError
from nanopiano.gui.state import actions as do
from nanopiano.music.midi import read_midi, write_midi


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Iterator[User]:
    with opened(tmp_path_factory.mktemp("window") / "home", model_folder) as user:
        user.until(lambda: user.state.model)
        yield user


@pytest.fixture
def user(window: User) -> User:
    window.begin_anew()
    return window


# --- files -----------------------------------------------------------------------------------------------------------


def damaged(folder: Path) -> Path:
    path = folder / "damaged.mid"
    write_midi(some_song(), path)
    path.write_bytes(path.read_bytes()[:40])
    return path


def text(folder: Path) -> Path:
    path = folder / "text.mid"
    path.write_text("This is no music.\n")
    return path


def empty(folder: Path) -> Path:
    path = folder / "empty.mid"
    path.write_bytes(b"")
    return path


def a_folder(folder: Path) -> Path:
    path = folder / "folder.mid"
    path.mkdir()
    return path


def missing(folder: Path) -> Path:
    return folder / "missing.mid"


def silent(folder: Path) -> Path:
    path = folder / "silent.mid"
    write_midi(some_song(0), path)
    return path


@pytest.mark.parametrize("make", [damaged, text, empty, a_folder, missing, silent])
def test_what_cannot_be_opened_is_said_and_what_was_there_stays(
    user: User, make: Callable[[Path], Path], tmp_path: Path
) -> None:
    user.show(some_song(4, "Before"))
    path = make(tmp_path)
    user.drop(path)
    assert path.stem in user.error
    assert user.state.prompt is not None and user.state.prompt.name == "Before"
    assert user.composes_and_plays()


def test_a_name_that_is_none_is_said_and_nothing_is_written(user: User, tmp_path: Path) -> None:
    user.show(some_song(4))
    user.keys("Ctrl+Shift+S")
    user.click("save as")
    user.frames()
    user.type("tune.doc")
    user.frames(3)
    user.keys("End", *["Backspace"] * len(".mid"))
    user.frames(3)
    user.keys("Enter")
    user.until(lambda: not user.window.background.busy)
    assert "tune.doc" in user.error and ".mid" in user.error


def test_a_file_whose_name_is_no_utf_8_is_opened(user: User, tmp_path: Path) -> None:
    try:
        path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.mid"))
        write_midi(some_song(4, ""), path)
    except (NanopianoError, ValueError):
        pytest.skip("this system takes no such name")
    user.drop(path)
    assert user.state.prompt is not None and user.state.prompt.name == "caf?"
    user.frames()


def test_a_title_that_cannot_be_drawn_stands_on_its_button(user: User) -> None:
    user.show(some_song(4, "a\0b\ud800"))
    assert user.window.furniture.buttons.buttons["source"].text == "ab?"


def test_a_name_that_is_too_long_for_the_system_is_said(user: User) -> None:
    user.show(some_song(4))
    user.window.do(do.Show("save as"))
    user.frames()
    user.rush("a" * 300)
    user.until(lambda: user.state.message.error)
    assert "aaa" in user.error and user.state.dialog is None


def test_a_folder_that_must_not_be_looked_into_is_no_obstacle_to_saving(
    user: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_dir = Path.is_dir

    def refusing(path: Path) -> bool:
        if "locked" in path.parts:
            raise PermissionError(13, "Permission denied", str(path))
        return is_dir(path)

    user.show(some_song(4))
    user.window.state = replace(user.state, folder=str(tmp_path / "locked" / "below"))
    user.window.verbs.files._folder = str(tmp_path)
    monkeypatch.setattr(Path, "is_dir", refusing)
    user.keys("Ctrl+S")
    user.until(lambda: user.status.startswith("Saved as "))
    assert list(tmp_path.glob("*.mid"))


def test_a_folder_that_is_gone_is_no_obstacle_to_saving(user: User, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    write_midi(some_song(4), gone / "mine.mid")
    user.drop(gone / "mine.mid")
    user.window.state = replace(user.state, folder=str(gone))
    (gone / "mine.mid").unlink()
    gone.rmdir()
    user.window.verbs.files._folder = str(tmp_path)
    user.keys("Ctrl+S")
    user.until(lambda: user.status.startswith("Saved as "))
    (path,) = tmp_path.glob("*.mid")
    assert len(read_midi(path)[0])

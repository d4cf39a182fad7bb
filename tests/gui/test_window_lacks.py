"""Without a model, a home or a sound card: said plainly in the status line, and all else goes on."""

import os
from pathlib import Path

import pytest
from window_tools import opened, some_song

from nanopiano.audio.output import Silent

# --- model -----------------------------------------------------------------------------------------------------------


def test_a_missing_model_is_said_and_files_can_still_be_heard_and_saved(tmp_path: Path) -> None:
    with opened(tmp_path / "home", tmp_path / "nowhere") as user:
        user.until(lambda: user.state.no_model)
        assert "there is no model" in user.error and "nowhere" in user.error
        user.show(some_song(4))
        user.keys("G")
        user.finished()
        assert "there is no model" in user.error
        user.keys("Space")
        user.until(lambda: user.state.playback.position > 0.5)
        user.keys("Ctrl+S")
        user.until(lambda: user.status.startswith("Saved as "))


# --- home ------------------------------------------------------------------------------------------------------------


def test_a_home_that_cannot_be_written_is_said_and_takes_live_on_in_the_window(
    tmp_path: Path, model_folder: Path
) -> None:
    home = tmp_path / "home"
    home.write_text("a file where a folder should be")
    with opened(home, model_folder) as user:
        user.until(lambda: user.state.model)
        assert user.composes_and_plays()
        user.until(lambda: user.state.message.error)
        assert "Takes live only until the window closes." in user.error and str(home) in user.error
        assert len(user.state.takes) == 1
        user.keys("T")
        user.wait(3.0)
        user.until(lambda: not user.window.background.busy)
        assert user.state.theme == "light"
    assert home.read_text() == "a file where a folder should be"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is closed to root")
def test_a_home_that_is_read_only_is_said(tmp_path: Path, model_folder: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o500)
    with opened(home, model_folder) as user:
        user.until(lambda: user.state.model)
        assert user.composes_and_plays()
        user.until(lambda: user.state.message.error)
        assert "Takes live only until the window closes." in user.error


# --- sound card ------------------------------------------------------------------------------------------------------


def test_without_a_sound_card_it_says_so_and_the_playhead_moves_all_the_same(
    tmp_path: Path, model_folder: Path
) -> None:
    with opened(tmp_path / "home", model_folder, audio="no-such-driver") as user:
        user.frames()
        assert user.window.player is not None and isinstance(user.window.player.output, Silent)
        assert user.error.startswith("There is no sound (") and user.state.no_sound
        speaker = user.pixels(user.rect("speaker")).reshape(-1, 3)
        assert (speaker == user.window.furniture.theme.error).all(axis=1).any()
        user.until(lambda: user.state.model)
        assert user.composes_and_plays()
        user.move("speaker")
        user.wait(1.0)
        tip = user.window.furniture.tip
        assert tip is not None and tip[0] == user.state.no_sound

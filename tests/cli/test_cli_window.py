"""`nanopiano` without a command: the window, a picture of it, and what happens where there is no display."""

import os
import subprocess
import sys
from pathlib import Path

import pygame
import pytest
from cli_tools import Cli, some_midi

from nanopiano.music.midi import read_midi

SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")


def nanopiano(*words: str | Path, screen: bool = True) -> "subprocess.CompletedProcess[str]":
    """Run the program as a user does; without `screen` where there is none."""
    environment = {name: value for name, value in os.environ.items() if screen or name not in SCREENS}
    command = [sys.executable, "-m", "nanopiano", *(str(word) for word in words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=environment)


def test_a_screenshot_is_a_png_of_the_size_and_theme_asked_for(cli: Cli) -> None:
    for size, theme, files in (("960x600", "light", []), ("1281x733", "dark", [some_midi()])):
        ran = nanopiano(*files, "--screenshot", "shot.png", "--size", size, "--theme", theme, "--model", cli.model)
        assert ran.returncode == 0 and ran.stdout == ran.stderr == ""
        assert Path("shot.png").read_bytes().startswith(b"\x89PNG")
        picture = pygame.image.load("shot.png")
        assert "x".join(str(side) for side in picture.get_size()) == size
        red, green, blue, _ = picture.get_at((3, 3))
        assert (min(red, green, blue) > 150) is (theme == "light")
    assert cli.files == {"shot.png", "mine.mid"}
    assert not (cli.folder.parent / "home" / "takes").exists(), "it leaves no take"


@pytest.mark.parametrize("size", ["959x600", "960x599", "8000x600", "960", "960x", "x", "-1x-1", "1e3x1e3", "9x6x3"])
def test_a_size_out_of_range_is_refused(cli: Cli, size: str) -> None:
    said = cli.refuses("window", "--screenshot", "shot.png", f"--size={size}")
    assert size in said and "960x600" in said
    assert cli.files == set()


@pytest.mark.parametrize("words", [["missing.mid"], ["window", "missing.mid"]])
def test_a_file_that_is_not_there_is_refused(cli: Cli, words: list[str]) -> None:
    assert "missing.mid" in cli.refuses(*words)


@pytest.mark.parametrize("name", ["shot.jpg", "shot", "nowhere/shot.png"])
def test_a_screenshot_that_cannot_be_written_is_refused_before_anything_is_composed(cli: Cli, name: str) -> None:
    assert Path(name).name in cli.refuses("window", "--screenshot", name)


def test_a_screenshot_of_a_damaged_file_says_what_is_wrong(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SDL_VIDEODRIVER", "SDL_AUDIODRIVER"):  # which the command sets for itself
        monkeypatch.setenv(name, "dummy")
    Path("bad.mid").write_bytes(b"MThd")
    said = cli.refuses("bad.mid", "--screenshot", "shot.png", "--model", cli.model, status=1)
    assert "bad.mid" in said and cli.files == {"bad.mid"}


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there is always a display")
def test_without_a_display_it_says_so_and_composes_to_a_file(cli: Cli) -> None:
    ran = nanopiano("--model", cli.model, screen=False)
    assert ran.returncode == 0, ran.stderr
    assert "there is no display" in ran.stderr and "composing a piece to a file instead" in ran.stderr
    (name,) = cli.files
    assert len(read_midi(name)[0])


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there is always a display")
def test_without_a_display_it_goes_on_from_the_file_that_is_named(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    path = some_midi()
    for name in SCREENS:
        monkeypatch.delenv(name, raising=False)
    ran = cli.compose(path)
    assert ran.status == 0 and "there is no display" in ran.err
    (name,) = cli.files - {path.name}
    assert len(read_midi(name)[0]) > len(read_midi(path)[0])

"""The real `nanopiano` on a real X display that nobody sees, used by xdotool; looked at by screenshots and on the disk.

There is no window manager: nothing gives the window the keyboard but `windowfocus`, and no search finds it by its name.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pygame
import pytest
from numpy.typing import NDArray
from window_tools import kept_settings, some_song

from nanopiano.gui.state.controls import SLIDERS
from nanopiano.gui.state.takes import Take, TakeStore
from nanopiano.gui.state.view import Rect
from nanopiano.gui.window.layout import Layout, layout, track_of
from nanopiano.gui.window.sliders import slider_place
from nanopiano.music.midi import read_midi, write_midi

TOOLS = ("Xvfb", "xdotool", "import")
pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or not all(map(shutil.which, TOOLS)), reason=f"needs {', '.join(TOOLS)}"
)
PATIENCE = 60.0  # seconds
SCREEN = (1600, 1000)  # pixels
SIZE = (1280, 720)
# What is tried: the program of this Python, or one that was built (scripts/build_app.py).
BUILT = os.environ.get("NANOPIANO_PROGRAM")
PROGRAM = [str(Path(BUILT).resolve())] if BUILT else [sys.executable, "-m", "nanopiano"]


class Desk:
    """A display with the window on it."""

    def __init__(self, folder: Path, model: Path) -> None:
        self.folder, self.home, self.music = folder, folder / "home", folder / "Music"
        self.places: Layout = layout(SIZE)
        self.music.mkdir()
        read, write = os.pipe()
        screen = f"{SCREEN[0]}x{SCREEN[1]}x24"
        command = ["Xvfb", "-displayfd", str(write), "-noreset", "-screen", "0", screen, "-nolisten", "tcp"]
        self.display = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read) as told:
            number = told.readline().strip()
        quiet = {"SDL_AUDIODRIVER": "dummy", "SDL_FRAMEBUFFER_ACCELERATION": "0"}
        self.environment = {name: text for name, text in os.environ.items() if name != "SDL_VIDEODRIVER"} | quiet
        self.environment |= {
            "DISPLAY": f":{number}",
            "NANOPIANO_HOME": str(self.home),
            "XDG_MUSIC_DIR": str(self.music),
        }
        words = ["--model", str(model), "--size", f"{SIZE[0]}x{SIZE[1]}"]
        self.program = subprocess.Popen([*PROGRAM, *words], env=self.environment, cwd=folder)

    def open(self) -> None:
        """Wait for the window, and give it the keyboard."""
        self.until(lambda: self.geometry().get("WIDTH") == str(SIZE[0]))
        self.xdotool("windowfocus", self.window)
        self.until(lambda: self.pixels().std() > 10)

    def close(self) -> None:
        for process in (self.program, self.display):
            process.terminate()
            process.wait(PATIENCE)

    def until(self, true: Callable[[], object]) -> None:
        limit = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < limit and self.program.poll() is None
            time.sleep(0.05)

    # --- what it does --------------------------------------------------------------------------------------------

    def xdotool(self, *words: object) -> str:
        command = ["xdotool", *(str(word) for word in words)]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False).stdout

    @property
    def window(self) -> str:
        """The number of the window, empty while there is none."""
        found = self.xdotool("search", "--onlyvisible", "--class", ".*").split()
        return found[-1] if found else ""

    def geometry(self) -> dict[str, str]:
        """Where the window is; empty while there is none."""
        said = self.xdotool("getwindowgeometry", "--shell", self.window) if self.window else ""
        return dict(line.split("=") for line in said.split())

    def corner(self) -> tuple[int, int]:
        facts = self.geometry()
        return int(facts["X"]), int(facts["Y"])

    def click(self, name: str) -> None:
        left, top, width, height = self.places.at[name]
        self.drag((left + width // 2, top + height // 2))

    def drag(self, *places: tuple[int, int]) -> None:
        """Press at the first place, go to the others, release at the last."""
        x, y = self.corner()
        for number, place in enumerate(places):
            self.xdotool("mousemove", place[0] + x, place[1] + y, "sleep", 0.06)
            if number == 0:
                self.xdotool("mousedown", 1, "sleep", 0.06)
        self.xdotool("mouseup", 1, "sleep", 0.06)

    def keys(self, *names: str) -> None:
        for name in names:
            self.xdotool("key", name, "sleep", 0.06)

    # --- what is seen of it --------------------------------------------------------------------------------------

    def pixels(self, rect: Rect | None = None) -> NDArray[np.uint8]:
        """What is seen of the window, uint8 [width, height, 3]."""
        path = self.folder / "screen.bmp"
        subprocess.run(["import", "-window", "root", str(path)], env=self.environment, check=True)
        whole = pygame.surfarray.array3d(pygame.image.load(path))
        x, y = self.corner()
        left, top, width, height = rect or (0, 0, *self.places.size)
        return whole[x + left : x + left + width, y + top : y + top + height]

    def differs(self, name: str, before: NDArray[np.uint8]) -> bool:
        return bool((self.pixels(self.places.at[name]) != before).any())

    def still(self, name: str) -> NDArray[np.uint8]:
        """Wait until a widget has not changed for two seconds, as a running time does; return how it looks."""
        seen, since = self.pixels(self.places.at[name]), time.monotonic()
        limit = since + PATIENCE
        while time.monotonic() < since + 2:
            assert time.monotonic() < limit and self.program.poll() is None
            if self.differs(name, seen):
                seen, since = self.pixels(self.places.at[name]), time.monotonic()
        return seen

    def takes(self) -> list[Take]:
        folder = self.home / "takes"
        return TakeStore(folder).load() if folder.exists() else []

    def composed(self, number: int) -> Take:
        """Wait until there are so many whole takes, and return the last."""
        self.until(lambda: len(self.takes()) == number and self.takes()[-1].finished)
        return self.takes()[-1]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path_factory.mktemp("desk"), model_folder)
    try:
        desk.open()
        yield desk
    finally:
        desk.close()


def test_a_new_piece_is_generated_and_seen(desk: Desk) -> None:
    empty = desk.pixels(desk.places.roll)
    desk.click("new")
    desk.click("generate")
    take = desk.composed(1)
    assert take.kind == "new" and len(take.piece) > 10
    assert (desk.pixels(desk.places.roll) != empty).any(axis=2).mean() > 0.01


def test_stop_and_play_move_the_time(desk: Desk) -> None:
    desk.click("stop")
    begin = desk.still("time")
    desk.click("play")
    desk.until(lambda: desk.differs("time", begin))
    desk.click("stop")
    desk.until(lambda: not desk.differs("time", begin))


def test_a_song_is_continued_and_tried_again(desk: Desk) -> None:
    title = desk.pixels(desk.places.at["title"])
    desk.click("continue")
    desk.until(lambda: desk.differs("title", title))
    desk.click("generate")
    first = desk.composed(2)
    assert first.kind == "song" and first.begin > 0
    desk.click("retry")
    second = desk.composed(3)
    assert second.origin == first.origin and second.begin == first.begin and second.seed != first.seed


def test_a_file_is_opened_in_the_dialog_and_continued(desk: Desk) -> None:
    path = desk.folder / "mine.mid"
    write_midi(some_song(4, "Mine"), path)
    roll, title = desk.pixels(desk.places.roll), desk.pixels(desk.places.at["title"])
    desk.click("open")
    desk.until(lambda: (desk.pixels(desk.places.roll) != roll).any(axis=2).mean() > 0.5)
    desk.keys("ctrl+a")
    desk.xdotool("type", "--delay", 20, str(path))
    desk.keys("Return")
    desk.until(lambda: desk.differs("title", title) and desk.pixels(desk.places.at["title"]).max() == title.max())
    desk.click("generate")
    take = desk.composed(4)
    assert take.kind == "file" and take.origin == "Mine" and take.begin == 4 * take.piece.grid.bar_steps


def test_a_take_is_saved_as_midi(desk: Desk) -> None:
    desk.keys("ctrl+s")
    desk.until(lambda: [*desk.music.glob("*.mid")])
    (path,) = desk.music.iterdir()
    assert len(read_midi(path)[0]) == len(desk.takes()[-1].piece)


def test_sliders_are_dragged(desk: Desk) -> None:
    expected = {}
    for name in ("temperature", "words", "top_k", "bpm"):
        left, top, width, height = track_of(desk.places.at[name], desk.places.scale)
        x, y = left + width // 4, top + height // 2
        desk.drag((left + width // 2, y), (left + width // 3, y), (x, y))
        place = slider_place((left, top, width, height), name, x, desk.places)
        expected[name] = SLIDERS[name].values[place]
    desk.until(lambda: all(getattr(kept_settings(desk.home), name) == value for name, value in expected.items()))


def test_the_window_is_resized(desk: Desk) -> None:
    desk.xdotool("windowsize", "--sync", desk.window, 1500, 900)
    desk.places = layout((1500, 900))
    desk.until(lambda: kept_settings(desk.home).window_size == (1500, 900))
    desk.until(lambda: desk.pixels(desk.places.at["generate"]).reshape(-1, 3).std() > 20)
    theme = desk.pixels((1400, 3, 2, 2)).mean()
    desk.keys("t")
    desk.until(lambda: abs(desk.pixels((1400, 3, 2, 2)).mean() - theme) > 100)


def test_the_program_ends_by_its_key(desk: Desk) -> None:
    desk.keys("ctrl+q")
    assert desk.program.wait(PATIENCE) == 0
    assert len(desk.takes()) == 4

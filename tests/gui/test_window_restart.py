"""What survives: settings and takes a restart, the last take a kill; and how a window opens and ends."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from window_tools import PATIENCE, kept_settings, opened, quiet, some_take

from nanopiano.gui.app import SETTINGS
from nanopiano.gui.state import actions as do
from nanopiano.gui.state.controls import Controls
from nanopiano.gui.state.settings import Settings, save_settings
from nanopiano.gui.state.takes import TakeStore
from nanopiano.gui.window.layout import LEAST_SIZE


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_what_a_new_window_shows_is_what_is_used_from_the_first_frame(home: Path, model_folder: Path) -> None:
    with opened(home, model_folder) as user:
        user.keys("G")
        controls = Controls()
        assert user.request.sampling == controls.sampling and user.request.length == controls.length
        assert user.request.bpm == controls.bpm and user.status.startswith("Generating …")


def test_settings_and_takes_survive_a_restart(home: Path, model_folder: Path) -> None:
    TakeStore(home / "takes").save(some_take(1))
    with opened(home, model_folder, (1400, 800)) as user:
        user.until(lambda: user.state.takes)
        user.keys("Down")
        user.window.do(do.Rename(user.take.id, "Kept"))
        user.window.do(do.Pin(user.take.id))
        user.drag(user.on_slider("temperature"), user.on_slider("temperature", 0.4))
        user.keys("T", "V", "H", "E")
        user.window.do(do.SetSeed(99))
        user.click("fold")
        before = user.state
    kept = kept_settings(home)
    assert kept.window_size == (1400, 800) and kept.temperature == 0.4
    with opened(home, model_folder, kept.window_size) as user:
        user.until(lambda: user.state.takes)
        state = user.state
        assert state.controls == before.controls and state.seed == 99 and not state.takes_open and not state.expressive
        assert (state.theme, state.mode, state.colour_by) == ("light", "falling", "hand")
        (again,) = state.takes
        assert again.name == "Kept" and again.pinned and np.array_equal(again.piece.notes, some_take(1).piece.notes)


def test_closing_while_it_composes_keeps_what_there_is(home: Path, model_folder: Path) -> None:
    with opened(home, model_folder) as user:
        user.window.do(do.Set("words", 10_000))
        user.keys("G")
        user.until(lambda: user.state.growing and len(user.take.piece) > 50)
        seen = len(user.take.piece)
    (kept,) = TakeStore(home / "takes").load()
    assert len(kept.piece) >= seen and not kept.finished


def test_what_is_damaged_is_said_or_as_in_a_new_window_and_the_rest_is_there(home: Path, model_folder: Path) -> None:
    TakeStore(home / "takes").save(some_take(1))
    damaged = home / "takes" / "20200101T000000000-0001.json"
    damaged.write_text('{"format": "nanopiano take"')
    (home / "settings.json").write_text("{")
    with opened(home, model_folder) as user:
        user.until(lambda: user.state.takes)
        assert "1 file of a take was damaged" in user.error
        assert [take.id for take in user.state.takes] == [some_take(1).id]
        assert user.state.controls == Controls()
    assert damaged.with_suffix(".json.damaged").exists() and not damaged.exists()
    assert kept_settings(home) == Settings(window_size=LEAST_SIZE)


def test_where_the_model_that_was_chosen_is_gone_small_composes_and_it_is_said(home: Path) -> None:
    save_settings(Settings(model="ragtime"), home / SETTINGS)
    with opened(home, None) as user:
        user.until(lambda: user.state.model)
        assert user.state.model == "small"
        assert user.error.startswith("“small” composes, since “ragtime” cannot be used: there is no model 'ragtime'")
    assert kept_settings(home).model == "small"


def test_the_command_line_goes_before_the_model_that_was_chosen_and_leaves_it(home: Path, model_folder: Path) -> None:
    save_settings(Settings(model="ragtime"), home / SETTINGS)
    with opened(home, model_folder) as user:
        user.until(lambda: user.state.model)
        assert user.state.model == str(model_folder)
        user.keys("Ctrl+M")
        user.until(lambda: user.state.models)
        assert str(model_folder) in {one.model for one in user.state.models or ()}
    assert kept_settings(home).model == "ragtime"


SCRIPT = """
import sys
from pathlib import Path
from time import sleep
from nanopiano.gui.state import actions as do
from nanopiano.gui.app import Window
if __name__ == "__main__":
    window = Window(home=Path(sys.argv[2]), model=sys.argv[1])
    window.do(do.Set("words", 10_000))
    window.frame(0.02)
    window.verbs.press("generate")
    while True:
        window.frame(0.02)
        sleep(0.01)
        if window.state.growing:
            print(len(window.state.take.piece), flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_window_that_is_killed_while_it_composes_leaves_its_take_on_the_disk(home: Path, model_folder: Path) -> None:
    script = home.parent / "window.py"
    script.write_text(SCRIPT)
    command = [sys.executable, str(script), str(model_folder), str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=quiet()) as child:
        assert child.stdout is not None
        limit = time.monotonic() + PATIENCE
        while _notes_kept(home) < 20 and time.monotonic() < limit:
            child.stdout.readline()
        others = _children(child.pid)
        child.send_signal(signal.SIGKILL)
        child.wait(PATIENCE)
    (kept,) = TakeStore(home / "takes").load()
    assert not kept.finished and len(kept.piece) >= 20
    assert {path.suffix for path in (home / "takes").iterdir()} == {".json"}, "nothing half-written"
    while time.monotonic() < limit and any(_alive(pid) for pid in others):
        time.sleep(0.02)
    assert others and not any(_alive(pid) for pid in others), "the composing process ends with its window"


def _notes_kept(home: Path) -> int:
    paths = [*(home / "takes").glob("*.json")]
    return len(json.loads(paths[0].read_text())["piece"]["notes"]) if paths else 0


def _children(pid: int) -> list[int]:
    said = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False).stdout
    return [int(word) for word in said.split()]


def _alive(pid: int) -> bool:
    """Whether a process runs; one that has ended but was not fetched yet does not."""
    said = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(said.strip()) and not said.strip().startswith("Z")

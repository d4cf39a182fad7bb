"""Try the program that was built, as its users would: `python scripts/try_app.py [dist/nanopiano]`.

It gets neither Python's environment nor a screen, and nothing is said of the network. What it composes must be what
nanopiano composes under Python. The first trial that fails ends all, with exit status 1. On Linux
`NANOPIANO_PROGRAM=dist/nanopiano/nanopiano pytest tests/gui/test_xvfb.py` tries its window on a real display as well.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "packaging"))

from bundle import ROOT, VERSION, program

PATIENCE = 300  # seconds
UNNEEDED = ("PYTHON", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "DISPLAY", "WAYLAND_DISPLAY", "SDL_")  # how variables begin
COMPOSE = ["generate", "--words", "200", "--seed", "1"]


class App:
    """The program in its folder, and a folder to work in."""

    def __init__(self, folder: Path, work: Path) -> None:
        self.folder, self.work = folder, work
        kept = {name: text for name, text in os.environ.items() if not name.startswith(UNNEEDED)}
        path = {} if sys.platform == "win32" else {"PATH": os.defpath}
        self.environment = kept | path | {"NANOPIANO_HOME": str(work / "home")}

    def run(self, *words: str, status: int = 0, windowed: bool = False) -> str:
        """Run the program, demand its exit status, and return what it says."""
        command = [str(program(self.folder, windowed=windowed)), *words]
        done = subprocess.run(
            command, env=self.environment, cwd=self.work, capture_output=True, timeout=PATIENCE, check=False
        )
        said = (done.stdout + done.stderr).decode("utf-8", "replace")
        assert done.returncode == status, f"{words}: exit status {done.returncode}, {said}"
        assert "Traceback" not in said and "a defect" not in said, said
        return said

    def file(self, name: str, begin: bytes, least: int = 100) -> bytes:
        """Return a file that was written, which must begin so and have so many bytes."""
        data = (self.work / name).read_bytes()
        assert data.startswith(begin) and len(data) >= least, f"{name}: {len(data)} bytes, {data[:16]!r}"
        return data


def it_says_its_version(app: App) -> None:
    assert app.run("--version").split() == ["nanopiano", VERSION]


def it_composes_what_python_composes(app: App) -> None:
    app.run(*COMPOSE, "-o", "piece.mid", "--wav", "piece.wav", "--picture", "piece.png", "--score", "piece.musicxml")
    subprocess.run([sys.executable, "-m", "nanopiano", *COMPOSE, "-o", str(app.work / "same.mid")], check=True)
    assert app.file("piece.mid", b"MThd") == app.file("same.mid", b"MThd")
    app.file("piece.wav", b"RIFF", 1_000_000)
    app.file("piece.png", b"\x89PNG", 10_000)
    app.file("piece.musicxml", b"<?xml", 10_000)


def it_goes_on_and_fills(app: App) -> None:
    app.run("continue", "piece.mid", "--bars", "4", "--seed", "1", "-o", "longer.mid")
    app.run("fill", "piece.mid", "--bars", "2-3", "--seed", "1", "-o", "again.mid")
    app.run("continue", "random", "--bars", "2", "--seed", "1", "-o", "song.mid")
    assert len({app.file(name, b"MThd") for name in ("piece.mid", "longer.mid", "again.mid", "song.mid")}) == 4


def its_window_composes_and_plays(app: App) -> None:
    app.run("--screenshot", "window.png", windowed=True)
    app.run("longer.mid", "--screenshot", "opened.png", windowed=True)
    assert app.file("window.png", b"\x89PNG", 20_000) != app.file("opened.png", b"\x89PNG", 20_000)


def it_starts_processes_beside_itself(app: App) -> None:
    (app.work / "midi").mkdir()
    for name in ("piece", "song"):
        (app.work / f"{name}.mid").rename(app.work / "midi" / f"{name}.mid")
    app.run("corpus", "build", "midi", "-o", "corpus", "--workers", "2")
    assert (app.work / "corpus").is_dir()


def it_measures_itself(app: App) -> None:
    said = app.run("bench", "--json")
    facts = json.loads(said[said.index("{") : said.rindex("}") + 1])
    print(f"    {facts['words_per_second']:,.0f} words a second, {facts['start_seconds']:.2f} s for --version")


def it_says_what_is_not_in_it(app: App) -> None:
    for words in (["train", "--corpus", "corpus", "--out", "run"], ["render", "longer.mid", "--score", "longer.pdf"]):
        assert "this program does not bring" in app.run(*words, status=2)


TRIALS: tuple[Callable[[App], None], ...] = (
    it_says_its_version,
    it_composes_what_python_composes,
    it_goes_on_and_fills,
    its_window_composes_and_plays,
    it_starts_processes_beside_itself,
    it_measures_itself,
    it_says_what_is_not_in_it,
)


def main(folder: Path) -> None:
    """Try everything, and that nothing is left behind in the program's folder."""
    before = sorted((path, path.stat().st_mtime_ns) for path in folder.rglob("*"))
    with tempfile.TemporaryDirectory() as work:
        app = App(folder, Path(work))
        for trial in TRIALS:
            trial(app)
            print(trial.__name__.replace("_", " "), flush=True)
    assert before == sorted((path, path.stat().st_mtime_ns) for path in folder.rglob("*")), "it wrote into its folder"
    print("it leaves its folder as it was")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "dist" / "nanopiano")
    main(parser.parse_args().folder.resolve())

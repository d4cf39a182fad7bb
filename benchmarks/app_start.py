"""How soon the window is on the screen: of a program that was built, or of any command that opens it.

    python benchmarks/app_start.py [--rounds 5] [--cold FOLDER] COMMAND...
    python benchmarks/app_start.py --cold dist/nanopiano dist/nanopiano/nanopiano

On a display of its own (Xvfb). "Window" is when xdotool finds a visible one, "picture" when more than a ground is seen
in it, looked up in the memory of the display. Before a cold start the system is asked to forget the files in FOLDER
(posix_fadvise); those of the system itself may stay in memory. "Processor" is what the program itself had used of it
when its picture was there: where other programs want the same core, the clock says more about them.
"""

import argparse
import os
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SCREEN = (1600, 1000)  # pixels
PATIENCE = 60.0  # seconds
PAUSE = 0.003
SOME_COLOURS = 20  # standard deviation of the samples that are looked at, of 255


class Display:
    """A display whose pixels lie in a file."""

    def __init__(self, folder: Path) -> None:
        read, write = os.pipe()
        screen = f"{SCREEN[0]}x{SCREEN[1]}x24"
        command = ["Xvfb", "-displayfd", str(write), "-noreset", "-screen", "0", screen, "-fbdir", str(folder)]
        self.process = subprocess.Popen([*command, "-nolisten", "tcp"], pass_fds=[write], stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read) as told:
            self.name = f":{told.readline().strip()}"
        memory = np.memmap(folder / "Xvfb_screen0", dtype=np.uint8, mode="r")
        self.pixels: NDArray[np.uint8] = memory[len(memory) - 4 * SCREEN[0] * SCREEN[1] :]  # behind a header

    def window(self) -> bool:
        """Whether a window is seen."""
        command = ["xdotool", "search", "--onlyvisible", "--class", ".*"]
        found = subprocess.run(command, env=os.environ | {"DISPLAY": self.name}, capture_output=True, check=False)
        return len(found.stdout.split()) > 1  # the first is the display's own

    def picture(self) -> bool:
        """Whether more than one colour is seen."""
        return float(self.pixels.reshape(-1, 4)[::7, :3].std()) > SOME_COLOURS


class Start(NamedTuple):
    """After how many seconds things were there."""

    window: float
    picture: float
    processor: float


def start(command: list[str], display: Display, home: Path) -> Start:
    """Start the program, wait for its picture, and end it."""
    environment = os.environ | {"DISPLAY": display.name, "SDL_AUDIODRIVER": "dummy", "NANOPIANO_HOME": str(home)}
    environment.pop("SDL_VIDEODRIVER", None)
    began = time.perf_counter()
    process = subprocess.Popen(command, env=environment)
    try:
        seen = []
        for there in (display.window, display.picture):
            while not there():
                assert time.perf_counter() - began < PATIENCE and process.poll() is None
                time.sleep(PAUSE)
            seen.append(time.perf_counter() - began)
        used = processor_seconds(process.pid)
    finally:
        process.terminate()
        process.wait()
    while display.window():
        time.sleep(PAUSE)
    return Start(seen[0], seen[1], used)


def processor_seconds(pid: int) -> float:
    """Return how much of the processor a process has used so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def forget(folder: Path) -> None:
    """Ask the system to forget what it holds of the files in a folder."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def main() -> None:
    """Print a line for cold starts, if asked for, and one for warm ones."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cold", type=Path, metavar="FOLDER", help="measure cold starts as well")
    parser.add_argument("command", nargs="+")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        display = Display(Path(folder))
        try:
            for cold in [True, False] if args.cold else [False]:
                times = []
                for number in range(args.rounds + (not cold)):  # the first warm start only warms
                    if cold:
                        forget(args.cold)
                    times.append(start(args.command, display, Path(folder) / f"home-{cold}-{number}"))
                for name, seconds in zip(Start._fields, zip(*times[not cold :], strict=True), strict=True):
                    shown = ", ".join(f"{second:.2f}" for second in sorted(seconds))
                    print(f"{'cold' if cold else 'warm'}, {name}: median {median(seconds):.2f} s ({shown})", flush=True)
        finally:
            display.process.terminate()
            display.process.wait()


if __name__ == "__main__":
    main()

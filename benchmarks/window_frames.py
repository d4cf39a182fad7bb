"""How soon the window is there, and how long its frames take while it composes and plays.

    python benchmarks/window_frames.py [--rounds 5] [--seconds 20] [--words 10000] [--profile]

With SDL's stand-ins for screen and sound card. A frame is `Window.frame` without the wait for the next; frames come 60
times a second, as in the window. "Own" is the time of the processor that the frame itself took: where other programs
want the same core, and composing does if there is but one, the time on the clock is longer. "Whole" is when model,
sounds, songbook and 50 takes are loaded. With `--profile` the functions that took most of the frames' time follow.
"""

import argparse
import cProfile
import os
import pstats
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

os.environ["SDL_VIDEODRIVER"] = os.environ["SDL_AUDIODRIVER"] = "dummy"
os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")

from nanopiano.gui.app import FRAMES_A_SECOND, Window
from nanopiano.gui.state import actions as do
from nanopiano.gui.state.takes import Take, TakeStore
from nanopiano.model.composer import Composer
from nanopiano.model.ending import Length
from nanopiano.music.piece import Piece

SIZES = ((1280, 720), (1920, 1080))
TAKES = 50
# What the command does, but that it tells when the first frame was drawn and when all is loaded, and leaves.
COMMAND = """
import sys, time
from nanopiano.cli import main
from nanopiano.gui import app
def run(window):
    window.frame(0.0)
    print(time.time(), flush=True)
    while not (window.state.model and window.state.takes and window.player.transport._synth._piano.ready == 1
               and not window.background.busy):
        window.frame(1 / 60)
        time.sleep(0.005)
    print(time.time(), flush=True)
    window.close()
app.Window.run = run
main(["window"])
"""


def start_up(home: Path, rounds: int) -> None:
    first: list[float] = []
    whole: list[float] = []
    for _ in range(rounds):
        begun = time.time()
        environment = os.environ | {"NANOPIANO_HOME": str(home)}
        said = subprocess.run([sys.executable, "-c", COMMAND], env=environment, stdout=-1, text=True, check=True).stdout
        for times, told in zip((first, whole), said.split(), strict=True):
            times.append(float(told) - begun)
    for name, times in (("first frame", first), ("whole", whole)):
        print(f"from the command to the {name}: median {median(times):.2f} s, worst {max(times):.2f} s")


def some_takes(piece: Piece, number: int) -> list[Take]:
    return [
        Take(f"20261122T120000000-{place:04}", f"Take {place}", piece, 0, None, 1, "new", "", {}, "2026-11-22T12:00:00")
        for place in range(number)
    ]


def frames(window: Window, seconds: float, profile: cProfile.Profile | None) -> list[tuple[float, float]]:
    """Return how many milliseconds each frame took, on the clock and of the processor."""
    times, until = [], time.perf_counter() + seconds
    while time.perf_counter() < until:
        begun, own = time.perf_counter(), time.thread_time()
        if profile is not None:
            profile.enable()
        window.frame(1 / FRAMES_A_SECOND)
        if profile is not None:
            profile.disable()
        took = time.perf_counter() - begun
        times.append((1000 * took, 1000 * (time.thread_time() - own)))
        time.sleep(max(1 / FRAMES_A_SECOND - took, 0.0))
    return times


def new_piece(window: Window) -> None:
    window.do(do.NewPiece())
    window.verbs.press("generate")


def go_on(window: Window) -> None:
    """Compose what follows the piece that is shown, from near its end."""
    assert window.state.piece is not None
    window.do(do.Seek(window.state.piece.steps - 4.0 * window.state.bar_steps))
    window.verbs.press("on")


def play(window: Window) -> None:
    window.do(do.Seek(0.0))
    window.verbs.press("play")


def play_falling(window: Window) -> None:
    window.verbs.press("mode")
    play(window)


def fit_and_play(window: Window) -> None:
    play(window)
    window.verbs.press("zoom fit")


def measure(
    size: tuple[int, int], piece: Piece | None, what: Callable[[Window], None], seconds: float,
    profile: cProfile.Profile | None,
) -> list[tuple[float, float]]:  # fmt: skip
    """Return the times of frames while a window of this size does something, with this piece in it."""
    with tempfile.TemporaryDirectory() as home:
        window = Window(size, home=Path(home))
        try:
            while not (window.state.model and window.player and not window.background.busy):
                window.frame(1 / FRAMES_A_SECOND)
            if piece is not None:
                take = some_takes(piece, 1)[0]
                window.do(do.TakesLoaded((take,), 0))
                window.do(do.Select(take.id))
            window.do(do.Set("words", 10_000))
            frames(window, 1.0, None)
            what(window)
            return frames(window, seconds, profile)
        finally:
            window.close()


def report(name: str, size: tuple[int, int], times: list[tuple[float, float]]) -> None:
    figures = []
    for one in map(sorted, zip(*times, strict=True)):
        figures += [one[len(one) // 2], one[len(one) * 99 // 100], one[-1]]
    print(f"| {size[0]}x{size[1]} | {name} | {' | '.join(f'{figure:.1f}' for figure in figures)} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="starts of the window")
    parser.add_argument("--seconds", type=float, default=20, help="of each row")
    parser.add_argument("--words", type=int, default=10_000, help="in the long piece")
    parser.add_argument("--profile", action="store_true")
    args = parser.parse_args()
    composer = Composer(threads=1)
    usual, long = (composer.compose(length=Length(words=words), seed=1).finish() for words in (600, args.words))
    del composer
    with tempfile.TemporaryDirectory() as home:
        store = TakeStore(Path(home) / "takes")
        for take in some_takes(usual, TAKES):
            store.save(take)
        start_up(Path(home), args.rounds)
    long_name = f"{args.words:,} words ({len(long):,} notes)"
    rows: list[tuple[str, Piece | None, Callable[[Window], None]]] = [
        ("composing a new piece, playing it", None, new_piece),
        (f"going on from {long_name}, playing", long, go_on),
        (f"playing {long_name}", long, play),
        ("the same, all of it in view", long, fit_and_play),
        ("the same, falling notes", long, play_falling),
    ]
    print("| window | what | median, ms | 99% | worst | own median, ms | own 99% | own worst |")
    print("|---|---|---|---|---|---|---|---|")
    profile = cProfile.Profile() if args.profile else None
    for size in SIZES:
        for name, piece, what in rows:
            report(name, size, measure(size, piece, what, args.seconds, profile))
    if profile is not None:
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)


if __name__ == "__main__":
    main()

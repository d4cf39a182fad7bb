"""The window used at random for a long time: no exception, no growing memory, no gap in the sound.

    python benchmarks/window_soak.py [--minutes 30] [--seed 1] [--warm-up 5]

Runs in real time with SDL's stand-ins for screen and sound card. Prints a line a minute and a verdict; the exit status
is 1 if memory grew by more than 5% (median of the last fifth of the minutes against that of the fifth after warm-up,
the window's process and the composing one each) or if the sound had a gap.

Memory is what `ps` says when the window is 1280x720 with no dialog open; of the window's own process after the C
library has given back what it keeps of freed memory (where it can: glibc), for that depends on the order of sizes, not
on what is held. What it was before stands in brackets.
"""

import argparse
import ctypes
import gc
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from statistics import median

os.environ["SDL_VIDEODRIVER"] = os.environ["SDL_AUDIODRIVER"] = "dummy"
os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")

import pygame

from nanopiano.gui.app import FRAMES_A_SECOND, Window
from nanopiano.gui.state import actions as do
from nanopiano.gui.state.controls import SLIDERS
from nanopiano.gui.state.keeping import in_order
from nanopiano.gui.window.layout import USUAL_SIZE, inside

SIZES = ((960, 600), (1280, 720), (1440, 900), (1920, 1080))
LONGEST = 1500  # words
MOST_TAKES = 12  # more are discarded, as somebody would who tidies up
MOST_GROWTH = 0.05


class Visitor:
    """Somebody who does anything at any time."""

    def __init__(self, window: Window, rng: Random) -> None:
        self.window, self.rng = window, rng
        self.did: Counter[str] = Counter()
        self.deeds: dict[Callable[[], None], int] = {
            self.compose: 6, self.play: 8, self.seek: 8, self.select: 6, self.discard: 3, self.fill: 4,
            self.go_on: 2, self.song: 2, self.slide: 6, self.look: 6, self.resize: 1, self.dialog: 3, self.switch: 2,
            self.save: 1, self.loop: 3, self.drag: 4,
        }  # fmt: skip

    def act(self) -> None:
        deed = self.rng.choices([*self.deeds], [*self.deeds.values()])[0]
        self.did[deed.__name__] += 1
        deed()

    def press(self, *verbs: str) -> None:
        """Press the button or key of one of these verbs."""
        self.window.verbs.press(self.rng.choice(verbs))

    def compose(self) -> None:
        self.press("generate", "generate", "retry", "new", "surprise")
        if self.window.state.controls.words > LONGEST:
            self.window.do(do.Set("words", self.rng.randrange(50, LONGEST)))

    def song(self) -> None:
        self.press("continue", "prompt more", "prompt less", "source")

    def fill(self) -> None:
        bar = self.window.state.bar_steps
        first = self.rng.randrange(24)
        self.window.do(do.Mark((first * bar, (first + self.rng.randrange(4)) * bar)))
        if not self.window.state.busy:
            self.press("again")

    def go_on(self) -> None:
        if not self.window.state.busy:
            self.press("on")

    def play(self) -> None:
        self.press("play", "play", "play", "stop")

    def loop(self) -> None:
        self.press("mark bar", "unmark bar", "loop", "loop")

    def seek(self) -> None:
        if self.rng.random() < 0.5:
            self.press("back", "forth", "start", "end")
        else:
            self.click(self.in_roll())

    def select(self) -> None:
        self.press("take before", "take after")

    def discard(self) -> None:
        self.press("discard", "undo", "pin")
        takes = [take for take in in_order(self.window.state.takes) if not take.pinned]
        for take in takes[MOST_TAKES:]:
            self.window.do(do.Discard(take.id))

    def slide(self) -> None:
        name = self.rng.choice([*SLIDERS])
        if name in self.window.places.at:
            left, top, width, height = self.window.places.at[name]
            self.hold((left + self.rng.randrange(width), top + height - 8), self.somewhere())
        self.window.do(do.Set("words", min(self.window.state.controls.words, LONGEST)))

    def look(self) -> None:
        if self.rng.random() < 0.4:
            self.press("zoom in", "zoom out", "zoom fit")
        else:
            pygame.event.post(pygame.event.Event(pygame.MOUSEMOTION, pos=self.in_roll(), rel=(0, 0), buttons=(0, 0, 0)))
            up = self.rng.choice((-3, -1, 1, 3))
            pygame.event.post(pygame.event.Event(pygame.MOUSEWHEEL, x=0, y=up, flipped=False))

    def drag(self) -> None:
        _, top, _, _ = self.window.places.roll
        x, y = self.in_roll()
        self.hold((x, self.rng.choice((y, top + 8))), self.in_roll())

    def resize(self) -> None:
        pygame.display.set_mode(self.rng.choice(SIZES), pygame.RESIZABLE)
        self.window.do(do.SetScale(self.rng.choice((1.0, 1.0, 1.0, 1.5, 2.0))))

    def dialog(self) -> None:
        self.press("more", "songs", "settings", "save", "help", "about", "open", "close", "close", "rename")

    def switch(self) -> None:
        self.press("theme", "mode", "colour_by", "expressive", "fold")

    def save(self) -> None:
        self.press("save mid", "save txt", "save png", "copy words")

    # --- the mouse -----------------------------------------------------------------------------------------------

    def somewhere(self) -> tuple[int, int]:
        width, height = self.window.places.size
        return self.rng.randrange(width), self.rng.randrange(height)

    def in_roll(self) -> tuple[int, int]:
        left, top, width, height = self.window.places.roll
        return left + 44 + self.rng.randrange(width - 44), top + 20 + self.rng.randrange(height - 20)

    def click(self, place: tuple[int, int]) -> None:
        self.hold(place, place)

    def hold(self, place: tuple[int, int], to: tuple[int, int]) -> None:
        """Press, move, release."""
        dialog = self.window.furniture.dialog
        if dialog is not None and inside(dialog.popup.rect, place):
            return
        pygame.event.post(pygame.event.Event(pygame.MOUSEBUTTONDOWN, pos=place, button=1))
        pygame.event.post(pygame.event.Event(pygame.MOUSEMOTION, pos=to, rel=(0, 0), buttons=(1, 0, 0)))
        pygame.event.post(pygame.event.Event(pygame.MOUSEBUTTONUP, pos=to, button=1))


def megabytes(pid: int) -> float:
    """Return the memory that a process holds, 0 if there is none."""
    said = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return float(said.strip() or 0) / 1024


def at_rest(window: Window) -> tuple[float, float]:
    """Bring the window to its usual size and return the megabytes that its process holds, before and after a trim.

    By way of another size, since what the window keeps of its drawings it then lets go.
    """
    window.do(do.SetScale(1.0))
    window.do(do.Show(None))
    for size in (SIZES[0], USUAL_SIZE):
        pygame.display.set_mode(size, pygame.RESIZABLE)
        window.frame(0.0)
    before = megabytes(os.getpid())
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None
    if trim is not None:
        trim(0)
    return before, megabytes(os.getpid())


def growth(minutes: list[float], warm_up: int) -> float:
    """Return by which share the last fifth of the minutes after warm-up lies above the first."""
    after = minutes[min(warm_up, max(len(minutes) - 2, 0)) :]
    fifth = max(len(after) // 5, 1)
    return median(after[-fifth:]) / median(after[:fifth]) - 1


def composing_pid(window: Window) -> int:
    child = window.jobs._child if window.jobs is not None else None
    return (child.process.pid or 0) if child is not None else 0


def soak(window: Window, rng: Random, minutes: float, warm_up: int) -> bool:
    """Use the window; return whether all is well."""
    visitor = Visitor(window, rng)
    gc.freeze()  # as Window.run does
    clock = pygame.time.Clock()
    begun = time.perf_counter()
    due, minute, frames, errors = begun, 1, [], Counter[str]()
    memory: tuple[list[float], list[float]] = ([], [])
    while window.open and time.perf_counter() < begun + 60 * minutes:
        before = time.perf_counter()
        if before >= due:
            visitor.act()
            due = before + rng.choice((0.05, 0.2, 0.5, 1.0, 3.0))
        window.frame(clock.get_time() / 1000)
        frames.append(1000 * (time.perf_counter() - before))
        if window.state.message.error:
            errors[window.state.message.text] += 1
            window.do(do.Say(""))
        clock.tick(FRAMES_A_SECOND)
        if time.perf_counter() >= begun + 60 * minute:
            before, held = at_rest(window)
            memory[0].append(held)
            memory[1].append(megabytes(composing_pid(window)))
            frames.sort()
            assert window.player is not None
            print(
                f"minute {minute}: window {held:.0f} MB ({before:.0f}), composing {memory[1][-1]:.0f} MB, "
                f"{len(window.state.takes)} takes, {len(window.state.discarded)} discarded, "
                f"{len(frames) / 60:.0f} frames a second, 99% within {frames[len(frames) * 99 // 100]:.1f} ms, "
                f"{window.player.output.starved} gaps, load of the machine {os.getloadavg()[0]:.1f}",
                flush=True,
            )
            minute, frames = minute + 1, []
    assert window.player is not None
    gaps, grown = window.player.output.starved, [growth(held, warm_up) for held in memory]
    print(f"deeds: {dict(visitor.did.most_common())}")
    print(f"said: {dict(errors)}")
    well = gaps == 0 and all(share <= MOST_GROWTH for share in grown)
    verdict = "all is well" if well else "NOT well"
    print(f"{verdict}: memory {grown[0]:+.1%} (window) and {grown[1]:+.1%} (composing), {gaps} gaps in the sound")
    return well


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--warm-up", type=int, default=5, help="minutes that do not count for memory")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["NANOPIANO_HOME"] = home
        window = Window((1280, 720), home=Path(home))
        window.state = replace(window.state, folder=home)
        try:
            well = soak(window, Random(args.seed), args.minutes, args.warm_up)
        finally:
            window.close()
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    main()

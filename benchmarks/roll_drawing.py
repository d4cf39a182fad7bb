"""How long the window's pictures take to draw: a piece of 10,000 notes of which 2,000 are in sight.

    python benchmarks/roll_drawing.py [--frames 600] [--notes 10000] [--seen 2000]

Headless (SDL's dummy driver). Playing: the playhead and the view move with every frame. One line a size.
"""

import argparse
import os
import time
from collections.abc import Callable

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")

import numpy as np
import pygame

from nanopiano.gui.falling import draw_falling
from nanopiano.gui.minimap import draw_minimap
from nanopiano.gui.roll import draw_roll
from nanopiano.gui.theme import DARK
from nanopiano.gui.thumbnail import thumbnail
from nanopiano.gui.view import Rect, Scene, View, notes_rect
from nanopiano.music.piece import Piece

SIZES = {"1280x720": ((1280, 720), (288, 56, 776, 580)), "1920x1080": ((1920, 1080), (288, 56, 1416, 940))}
NOTES_A_STEP = 0.8  # about as dense as composed music
BPM = 120.0
FRAMES_A_SECOND = 60.0


def make_piece(notes: int) -> Piece:
    chance = np.random.default_rng(1)
    rows = np.stack(
        [
            chance.integers(0, round(notes / NOTES_A_STEP), notes),
            np.clip(chance.normal(62, 14, notes), 21, 108).astype(int),
            chance.choice([1, 2, 2, 3, 4, 4, 8, 16, 64], notes),
            np.full(notes, 80),
        ],
        axis=1,
    )
    return Piece(rows.astype(np.int32), bpm=BPM).canonical()


def measure(draw: Callable[[int], None], frames: int) -> str:
    """Mean and 99th percentile in milliseconds, wall time, and the mean of the processor time."""
    for frame in range(5):
        draw(frame)
    times, busy = [], time.process_time()
    for frame in range(frames):
        begin = time.perf_counter()
        draw(frame)
        times.append(time.perf_counter() - begin)
    busy = (time.process_time() - busy) / frames
    mean, late = np.mean(times), np.percentile(times, 99)
    return f"mean {1000 * mean:5.2f} ms   p99 {1000 * late:5.2f} ms   processor {1000 * busy:5.2f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=600)
    parser.add_argument("--notes", type=int, default=10_000)
    parser.add_argument("--seen", type=int, default=2_000)
    options = parser.parse_args()
    pygame.init()
    piece = make_piece(options.notes)
    a_frame = piece.grid.steps_per_beat * BPM / 60 / FRAMES_A_SECOND  # steps
    for name, (size, rect) in SIZES.items():
        screen = pygame.display.set_mode(size)
        area = notes_rect(rect)
        close = View(step_width=area[2] * len(piece) / piece.steps / options.seen)
        whole = View().fit(piece, area)
        falling = Scene(piece.notes, piece.grid, playing=True)

        def scene(frame: int) -> Scene:
            return Scene(piece.notes, piece.grid, playhead=1000 + frame * a_frame, playing=True)

        def roll(frame: int, rect: Rect = rect, area: Rect = area, view: View = close) -> None:
            now = scene(frame)
            draw_roll(screen, rect, view.pan(now.playhead - 0.4 * view.steps(area), 0), now, DARK)

        def zooming(frame: int, rect: Rect = rect, view: View = close) -> None:
            draw_roll(screen, rect, view.pan(1000, 0).zoom_time(1 + frame % 60 / 60, 1200.0), scene(frame), DARK)

        def paused(frame: int, rect: Rect = rect, view: View = close) -> None:
            draw_roll(screen, rect, view.pan(1000, 0), Scene(piece.notes, piece.grid, playhead=1100), DARK)

        def entire(frame: int, rect: Rect = rect, view: View = whole) -> None:
            draw_roll(screen, rect, view, scene(frame), DARK)

        def fall(frame: int, rect: Rect = rect) -> None:
            draw_falling(screen, rect, scene(frame), DARK)

        def minimap(frame: int, rect: Rect = rect, view: View = close) -> None:
            draw_minimap(screen, (rect[0], rect[1] + rect[3], rect[2], 56), view, rect, scene(frame), DARK)

        def small(frame: int) -> None:
            thumbnail(piece, 0, None, (184, 44), DARK)

        print(name, f"{len(piece):,} notes; roll {rect[2]}x{rect[3]}")
        for what in (roll, zooming, paused, entire, fall, minimap):
            print(f"  {what.__name__:8} {measure(what, options.frames)}")
        print(f"  {small.__name__:8} {measure(small, 10)}")
        assert falling is not None


if __name__ == "__main__":
    main()

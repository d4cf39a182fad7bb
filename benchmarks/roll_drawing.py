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

from nanopiano.gui.draw.falling import draw_falling
from nanopiano.gui.draw.minimap import draw_minimap
from nanopiano.gui.draw.roll import draw_roll
from nanopiano.gui.draw.theme import DARK
from nanopiano.gui.draw.thumbnail import thumbnail
from nanopiano.gui.state.view import Rect, Scene, View, notes_rect
from nanopiano.music.piece import Piece

SIZES = {"1280x720": ((1280, 720), (288, 56, 776, 580)), "1920x1080": ((1920, 1080), (288, 56, 1416, 940))}
NOTES_A_STEP = 0.8  # about as dense as composed music
BPM = 120.0
FRAMES_A_SECOND = 60.0
FIRST_STEP = 1000.0


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


def measure(draw: Callable[[int], object], frames: int) -> str:
    """Median, mean and 99th percentile of the wall time and the mean of the processor time, in milliseconds."""
    for frame in range(5):
        draw(frame)
    times, busy = [], time.process_time()
    for frame in range(frames):
        begin = time.perf_counter()
        draw(frame)
        times.append(time.perf_counter() - begin)
    busy = (time.process_time() - busy) / frames
    middle, mean, late = np.median(times), np.mean(times), np.percentile(times, 99)
    return "   ".join(
        f"{what} {1000 * seconds:5.2f} ms"
        for what, seconds in (("median", middle), ("mean", mean), ("p99", late), ("processor", busy))
    )


class Pictures:
    """What is measured; each takes the number of a frame, from which the time follows."""

    def __init__(self, screen: pygame.Surface, rect: Rect, piece: Piece, seen: int) -> None:
        self.screen, self.rect, self.piece = screen, rect, piece
        self.area = notes_rect(rect)
        self.view = View(left=FIRST_STEP, step_width=self.area[2] * len(piece) / piece.steps / seen)
        self.entire = View().fit(piece, self.area)

    def scene(self, frame: int, playing: bool = True) -> Scene:
        step = FIRST_STEP + frame * self.piece.grid.steps_per_beat * BPM / 60 / FRAMES_A_SECOND
        return Scene(self.piece.notes, self.piece.grid, playhead=step, playing=playing)

    def roll(self, frame: int) -> None:
        scene = self.scene(frame)
        view = self.view.pan(scene.playhead - FIRST_STEP - 0.4 * self.view.steps(self.area), 0)
        draw_roll(self.screen, self.rect, view, scene, DARK)

    def zooming(self, frame: int) -> None:
        view = self.view.zoom_time(1 + frame % 60 / 60, FIRST_STEP)
        draw_roll(self.screen, self.rect, view, self.scene(frame), DARK)

    def paused(self, frame: int) -> None:
        draw_roll(self.screen, self.rect, self.view, self.scene(frame, playing=False), DARK)

    def whole(self, frame: int) -> None:
        draw_roll(self.screen, self.rect, self.entire, self.scene(frame), DARK)

    def falling(self, frame: int) -> None:
        draw_falling(self.screen, self.rect, self.scene(frame), DARK)

    def map(self, frame: int) -> None:
        place = (self.rect[0], self.rect[1] + self.rect[3], self.rect[2], 56)
        draw_minimap(self.screen, place, self.view, self.rect, self.scene(frame), DARK)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=600)
    parser.add_argument("--notes", type=int, default=10_000)
    parser.add_argument("--seen", type=int, default=2_000)
    options = parser.parse_args()
    pygame.init()
    piece = make_piece(options.notes)
    for name, (size, rect) in SIZES.items():
        pictures = Pictures(pygame.display.set_mode(size), rect, piece, options.seen)
        print(name, f"{len(piece):,} notes; roll {rect[2]}x{rect[3]}")
        for what in (pictures.roll, pictures.zooming, pictures.paused, pictures.whole, pictures.falling, pictures.map):
            print(f"  {what.__name__:8} {measure(what, options.frames)}")
    print(f"a thumbnail {measure(lambda _: thumbnail(piece, 0, None, (184, 44), DARK), 10)}")


if __name__ == "__main__":
    main()

"""Draw the pictures of the window that stand in the README and in docs: `python scripts/make_pictures.py [FOLDER]`.

Composes with fixed seeds, without a screen and without sound. The moving one needs Pillow, which matplotlib brings.
"""

import argparse
import os
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ["SDL_VIDEODRIVER"] = os.environ["SDL_AUDIODRIVER"] = "dummy"

import pygame
from PIL import Image

from nanopiano.gui.app import Window
from nanopiano.gui.screenshot import frames_until
from nanopiano.gui.state import actions as do
from nanopiano.gui.state.app_state import Playback
from nanopiano.gui.state.view import notes_rect
from nanopiano.gui.window.frame import draw_window

SIZE = (1280, 720)
MOVING_SIZE, MOVING_SECONDS, PER_SECOND = (960, 540), 7, 12
SEEDS = {"new": 18, "again": 3, "song": 5}
SONG = "bach-bwv-10-7"


def main(folder: Path) -> None:
    """Draw all."""
    with TemporaryDirectory() as home:
        window = Window(SIZE, home=Path(home), theme="dark")
        try:
            frames_until(window, lambda: window.state.model is not None)
            compose(window, "generate", SEEDS["new"])
            playing_at(window, 52.0)
            save(window, folder / "window-dark.png")
            draw_moving(window, folder / "window.gif")
            window.do(do.Mark((32.0, 79.0)))
            compose(window, "again", SEEDS["again"])
            window.do(do.Toggle("theme"))
            playing_at(window, 40.0)
            save(window, folder / "window-light.png")
            window.do(do.Toggle("theme"))
            window.verbs.choose(next(song for song in window.verbs.songs("") if song.id == SONG))
            compose(window, "generate", SEEDS["song"])
            window.do(do.Toggle("mode"))
            playing_at(window, 124.0)
            save(window, folder / "window-falling.png")
        finally:
            window.close()


def compose(window: Window, verb: str, seed: int) -> None:
    """Compose and wait for the end."""
    window.do(do.SetSeed(seed))
    window.verbs.press(verb)
    frames_until(window, lambda: not window.state.busy)
    window.do(do.SetSeed(None))
    window.do(do.Stop())
    frames_until(window, lambda: not window.state.playback.playing)


def playing_at(window: Window, step: float) -> None:
    """Draw the window as if it played there, whatever the time is."""
    state = replace(window.state, playback=Playback(playing=True, position=step))
    area = notes_rect(window.places.roll, window.places.scale)
    window.state = replace(state, view=state.view.follow(step, area, seconds=10.0))
    window._arrange()
    draw_window(window.surface, window.state, window.furniture, 1 / 60)


def save(window: Window, path: Path) -> None:
    """Write the window as it was drawn last."""
    pygame.image.save(window.surface, path)
    print(path)


def draw_moving(window: Window, path: Path) -> None:
    """Write some seconds of playing as an animated GIF."""
    frames = []
    steps_a_second = window.state.controls.bpm / 60 * 4
    for number in range(MOVING_SECONDS * PER_SECOND):
        playing_at(window, 32.0 + number / PER_SECOND * steps_a_second)
        small = pygame.transform.smoothscale(window.surface, MOVING_SIZE)
        frames.append(Image.frombytes("RGB", MOVING_SIZE, pygame.image.tobytes(small, "RGB")))
    palette = frames[len(frames) // 2].quantize(128, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    plain = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    plain[0].save(path, save_all=True, append_images=plain[1:], duration=1000 // PER_SECOND, loop=0, optimize=True)
    print(path, f"{path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("docs/images"))
    main(parser.parse_args().folder)

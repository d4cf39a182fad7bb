"""A picture of the window after a scripted start: for documents and tests, without a screen."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, sleep
from typing import Literal

import pygame

from nanopiano.errors import NanopianoError
from nanopiano.files import write_atomically
from nanopiano.gui.app import Window
from nanopiano.gui.state import actions as do
from nanopiano.gui.window.layout import USUAL_SIZE

SEED = 7
PATIENCE = 120.0  # seconds
FRAME = 1 / 60


def take_screenshot(
    path: Path,
    *,
    file: Path | None = None,
    model: str | None = None,
    size: tuple[int, int] | None = None,
    theme: Literal["dark", "light"] | None = None,
) -> None:
    """Compose a piece in a new window, or go on from a MIDI file, stop in its third bar and draw it into a PNG.

    Raises NanopianoError if the window says that something failed.
    """
    with TemporaryDirectory() as home:
        window = Window(size or USUAL_SIZE, model=model, home=Path(home), theme=theme)
        try:
            window.do(do.SetSeed(SEED))
            if file is not None:
                window.verbs.files.read(file)
                frames_until(window, lambda: window.state.prompt is not None or window.state.message.error)
                _refuse(window)
            window.verbs.press("generate")
            frames_until(window, lambda: not window.state.busy)
            _refuse(window)
            window.do(do.Stop())
            window.do(do.Seek(2.5 * window.state.bar_steps))
            frames_until(window, lambda: window.state.playback.position > 0)
            file_like = io.BytesIO()
            pygame.image.save(window.surface, file_like, "window.png")
        finally:
            window.close()
    write_atomically(path, file_like.getvalue())


def _refuse(window: Window) -> None:
    """Raise NanopianoError if the window says that something failed."""
    if window.state.message.error:
        raise NanopianoError(window.state.message.text)


def frames_until(window: Window, done: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Let frames pass until something has come about, and one more. Raises TimeoutError."""
    until = perf_counter() + patience
    while not done():
        if perf_counter() > until:
            raise TimeoutError(f"nothing came about within {patience:g} seconds: {window.state.message.text}")
        window.frame(FRAME)
        sleep(0.002)
    window.frame(FRAME)

"""A user at the real window, without a screen: events are posted where things stand, and frames pass between them."""

import gc
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from shutil import copyfile
from typing import Any

import numpy as np
import pygame
import pytest
from numpy.typing import NDArray

from nanopiano.gui.app import SETTINGS, Window
from nanopiano.gui.state import actions as do
from nanopiano.gui.state.app_state import AppState
from nanopiano.gui.state.controls import Controls
from nanopiano.gui.state.events import Request
from nanopiano.gui.state.settings import Settings, load_settings, save_settings
from nanopiano.gui.state.takes import Take
from nanopiano.gui.state.view import Rect, notes_rect, ruler_rect
from nanopiano.gui.window.layout import LEAST_SIZE
from nanopiano.gui.window.panes import status_text
from nanopiano.gui.window.pointer import slider_tracks
from nanopiano.gui.window.sliders import slider_x
from nanopiano.gui.window.takes_list import sign_rects
from nanopiano.model.store import DEFAULT_MODEL, find_model
from nanopiano.music.piece import Piece

PATIENCE = 60.0  # seconds until a test gives up
FRAME = 1 / 60  # seconds that a frame is told to have passed
APART = 0.45  # seconds between two clicks that are no double click

Place = tuple[int, int]
Target = str | Place


def some_song(bars: int = 8, title: str = "Song") -> Piece:
    """Four quarter notes in each bar, over a low one."""
    notes = [(16 * bar + 4 * beat, 60 + (3 * bar + 2 * beat) % 17, 4) for bar in range(bars) for beat in range(4)]
    return Piece.of([*notes, *((16 * bar, 41 + bar % 5, 16) for bar in range(bars))], bpm=120.0, title=title)


def some_take(number: int) -> Take:
    """A take as those of former days."""
    piece = some_song(2 + number)
    return Take(f"20261121T120000000-{number:04}", f"Take {number}", piece, 16, None, 1, "new", "", {}, "2026-11-22")


def make_model(home: Path, name: str) -> Path:
    """Copy the model of the package into the folder of the user under another name."""
    folder = home / "models" / name
    folder.mkdir(parents=True)
    for file in ("config.json", "model.onnx"):
        copyfile(find_model("small") / file, folder / file)
    return folder


class User:
    """Looks at a window and uses it."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.requests: list[Request] = []  # that the composing process has received
        self.frames(1)
        assert window.jobs is not None
        start = window.jobs.start

        def recorded(request: Request) -> None:
            self.requests.append(request)
            start(request)

        window.jobs.start = recorded  # type: ignore[method-assign]

    # --- time ----------------------------------------------------------------------------------------------------

    def frames(self, number: int = 2) -> None:
        for _ in range(number):
            self.window.frame(FRAME)

    def until(self, true: Callable[[], object], patience: float = PATIENCE) -> None:
        limit = time.monotonic() + patience
        while not true():
            assert time.monotonic() < limit, f"waited in vain; the window says {self.status!r}"
            self.frames(1)
            time.sleep(0.002)
        self.frames(1)

    def wait(self, seconds: float) -> None:
        """Let the window believe that time has passed."""
        self.window.frame(seconds)

    def finished(self) -> None:
        """Let what is being composed come to its end."""
        self.until(lambda: not self.state.busy)

    # --- what is seen --------------------------------------------------------------------------------------------

    @property
    def state(self) -> AppState:
        return self.window.state

    @property
    def status(self) -> str:
        return status_text(self.window.state)

    @property
    def error(self) -> str:
        """The status line, which must be one that tells of a failure, plainly."""
        message = self.state.message
        assert message.error, message.text
        assert "\n" not in message.text and "Traceback" not in message.text and "defect" not in message.text
        return message.text

    @property
    def take(self) -> Take:
        take = self.state.take
        assert take is not None
        return take

    @property
    def request(self) -> Request:
        return self.requests[-1]

    @property
    def notes_area(self) -> Rect:
        return notes_rect(self.window.places.roll, self.window.places.scale)

    def rect(self, name: str) -> Rect:
        """Where a widget stands: one of the open dialog, or of the window."""
        dialog = self.window.furniture.dialog
        if dialog is not None and name in dialog.popup.at:
            return dialog.popup.at[name]
        return self.window.places.at[name]

    def place(self, what: Target) -> Place:
        """The middle of a widget, or the place itself."""
        if not isinstance(what, str):
            return what
        left, top, width, height = self.rect(what)
        return left + width // 2, top + height // 2

    def on_roll(self, step: float, pitch: float = 60.5) -> Place:
        view, area = self.state.view, self.notes_area
        return round(view.x(step, area)), round(view.y(pitch, area))

    def on_ruler(self, step: float) -> Place:
        _, top, _, height = ruler_rect(self.window.places.roll, self.window.places.scale)
        return self.on_roll(step)[0], top + height // 2

    def on_slider(self, name: str, value: float | int | None = None) -> Place:
        """The knob of a slider, or where it would stand at a value."""
        places, dialog = self.window.places, self.window.furniture.dialog
        track = slider_tracks(places, dialog.popup.at if dialog else {})[name]
        state = self.state
        if value is not None:
            state = replace(state, controls=replace(state.controls, **{name: value}))  # type: ignore[arg-type]
        return slider_x(track, name, state, places), track[1] + track[3] // 2

    def of_take(self, take: Take, sign: str | None = None) -> Place:
        """Where a take stands in the list, or one of its signs."""
        places = self.window.places
        rect = next(rect for one, rect in self.window.furniture.takes.entries(places, self.state) if one.id == take.id)
        left, top, width, height = rect if sign is None else sign_rects(rect, places)[sign]
        return left + width // 2, top + (height // 2 if sign else 8)

    def pixels(self, rect: Rect | None = None) -> NDArray[np.uint8]:
        """What is seen, uint8 [width, height, 3]."""
        whole = pygame.surfarray.array3d(self.window.surface)
        if rect is None:
            return whole
        left, top, width, height = rect
        return whole[left : left + width, top : top + height]

    # --- mouse ---------------------------------------------------------------------------------------------------

    def move(self, to: Target) -> None:
        place = self.place(to)
        pygame.mouse.set_pos(place)
        self._post(pygame.MOUSEMOTION, pos=place, rel=(0, 0), buttons=(0, 0, 0))

    def press(self, at: Target) -> None:
        self.move(at)
        self._post(pygame.MOUSEBUTTONDOWN, pos=self.place(at), button=pygame.BUTTON_LEFT)

    def release(self, at: Target) -> None:
        self._post(pygame.MOUSEBUTTONUP, pos=self.place(at), button=pygame.BUTTON_LEFT)

    def click(self, at: Target) -> None:
        place = self.place(at)
        self.press(place)
        self.release(place)
        self.frames(1)

    def double_click(self, at: Target) -> None:
        place = self.place(at)
        for _ in range(2):
            for kind in (pygame.MOUSEBUTTONDOWN, pygame.MOUSEBUTTONUP):
                self._post(kind, pos=place, button=pygame.BUTTON_LEFT)

    def drag(self, start: Target, end: Target) -> None:
        """Press, move in three steps, release."""
        (x, y), (to_x, to_y) = self.place(start), self.place(end)
        self.press((x, y))
        for part in (1, 2, 3):
            self.move((x + (to_x - x) * part // 3, y + (to_y - y) * part // 3))
        self.release((to_x, to_y))
        self.frames(1)

    def wheel(self, at: Target, up: int, *, mods: int = 0) -> None:
        self.move(at)
        pygame.key.set_mods(mods)
        self._post(pygame.MOUSEWHEEL, x=0, y=up, flipped=False, precise_x=0.0, precise_y=float(up))
        pygame.key.set_mods(0)

    # --- keyboard ------------------------------------------------------------------------------------------------

    def keys(self, *names: str) -> None:
        """Press keys, one after the other, such as "G", "Ctrl+S", "Shift+Left", "?"."""
        for name in names:
            *held, last = name.split("+") if name != "+" else ("+",)
            mod = sum({"Ctrl": pygame.KMOD_LCTRL, "Shift": pygame.KMOD_LSHIFT}[key] for key in held)
            code = {"Escape": pygame.K_ESCAPE, "Enter": pygame.K_RETURN, "?": pygame.K_SLASH}.get(last)
            code = code or pygame.key.key_code(last.lower())
            text = "" if len(last) > 1 or "Ctrl" in held else last if "Shift" in held else last.lower()
            text = " " if last == "Space" else text
            pygame.key.set_mods(mod)
            self._key(code, mod, text)
            pygame.key.set_mods(0)

    def type(self, text: str) -> None:
        for letter in text:
            code = ord(letter.lower()) if ord(letter) < 128 else 0
            self._key(code, pygame.KMOD_LSHIFT if letter.isupper() else 0, letter)

    def rush(self, text: str) -> None:
        """Type a text and Enter, all within one frame of a slow machine."""
        for letter in text:
            pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=ord(letter), mod=0, unicode=letter, scancode=0))
            pygame.event.post(pygame.event.Event(pygame.TEXTINPUT, text=letter))
        self.keys("Enter")

    def _key(self, code: int, mod: int, text: str) -> None:
        pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=code, mod=mod, unicode=text, scancode=0))
        if text:
            pygame.event.post(pygame.event.Event(pygame.TEXTINPUT, text=text))
        self._post(pygame.KEYUP, key=code, mod=mod, unicode=text, scancode=0)

    def drop(self, path: Path) -> None:
        self._post(pygame.DROPFILE, file=str(path))
        self.until(lambda: not self.window.background.busy)

    def _post(self, kind: int, **facts: Any) -> None:
        pygame.event.post(pygame.event.Event(kind, **facts))
        self.frames(1)

    # --- a known beginning -----------------------------------------------------------------------------------------

    def show(self, piece: Piece) -> None:
        """Have a piece as the prompt, as an opened file is."""
        self.window.do(do.PromptGiven(piece, "file", piece.title))
        self.frames(2)

    def composed(self, words: int = 50) -> Take:
        """Have a new take, composed in silence."""
        self.window.do(do.NewPiece())
        self.window.do(do.Set("words", words))
        self.keys("G")
        self.finished()
        self.window.do(do.Stop())
        self.frames(2)
        return self.take

    def composes_and_plays(self) -> bool:
        """Whether the rest works."""
        take = self.composed()
        self.keys("Space")
        self.until(lambda: self.state.playback.position > 0.5)
        self.keys("S")
        return len(take.piece) > 0

    def begin_anew(self) -> None:
        """Bring the window to where tests begin: nothing composed, no take, nothing chosen, sliders as at first."""
        window = self.window
        if self.state.busy:
            window.do(do.Cancel())
            self.finished()
        for take in self.state.takes:
            window.do(do.Discard(take.id))
        if window.background.busy:  # the next test may write takes of the same names
            self.until(lambda: not window.background.busy)
        for action in (do.Stop(), do.Mark(None), do.NewPiece(), do.SetSeed(None), do.Say("")):
            window.do(action)
        sliders = Controls(volume=0.0)
        window.state = replace(
            window.state, controls=sliders, current=None, last_job=None, discarded=(), dialog=None, mode="roll",
            expressive=True, original=False, colour_by="pitch class", theme="dark", ui_scale=1.0, takes_open=True,
        )  # fmt: skip
        window.input.keyboard.focus = None
        self.move((1, 1))
        self.requests.clear()


@contextmanager
def opened(
    home: Path,
    model: Path | str | None = DEFAULT_MODEL,
    size: tuple[int, int] = LEAST_SIZE,
    *,
    audio: str | None = "dummy",
) -> Iterator[User]:
    """Open a window without screen and sound card, whose files go into folders of `home`, and close it in the end.

    A model of None is the one that is remembered.
    """
    out = home.parent / f"{home.name}-out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SDL_VIDEODRIVER", "dummy")
        patch.delenv("SDL_AUDIODRIVER", raising=False)
        if audio is not None:
            patch.setenv("SDL_AUDIODRIVER", audio)
        patch.setenv("NANOPIANO_HOME", str(home))
        if not home.exists():
            out.mkdir(exist_ok=True)
            save_settings(Settings(last_folder=str(out), volume=0.0), home / SETTINGS)
        window = Window(size, model=None if model is None else str(model), home=home)
        try:
            yield User(window)
        finally:
            window.close()
            gc.collect()  # a window holds itself in a ring, with a hundred megabytes of sound


def kept_settings(home: Path) -> Settings:
    return load_settings(home / SETTINGS)


def quiet() -> dict[str, str]:
    """The environment of a process that has neither screen nor sound card, but SDL's stand-ins for both."""
    return os.environ | {"SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy"}

"""What opens above the window: flyouts, the songbook, keys, about, a name, and pygame_gui's dialog of files."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import pygame

from nanopiano.gui.beside.exports import free_name
from nanopiano.gui.draw.paint import draw_veil
from nanopiano.gui.draw.palette import blend
from nanopiano.gui.draw.text import text_size, write
from nanopiano.gui.draw.theme import Theme
from nanopiano.gui.state.app_state import AppState
from nanopiano.gui.state.view import Rect
from nanopiano.gui.window.buttons import Buttons
from nanopiano.gui.window.choices import Choices
from nanopiano.gui.window.faces import popup_faces
from nanopiano.gui.window.file_dialog import FileDialog, reachable
from nanopiano.gui.window.keys import KEYS
from nanopiano.gui.window.layout import EDGE, Layout
from nanopiano.gui.window.models_list import ModelsList
from nanopiano.gui.window.popups import HEAD, MORE_SLIDERS, Popup, popup
from nanopiano.gui.window.raised import draw_raised, wrapped
from nanopiano.gui.window.sliders import LABEL_SIZE, draw_labelled
from nanopiano.gui.window.songs_list import SongsList

FILES = ("open", "save as")
MODAL = ("songs", "models", "keys", "about", "rename", *FILES)  # these darken what is below
BLACK, VEIL = (0, 0, 0), {"dark": 120, "light": 70}  # of 255: how much a modal dialog darkens what is below
SAVED_AS = (".mid", ".wav", ".mp3", ".ogg", ".flac", ".musicxml", ".pdf", ".png", ".txt")
ABOUT = (
    "A GPT that composes for the piano, on this computer alone.",
    "What it composes is yours: use it as you like, without asking and without naming anyone.",
    "Piano: Salamander Grand Piano V3 by Alexander Holm, Creative Commons Attribution 3.0; cut and re-encoded.",
    "Songbook and training: music in the public domain and under open licences; docs/credits.md names every source.",
    "Letters: Noto Sans, SIL Open Font License. Window: pygame-ce (LGPL) and pygame_gui (MIT). "
    "Engine: ONNX Runtime (MIT).",
    "nanopiano itself: MIT licence, without any warranty.",
)


class Dialog:
    """An open dialog: its places, its buttons and fields, its list to choose from."""

    def __init__(self, name: str, places: Layout, state: AppState, theme: Theme, folder: str) -> None:
        self.name, self.places = name, places
        self.about = state  # what it names or saves is what was shown when it opened, whatever has come meanwhile
        self.buttons = Buttons(places.size, theme, places.scale)
        self.popup = Popup((0, 0, 0, 0), "")
        self.songs, self.models = SongsList(), ModelsList()
        if name in FILES:
            self._open_files(reachable(Path(folder)), state)
        else:
            self.popup = popup(name, places)
            self._build(state)

    @property
    def modal(self) -> bool:
        """Whether what is below cannot be used."""
        return self.name in MODAL

    @property
    def choices(self) -> Choices[Any] | None:
        """The list to choose from, if the dialog has one."""
        lists: dict[str, Choices[Any]] = {"songs": self.songs, "models": self.models}
        return lists.get(self.name)

    @property
    def listed(self) -> Rect:
        """Where that list stands."""
        return self.popup.at["list" if self.name == "songs" else "models"]

    @property
    def typing(self) -> bool:
        """Whether keys go to a field."""
        return self.name in FILES or self.buttons.typing() is not None

    def _open_files(self, folder: Path, state: AppState) -> None:
        opens = self.name == "open"
        title = "Open a MIDI file or a score" if opens else f"Save as: {', '.join(SAVED_AS)}"
        shown = state.take or state.prompt
        path = folder if opens else free_name(folder, shown.name if shown else "piece", ".mid")
        self.files = FileDialog(self.buttons.manager, self.places.size, title, path, opens=opens)

    def _build(self, state: AppState) -> None:
        at = self.popup.at
        for name in popup_faces(state):
            if name in at:
                self.buttons.add(name, at[name], "primary" if name == "name it" else "")
        if self.name == "songs":
            self.buttons.add_field("search", at["search"], "", "Search by title or composer")
            self.buttons.fields["search"].focus()  # type: ignore[no-untyped-call]
        if self.name == "more":
            self.buttons.add_field("seed", at["seed"], _seed(state), "any")
        if self.name == "rename":
            take = state.take
            self.buttons.add_field("name", at["name"], take.name if take else "", "")
            self.buttons.fields["name"].focus()  # type: ignore[no-untyped-call]

    def draw(
        self, surface: pygame.Surface, state: AppState, theme: Theme, pointer: tuple[int, int], seconds: float
    ) -> None:
        """Draw the dialog above all else."""
        if self.modal:
            draw_veil(surface, (0, 0, *self.places.size), BLACK, VEIL[theme.name])
        if self.name not in FILES:
            self._draw_frame(surface, theme)
            self.buttons.sync(popup_faces(state))
        if self.name == "more":
            self._follow_seed(state)
            for name in MORE_SLIDERS:
                draw_labelled(surface, self.popup.at[name], name, self.places, state, theme)
        if self.name == "models":
            self.models.follow(state, self.listed, self.places)
        if self.choices is not None:
            self.choices.draw(surface, self.listed, self.places, theme, pointer)
        if self.name == "keys":
            _draw_keys(surface, self.popup, self.places, theme)
        if self.name == "about":
            _draw_about(surface, self.popup, self.places, theme)
        self.buttons.draw(surface, seconds)

    def _follow_seed(self, state: AppState) -> None:
        """Let the field show the seed that is used, unless somebody is typing in it."""
        field = self.buttons.fields["seed"]
        if not field.is_focused and field.get_text() != _seed(state):
            field.set_text(_seed(state))

    def _draw_frame(self, surface: pygame.Surface, theme: Theme) -> None:
        px, (left, top, width, _) = self.places.px, self.popup.rect
        draw_raised(surface, self.popup.rect, self.places, theme)
        middle = top + px(HEAD) / 2
        write(surface, self.popup.title, (left + px(EDGE), middle), px(15), theme.text, (0.0, 0.5), bold=True)
        if self.modal:
            count = len(self.choices.entries) if self.choices is not None else 0
            hint = {
                "songs": f"{count} {'song' if count == 1 else 'songs'}. Type to search, Enter chooses, Esc closes",
                "models": f"{count} {'model' if count == 1 else 'models'}. Enter chooses, Esc closes",
            }.get(self.name, "Esc closes")
            write(surface, hint, (left + width - px(EDGE), middle), px(12), theme.dim, (1.0, 0.5))
        for text, place in self.popup.labels:
            write(surface, text, place, px(LABEL_SIZE), theme.dim, (0.0, 0.5))


def _seed(state: AppState) -> str:
    return "" if state.seed is None else str(state.seed)


def _draw_keys(surface: pygame.Surface, popup: Popup, places: Layout, theme: Theme) -> None:
    """Draw the table of keys in two columns."""
    px, (left, top, width, height) = places.px, popup.rect
    shown = [key for key in KEYS if key.meaning]
    rows = -(-len(shown) // 2)
    high = min((height - px(HEAD) - px(EDGE)) / rows, px(26))
    for number, key in enumerate(shown):
        column, row = divmod(number, rows)
        x = left + px(EDGE) + column * (width - px(EDGE)) // 2
        y = top + px(HEAD) + high * (row + 0.5)
        cap = pygame.Rect(0, 0, text_size(key.keys, px(12))[0] + px(12), min(px(20), int(high) - 2))
        cap.midleft = (x, round(y))
        pygame.draw.rect(surface, theme.raised, cap, border_radius=px(4))
        pygame.draw.rect(surface, blend(theme.line, theme.dim, 0.3), cap, 1, border_radius=px(4))
        write(surface, key.keys, cap.center, px(12), theme.text, (0.5, 0.5))
        room = (width - px(EDGE)) // 2 - px(112) - px(EDGE)
        write(surface, key.meaning, (x + px(112), y), px(13), theme.text, (0.0, 0.5), room=room)


def _draw_about(surface: pygame.Surface, popup: Popup, places: Layout, theme: Theme) -> None:
    px, (left, top, width, _) = places.px, popup.rect
    y = top + px(HEAD) + px(8)
    write(surface, f"nanopiano {version('nanopiano')}", (left + px(EDGE), y), px(18), theme.text, (0.0, 0.0), bold=True)
    y += px(40)
    for paragraph in ABOUT:
        for line in wrapped(paragraph, px(14), width - 2 * px(EDGE)):
            write(surface, line, (left + px(EDGE), y), px(14), theme.text)
            y += px(21)
        y += px(11)

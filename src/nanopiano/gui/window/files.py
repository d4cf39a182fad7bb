"""Files that the user opens and saves, read and written beside the window."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pygame

from nanopiano.files import surely
from nanopiano.gui.beside.exports import default_folder, free_name, open_folder, save_take
from nanopiano.gui.draw.text import drawable
from nanopiano.gui.state import actions as do
from nanopiano.music.words import piece_to_text
from nanopiano.score.read import read_any

if TYPE_CHECKING:
    from nanopiano.gui.app import Window


class Files:
    """The files of one window."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self._folder: str | None = None
        self._coming: set[Path] = set()  # files that are being written, or wait for it

    def read(self, path: Path) -> None:
        """Open a MIDI file, beside the window."""
        self.window.do(do.Say(f"Reading {path.name} …"))
        self.window.background.run(lambda: _read(path), lambda action: [action])

    def folder(self) -> str:
        """Return where files go unless the user has said otherwise."""
        if self._folder is None:
            self._folder = str(default_folder())
        return self._folder

    def save(self, kind: str) -> None:
        """Save what is shown as a file of this kind, by its suffix; "as": where the user will say."""
        state = self.window.state
        if kind == "as":
            self.window.do(do.Show("save as"))
            return
        folder = Path(state.folder if state.folder and surely(Path(state.folder).is_dir) else self.folder())
        name = state.take.name if state.take else state.prompt.name if state.prompt else "piece"
        self.window.do(do.Save(free_name(folder, name, f".{kind}", self._coming), state.current))
        if state.dialog == "save":
            self.window.do(do.Show(None))

    def export(self, effect: do.Export) -> None:
        """Write a file, beside the window."""
        self.window.do(do.Say(f"Writing {effect.path.name} …"))
        piece, path = effect.piece, effect.path
        self._coming.add(path)

        def write() -> None:
            try:
                save_take(piece, path, begin=effect.begin, end=effect.end, expressive=effect.expressive)
            finally:
                self._coming.discard(path)

        self.window.background.run(write, lambda _: [do.Say(f"Saved as {path}")])

    def copy_words(self) -> None:
        """Put the words of the piece on the clipboard."""
        piece = self.window.state.piece
        if piece is None:
            self.window.do(do.Say("There are no words to copy yet: press Generate."))
            return
        words = piece_to_text(piece)
        try:
            pygame.scrap.put_text(words)
        except pygame.error as error:
            self.window.do(do.Say(f"The clipboard cannot be reached ({error}): save the words as a file.", error=True))
        else:
            self.window.do(do.Say(f"{len(words.split()):,} words are on the clipboard."))

    def show_folder(self) -> None:
        """Open the folder where files go in the system's own window."""
        folder = Path(self.window.state.folder or self.folder())
        self.window.background.run(lambda: open_folder(folder))

    def picked(self, path: Path) -> None:
        """A file was chosen in the dialog of files."""
        window = self.window
        if window.state.dialog == "open":
            self.read(path)
        else:
            self._save_as(path)
        window.do(do.Show(None))

    def _save_as(self, path: Path) -> None:
        """Save what was shown when the dialog opened; if nothing was, what has come since."""
        dialog, state = self.window.furniture.dialog, self.window.state
        shown = dialog.about if dialog is not None and dialog.about.piece is not None else state
        if path in self._coming:
            path = free_name(path.parent, path.stem, path.suffix, self._coming)
        self.window.do(do.Save(path, shown.current))


def _read(path: Path) -> do.Action:
    piece, reading = read_any(path)
    name = drawable(piece.title).strip() or drawable(path.stem)
    return do.PromptGiven(replace(piece, title=name), "file", name, next(iter(reading.remarks()), ""))

"""The dialog of files: pygame_gui's, without what is hidden, and where any name and language may stand."""

from __future__ import annotations

import locale
import os
from html import escape
from pathlib import Path
from typing import Any

import pygame
from pygame_gui import UI_BUTTON_PRESSED, UI_CONFIRMATION_DIALOG_CONFIRMED, UI_FILE_DIALOG_PATH_PICKED
from pygame_gui.windows import UIConfirmationDialog, UIFileDialog

from nanopiano.files import surely
from nanopiano.gui.draw.text import drawable
from nanopiano.score.read import SCORE_SUFFIXES

MARGIN, LARGEST = 64, (720, 520)  # pixels: beside the dialog, and its own at most
QUESTION = (300, 200)  # pixels: the question whether a file is to be replaced
READ = {"mid", "midi", "MID", "MIDI", "kar", *(suffix.removeprefix(".") for suffix in SCORE_SUFFIXES)}


class FileDialog(UIFileDialog):
    """Chooses a MIDI file to open, or a file to save as; its field has the focus."""

    def __init__(self, manager: Any, size: tuple[int, int], title: str, path: Path, *, opens: bool) -> None:
        """Open over a window of that size, at a path."""
        rect = pygame.Rect(0, 0, *(min(side - MARGIN, most) for side, most in zip(size, LARGEST, strict=True)))
        rect.center = (size[0] // 2, size[1] // 2)
        _allow_any_locale()
        super().__init__(rect, manager, title, READ if opens else None, str(path), allow_existing_files_only=opens)
        self._question: UIConfirmationDialog | None = None
        self._asked: Path | None = None  # the file that the question is about
        manager.set_focus_set(self.file_path_text_line)
        if opens:
            self.file_path_text_line.edit_position = len(self.file_path_text_line.get_text())

    @property
    def named(self) -> Path | None:
        """The file that the field names; None where that is a folder, or nothing that can be opened.

        `current_file_path` follows the field by events, so it may be a frame behind what was typed.
        """
        path = Path(self.file_path_text_line.get_text()).absolute()
        new = not self.allow_existing_files_only and surely(path.parent.is_dir) and not surely(path.exists)
        return path if new or surely(path.is_file) else None

    def chosen(self) -> Path | None:
        """Return the file that the field names; for one that would be replaced ask first, until it is said again."""
        path = self.named
        if path is None:
            return None
        question = self._question
        asked = question is not None and question.alive() and path == self._asked  # type: ignore[no-untyped-call]
        if self.allow_existing_files_only or not surely(path.is_file) or asked:
            return path
        self._ask(path)
        return None

    def process_event(self, event: pygame.event.Event) -> bool:
        """Take in an event; a place that the system does not let us look at is not chosen."""
        if event.type == UI_BUTTON_PRESSED and event.ui_element is self.ok_button:
            self._pick(self.chosen())
            return True
        if event.type == UI_CONFIRMATION_DIALOG_CONFIRMED and event.ui_element is self._question:
            self._pick(self._asked)
            return True
        try:
            return bool(super().process_event(event))
        except (OSError, ValueError):
            self._set_no_file_selected_state()  # type: ignore[no-untyped-call]
            return True

    def update_current_file_list(self, should_try_again: bool = True) -> None:
        """List the folder, without what is hidden: names that begin with a dot, and those that cannot be drawn."""
        super().update_current_file_list(should_try_again)
        self.current_file_list = [
            entry for entry in self.current_file_list if not entry[0].startswith(".") and drawable(entry[0]) == entry[0]
        ]

    def _ask(self, path: Path) -> None:
        if self._question is not None:
            self._question.kill()  # type: ignore[no-untyped-call]
        rect = pygame.Rect((0, 0), QUESTION)
        rect.center = self.rect.center
        text = f"{escape(path.name)} is there already. Replace it?"
        self._question = UIConfirmationDialog(
            rect, text, self.ui_manager, window_title="Save as", action_short_name="Replace"
        )
        self._asked = path

    def _pick(self, path: Path | None) -> None:
        if path is not None:
            pygame.event.post(pygame.event.Event(UI_FILE_DIALOG_PATH_PICKED, text=str(path), ui_element=self))


def reachable(folder: Path) -> Path:
    """Return a folder, or home where nothing in it can be looked at or its name cannot be drawn."""
    drawn = drawable(str(folder)) == str(folder)
    return folder if drawn and surely((folder / "..").is_dir) else Path.home()


def _allow_any_locale() -> None:
    """Let the file dialog sort names by the usual rules if those that the environment asks for are not installed."""
    try:
        locale.setlocale(locale.LC_ALL, "")
    except locale.Error:
        os.environ["LC_ALL"] = "C"

"""The dialog of files: pygame_gui's, without what is hidden, and where any name and language may stand."""

from __future__ import annotations

import locale
import os
from pathlib import Path
from typing import Any

import pygame
from pygame_gui.windows import UIFileDialog

from nanopiano.score.read import SCORE_SUFFIXES

MARGIN, LARGEST = 64, (720, 520)  # pixels: beside the dialog, and its own at most
READ = {"mid", "midi", "MID", "MIDI", "kar", *(suffix.removeprefix(".") for suffix in SCORE_SUFFIXES)}


class FileDialog(UIFileDialog):
    """Chooses a MIDI file to open, or a file to save as; its field has the focus."""

    def __init__(self, manager: Any, size: tuple[int, int], title: str, path: Path, *, opens: bool) -> None:
        """Open over a window of that size, at a path."""
        rect = pygame.Rect(0, 0, *(min(side - MARGIN, most) for side, most in zip(size, LARGEST, strict=True)))
        rect.center = (size[0] // 2, size[1] // 2)
        _allow_any_locale()
        super().__init__(rect, manager, title, READ if opens else None, str(path), allow_existing_files_only=opens)
        manager.set_focus_set(self.file_path_text_line)
        if opens:
            self.file_path_text_line.edit_position = len(self.file_path_text_line.get_text())

    @property
    def named(self) -> Path | None:
        """The file that the field names; None where that is a folder, or nothing that can be opened.

        `current_file_path` follows the field by events, so it may be a frame behind what was typed.
        """
        path = Path(self.file_path_text_line.get_text()).absolute()
        if path.is_file() or (not self.allow_existing_files_only and path.parent.is_dir() and not path.exists()):
            return path
        return None

    def update_current_file_list(self, should_try_again: bool = True) -> None:
        """List the folder, without files and folders whose names begin with a dot."""
        super().update_current_file_list(should_try_again)
        self.current_file_list = [entry for entry in self.current_file_list if not entry[0].startswith(".")]


def _allow_any_locale() -> None:
    """Let the file dialog sort names by the usual rules if those that the environment asks for are not installed."""
    try:
        locale.setlocale(locale.LC_ALL, "")
    except locale.Error:
        os.environ["LC_ALL"] = "C"

"""The songbook as a list to search and to choose from."""

from __future__ import annotations

import pygame

from nanopiano.gui.draw.text import write
from nanopiano.gui.draw.theme import Theme
from nanopiano.gui.state.view import Rect
from nanopiano.gui.window.choices import Choices
from nanopiano.gui.window.layout import Layout
from nanopiano.songbook import Song


class SongsList(Choices[Song]):
    """The songbook as a list to search and to choose from."""

    nothing = "No song matches. Try fewer letters."

    def draw_entry(self, surface: pygame.Surface, entry: Song, rect: Rect, places: Layout, theme: Theme) -> None:
        """Draw title, composer and length of a song."""
        left, top, width, height = rect
        px, middle = places.px, top + height / 2
        composer_at = left + width - px(236)
        room = composer_at - left - px(24)
        write(surface, entry.title, (left + px(10), middle), px(14), theme.text, (0.0, 0.5), room=room)
        write(surface, entry.composer, (composer_at, middle), px(13), theme.dim, (0.0, 0.5), room=px(180))
        write(surface, song_length(entry), (left + width, middle), px(13), theme.dim, (1.0, 0.5))


_lengths: dict[str, str] = {}


def song_length(song: Song) -> str:
    """Return how long a song lasts, as minutes:seconds."""
    if song.id not in _lengths:
        seconds = round(song.piece().seconds)
        _lengths[song.id] = f"{seconds // 60}:{seconds % 60:02}"
    return _lengths[song.id]

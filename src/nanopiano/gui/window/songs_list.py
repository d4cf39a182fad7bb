"""The songbook as a list to search and to choose from."""

from __future__ import annotations

import pygame

from nanopiano.gui.draw.palette import blend
from nanopiano.gui.draw.text import write
from nanopiano.gui.draw.theme import Theme
from nanopiano.gui.state.view import Rect
from nanopiano.gui.window.layout import Layout, inside
from nanopiano.gui.window.scroll import WHEEL, Scroll, draw_bar
from nanopiano.songbook import Song

SONG = 34  # pixels: height of an entry at scale 1


class SongsList:
    """The songbook as a list to search and to choose from."""

    def __init__(self) -> None:
        self.scroll = Scroll()
        self.songs: list[Song] = []
        self.place = 0  # of the song that the keys are on

    def show(self, songs: list[Song]) -> None:
        """Show these songs, from the first on."""
        self.songs, self.place, self.scroll.at = songs, 0, 0.0

    def move(self, by: int, rect: Rect, places: Layout) -> None:
        """Go to another song by keys."""
        self.place = min(max(self.place + by, 0), max(len(self.songs) - 1, 0))
        high = places.px(SONG)
        self.scroll.reveal(self.place * high, high, rect, len(self.songs) * high)

    def at(self, place: tuple[int, int], rect: Rect, places: Layout) -> int | None:
        """Return the number of the song under the pointer."""
        number = int((place[1] - rect[1] + self.scroll.at) // places.px(SONG))
        return number if inside(rect, place) and 0 <= number < len(self.songs) else None

    def wheel(self, notches: float, rect: Rect, places: Layout) -> None:
        """Scroll by the wheel."""
        self.scroll.by(-notches * places.px(WHEEL), rect, len(self.songs) * places.px(SONG))

    def draw(self, surface: pygame.Surface, rect: Rect, places: Layout, theme: Theme, pointer: tuple[int, int]) -> None:
        """Draw the songs that are in sight: title, composer, length."""
        left, top, width, height = rect
        px, high = places.px, places.px(SONG)
        clip = surface.get_clip()
        surface.set_clip(rect)
        hovered = self.at(pointer, rect, places)
        first = int(self.scroll.at // high)
        for number in range(first, min(first + height // high + 2, len(self.songs))):
            y = top + number * high - round(self.scroll.at)
            if number in (hovered, self.place):
                ground = theme.raised if number == self.place else blend(theme.panel, theme.raised, 0.6)
                pygame.draw.rect(surface, ground, (left, y, width - px(8), high), border_radius=px(6))
            self._draw_song(surface, self.songs[number], (left, y, width - px(16), high), places, theme)
        if not self.songs:
            place = (left + width / 2, top + px(64))
            write(surface, "No song matches. Try fewer letters.", place, px(14), theme.dim, (0.5, 0.5))
        draw_bar(surface, rect, self.scroll, len(self.songs) * high, theme)
        surface.set_clip(clip)

    def _draw_song(self, surface: pygame.Surface, song: Song, rect: Rect, places: Layout, theme: Theme) -> None:
        left, top, width, height = rect
        px, middle = places.px, top + height / 2
        length = song_length(song)
        composer_at = left + width - px(236)
        write(
            surface,
            song.title,
            (left + px(10), middle),
            px(14),
            theme.text,
            (0.0, 0.5),
            room=composer_at - left - px(24),
        )
        write(surface, song.composer, (composer_at, middle), px(13), theme.dim, (0.0, 0.5), room=px(180))
        write(surface, length, (left + width, middle), px(13), theme.dim, (1.0, 0.5))


_lengths: dict[str, str] = {}


def song_length(song: Song) -> str:
    """Return how long a song lasts, as minutes:seconds."""
    if song.id not in _lengths:
        seconds = round(song.piece().seconds)
        _lengths[song.id] = f"{seconds // 60}:{seconds % 60:02}"
    return _lengths[song.id]

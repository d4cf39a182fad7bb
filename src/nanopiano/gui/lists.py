"""Lists that scroll: the takes beside the roll, and the songs of the songbook."""

from __future__ import annotations

from dataclasses import dataclass

import pygame

from nanopiano.gui.icons import icon
from nanopiano.gui.keeping import in_order
from nanopiano.gui.layout import GAP, Layout, inside
from nanopiano.gui.palette import blend
from nanopiano.gui.state import AppState
from nanopiano.gui.takes import Take
from nanopiano.gui.text import write
from nanopiano.gui.theme import Theme
from nanopiano.gui.thumbnail import thumbnail
from nanopiano.gui.view import Rect
from nanopiano.songbook import Song

TAKE, SONG = 92, 34  # pixels: height of an entry at scale 1
THUMBNAIL = 36
SPARE = 24  # thumbnails that are kept beside those of the takes
SIGNS = ("pin", "rename", "discard")
WHEEL = 48  # pixels that a notch of the wheel scrolls


@dataclass
class Scroll:
    """How far a list is scrolled, in pixels."""

    at: float = 0.0

    def by(self, pixels: float, rect: Rect, content: int) -> None:
        """Scroll, within what there is."""
        self.at = min(max(self.at + pixels, 0.0), max(content - rect[3], 0.0))

    def reveal(self, top: int, height: int, rect: Rect, content: int) -> None:
        """Scroll as little as brings an entry into view."""
        self.at = min(max(self.at, top + height - rect[3]), top)
        self.by(0.0, rect, content)


def draw_bar(surface: pygame.Surface, rect: Rect, scroll: Scroll, content: int, theme: Theme) -> None:
    """Draw how far a list is scrolled, if it is longer than its place."""
    left, top, width, height = rect
    if content > height:
        high = max(height * height // content, 24)
        y = top + round(scroll.at / (content - height) * (height - high))
        pygame.draw.rect(surface, blend(theme.panel, theme.dim, 0.5), (left + width - 4, y, 4, high), border_radius=2)


class TakesList:
    """The list of takes; it keeps the thumbnails that it has drawn."""

    def __init__(self) -> None:
        self.scroll = Scroll()
        self._thumbnails: dict[tuple[str, int, int, str], pygame.Surface] = {}

    def entries(self, places: Layout, state: AppState) -> list[tuple[Take, Rect]]:
        """Return the takes with their places, also those out of sight."""
        left, top, width, _ = places.at["takes"]
        high = places.px(TAKE)
        y = top - round(self.scroll.at)
        return [
            (take, (left, y + number * high, width, high - places.px(GAP)))
            for number, take in enumerate(in_order(state.takes))
        ]

    def content(self, places: Layout, state: AppState) -> int:
        """Return the height of all entries."""
        return len(state.takes) * places.px(TAKE)

    def at(self, place: tuple[int, int], places: Layout, state: AppState) -> tuple[Take, Rect] | None:
        """Return the take under the pointer."""
        if "takes" not in places.at or not inside(places.at["takes"], place):
            return None
        return next(((take, rect) for take, rect in self.entries(places, state) if inside(rect, place)), None)

    def sign_at(self, place: tuple[int, int], rect: Rect, places: Layout) -> str | None:
        """Return which of its signs is under the pointer in an entry."""
        return next((name for name, box in sign_rects(rect, places).items() if inside(box, place)), None)

    def reveal(self, take_id: str, places: Layout, state: AppState) -> None:
        """Bring a take into sight."""
        order = [take.id for take in in_order(state.takes)]
        if "takes" in places.at and take_id in order:
            high = places.px(TAKE)
            top = order.index(take_id) * high
            self.scroll.reveal(top, high, places.at["takes"], self.content(places, state))

    def draw(
        self, surface: pygame.Surface, places: Layout, state: AppState, theme: Theme, pointer: tuple[int, int]
    ) -> None:
        """Draw the panel of takes."""
        left, top, _, _ = places.takes
        px = places.px
        if not state.takes_open:
            return
        write(surface, "Takes", (left + px(16), top + px(24)), px(14), theme.text, (0.0, 0.5), bold=True)
        area = places.at["takes"]
        content = self.content(places, state)
        self.scroll.by(0.0, area, content)
        if not state.takes:
            _draw_none(surface, area, places, theme)
        if len(self._thumbnails) > len(state.takes) + SPARE:  # those of takes that are gone, or in another size
            self._thumbnails.clear()
        clip = surface.get_clip()
        surface.set_clip(area)
        for take, rect in self.entries(places, state):
            if rect[1] < area[1] + area[3] and rect[1] + rect[3] > area[1]:
                hovered = inside(rect, pointer) and inside(area, pointer)
                self._draw_entry(surface, take, rect, places, state, theme, hovered)
        draw_bar(surface, area, self.scroll, content, theme)
        surface.set_clip(clip)

    def _draw_entry(
        self, surface: pygame.Surface, take: Take, rect: Rect, places: Layout, state: AppState, theme: Theme,
        hovered: bool,
    ) -> None:  # fmt: skip
        left, top, width, _ = rect
        px, chosen = places.px, take.id == state.current
        ground = theme.raised if chosen or hovered else theme.ground
        pygame.draw.rect(surface, ground, rect, border_radius=px(6))
        if chosen:
            pygame.draw.rect(surface, theme.accent, rect, max(px(1), 1), border_radius=px(6))
        picture = (width - 2 * px(8), px(THUMBNAIL))
        surface.blit(self._thumbnail(take, picture, theme), (left + px(8), top + px(6)))
        row = top + px(6) + picture[1] + px(12)
        signs = hovered or chosen
        room = picture[0] - (px(20) if take.pinned and not signs else 0)
        write(surface, take.name, (left + px(8), row), px(13), theme.text, (0.0, 0.5), room=room)
        facts = _facts(take, state)
        room = picture[0] - (len(SIGNS) * px(24) if signs else 0)
        write(surface, facts, (left + px(8), row + px(19)), px(11), theme.dim, (0.0, 0.5), room=room)
        for name, box in sign_rects(rect, places).items():
            if signs or (name == "pin" and take.pinned):
                colour = theme.accent if name == "pin" and take.pinned else theme.dim
                image = icon(name, px(13), colour)
                surface.blit(image, image.get_rect(center=pygame.Rect(box).center))

    def _thumbnail(self, take: Take, size: tuple[int, int], theme: Theme) -> pygame.Surface:
        """Return the picture of a take; while it grows a new one only now and then."""
        key = (take.id, len(take.piece) // 64 if not take.finished else -1, size[0], theme.name)
        if key not in self._thumbnails:
            for old in [other for other in self._thumbnails if other[0] == take.id and other[2:] == key[2:]]:
                del self._thumbnails[old]
            self._thumbnails[key] = thumbnail(take.piece, take.begin, take.end, size, theme)
        return self._thumbnails[key]


def sign_rects(rect: Rect, places: Layout) -> dict[str, Rect]:
    """Return the places of the signs in an entry of the takes: pin, rename, discard."""
    left, top, width, height = rect
    side = places.px(24)
    x = left + width - places.px(4) - side * len(SIGNS)
    return {
        name: (x + place * side, top + height - side - places.px(2), side, side) for place, name in enumerate(SIGNS)
    }


def _facts(take: Take, state: AppState) -> str:
    if state.job is not None and state.job.take == take.id:
        return f"composing, {state.job.share:.0%}"
    seconds = round(take.piece.seconds)
    return f"{take.piece.bars} bars, {seconds // 60}:{seconds % 60:02}"


def _draw_none(surface: pygame.Surface, area: Rect, places: Layout, theme: Theme) -> None:
    x, y = area[0] + area[2] / 2, area[1] + places.px(48)
    for line in ("Every piece is kept here,", "with its seed and settings."):
        write(surface, line, (x, y), places.px(13), theme.dim, (0.5, 0.5))
        y += places.px(20)


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

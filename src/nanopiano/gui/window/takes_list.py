"""The list of takes beside the roll."""

from __future__ import annotations

import pygame

from nanopiano.gui.draw.icons import icon
from nanopiano.gui.draw.text import write
from nanopiano.gui.draw.theme import Theme
from nanopiano.gui.draw.thumbnail import thumbnail
from nanopiano.gui.state.app_state import AppState
from nanopiano.gui.state.keeping import in_order
from nanopiano.gui.state.takes import Take
from nanopiano.gui.state.view import Rect
from nanopiano.gui.window.layout import GAP, Layout, inside
from nanopiano.gui.window.scroll import Scroll, draw_bar

TAKE = 92  # pixels: height of an entry at scale 1
THUMBNAIL = 36
SPARE = 24  # thumbnails that are kept beside those of the takes
SIGNS = ("pin", "rename", "discard")


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
        growing = state.job is not None and state.job.take == take.id
        surface.blit(self._thumbnail(take, picture, theme, growing=growing), (left + px(8), top + px(6)))
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

    def _thumbnail(self, take: Take, size: tuple[int, int], theme: Theme, *, growing: bool) -> pygame.Surface:
        """Return the picture of a take; while it grows a new one only now and then."""
        key = (take.id, len(take.piece) // 64 if growing else -1, size[0], theme.name)
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

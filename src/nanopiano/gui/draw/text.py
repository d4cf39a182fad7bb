"""Text on a surface, in Noto Sans, whose figures are all of one width."""

from importlib.util import find_spec
from pathlib import Path

import pygame

from nanopiano.gui.draw.kept import kept
from nanopiano.gui.draw.palette import Colour


def write(
    surface: pygame.Surface, text: str, place: tuple[float, float], size: int, colour: Colour,
    anchor: tuple[float, float] = (0.0, 0.0), room: int | None = None, bold: bool = False,
) -> None:  # fmt: skip
    """Write text so that `anchor` (shares of its width and height) lies at `place`; cut to `room` pixels."""
    image = _image(text, size, colour, room, bold)
    across, down = anchor
    surface.blit(image, (round(place[0] - across * image.get_width()), round(place[1] - down * image.get_height())))


def text_size(text: str, size: int, bold: bool = False) -> tuple[int, int]:
    """Return width and height of a text in pixels."""
    return _font(size, bold).size(drawable(text))


@kept(1024)
def _image(text: str, size: int, colour: Colour, room: int | None, bold: bool) -> pygame.Surface:
    font = _font(size, bold)
    text = drawable(text)
    if room is not None and font.size(text)[0] > room:
        while text and font.size(f"{text}…")[0] > room:
            text = text[:-1]
        text = f"{text.rstrip()}…"
    return font.render(text, True, colour)


def drawable(text: str) -> str:
    """Return what can be drawn of a text: a file's name may hold what is no letter."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _font(size: int, bold: bool) -> pygame.font.Font:
    """Return a font that lives: those from before a `pygame.quit` are dead."""
    pygame.font.init()
    try:
        _load(size, bold).get_height()
    except pygame.error:
        _load.cache_clear()
    return _load(size, bold)


@kept(24)
def _load(size: int, bold: bool) -> pygame.font.Font:
    """Return Noto Sans as pygame_gui brings it, found without importing that; else what pygame has."""
    spec = find_spec("pygame_gui")
    folders = spec.submodule_search_locations if spec else None
    for folder in folders or []:
        path = Path(folder) / "data" / f"NotoSans-{'Bold' if bold else 'Regular'}.ttf"
        if path.is_file():
            return pygame.font.Font(str(path), size)
    return pygame.font.Font(None, size)

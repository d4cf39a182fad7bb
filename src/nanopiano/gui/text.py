"""Text on a surface, in Noto Sans."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pygame

from nanopiano.gui.palette import Colour


def write(
    surface: pygame.Surface, text: str, place: tuple[float, float], size: int, colour: Colour,
    anchor: tuple[float, float], room: int | None = None,
) -> None:  # fmt: skip
    """Write text so that `anchor` (shares of its width and height) lies at `place`; cut to `room` pixels."""
    font = _font(size)
    text = text.replace("\0", "").encode("utf-8", "replace").decode()  # a file's name may hold what is no letter
    if room is not None and font.size(text)[0] > room:
        while text and font.size(f"{text}…")[0] > room:
            text = text[:-1]
        text = f"{text.rstrip()}…"
    image = font.render(text, True, colour)
    across, down = anchor
    surface.blit(image, (round(place[0] - across * image.get_width()), round(place[1] - down * image.get_height())))


@cache
def _font(size: int) -> pygame.font.Font:
    """Return Noto Sans as pygame_gui brings it, found without importing that; else what pygame has."""
    pygame.font.init()
    spec = find_spec("pygame_gui")
    folders = spec.submodule_search_locations if spec else None
    for folder in folders or []:
        path = Path(folder) / "data" / "NotoSans-Regular.ttf"
        if path.is_file():
            return pygame.font.Font(str(path), size)
    return pygame.font.Font(None, size)

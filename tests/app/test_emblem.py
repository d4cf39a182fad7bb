"""The sign of the program."""

import pytest

from nanopiano.gui.draw.emblem import NOTES, emblem
from nanopiano.gui.draw.theme import DARK


@pytest.mark.parametrize("pixels", [16, 64, 256])
def test_it_is_a_square_of_any_size_with_clear_corners(pixels: int) -> None:
    image = emblem(pixels)
    assert image.get_size() == (pixels, pixels)
    assert image.get_at((0, 0)).a == 0 and image.get_at((pixels // 2, 1)).a > 0


def test_its_notes_have_the_colours_that_notes_have() -> None:
    image = emblem(256)
    colours = {tuple(image.get_at((x, y)))[:3] for x in range(256) for y in range(256)}
    assert {DARK.note(pitch) for _, _, pitch in NOTES} <= colours

"""The picture of a piece: what stands where, in which colour."""

import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pygame
import pytest

from nanopiano.errors import InputError
from nanopiano.gui.draw.page import Page
from nanopiano.gui.draw.picture import draw_page, save_picture
from nanopiano.gui.draw.theme import DARK, LIGHT
from nanopiano.music.piece import Piece
from nanopiano.songbook import find_song


def colour_at(surface: pygame.Surface, page: Page, step: int, pitch: int) -> tuple[int, ...]:
    """The colour in the middle of a step of a key's row."""
    ((system, start, end),) = page.parts(step, step + 1)
    place = ((page.x(system, start) + page.x(system, end)) // 2, page.y(system, pitch) + page.key_height // 2)
    return tuple(surface.get_at(place))[:3]


def melody(bars: int = 12) -> Piece:
    return Piece.of([(4 * beat, 60 + beat % 12, 3) for beat in range(4 * bars)])


def test_notes_stand_where_they_sound() -> None:
    piece = melody()
    surface, page = draw_page(piece), Page.of(piece, 1600)
    for onset, pitch, length, _ in piece.notes.tolist():
        for step in range(onset, onset + length):
            assert colour_at(surface, page, step, pitch) == DARK.note(pitch)
        assert colour_at(surface, page, onset + length, pitch) != DARK.note(pitch)


def test_old_music_is_grey_and_new_music_is_marked() -> None:
    piece = melody()
    surface, page = draw_page(piece, new=(64, 96)), Page.of(piece, 1600)
    for onset, pitch, *_ in piece.notes.tolist():
        expected = DARK.note(pitch) if 64 <= onset < 96 else DARK.prompt
        assert colour_at(surface, page, onset, pitch) == expected
    for step in (64, 96):
        ((system, *_),) = page.parts(step, step + 1)
        assert tuple(surface.get_at((page.x(system, step), page.top(system) + 2)))[:3] == DARK.accent


def test_a_note_goes_on_in_the_next_system() -> None:
    piece = Piece.of([(16 * bar, 60, 16) for bar in range(40)] + [(120, 72, 100)])
    surface, page = draw_page(piece), Page.of(piece, 1600)
    assert page.systems > 3
    parts = list(page.parts(120, 220))
    assert len(parts) > 1 and parts[0][1] == 120 and parts[-1][2] == 220
    assert all(one[2] == other[1] for one, other in pairwise(parts))
    assert all(colour_at(surface, page, step, 72) == DARK.note(72) for step in range(121, 219))


@pytest.mark.parametrize("bars", [0, 1, 3, 7, 16, 60, 349, 3000, 20_000])
def test_every_length_finds_room(bars: int) -> None:
    page = Page.of(Piece.of([(16 * bar, 40 + bar % 40, 16) for bar in range(bars)]), 1600)
    assert page.systems * page.bars_a_system >= bars > (page.systems - 1) * page.bars_a_system or bars == 0
    assert page.top(page.systems - 1) + page.roll_height <= page.height <= 16_000
    assert page.x(0, page.last_step(0)) <= 1600


@pytest.mark.parametrize("size", [(320, 320), (640, 400), (1280, 720), (1920, 1080), (3840, 2160)])
def test_a_picture_of_a_given_size(size: tuple[int, int]) -> None:
    piece = find_song("joplin-maple-leaf-rag").piece()
    page = Page.of(piece, *size)
    assert draw_page(piece, *size, new=(128, piece.steps), caption="seed 1").get_size() == size
    assert page.top(page.systems - 1) + page.roll_height <= page.height


def test_too_small_a_picture_is_refused() -> None:
    with pytest.raises(InputError, match="too small"):
        draw_page(melody(), 100)
    with pytest.raises(InputError, match="too small"):
        draw_page(melody(), 800, 20)


@pytest.mark.parametrize("title", ["", "T" * 500, "夜想曲 ♭ \ud83d\udcff", "a\0b\udcff"])
def test_titles_of_any_kind_stay_in_the_picture(title: str) -> None:
    piece = Piece.of([(0, 21, 4), (4, 108, 4)], title=title)
    surface = draw_page(piece, new=(4, 8))
    right = [tuple(surface.get_at((surface.get_width() - 3, y)))[:3] for y in range(surface.get_height())]
    assert set(right) == {DARK.ground}


def test_a_file_is_a_png_and_the_same_each_time(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        save_picture(melody(), tmp_path / name)
    data = (tmp_path / "a.png").read_bytes()
    assert data.startswith(b"\x89PNG") and data == (tmp_path / "b.png").read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"a.png", "b.png"}


def test_a_page_on_light_ground_has_the_same_places() -> None:
    piece = melody()
    dark, light = draw_page(piece), draw_page(piece, theme=LIGHT)
    assert dark.get_size() == light.get_size()
    assert tuple(light.get_at((1, 1)))[:3] == LIGHT.ground
    assert colour_at(light, Page.of(piece, 1600), 4, 61) == LIGHT.note(61)


def test_drawing_opens_no_window_and_greets_nobody() -> None:
    script = (
        "import sys\nfrom nanopiano.gui.draw.picture import draw_page\nfrom nanopiano.music.piece import Piece\n"
        "draw_page(Piece.of([(0, 60, 4)]))\nimport pygame\n"
        "print(pygame.display.get_init(), 'pygame_gui' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"False False\n", ran.stdout)

"""The minimap, the thumbnail and the falling notes as pixels."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pygame
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from state_tools import after, finished, growing, grown, only_take

from nanopiano.gui.draw import minimap
from nanopiano.gui.draw.falling import draw_falling, falling_rect, falling_y
from nanopiano.gui.draw.keyboard import is_black, key_name, lying_keys, standing_keys
from nanopiano.gui.draw.minimap import draw_minimap, minimap_step, minimap_x
from nanopiano.gui.draw.palette import Colour
from nanopiano.gui.draw.text import text_size, write
from nanopiano.gui.draw.theme import DARK, LIGHT, Theme
from nanopiano.gui.draw.thumbnail import thumbnail
from nanopiano.gui.state.app_state import AppState
from nanopiano.gui.state.view import Rect, Scene, View
from nanopiano.gui.window.layout import layout
from nanopiano.gui.window.takes_list import TakesList
from nanopiano.music.piece import Piece

MAP: Rect = (10, 5, 600, 56)
ROLL: Rect = (0, 0, 600, 400)
WHOLE: Rect = (0, 0, 780, 600)
SPECK: Colour = (255, 0, 255)


def scene_of(piece: Piece, **facts: Any) -> Scene:
    return Scene(piece.notes, piece.grid, **facts)


def pixels(surface: pygame.Surface) -> NDArray[np.uint8]:
    return np.asarray(pygame.surfarray.array3d(surface))


def drawn_list(takes: TakesList, state: AppState) -> pygame.Surface:
    surface = pygame.Surface((960, 600))
    takes.draw(surface, layout((960, 600)), state, DARK, (-1, -1))
    return surface


def melody(bars: int = 16) -> Piece:
    return Piece.of([(4 * beat, 60 + beat % 12, 3) for beat in range(4 * bars)])


def map_of(scene: Scene, view: View | None = None, theme: Theme = DARK) -> pygame.Surface:
    surface = pygame.Surface((620, 70))
    surface.fill(SPECK)
    draw_minimap(surface, MAP, view or View(), ROLL, scene, theme)
    return surface


def fall(scene: Scene, theme: Theme = DARK) -> pygame.Surface:
    surface = pygame.Surface(WHOLE[2:])
    draw_falling(surface, WHOLE, scene, theme)
    return surface


def shows(surface: pygame.Surface, colour: Colour) -> NDArray[np.bool_]:
    return np.asarray((pixels(surface) == colour).all(axis=2))


# --- minimap ---------------------------------------------------------------------------------------------------------


@given(st.floats(0, 5000), st.integers(1, 2000), st.integers(0, 300))
def test_a_step_is_found_where_it_stands(step: float, width: int, bars: int) -> None:
    rect, scene = (7, 3, width, 40), scene_of(Piece.of([(16 * bars, 60, 16)]))
    assert minimap_step(minimap_x(step, rect, scene), rect, scene) == pytest.approx(step, abs=1e-6)


def test_the_minimap_shows_the_whole_piece() -> None:
    piece = melody()
    scene = scene_of(piece, begin=128)
    surface = map_of(scene)
    for onset, pitch, *_ in piece.notes.tolist():
        colour = DARK.note(pitch) if onset >= 128 else DARK.prompt
        x = int(minimap_x(onset + 1.5, MAP, scene))
        assert shows(surface, colour)[x, MAP[1] : MAP[1] + MAP[3]].any()


def test_the_minimap_stays_in_its_rectangle() -> None:
    scene = scene_of(melody(), playhead=256.0, region=(16, 64), loop=True)
    specks = shows(map_of(scene, View(left=240.0)), SPECK)
    assert specks[:10].all() and specks[610:].all() and specks[:, :5].all() and specks[:, 61:].all()
    assert not specks[10:610, 5:61].any()


def test_the_playhead_and_the_window_move_over_notes_that_are_drawn_once() -> None:
    scene = scene_of(melody(400))
    map_of(scene)
    before = minimap._image.cache_info().misses
    for step in range(0, 1000, 50):
        map_of(replace(scene, playhead=float(step)), View(left=float(step)))
    assert minimap._image.cache_info().misses == before
    assert (shows(map_of(scene, View(left=0)), DARK.raised) != shows(map_of(scene, View(left=900)), DARK.raised)).any()


# --- thumbnail -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_a_thumbnail_shows_old_and_new_music_on_clear_ground(theme: Theme) -> None:
    piece = Piece.of([(0, 60, 32), (32, 72, 32)])
    image = thumbnail(piece, 32, None, (100, 40), theme)
    assert image.get_size() == (100, 40) and image.get_at((99, 0))[3] == 0
    assert shows(image, theme.prompt)[:49].any() and not shows(image, theme.prompt)[50:].any()
    assert shows(image, theme.note(72))[50:].any() and not shows(image, theme.note(72))[:49].any()


def test_the_highest_and_the_lowest_key_find_room_in_a_thumbnail() -> None:
    piece = Piece.of([(0, 21, 64), (0, 108, 64)])
    seen = np.flatnonzero((pygame.surfarray.array_alpha(thumbnail(piece, 0, None, (60, 30), DARK)) > 0).any(axis=0))
    assert seen[0] == 0 and seen[-1] == 29


def test_the_thumbnail_of_a_cancelled_take_shows_all_that_it_holds() -> None:
    known = TakesList()
    state = growing(bars=1)
    for event in (grown(state, 5), finished(state, 5, cancelled=True)):
        drawn_list(known, state)
        state = after(state, event)
    assert len(only_take(state).piece) < 64, "while it grows it is drawn anew at each 64 notes"
    assert (pixels(drawn_list(known, state)) == pixels(drawn_list(TakesList(), state))).all()


def test_no_music_makes_an_empty_thumbnail() -> None:
    assert not pygame.surfarray.array_alpha(thumbnail(Piece.of([]), 0, None, (60, 30), DARK)).any()


# --- falling notes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_notes_fall_onto_their_keys(theme: Theme) -> None:
    piece, area, keys = Piece.of([(16, 60, 4), (16, 70, 4)]), falling_rect(WHOLE), lying_keys(WHOLE[2])
    for playhead in (0.0, 7.3, 15.9):
        scene = scene_of(piece, playhead=playhead)
        surface = fall(scene, theme)
        for pitch in (60, 70):
            key = keys[pitch - 21]
            place = (key.start + key.length // 2, falling_y(18, area, scene))
            assert tuple(surface.get_at(place))[:3] == theme.note(pitch)


def test_a_key_lights_up_while_its_note_sounds() -> None:
    piece, area = Piece.of([(16, 60, 4)]), falling_rect(WHOLE)
    key = lying_keys(WHOLE[2])[60 - 21]
    place = (key.start + key.length // 2, area[3] + round(0.8 * (WHOLE[3] - area[3])))
    for playhead, lit in ((15.9, False), (16.0, True), (19.9, True), (20.0, False)):
        surface = fall(scene_of(piece, playhead=playhead, playing=True))
        colour = DARK.sounding(DARK.note(60)) if lit else DARK.white_key
        assert tuple(surface.get_at(place))[:3] == colour


def test_four_bars_lie_ahead() -> None:
    scene, area = scene_of(melody(), playhead=10.0), falling_rect(WHOLE)
    assert falling_y(10, area, scene) == area[1] + area[3]
    assert abs(falling_y(74, area, scene) - area[1]) <= 1


# --- keyboards -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [88, 500, 776, 992, 1416, 3001])
def test_white_keys_lie_side_by_side_over_the_whole_width(width: int) -> None:
    keys = lying_keys(width)
    assert [key.pitch for key in keys] == list(range(21, 109))
    whites = [key for key in keys if not is_black(key.pitch)]
    assert len(whites) == 52 and whites[0].start == 0
    assert [key.start + key.length for key in whites] == [*(key.start for key in whites[1:]), width]
    for key in keys:
        if is_black(key.pitch):
            below, above = keys[key.pitch - 22], keys[key.pitch - 20]
            assert below.start <= key.start and key.start + key.length <= above.start + above.length


@pytest.mark.parametrize(("low", "n_keys"), [(21.0, 88.0), (33.4, 40.7), (97.0, 12.0)])
def test_standing_keys_cover_the_whole_height_beside_their_rows(low: float, n_keys: float) -> None:
    keys = standing_keys(low, n_keys, 540)
    view = View(low=low, keys=n_keys)
    whites = [key for key in keys if not is_black(key.pitch)]
    for one, other in pairwise(whites):
        assert other.start + other.length == one.start
    assert whites[0].start + whites[0].length >= 540 and whites[-1].start <= 0
    for key in keys:
        middle = view.y(key.pitch + 0.5, (0, 0, 1, 540))
        assert key.start <= middle <= key.start + key.length


def test_keys_have_the_names_that_musicians_give_them() -> None:
    assert [key_name(pitch) for pitch in (21, 60, 61, 108)] == ["A0", "C4", "C#4", "C8"]


# --- text ------------------------------------------------------------------------------------------------------------


def test_figures_are_all_of_one_width() -> None:
    for size in (11, 13, 15, 20):
        advances = {text_size(figure * 20, size)[0] - text_size(figure * 10, size)[0] for figure in "0123456789"}
        assert len(advances) == 1


def test_text_is_cut_to_its_room() -> None:
    surface = pygame.Surface((200, 30))
    write(surface, "A very long title of a piece", (0, 0), 15, (255, 255, 255), room=80)
    seen = np.flatnonzero(pixels(surface).any(axis=(1, 2)))
    assert 60 < seen[-1] < 80


def test_text_can_be_written_after_pygame_was_closed_and_opened() -> None:
    surface = pygame.Surface((200, 30))
    write(surface, "before", (0, 0), 15, (255, 255, 255))
    pygame.font.quit()
    pygame.font.init()
    write(surface, "afterwards", (0, 0), 15, (255, 255, 255))
    assert text_size("afterwards", 15)[0] > 40

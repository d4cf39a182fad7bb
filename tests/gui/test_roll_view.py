"""The roll as pixels: notes stand where they sound, in the colours that say what they are."""

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pygame
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from nanopiano.gui.draw import tiles
from nanopiano.gui.draw.marks import on_handle
from nanopiano.gui.draw.palette import Colour
from nanopiano.gui.draw.roll import draw_roll
from nanopiano.gui.draw.theme import DARK, LIGHT, Theme
from nanopiano.gui.state.view import Rect, Scene, View, notes_rect
from nanopiano.music.grid import Grid
from nanopiano.music.piece import Piece

SIZE = (700, 500)
RECT: Rect = (0, 0, *SIZE)
VIEW = View(step_width=9.0, low=45.0, keys=40.0)
AREA = notes_rect(RECT)
SPECK: Colour = (255, 0, 255)


def scene_of(piece: Piece, **facts: Any) -> Scene:
    return Scene(piece.notes, piece.grid, **facts)


def draw(scene: Scene, view: View = VIEW, theme: Theme = DARK, scale: float = 1.0) -> pygame.Surface:
    surface = pygame.Surface(SIZE)
    draw_roll(surface, RECT, view, scene, theme, scale)
    return surface


def colour_at(surface: pygame.Surface, step: float, pitch: int, view: View = VIEW) -> Colour:
    """The colour in the middle of a key's row."""
    red, green, blue, _ = surface.get_at((round(view.x(step, AREA)), round(view.y(pitch + 0.5, AREA))))
    return red, green, blue


def pixels(surface: pygame.Surface) -> NDArray[np.uint8]:
    return np.asarray(pygame.surfarray.array3d(surface))


def scale_of_c() -> Piece:
    return Piece.of([(4 * n, pitch, 4) for n, pitch in enumerate((60, 62, 64, 65, 67, 69, 71, 72))])


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    tiles._tile.cache_clear()
    yield


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_notes_stand_where_they_sound(theme: Theme) -> None:
    piece = scale_of_c()
    surface = draw(scene_of(piece), theme=theme)
    for onset, pitch, length, _ in piece.notes.tolist():
        for step in range(length):
            assert colour_at(surface, onset + step + 0.5, pitch) == theme.note(pitch)
        assert colour_at(surface, onset + length + 0.5, pitch) != theme.note(pitch)


def test_the_prompt_is_grey_and_the_new_music_in_colours() -> None:
    piece = scale_of_c()
    surface = draw(scene_of(piece, begin=8, end=20))
    for onset, pitch, *_ in piece.notes.tolist():
        assert colour_at(surface, onset + 1.5, pitch) == (DARK.note(pitch) if 8 <= onset < 20 else DARK.prompt)


def test_while_playing_past_notes_dim_and_sounding_ones_are_brighter() -> None:
    surface = draw(scene_of(scale_of_c(), playhead=9.2, playing=True))
    assert colour_at(surface, 1.5, 60) == DARK.past(DARK.note(60))
    assert colour_at(surface, 10.5, 64) == DARK.sounding(DARK.note(64))
    assert colour_at(surface, 13.5, 65) == DARK.note(65)
    still = draw(scene_of(scale_of_c(), playhead=9.2))
    assert colour_at(still, 1.5, 60) == DARK.note(60) and colour_at(still, 10.5, 64) == DARK.note(64)


def test_a_sounding_note_glows_into_its_surroundings() -> None:
    piece = Piece.of([(16, 60, 8)])
    beside = (round(VIEW.x(16, AREA)) - 3, round(VIEW.y(60.5, AREA)))
    quiet, loud = (draw(scene_of(piece, playhead=18, playing=playing)) for playing in (False, True))
    assert sum(loud.get_at(beside)[:3]) > sum(quiet.get_at(beside)[:3]) + 20


def test_the_keys_that_sound_light_up() -> None:
    piece = Piece.of([(0, 60, 8), (0, 61, 8), (4, 67, 4)])

    def key(surface: pygame.Surface, pitch: int, x: int) -> tuple[int, ...]:
        return tuple(surface.get_at((x, round(VIEW.y(pitch + 0.5, AREA)))))[:3]

    surface = draw(scene_of(piece, playhead=2.0, playing=True))
    assert key(surface, 60, 20) == DARK.sounding(DARK.note(60))
    assert key(surface, 61, 5) == DARK.sounding(DARK.note(61))
    assert key(surface, 67, 35) == DARK.white_key and key(surface, 66, 5) == DARK.black_key


def test_a_long_note_that_began_before_the_view_is_seen() -> None:
    piece = Piece.of([(0, 60, 128), *((n, 90, 1) for n in range(1, 120))])
    view = replace(VIEW, left=100.0)
    assert colour_at(draw(scene_of(piece), view), 110.5, 60, view) == DARK.note(60)


def test_a_key_struck_again_shows_as_two_notes() -> None:
    piece = Piece.of([(0, 60, 4), (4, 60, 4)])
    surface = draw(scene_of(piece))
    y, last = round(VIEW.y(60.5, AREA)), VIEW.column(4, AREA) - 1
    assert tuple(surface.get_at((last, y)))[:3] != DARK.note(60)
    assert tuple(surface.get_at((last - 2, y)))[:3] == tuple(surface.get_at((last + 3, y)))[:3] == DARK.note(60)


def test_hands_may_be_told_by_colour() -> None:
    piece = Piece.of([(0, 76, 4), (0, 48, 4), (4, 77, 4), (4, 50, 4)])
    surface = draw(scene_of(piece, colour_by="hand"))
    left, right = DARK.hands
    assert colour_at(surface, 1.5, 76) == right[76 - 21] and colour_at(surface, 1.5, 48) == left[48 - 21]


def test_the_region_is_tinted_between_its_ends() -> None:
    bare, marked = (draw(scene_of(scale_of_c(), region=region)) for region in (None, (16, 32)))
    same = (pixels(bare) == pixels(marked)).all(axis=(1, 2))
    left, right = VIEW.column(16, AREA), VIEW.column(32, AREA)
    assert not same[left:right].any() and same[:left].all() and same[right + 1 :].all()


def test_a_loop_shows_repeat_signs() -> None:
    once, again = (draw(scene_of(scale_of_c(), region=(16, 32), loop=loop)) for loop in (False, True))
    place = (VIEW.column(16, AREA) + 9, AREA[1] + 12)
    assert tuple(again.get_at(place))[:3] == DARK.accent != tuple(once.get_at(place))[:3]


def test_the_handle_veils_what_follows_and_answers_to_the_pointer() -> None:
    scene = scene_of(scale_of_c(), handle=16)
    surface = draw(scene)
    assert colour_at(surface, 1.5, 60) == DARK.note(60) and colour_at(surface, 17.5, 67) != DARK.note(67)
    near, far = replace(scene, hover=(16.5, 60.0)), replace(scene, hover=(20.0, 60.0))
    assert on_handle(VIEW, AREA, near) and not on_handle(VIEW, AREA, far) and not on_handle(VIEW, AREA, scene)
    grip = (VIEW.column(16, AREA), AREA[1] + 100)
    assert tuple(draw(near).get_at(grip))[:3] == DARK.accent and tuple(draw(far).get_at(grip))[:3] == DARK.text


def test_the_edge_of_what_is_being_composed_is_a_light_that_fades() -> None:
    surface = draw(scene_of(scale_of_c(), edge=32))
    y = round(VIEW.y(80.5, AREA))
    reds = [surface.get_at((VIEW.column(32, AREA) + far, y))[0] for far in (1, 30, 60, 95)]
    assert reds == sorted(reds, reverse=True) and reds[0] > reds[-1] + 30


def test_the_playhead_is_a_line_of_the_accent_with_a_head() -> None:
    surface = draw(scene_of(scale_of_c(), playhead=40.0))
    x = VIEW.column(40, AREA)
    assert all(tuple(surface.get_at((x, y)))[:3] == DARK.accent for y in range(AREA[1] - 4, SIZE[1]))
    assert tuple(surface.get_at((x + 4, AREA[1] - 8)))[:3] == DARK.accent


@pytest.mark.parametrize("rect", [(60, 40, 500, 300), (60, 40, 90, 40), (-50, -30, 400, 300), (500, 400, 400, 400)])
@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_nothing_is_drawn_outside_the_rectangle(rect: Rect, scale: float) -> None:
    surface = pygame.Surface(SIZE)
    surface.fill(SPECK)
    scene = scene_of(
        scale_of_c(), playhead=1.0, playing=True, region=(8, 40), loop=True, handle=24, edge=30, hover=(24.0, 61.0)
    )
    draw_roll(surface, rect, VIEW, scene, DARK, scale)
    outside = np.ones(SIZE, dtype=bool)
    left, top, width, height = rect
    outside[max(left, 0) : left + width, max(top, 0) : top + height] = False
    assert (pixels(surface)[outside] == SPECK).all()
    assert not (pixels(surface)[~outside] == SPECK).all(axis=1).any()
    assert surface.get_clip() == surface.get_rect()


notes = st.tuples(st.integers(0, 200), st.integers(21, 108), st.integers(1, 128))
scenes = st.builds(
    lambda rows, **facts: Scene(Piece.of(rows).notes, Grid(), **facts),
    st.lists(notes, max_size=30),
    begin=st.integers(0, 100),
    playhead=st.floats(0, 300),
    playing=st.booleans(),
    region=st.none() | st.tuples(st.integers(0, 100), st.integers(101, 200)),
    handle=st.none() | st.integers(0, 100),
    edge=st.none() | st.integers(0, 200),
    hover=st.none() | st.tuples(st.floats(0, 100), st.floats(15, 115)),
    colour_by=st.sampled_from(["pitch class", "hand"]),
)
views = st.builds(
    lambda left, width, keys, share: View(left, width, 21 + share * (88 - keys), keys),
    st.floats(0, 100),
    st.floats(0.1, 40),
    st.floats(12, 88),
    st.floats(0, 1),
)


@settings(max_examples=25)
@given(scenes, views, st.sampled_from([1.0, 1.5, 2.0]), st.sampled_from([DARK, LIGHT]))
def test_what_was_drawn_before_does_not_matter(scene: Scene, view: View, scale: float, theme: Theme) -> None:
    kept = draw(scene, view, theme, scale)
    tiles._tile.cache_clear()
    tiles._rows.cache_clear()
    assert (pixels(kept) == pixels(draw(scene, view, theme, scale))).all()


def test_a_piece_that_grows_changes_its_last_tile_only() -> None:
    piece = Piece.of([(n, 60 + n % 12, 1) for n in range(60)])
    draw(scene_of(piece))
    before = tiles._tile.cache_info().misses
    grown = Piece.of([*piece.notes.tolist(), (60, 72, 4)])
    surface = draw(scene_of(grown))
    assert tiles._tile.cache_info().misses == before + 1
    assert colour_at(surface, 61.5, 72) == DARK.note(72)


def test_a_frame_while_playing_draws_no_tile_anew() -> None:
    scene = scene_of(scale_of_c(), playing=True)
    for step in (0.0, 32.0, 64.0):
        draw(replace(scene, playhead=step))
    before = tiles._tile.cache_info().misses
    for step in np.linspace(0, 64, 50).tolist():
        draw(replace(scene, playhead=step))
    assert tiles._tile.cache_info().misses == before


def test_lines_thin_out_as_the_view_widens() -> None:
    empty = Scene(Piece.of([]).notes, Grid())
    y = round(VIEW.y(57.5, AREA))

    def lines(width: float) -> int:
        row = pixels(draw(empty, replace(VIEW, step_width=width)))[AREA[0] + 3 :, y]
        return int((row != row[1]).any(axis=1).sum())

    assert lines(0.05) < 20 and lines(0.5) < 60
    assert lines(9.0) == pytest.approx(AREA[2] / 36, abs=2)


def test_no_window_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not pygame.display.get_init() or os.environ.get("SDL_VIDEODRIVER") == "dummy"
    draw(scene_of(scale_of_c()))

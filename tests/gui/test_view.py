"""What is seen of a piece and where: places and times are inverses, and views stay within bounds."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanopiano.gui.state.view import (
    FEWEST_KEYS,
    NARROWEST,
    WIDEST,
    Scene,
    View,
    notes_rect,
    numbered_every,
    ruler_rect,
    sounding,
    visible,
)
from nanopiano.music.grid import Grid
from nanopiano.music.piece import Piece

RECT = (44, 20, 732, 540)
rects = st.tuples(st.integers(0, 500), st.integers(0, 300), st.integers(20, 3000), st.integers(20, 2000))
steps = st.floats(0, 20_000)


@st.composite
def views(draw: st.DrawFn) -> View:
    keys = draw(st.floats(FEWEST_KEYS, 88))
    return View(draw(steps), draw(st.floats(NARROWEST, WIDEST)), draw(st.floats(21, 109 - keys)), keys)


@st.composite
def pieces(draw: st.DrawFn) -> Piece:
    notes = st.tuples(st.integers(0, 300), st.integers(21, 108), st.integers(1, 128))
    return Piece.of(draw(st.lists(notes, max_size=40)))


def within_bounds(view: View) -> bool:
    keys = FEWEST_KEYS <= view.keys <= 88 and view.low >= 21 and view.low + view.keys <= 109 + 1e-9
    return keys and view.left >= 0 and NARROWEST <= view.step_width <= WIDEST


@given(views(), rects, steps)
def test_step_is_the_inverse_of_x(view: View, rect: tuple[int, int, int, int], step: float) -> None:
    assert view.step(view.x(step, rect), rect) == pytest.approx(step, abs=1e-6)


@given(views(), rects, st.floats(21, 109))
def test_pitch_is_the_inverse_of_y(view: View, rect: tuple[int, int, int, int], pitch: float) -> None:
    assert view.pitch(view.y(pitch, rect), rect) == pytest.approx(pitch, abs=1e-6)


@given(views(), rects)
def test_the_edges_of_the_view_are_the_edges_of_the_rectangle(view: View, rect: tuple[int, int, int, int]) -> None:
    left, top, width, height = rect
    assert view.x(view.left, rect) == pytest.approx(left)
    assert view.x(view.left + view.steps(rect), rect) == pytest.approx(left + width, abs=1e-6)
    assert view.y(view.low, rect) == pytest.approx(top + height)
    assert view.y(view.low + view.keys, rect) == pytest.approx(top, abs=1e-6)


@given(views(), rects, st.lists(st.integers(0, 20_000), min_size=2, max_size=9), st.floats(0, 500))
def test_notes_are_drawn_where_they_are_found_and_move_as_a_whole(
    view: View, rect: tuple[int, int, int, int], times: list[int], by: float
) -> None:
    places = view.columns(np.array(times), rect)
    assert np.abs(places - [view.x(step, rect) for step in times]).max() <= 1.001
    assert places.tolist() == [view.column(step, rect) for step in times]
    moved = view.pan(by, 0).columns(np.array(times), rect)
    assert np.unique(moved - places).size == 1


@given(views(), rects, st.floats(0.1, 10), st.floats(0, 1))
def test_zooming_in_time_keeps_the_step_under_the_pointer(
    view: View, rect: tuple[int, int, int, int], factor: float, share: float
) -> None:
    at = view.step(rect[0] + share * rect[2], rect)
    zoomed = view.zoom_time(factor, at)
    assert within_bounds(zoomed)
    if zoomed.left > 0:
        assert zoomed.x(at, rect) == pytest.approx(view.x(at, rect), abs=1e-4)


@given(views(), rects, st.floats(0.1, 10), st.floats(0, 1))
def test_zooming_in_pitch_keeps_the_pitch_under_the_pointer_if_there_is_room(
    view: View, rect: tuple[int, int, int, int], factor: float, share: float
) -> None:
    at = view.pitch(rect[1] + share * rect[3], rect)
    zoomed = view.zoom_pitch(factor, at)
    assert within_bounds(zoomed)
    if zoomed.low > 21 and zoomed.low + zoomed.keys < 109:
        assert zoomed.y(at, rect) == pytest.approx(view.y(at, rect), abs=1e-4)


@given(views(), st.floats(-30_000, 30_000), st.floats(-100, 100))
def test_panning_stays_on_the_keyboard_and_after_the_beginning(view: View, by: float, up: float) -> None:
    assert within_bounds(view.pan(by, up))


@given(views(), rects, steps)
def test_music_that_is_longer_than_half_a_width_fills_half_of_it(
    view: View, rect: tuple[int, int, int, int], end: float
) -> None:
    kept = view.within(end, rect)
    assert within_bounds(kept) and kept.left <= view.left
    assert kept.left == 0 or kept.x(end, rect) >= rect[0] + 0.499 * rect[2]


@given(views(), steps, st.floats(0.001, 2), st.floats(0.001, 2))
def test_following_depends_on_time_and_not_on_frames(view: View, playhead: float, one: float, other: float) -> None:
    twice = view.follow(playhead, RECT, one).follow(playhead, RECT, other)
    assert twice.left == pytest.approx(view.follow(playhead, RECT, one + other).left, rel=1e-6, abs=1e-3)


@given(views(), steps)
def test_following_brings_the_playhead_into_sight(view: View, playhead: float) -> None:
    followed = view.follow(playhead, RECT, 10.0)
    assert within_bounds(followed)
    assert followed.left - 1e-3 <= playhead <= followed.left + 0.46 * followed.steps(RECT) + 1e-3


def test_a_playhead_in_sight_moves_nothing() -> None:
    view = View(left=100.0)
    for share in (0.11, 0.2, 0.4):
        assert view.follow(100 + share * view.steps(RECT), RECT, 1.0) is view


def test_following_at_a_steady_tempo_does_not_jerk() -> None:
    view, lefts = View(), []
    for frame in range(1200):
        view = view.follow(frame * 8 / 60, RECT, 1 / 60)
        lefts.append(view.left)
    moves = np.diff(lefts)
    assert moves.min() >= 0 and moves[-1] == pytest.approx(8 / 60, rel=1e-3)
    assert np.abs(np.diff(moves)).max() < 0.02


@given(pieces(), rects)
def test_fitting_shows_every_note_whole(piece: Piece, rect: tuple[int, int, int, int]) -> None:
    view = View(500.0, 70.0, 90.0, 14.0).fit(piece, rect)
    assert within_bounds(view) and view.left == 0
    for onset, pitch, length, _ in piece.notes.tolist():
        assert view.x(onset + length, rect) <= rect[0] + rect[2] + 1e-6
        assert view.low <= pitch and pitch + 1 <= view.low + view.keys + 1e-9


@given(pieces(), st.floats(-10, 450), st.floats(0, 200))
def test_notes_in_sight_are_those_of_which_some_part_is_in_sight(piece: Piece, first: float, width: float) -> None:
    notes = piece.notes.tolist()
    expected = [n for n, (on, _, long, _) in enumerate(notes) if on + long > first and on < first + width]
    assert visible(piece.notes, first, first + width).tolist() == expected


@given(pieces(), st.integers(0, 450))
def test_notes_sound_from_their_onset_until_before_their_end(piece: Piece, step: int) -> None:
    notes = piece.notes.tolist()
    for time in (float(step), step + 0.5):
        expected = [n for n, (on, _, long, _) in enumerate(notes) if on <= time < on + long]
        assert sounding(piece.notes, time).tolist() == expected


@given(views(), st.sampled_from([1, 4, 16, 64]))
def test_multiples_cover_what_is_in_sight(view: View, apart: int) -> None:
    view = replace(view, step_width=max(view.step_width, 0.5))
    found = view.multiples(apart, RECT)
    assert (found % apart == 0).all() and (np.diff(found) == apart).all()
    assert found[0] <= view.left and found[-1] >= view.left + view.steps(RECT)


@pytest.mark.parametrize(("bar", "every"), [(100.0, 1), (40.0, 1), (39.0, 2), (10.0, 4), (1.0, 64)])
def test_numbers_keep_their_distance(bar: float, every: int) -> None:
    assert numbered_every(bar, 40.0) == every


@pytest.mark.parametrize("scale", [1.0, 1.25, 2.0])
def test_keyboard_ruler_and_notes_divide_the_roll(scale: float) -> None:
    left, top, width, height = notes_rect((10, 20, 800, 600), scale)
    assert (left, top) == (10 + round(44 * scale), 20 + round(20 * scale))
    assert (left + width, top + height) == (810, 620)
    assert ruler_rect((10, 20, 800, 600), scale) == (left, 20, width, top - 20)


def test_a_scene_is_whole_bars_long_and_grows_by_eights() -> None:
    notes = Piece.of([(100, 60, 20)]).notes
    assert Scene(notes, Grid()).steps == 128
    assert Scene(notes, Grid(), edge=129).steps == 256
    assert Scene(notes[:0], Grid()).steps == 64


def test_new_music_begins_and_ends_where_the_scene_says() -> None:
    notes = Piece.of([(0, 60, 4), (16, 60, 4), (32, 60, 4)]).notes
    assert Scene(notes, Grid(), begin=16).is_new(notes).tolist() == [False, True, True]
    assert Scene(notes, Grid(), begin=16, end=32).is_new(notes).tolist() == [False, True, False]

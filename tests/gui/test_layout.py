"""Places: whatever the size of the window and the scale, all is in it, nothing is in the way, and fingers find it."""

from dataclasses import fields
from itertools import combinations
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanopiano.gui.state.app_state import AppState, Dialog
from nanopiano.gui.state.controls import SLIDERS
from nanopiano.gui.state.view import Rect
from nanopiano.gui.window.faces import faces, popup_faces
from nanopiano.gui.window.layout import LEAST_SIZE, Layout, fitting_scale, inside, layout, track_of
from nanopiano.gui.window.popups import SCALES, Popup, popup
from nanopiano.gui.window.takes_list import sign_rects

SIZES = [(960, 600), (1280, 720), (1920, 1080), (2560, 1440)]
LAYOUTS = [layout(size, scale, takes_open=is_open) for size in SIZES for scale in SCALES for is_open in (True, False)]
EVERY = pytest.mark.parametrize("places", LAYOUTS, ids=[f"{p.size[0]}-{p.scale:g}-{p.takes[2]}" for p in LAYOUTS])
OWN = [dialog for dialog in get_args(Dialog) if dialog not in ("open", "save as")]  # those are pygame_gui's
LEAST_HIT = 28  # pixels at scale 1
ON_TOP = {"invite"}  # of the roll, while it is empty
NOT_HIT = {"title", "bar", "time"}  # texts

sizes = st.tuples(st.integers(960, 4000), st.integers(600, 2500))
scales = st.floats(1, 2)


def overlap(one: Rect, other: Rect) -> bool:
    return (
        one[0] < other[0] + other[2]
        and other[0] < one[0] + one[2]
        and one[1] < other[1] + other[3]
        and other[1] < one[1] + one[3]
    )


def within(inner: Rect, outer: Rect) -> bool:
    return (
        inner[0] >= outer[0]
        and inner[1] >= outer[1]
        and inner[0] + inner[2] <= outer[0] + outer[2]
        and inner[1] + inner[3] <= outer[1] + outer[3]
    )


def apart(places: dict[str, Rect]) -> list[str]:
    """Return the pairs of places that are in each other's way."""
    pairs = combinations(places.items(), 2)
    return [f"{one} and {other}" for (one, a), (other, b) in pairs if overlap(a, b)]


def whole(places: Layout) -> Rect:
    return (0, 0, *places.size)


def parts(places: Layout) -> dict[str, Rect]:
    """The large parts of the window."""
    names = [field.name for field in fields(places) if field.name not in ("size", "scale", "at")]
    return {name: getattr(places, name) for name in names}


def check_window(places: Layout) -> None:
    assert apart(parts(places)) == []
    assert sum(width * height for _, _, width, height in parts(places).values()) == places.size[0] * places.size[1]
    assert apart({name: rect for name, rect in places.at.items() if name not in ON_TOP}) == []
    for name, rect in places.at.items():
        assert sum(within(rect, part) for part in parts(places).values()) == 1, name
        assert rect[2] > 0, name
        assert rect[3] > 0, name


def check_popup(shown: Popup, places: Layout) -> None:
    assert within(shown.rect, whole(places))
    assert apart(shown.at) == []
    for name, rect in shown.at.items():
        assert within(rect, shown.rect), name
        assert min(rect[2:]) >= round(LEAST_HIT * places.scale), name
    assert all(inside(shown.rect, place) for _, place in shown.labels)
    assert not any(inside(rect, place) for rect in shown.at.values() for _, place in shown.labels)


@EVERY
def test_the_parts_fill_the_window_and_nothing_is_in_the_way(places: Layout) -> None:
    check_window(places)


@given(sizes, scales, st.booleans())
def test_so_it_is_at_any_size_and_scale(size: tuple[int, int], scale: float, is_open: bool) -> None:
    check_window(layout(size, scale, takes_open=is_open))


@pytest.mark.parametrize("size", [(1, 1), (251, 300), (1280, 93)])
def test_however_small_the_window_its_pictures_have_pixels(size: tuple[int, int]) -> None:
    places = layout(size)
    for rect in (places.roll, places.minimap, places.at["takes"]):
        assert min(rect[2:]) >= 1


@EVERY
def test_what_is_pressed_is_large_enough(places: Layout) -> None:
    for name, rect in places.at.items():
        if name not in NOT_HIT:
            assert min(rect[2:]) >= round(LEAST_HIT * places.scale), name


@EVERY
@pytest.mark.parametrize("dialog", OWN)
def test_a_popup_and_all_in_it_is_within_the_window(places: Layout, dialog: str) -> None:
    check_popup(popup(dialog, places), places)


@given(sizes, scales, st.booleans(), st.sampled_from(OWN))
def test_so_is_a_popup_at_any_size_and_scale(size: tuple[int, int], scale: float, is_open: bool, dialog: str) -> None:
    places = layout(size, scale, takes_open=is_open)
    check_popup(popup(dialog, places), places)


@EVERY
def test_the_flyout_of_more_covers_none_of_the_sliders(places: Layout) -> None:
    assert not overlap(popup("more", places).rect, places.left)


@EVERY
def test_the_track_of_a_slider_is_within_its_place(places: Layout) -> None:
    for name in set(SLIDERS) & set(places.at) - {"volume"}:
        assert within(track_of(places.at[name], places.scale), places.at[name])


@EVERY
def test_the_signs_of_a_take_do_not_cover_one_another(places: Layout) -> None:
    if "takes" in places.at:
        left, top, width, _ = places.at["takes"]
        entry = (left, top, width, places.px(84))
        signs = sign_rects(entry, places)
        assert apart(signs) == []
        assert all(within(rect, entry) for rect in signs.values())


@EVERY
def test_the_roll_keeps_most_of_the_room(places: Layout) -> None:
    assert places.roll[2] >= 0.45 * places.size[0]
    assert places.roll[3] >= 0.6 * places.size[1]


@EVERY
def test_every_button_of_the_window_has_a_place(places: Layout) -> None:
    folded = {"undo", "save"} if "takes" not in places.at else set()
    assert set(faces(AppState())) - folded <= set(places.at)


def test_every_button_of_the_popups_has_a_place_in_one_of_them() -> None:
    places = layout((1280, 720))
    known = [name for dialog in OWN for name in popup(dialog, places).at]
    assert set(popup_faces(AppState())) <= set(known)
    assert len(set(known)) == len(known)


def test_every_slider_has_a_place() -> None:
    places = layout((1280, 720))
    assert set(SLIDERS) <= set(places.at) | set(popup("more", places).at)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scale", SCALES)
def test_the_scale_is_the_one_asked_for_where_there_is_room(size: tuple[int, int], scale: float) -> None:
    fits = all(side >= least * scale for side, least in zip(size, LEAST_SIZE, strict=True))
    assert (fitting_scale(size, scale) == scale) == fits


def test_dialogs_that_pygame_gui_draws_have_no_places_of_ours() -> None:
    with pytest.raises(KeyError):
        popup("open", layout((1280, 720)))

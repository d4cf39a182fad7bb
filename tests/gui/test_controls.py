"""Sliders: every value that one shows has a place, and every place a value."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanopiano.gui.state.controls import SLIDERS, Controls, Slider, Value, as_shown, surprise
from nanopiano.model.defaults import DEFAULT_LENGTH, DEFAULT_SAMPLING

EVERY = pytest.mark.parametrize("slider", SLIDERS.values(), ids=list(SLIDERS))
numbers = st.none() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False)


def shown() -> st.SearchStrategy[Controls]:
    """Controls at values that the sliders can show."""
    return st.builds(Controls, **{name: st.sampled_from(slider.values) for name, slider in SLIDERS.items()})


def test_every_control_has_a_slider() -> None:
    assert set(SLIDERS) == {field.name for field in fields(Controls)}


@EVERY
def test_a_slider_can_show_what_a_new_window_has(slider: Slider) -> None:
    assert slider.default in slider.values


@EVERY
def test_values_rise_from_left_to_right_and_no_bound_comes_last(slider: Slider) -> None:
    known = [value for value in slider.values if value is not None]
    assert known == sorted(set(known))
    assert None not in slider.values[:-1]


@EVERY
def test_the_place_of_a_value_is_where_it_stands(slider: Slider) -> None:
    assert [slider.place(value) for value in slider.values] == list(range(len(slider.values)))


@EVERY
def test_no_two_values_look_alike(slider: Slider) -> None:
    texts = [slider.show(value) for value in slider.values]
    assert len(set(texts)) == len(texts)


@EVERY
@pytest.mark.parametrize("by", [-10_000, -1, 0, 1, 10_000])
def test_moving_goes_along_the_places_as_far_as_there_are_any(slider: Slider, by: int) -> None:
    last = len(slider.values) - 1
    for place, value in enumerate(slider.values):
        assert slider.place(slider.moved(value, by)) == min(max(place + by, 0), last)


@given(st.sampled_from(list(SLIDERS.values())), numbers)
def test_the_nearest_value_is_one_that_is_shown_and_none_is_nearer(slider: Slider, value: Value) -> None:
    nearest = slider.nearest(value)
    assert nearest in slider.values
    if value is not None and nearest is not None:
        assert all(abs(nearest - value) <= abs(other - value) for other in slider.values if other is not None)


def test_a_slider_without_the_value_for_no_bound_takes_its_last() -> None:
    assert SLIDERS["words"].nearest(None) == SLIDERS["words"].values[-1]


@given(st.builds(Controls, st.floats(0, 9), st.integers(1, 10**6), st.none() | st.integers(1, 300)))
def test_what_is_brought_to_the_sliders_stays_there(controls: Controls) -> None:
    once = as_shown(controls)
    assert as_shown(once) == once
    assert all(getattr(once, name) in slider.values for name, slider in SLIDERS.items())


@given(shown())
def test_controls_of_any_sliders_are_legal_for_the_composer(controls: Controls) -> None:
    assert controls.sampling.top_k == controls.top_k
    assert controls.length.words == controls.words


def test_a_new_window_composes_as_the_command_line_does() -> None:
    assert Controls().sampling == DEFAULT_SAMPLING
    assert Controls().length == DEFAULT_LENGTH


@given(shown(), st.integers(0, 2**31))
def test_a_surprise_can_be_shown_and_leaves_the_volume_alone(controls: Controls, seed: int) -> None:
    now = surprise(controls, seed)
    assert as_shown(now) == now
    assert now.volume == controls.volume


def test_surprises_differ() -> None:
    assert len({replace(surprise(Controls(), seed), bpm=100) for seed in range(20)}) > 5


def test_the_same_seed_surprises_alike() -> None:
    assert surprise(Controls(), 3) == surprise(Controls(bpm=60), 3)

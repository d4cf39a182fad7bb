"""What the window remembers: the settings of a state, and the state of settings."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from nanopiano.gui.state.app_state import AppState
from nanopiano.gui.state.controls import SLIDERS, Controls, as_shown
from nanopiano.gui.state.remember import from_settings, to_settings
from nanopiano.gui.state.settings import Settings

states = st.builds(
    AppState,
    controls=st.builds(Controls, **{name: st.sampled_from(slider.values) for name, slider in SLIDERS.items()}),
    seed=st.none() | st.integers(0, 2**63 - 1),
    expressive=st.booleans(),
    original=st.booleans(),
    kept_model=st.text(min_size=1),
    theme=st.sampled_from(["dark", "light"]),
    ui_scale=st.floats(1, 2),
    mode=st.sampled_from(["roll", "falling"]),
    colour_by=st.sampled_from(["pitch class", "hand"]),
    takes_open=st.booleans(),
    folder=st.text(),
)


@given(states)
def test_a_window_opens_as_it_was_closed(state: AppState) -> None:
    assert from_settings(to_settings(state, (1280, 720))) == state


@given(states, st.integers(960, 4000), st.integers(600, 3000))
def test_settings_are_the_same_after_they_were_a_state(state: AppState, width: int, height: int) -> None:
    settings = to_settings(state, (width, height))
    assert settings.window_size == (width, height)
    assert to_settings(from_settings(settings), (width, height)) == settings


def test_a_new_window_is_a_new_state() -> None:
    assert from_settings(Settings()) == AppState()


def test_a_seed_that_is_not_kept_is_not_used() -> None:
    assert from_settings(Settings(seed=42, keep_seed=False)).seed is None


@given(st.builds(Settings, temperature=st.floats(0, 10), words=st.integers(1, 10**6), bpm=st.integers(5, 1000)))
def test_values_that_no_slider_shows_become_the_nearest(settings: Settings) -> None:
    controls = from_settings(settings).controls
    assert as_shown(controls) == controls
    assert abs(controls.temperature - min(settings.temperature, 2.0)) <= 0.025 + 1e-9


def test_what_is_open_or_heard_is_not_remembered() -> None:
    state = replace(AppState(), dialog="more", loop=True, number=7)
    assert from_settings(to_settings(state, (1280, 720))) == AppState()

"""Sliders and switches as actions: each is a field, and what it shows is what the composer receives."""

from dataclasses import replace
from typing import Any, get_args

import pytest
from state_tools import MADE, after, generating, grown, requested, some_take, with_song, with_takes

from nanopiano.gui.state.actions import (
    Generate,
    Keep,
    Look,
    NoSound,
    Nudge,
    Reset,
    Say,
    Set,
    SetScale,
    SetSeed,
    Show,
    Surprise,
    Switch,
    Toggle,
)
from nanopiano.gui.state.app_state import AppState, Message
from nanopiano.gui.state.controls import SLIDERS, Value
from nanopiano.gui.state.events import Request
from nanopiano.gui.state.update import update
from nanopiano.gui.state.view import View
from nanopiano.model.sample import MAX_SEED

NEW = AppState()
GENERATE = Generate(5, MADE)
CHANGES: list[tuple[str, Value, Any]] = [  # slider, value, what it changes in the request of a new window
    ("temperature", 0.5, lambda request: replace(request, sampling=replace(request.sampling, temperature=0.5))),
    ("words", 1250, lambda request: replace(request, length=replace(request.length, words=1250))),
    ("top_k", 24, lambda request: replace(request, sampling=replace(request.sampling, top_k=24))),
    ("top_p", 0.8, lambda request: replace(request, sampling=replace(request.sampling, top_p=0.8))),
    ("min_p", 0.07, lambda request: replace(request, sampling=replace(request.sampling, min_p=0.07))),
    ("min_surprise", 0.2, lambda request: replace(request, sampling=replace(request.sampling, min_surprise=0.2))),
    ("returns", 8.0, lambda request: replace(request, sampling=replace(request.sampling, returns=8.0))),
    ("chromatic", 0.2, lambda request: replace(request, sampling=replace(request.sampling, chromatic=0.2))),
    ("bpm", 77, lambda request: replace(request, bpm=77.0)),
    ("volume", 0.2, lambda request: request),
]


def facts(request: Request) -> dict[str, object]:
    return vars(request)


def test_every_slider_is_tried_here() -> None:
    assert {name for name, _, _ in CHANGES} == set(SLIDERS)


def test_a_new_window_asks_for_what_its_sliders_show() -> None:
    controls = NEW.controls
    asked = requested(NEW, GENERATE)
    assert facts(asked) == facts(Request(1, 5, controls.sampling, controls.length, float(controls.bpm)))


@pytest.mark.parametrize(("name", "value", "change"), CHANGES)
def test_a_slider_changes_its_part_of_the_request_and_nothing_else(name: str, value: Value, change: Any) -> None:
    before = requested(NEW, GENERATE)
    assert facts(requested(after(NEW, Set(name, value)), GENERATE)) == facts(change(before))


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, value, _ in CHANGES])
def test_what_a_slider_is_set_to_is_what_it_shows(name: str, value: Value) -> None:
    assert getattr(after(NEW, Set(name, value)).controls, name) == value


@pytest.mark.parametrize("name", SLIDERS)
@pytest.mark.parametrize("by", [-1, 1])
def test_a_notch_moves_a_slider_by_a_place(name: str, by: int) -> None:
    middle = SLIDERS[name].values[10]
    assert getattr(after(NEW, Set(name, middle), Nudge(name, by)).controls, name) == SLIDERS[name].values[10 + by]


@pytest.mark.parametrize("name", SLIDERS)
def test_a_slider_that_is_reset_is_as_in_a_new_window(name: str) -> None:
    assert after(NEW, Set(name, SLIDERS[name].values[0]), Reset(name)).controls == NEW.controls


def test_a_value_between_two_places_becomes_the_nearest() -> None:
    assert after(NEW, Set("words", 610)).controls.words == 600


def test_the_tempo_moves_what_is_shown_at_once() -> None:
    piece = after(with_takes(some_take(bpm=100)), Set("bpm", 66)).piece
    assert piece is not None
    assert piece.bpm == 66


def test_the_tempo_moves_the_prompt_at_once() -> None:
    piece = after(with_song(bpm=100), Set("bpm", 66)).piece
    assert piece is not None
    assert piece.bpm == 66


def test_the_tempo_is_kept_with_the_take_that_is_shown() -> None:
    state, effects = update(with_takes(some_take(bpm=100)), Set("bpm", 66))
    assert state.takes[0].piece.bpm == 66
    assert effects == (Keep(state.takes[0]),)


def test_the_tempo_leaves_other_takes_alone() -> None:
    state = after(with_takes(some_take(bpm=100), some_take(bpm=90, day=2)), Set("bpm", 66))
    assert [take.piece.bpm for take in state.takes] == [100, 66]


def test_only_the_tempo_changes_a_take() -> None:
    for name in set(SLIDERS) - {"bpm"}:
        assert update(with_takes(some_take()), Set(name, SLIDERS[name].values[0]))[1] == ()


def test_a_seed_that_is_kept_is_the_one_that_is_used() -> None:
    assert requested(after(NEW, SetSeed(42)), GENERATE).seed == 42


def test_seed_0_is_a_seed() -> None:
    assert requested(after(NEW, SetSeed(0)), GENERATE).seed == 0


def test_without_a_kept_seed_each_piece_gets_its_own() -> None:
    assert requested(after(NEW, SetSeed(42), SetSeed(None)), Generate(6, MADE)).seed == 6


@pytest.mark.parametrize("seed", [-1, MAX_SEED + 1])
def test_a_seed_out_of_range_is_refused_in_a_sentence_and_the_last_stays(seed: int) -> None:
    state = after(NEW, SetSeed(42), SetSeed(seed))
    assert state.seed == 42
    assert state.message == Message(f"{seed} is no seed: type a whole number from 0 to {MAX_SEED}.", error=True)


def test_the_largest_seed_is_taken() -> None:
    assert after(NEW, SetSeed(MAX_SEED)).seed == MAX_SEED


@pytest.mark.parametrize("seed", range(10))
def test_a_surprise_is_what_the_sliders_show_and_what_is_said(seed: int) -> None:
    state = after(NEW, Surprise(seed))
    controls = state.controls
    top_k = "all choices open" if controls.top_k is None else f"top-k {controls.top_k}"
    assert controls != NEW.controls
    assert state.message == Message(
        f"Surprise: temperature {controls.temperature:.2f}, {top_k}, {controls.words:,} words at {controls.bpm} BPM."
    )


@pytest.mark.parametrize("state", [with_takes(some_take(bpm=51)), with_song(bpm=51)], ids=["take", "prompt"])
def test_a_surprise_leaves_the_tempo_of_what_is_shown(state: AppState) -> None:
    state = after(state, Surprise(1))
    assert state.controls.bpm == 51
    assert "51 BPM" in state.message.text


@pytest.mark.parametrize("what", [what for what in get_args(Switch) if what != "loop"])
def test_a_switch_that_is_thrown_twice_is_as_before(what: Switch) -> None:
    once = after(NEW, Toggle(what))
    assert getattr(once, what) != getattr(NEW, what)
    assert after(once, Toggle(what)) == NEW


@pytest.mark.parametrize(("scale", "shown"), [(1.25, 1.25), (0.2, 1.0), (9.0, 2.0)])
def test_the_scale_stays_within_what_there_is(scale: float, shown: float) -> None:
    assert after(NEW, SetScale(scale)).ui_scale == shown


def test_a_dialog_opens() -> None:
    assert after(NEW, Show("more")).dialog == "more"


def test_a_dialog_that_is_asked_for_again_closes() -> None:
    assert after(NEW, Show("more"), Show("more")).dialog is None


def test_another_dialog_takes_the_place_of_the_open_one() -> None:
    assert after(NEW, Show("more"), Show("save")).dialog == "save"


def test_without_sound_the_reason_is_known() -> None:
    assert after(NEW, NoSound("No sound card was found.")).no_sound == "No sound card was found."


@pytest.mark.parametrize("following", [True, False])
def test_another_part_of_the_roll_is_seen(following: bool) -> None:
    state = after(NEW, Look(View(left=40.0), following))
    assert (state.view, state.following) == (View(left=40.0), following)


def test_what_is_said_stands_in_the_status_line() -> None:
    assert after(NEW, Say("Saved as x.mid")).message == Message("Saved as x.mid")


def test_sliders_that_move_after_generate_do_not_change_what_the_take_says_of_itself() -> None:
    state = after(generating(after(NEW, Set("temperature", 0.5))), Set("temperature", 1.5))
    (take,) = after(state, grown(state, 1)).takes
    assert take.settings["temperature"] == 0.5

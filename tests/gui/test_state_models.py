"""Which model composes: what is chosen, what is loaded, what is kept, and what goes on where one cannot be used."""

from dataclasses import replace

import pytest
from state_tools import after, effects, growing, only_take

from nanopiano.gui.state import actions as do
from nanopiano.gui.state.app_state import AppState, Message
from nanopiano.gui.state.events import NoModel, Ready
from nanopiano.gui.state.model_facts import ModelFacts, model_name
from nanopiano.gui.state.remember import to_settings
from nanopiano.gui.state.update import update
from nanopiano.gui.window.faces import faces, popup_faces, tooltip
from nanopiano.gui.window.panes import status_text

NEW = AppState(loading="small")
SMALL = after(NEW, Ready("small", 0.1))  # as every day
GIVEN = after(AppState(loading="/a/mine", given_model="/a/mine", kept_model="ragtime"), Ready("/a/mine", 0.1))
BROKEN = ModelFacts("broken", "/b/broken", problem="model.onnx is missing")


def use(model: str, state: AppState = SMALL) -> AppState:
    return after(state, do.UseModel(model))


# --- the list --------------------------------------------------------------------------------------------------------


def test_models_are_listed_whenever_the_list_is_opened() -> None:
    for state in (SMALL, after(SMALL, do.ModelsListed((BROKEN,)))):
        assert effects(state, do.Show("models"), do.ListModels) == [do.ListModels(None)]


def test_they_are_not_listed_when_it_is_closed() -> None:
    assert not effects(after(SMALL, do.Show("models")), do.Show("models"), do.ListModels)


def test_a_model_that_the_command_line_names_by_path_is_in_the_list_also_once_another_composes() -> None:
    state = after(use("small", GIVEN), Ready("small", 0.1))
    assert effects(state, do.Show("models"), do.ListModels) == [do.ListModels("/a/mine")]


# --- to choose -------------------------------------------------------------------------------------------------------


def test_a_model_that_is_chosen_is_loaded_and_the_list_closes() -> None:
    state = after(SMALL, do.Show("models"))
    assert effects(state, do.UseModel("ragtime"), do.LoadModel) == [do.LoadModel("ragtime")]
    assert use("ragtime", state).dialog is None


def test_while_it_loads_the_status_line_says_so_and_the_one_before_composes() -> None:
    state = use("ragtime")
    assert status_text(state) == "Loading the model “ragtime” …"
    assert (state.model, state.loading) == ("small", "ragtime")


def test_once_it_is_loaded_the_status_line_says_what_composes() -> None:
    state = after(use("ragtime"), Ready("ragtime", 0.1))
    assert state.message == Message("“ragtime” composes now.")
    assert (state.model, state.loading) == ("ragtime", None)


def test_what_is_composed_is_cancelled_before_another_model_is_loaded() -> None:
    state, told = update(growing(SMALL), do.UseModel("ragtime"))
    assert told == (do.CancelJob(), do.LoadModel("ragtime"))
    assert state.job is not None and state.job.cancelling


def test_a_cancelled_piece_is_kept_as_one_of_the_model_before() -> None:
    assert only_take(use("ragtime", growing(SMALL))).settings["model"] == "small"


def test_a_take_is_kept_with_the_model_that_is_chosen() -> None:
    state = after(use("ragtime"), Ready("ragtime", 0.1))
    assert only_take(growing(state)).settings["model"] == "ragtime"


@pytest.mark.parametrize("state", [SMALL, use("small", use("ragtime"))])
def test_the_model_that_composes_or_loads_already_is_not_loaded_again(state: AppState) -> None:
    assert not effects(state, do.UseModel("small"), do.LoadModel)


def test_going_back_while_another_model_loads_is_loading_again() -> None:
    assert effects(use("ragtime"), do.UseModel("small"), do.LoadModel) == [do.LoadModel("small")]


def test_of_two_models_chosen_the_last_counts() -> None:
    state = use("other", use("ragtime"))
    state = after(state, Ready("ragtime", 0.1))
    assert state.loading == "other" and status_text(state) == "Loading the model “other” …"
    state = after(state, Ready("other", 0.1))
    assert (state.model, state.loading, state.kept_model) == ("other", None, "other")


def test_a_model_that_is_known_to_be_broken_disturbs_nothing() -> None:
    state = growing(after(SMALL, do.ModelsListed((BROKEN,)), do.Show("models")))
    after_it, told = update(state, do.UseModel("broken"))
    assert not told and after_it.dialog == "models" and after_it.job == state.job
    assert after_it.message == Message("“broken” cannot be used: model.onnx is missing", error=True)


# --- where it cannot be loaded ---------------------------------------------------------------------------------------


def test_where_a_model_cannot_be_loaded_the_one_before_stays_and_it_is_said() -> None:
    state, told = update(use("ragtime"), NoModel("ragtime", "model.onnx is damaged"))
    assert (state.model, state.loading, state.no_model, told) == ("small", None, None, ())
    said = "“small” goes on composing, since “ragtime” cannot be used: model.onnx is damaged"
    assert state.message == Message(said, error=True)


def test_a_model_that_cannot_be_loaded_is_not_remembered() -> None:
    assert after(use("ragtime"), NoModel("ragtime", "damaged")).kept_model == "small"


def test_the_end_of_a_model_that_nobody_waits_for_any_more_is_not_said() -> None:
    state = use("other", use("ragtime"))
    assert after(state, NoModel("ragtime", "damaged")) == state


def test_where_a_remembered_model_cannot_be_loaded_that_of_the_package_composes_and_it_is_said() -> None:
    state = AppState(loading="ragtime", kept_model="ragtime")
    state, told = update(state, NoModel("ragtime", "there is no model 'ragtime'"))
    assert told == (do.LoadModel("small"),)
    state = after(state, Ready("small", 0.1))
    said = "“small” composes, since “ragtime” cannot be used: there is no model 'ragtime'"
    assert (state.model, state.kept_model, state.message) == ("small", "small", Message(said, error=True))


@pytest.mark.parametrize("state", [NEW, AppState(loading="/x", given_model="/x")])
def test_without_the_model_of_the_package_or_the_one_that_was_given_it_is_said_and_nothing_composes(
    state: AppState,
) -> None:
    assert state.loading is not None
    state, told = update(state, NoModel(state.loading, "there is no model 'x'"))
    assert (state.model, state.no_model, told) == (None, "there is no model 'x'", ())
    assert state.message == Message("there is no model 'x'", error=True)


def test_a_model_can_be_chosen_where_none_could_be_loaded() -> None:
    state = after(NEW, NoModel("small", "damaged"), do.UseModel("ragtime"), Ready("ragtime", 0.1))
    assert (state.model, state.no_model, state.message.text) == ("ragtime", None, "“ragtime” composes now.")


def test_a_model_that_came_late_is_there() -> None:
    state = after(NEW, NoModel("small", "there is no model 'small'"), Ready("small", 0.4))
    assert (state.model, state.no_model) == ("small", None)


# --- what is kept ----------------------------------------------------------------------------------------------------


def test_the_choice_is_remembered_once_it_composes() -> None:
    state = use("ragtime")
    assert to_settings(state, (1280, 720)).model == "small"
    assert to_settings(after(state, Ready("ragtime", 0.1)), (1280, 720)).model == "ragtime"


def test_what_the_command_line_names_is_not_remembered() -> None:
    assert GIVEN.model == "/a/mine" and GIVEN.kept_model == "ragtime"


def test_what_the_command_line_names_is_remembered_once_it_is_chosen() -> None:
    assert use("/a/mine", GIVEN).kept_model == "/a/mine"


def test_the_first_model_is_no_news() -> None:
    assert SMALL.message == Message("")


# --- what is shown ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("state", "text"), [
    (NEW, "Loading small …"), (SMALL, "small…"), (GIVEN, "mine…"), (use("ragtime"), "Loading ragtime …"),
    (after(NEW, NoModel("small", "damaged")), "No model…"),
])  # fmt: skip
def test_status_line_and_settings_name_the_model(state: AppState, text: str) -> None:
    assert faces(state)["model"].text == popup_faces(state)["choose model"].text == text


@pytest.mark.parametrize("name", ["model", "choose model"])
def test_the_tooltip_names_the_model_and_the_key(name: str) -> None:
    text = tooltip(name, replace(SMALL, model="a-name-of-which-the-button-shows-a-part"))
    assert "a-name-of-which-the-button-shows-a-part" in text and "Ctrl+M" in text


@pytest.mark.parametrize(("model", "name"), [("small", "small"), ("/a/b c", "b c"), ("b/", "b"), (".", ".")])
def test_a_path_is_named_by_its_folder(model: str, name: str) -> None:
    assert model_name(model) == name


@pytest.mark.parametrize(("facts", "text"), [
    (ModelFacts("m", "/m", 5_112_960, 1.9971, 0.708), "5,112,960 parameters  ·  1.997 nats a note"),
    (ModelFacts("m", "/m", 5_112_960, None, 0.708), "5,112,960 parameters  ·  0.708 nats a word"),
    (ModelFacts("m", "/m", None, 2.0, None), "2.000 nats a note"),
    (ModelFacts("m", "/m", 7), "7 parameters"),
    (ModelFacts("m", "/m"), "Nothing is told of it."),
])  # fmt: skip
def test_what_a_model_is_like_is_told_as_far_as_it_is_known(facts: ModelFacts, text: str) -> None:
    assert facts.facts == text

"""The model is chosen in the window, by mouse and by keys, and loads beside it."""

from collections.abc import Iterator
from dataclasses import replace
from shutil import rmtree

import pytest
from window_tools import Place, User, kept_settings, make_model, opened

from nanopiano.gui.app import SETTINGS
from nanopiano.gui.state import actions as do
from nanopiano.gui.state.settings import Settings, save_settings
from nanopiano.gui.window.models_list import ModelsList
from nanopiano.gui.window.panes import _detail

LONG = "a-model-of-all-the-nocturnes-of-all-the-romantic-composers-of-poland-and-of-everywhere-beyond"


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    home = tmp_path_factory.mktemp("window") / "home"
    make_model(home, "ragtime")
    save_settings(Settings(volume=0.0, model="ragtime"), home / SETTINGS)
    with opened(home, None) as user:
        user.until(lambda: user.state.model)
        assert user.state.model == "ragtime" and not user.state.message.error, "what is remembered composes at first"
        yield user


@pytest.fixture
def user(window: User) -> User:
    """The model of the package composes, and nothing is open."""
    window.until(lambda: window.state.loading is None)
    window.begin_anew()
    window.window.do(do.UseModel("small"))
    window.until(lambda: window.state.model == "small" and window.state.loading is None)
    window.window.do(do.Say(""))
    window.frames()
    return window


def models(user: User) -> ModelsList:
    """The list, which must be open and filled."""
    dialog = user.window.furniture.dialog
    assert dialog is not None and dialog.name == "models"
    user.until(lambda: not user.window.reading.busy)
    return dialog.models


def row(user: User, model: str) -> Place:
    """Where a model stands in the list."""
    shown = models(user)
    number = next(number for number, one in enumerate(shown.entries) if one.model == model)
    left, top, _, _ = user.rect("models")
    high = user.window.places.px(shown.high)
    return left + 60, top + number * high + high // 2 - round(shown.scroll.at)


def composes(user: User, model: str) -> bool:
    user.until(lambda: user.state.loading is None)
    return user.state.model == model and user.status == f"“{model}” composes now."


# --- to open and to choose -------------------------------------------------------------------------------------------


def test_the_list_opens_by_the_status_line_and_a_click_chooses(user: User) -> None:
    user.click("model")
    user.click(row(user, "ragtime"))
    assert user.state.dialog is None
    assert user.status in ("Loading the model “ragtime” …", "“ragtime” composes now.")
    assert composes(user, "ragtime")


def test_the_list_opens_from_the_settings(user: User) -> None:
    user.click("settings")
    user.click("choose model")
    assert {one.model for one in models(user).entries} == {"small", "ragtime"}


def test_a_model_is_chosen_by_its_key_the_arrows_and_enter(user: User) -> None:
    user.keys("Ctrl+M")
    shown = models(user)
    assert shown.entries[shown.place].model == "small", "the keys begin at what composes"
    user.keys("Down", "Enter")
    assert composes(user, "ragtime")


def test_the_list_is_reached_by_tab(user: User) -> None:
    user.keys("Shift+Tab", "Enter")
    assert user.state.dialog == "models"


def test_home_and_end_go_to_the_first_and_the_last_model(user: User) -> None:
    user.keys("Ctrl+M")
    shown = models(user)
    for key, place in (("End", len(shown.entries) - 1), ("Home", 0)):
        user.keys(key)
        assert shown.place == place


def test_escape_leaves_the_model_as_it_is(user: User) -> None:
    user.keys("Ctrl+M", "Down", "Escape")
    user.frames()
    assert user.state.dialog is None and (user.state.model, user.state.loading) == ("small", None)


def test_resting_on_a_model_tells_where_it_stands(user: User) -> None:
    user.keys("Ctrl+M")
    user.move(row(user, "ragtime"))
    user.wait(1.0)
    tip = user.window.furniture.tip
    assert tip is not None and str(user.window.home / "models" / "ragtime") in tip[0] and "nats" in tip[0]


def test_a_model_that_is_made_while_the_window_is_open_is_there_the_next_time(user: User) -> None:
    user.keys("Ctrl+M")
    assert "made" not in {one.model for one in models(user).entries}
    user.keys("Escape")
    folder = make_model(user.window.home, "made")
    user.keys("Ctrl+M")
    assert "made" in {one.model for one in models(user).entries}
    rmtree(folder)


def test_the_keys_stay_on_their_model_when_another_comes_before_it(user: User) -> None:
    user.keys("Ctrl+M")
    shown = models(user)
    user.keys("End")
    listed = user.state.models
    assert listed is not None
    user.window.do(do.ModelsListed((replace(listed[0], model="first"), *listed)))
    user.frames()
    assert shown.entries[shown.place].model == "ragtime"


def test_before_the_folders_are_read_it_says_that_it_looks(user: User) -> None:
    user.window.state = replace(user.state, models=None, dialog="models")
    user.frames()
    user.keys("Enter")
    assert user.state.dialog == "models" and models(user).nothing == "Looking for models …"


# --- composing -------------------------------------------------------------------------------------------------------


def test_what_is_composed_is_cancelled_and_kept_and_the_next_piece_is_of_the_other_model(user: User) -> None:
    user.window.do(do.Set("words", 10_000))
    user.keys("G")
    user.until(lambda: user.state.growing and len(user.take.piece) > 20)
    user.keys("Ctrl+M")
    user.click(row(user, "ragtime"))
    user.finished()
    # The second, where the model was ready in the same frame.
    assert user.status.startswith(("Cancelled: what was composed is kept", "“ragtime” composes now."))
    assert user.take.settings["model"] == "small" and not user.take.finished
    assert composes(user, "ragtime")
    assert user.composed().settings["model"] == "ragtime"


def test_a_piece_asked_for_while_a_model_loads_is_composed_by_it(user: User) -> None:
    user.window.do(do.UseModel("ragtime"))
    take = user.composed()
    assert take.settings["model"] == "ragtime" and user.state.model == "ragtime"


def test_no_frame_waits_for_a_model(user: User) -> None:
    user.window.do(do.UseModel("ragtime"))
    frames = 0
    while user.state.loading is not None:
        user.frames(1)
        frames += 1
    assert frames > 3


def test_a_take_says_which_model_composed_it_unless_it_is_that_of_the_package(user: User) -> None:
    take = user.composed()
    assert "by small" not in _detail(user.state)
    user.window.state = replace(user.state, takes=(replace(take, settings={**take.settings, "model": "/x/ragtime"}),))
    assert "by ragtime" in _detail(user.state)


def test_the_choice_is_on_the_disk_soon(user: User) -> None:
    user.window.do(do.UseModel("ragtime"))
    assert composes(user, "ragtime")
    user.wait(3.0)
    user.until(lambda: not user.window.background.busy)
    assert kept_settings(user.window.home).model == "ragtime"


# --- what goes wrong -------------------------------------------------------------------------------------------------


def test_a_damaged_model_is_said_and_the_one_before_composes(user: User) -> None:
    folder = make_model(user.window.home, "damaged")
    (folder / "model.onnx").write_bytes(b"nothing")
    user.keys("Ctrl+M")
    user.click(row(user, "damaged"))
    user.until(lambda: user.state.loading is None)
    assert user.error.startswith("“small” goes on composing, since “damaged” cannot be used: ")
    assert user.composed().settings["model"] == "small"
    rmtree(folder)


def test_a_model_without_its_graph_shows_why_and_is_not_chosen(user: User) -> None:
    folder = make_model(user.window.home, "empty")
    (folder / "model.onnx").unlink()
    user.keys("Ctrl+M")
    place = row(user, "empty")
    left, _, width, _ = user.rect("models")
    pixels = user.pixels((left, place[1], width, 26)).reshape(-1, 3)
    assert (pixels == user.window.furniture.theme.error).all(axis=1).any()
    user.click(place)
    assert user.state.dialog == "models" and user.state.loading is None
    assert user.error == "“empty” cannot be used: model.onnx is missing"
    rmtree(folder)


# --- many, and long names --------------------------------------------------------------------------------------------


@pytest.fixture
def many(user: User) -> User:
    """The list with many models, of which only the last can be chosen."""
    user.keys("Ctrl+M")
    listed = models(user).entries
    others = (replace(listed[0], model=f"model-{number}") for number in range(40))
    user.window.do(do.ModelsListed((*others, replace(listed[0], model="ragtime"))))
    user.frames()
    return user


def test_a_model_far_down_is_reached_by_the_wheel(many: User) -> None:
    many.wheel("models", -60)
    many.click(row(many, "ragtime"))
    assert composes(many, "ragtime")


def test_a_model_far_down_is_reached_by_keys(many: User) -> None:
    many.keys(*["Page Down"] * 5, "Enter")
    assert composes(many, "ragtime")


@pytest.mark.parametrize(("theme", "scale"), [("dark", 1.0), ("light", 2.0)])
def test_a_long_name_stays_in_its_row_and_in_its_button(user: User, theme: str, scale: float) -> None:
    user.keys(*["T"] * (theme == "light"))
    user.window.do(do.SetScale(scale))
    user.keys("Ctrl+M")
    listed = models(user).entries
    rows = {}
    for name in ("x", LONG):
        user.window.state = replace(user.state, models=(replace(listed[0], model=name),), model=name)
        user.frames(3)
        left, top, width, _ = user.rect("models")
        button = user.rect("model")
        beyond = button[0] + button[2]
        rows[name] = [user.pixels((left + width - 8, top, 8, 60)), user.pixels((beyond, button[1], 12, button[3]))]
    assert all((short == long).all() for short, long in zip(*rows.values(), strict=True))

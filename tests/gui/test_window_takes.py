"""The list of takes under the mouse, and on the disk."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from window_tools import User, opened, some_take

from nanopiano.gui.state import actions as do
from nanopiano.gui.state.keeping import in_order
from nanopiano.gui.state.takes import Take, TakeStore
from nanopiano.gui.window.panes import _clock
from nanopiano.gui.window.takes_list import SPARE


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Iterator[User]:
    with opened(tmp_path_factory.mktemp("window") / "home", model_folder) as user:
        user.until(lambda: user.state.model)
        yield user


@pytest.fixture
def user(window: User) -> User:
    window.begin_anew()
    return window


@pytest.fixture
def takes(user: User) -> tuple[Take, Take, Take]:
    """Three takes, the oldest first; the newest is shown, at the top of the list."""
    first, second, third = with_takes(user, 3)
    user.window.do(do.Select(third.id))
    user.frames(1)
    return first, second, third


def with_takes(user: User, number: int) -> list[Take]:
    """Have so many takes, in the window and on the disk."""
    takes = [some_take(place + 1) for place in range(number)]
    for take in takes:
        TakeStore(user.window.home / "takes").save(take)
    user.window.do(do.TakesLoaded(tuple(takes), 0))
    return takes


def on_disk(user: User) -> dict[str, Take]:
    user.until(lambda: not user.window.background.busy)
    user.window.keeper.tick(now=True)
    user.until(lambda: not user.window.background.busy)
    return {take.id: take for take in TakeStore(user.window.home / "takes").load()}


def test_a_click_shows_a_take(user: User, takes: tuple[Take, Take, Take]) -> None:
    roll = user.pixels(user.notes_area)
    user.click(user.of_take(takes[0]))
    user.frames()
    assert user.state.current == takes[0].id and user.state.piece is not None
    assert (user.pixels(user.notes_area) != roll).any()


def test_the_newest_stands_at_the_top(user: User, takes: tuple[Take, Take, Take]) -> None:
    heights = [user.of_take(take)[1] for take in takes]
    assert heights == sorted(heights, reverse=True)


def test_a_pinned_take_stands_above_all_others_and_is_marked(user: User, takes: tuple[Take, Take, Take]) -> None:
    user.click(user.of_take(takes[0], "pin"))
    assert next(take.id for take in in_order(user.state.takes)) == takes[0].id
    assert user.state.current == takes[2].id, "pinning does not show it"
    assert on_disk(user)[takes[0].id].pinned
    user.click(user.of_take(user.state.takes[0], "pin"))
    assert not on_disk(user)[takes[0].id].pinned


def test_a_take_is_given_a_name(user: User, takes: tuple[Take, Take, Take]) -> None:
    user.click(user.of_take(takes[1], "rename"))
    assert user.state.dialog == "rename" and user.state.current == takes[1].id
    user.keys("End", *["Backspace"] * len(takes[1].name))
    user.type("Grüße an Clara")
    user.frames()
    title = user.pixels(user.rect("title"))
    user.click("name it")
    user.frames()
    assert user.take.name == "Grüße an Clara" and user.state.dialog is None
    assert on_disk(user)[takes[1].id].name == "Grüße an Clara"
    assert (user.pixels(user.rect("title")) != title).any()


def test_a_name_is_given_by_keys_alone(user: User, takes: tuple[Take, Take, Take]) -> None:
    user.keys("Down", "F2", "End", *["Backspace"] * 30)
    user.type("Second")
    user.keys("Enter")
    assert user.take.name == "Second" and user.take.id == takes[1].id


def test_a_name_goes_to_the_take_that_it_was_typed_for(user: User, takes: tuple[Take, Take, Take]) -> None:
    user.keys("F2", "End", *["Backspace"] * 30)
    user.window.do(do.Select(takes[0].id))  # as the first note of a new piece does
    user.type("Mine")
    user.keys("Enter")
    assert [take.name for take in user.state.takes] == [takes[0].name, takes[1].name, "Mine"]


def test_a_dialog_that_is_built_anew_is_about_the_same_take(user: User, takes: tuple[Take, Take, Take]) -> None:
    user.keys("F2")
    user.window.do(do.Select(takes[0].id))
    user.window.do(do.Toggle("theme"))
    user.frames()
    user.keys("End", *["Backspace"] * 30)
    user.type("Mine")
    user.keys("Enter")
    assert [take.name for take in user.state.takes] == [takes[0].name, takes[1].name, "Mine"]


def test_a_name_that_cannot_be_drawn_can_be_changed(user: User) -> None:
    take = replace(some_take(1), name="a\0b\ud800")
    user.window.do(do.TakesLoaded((take,), 0))
    user.window.do(do.Select(take.id))
    user.keys("F2", "End", *["Backspace"] * 30)
    user.type("Mine")
    user.keys("Enter")
    assert user.take.name == "Mine"


def test_a_short_take_is_in_view_where_the_playhead_was_near_the_end_of_a_long_one(user: User) -> None:
    short, long = some_take(2), some_take(40)
    user.window.do(do.TakesLoaded((short, long), 0))
    user.window.do(do.Select(long.id))
    user.window.do(do.Seek(long.piece.steps - 4.0))
    user.frames()
    user.click(user.of_take(short))
    user.frames()
    assert user.state.view.left < short.piece.steps / 2
    now, whole = _clock(user.state)[0].split(" / ")
    assert now == whole
    user.click(user.of_take(long))
    assert user.state.playback.position > short.piece.steps, "it comes back"


def test_escape_leaves_the_name_as_it_was(user: User, takes: tuple[Take, Take, Take]) -> None:
    user.keys("F2")
    user.type("x")
    user.keys("Escape")
    assert user.take.name == takes[2].name and user.state.dialog is None


def test_a_discarded_take_goes_from_list_and_disk_and_undo_brings_it_back(
    user: User, takes: tuple[Take, Take, Take]
) -> None:
    user.click(user.of_take(takes[1], "discard"))
    assert takes[1].id not in {take.id for take in user.state.takes}
    assert set(on_disk(user)) == {takes[0].id, takes[2].id}
    user.move((1, 1))
    user.frames()
    user.click("undo")
    assert user.state.current == takes[1].id
    assert set(on_disk(user)) == {take.id for take in takes}


def test_discarding_all_leaves_an_empty_window(user: User, takes: tuple[Take, Take, Take]) -> None:
    user.keys("Delete", "Delete", "Delete", "Delete")
    assert not user.state.takes and user.state.piece is None
    user.frames()
    user.keys("Ctrl+Z", "Ctrl+Z", "Ctrl+Z", "Ctrl+Z")
    assert {take.id for take in user.state.takes} == {take.id for take in takes}


def test_nothing_sounds_once_the_last_take_is_discarded(user: User) -> None:
    user.composed(200)
    user.keys("Space")
    user.until(lambda: user.state.playback.position > 0.5)
    user.keys("Delete")
    assert user.state.piece is None and user.window.player is not None
    assert not user.window.player.transport.playing and not user.state.playback.playing


def test_a_take_can_be_looked_at_while_another_is_composed(user: User, takes: tuple[Take, Take, Take]) -> None:
    user.window.do(do.Set("words", 10_000))
    user.keys("G")
    user.until(lambda: user.state.growing)
    user.click(user.of_take(takes[0]))
    user.frames(5)
    assert user.state.current == takes[0].id and user.state.busy and not user.state.growing
    user.keys("G")
    user.finished()
    assert len(user.state.takes) == 4 and user.state.current == takes[0].id


def test_the_list_scrolls_by_the_wheel(user: User) -> None:
    oldest = with_takes(user, 9)[0]
    user.frames()
    area = user.rect("takes")
    assert user.of_take(oldest)[1] > area[1] + area[3]
    user.wheel("takes", -30)
    assert area[1] < user.of_take(oldest)[1] < area[1] + area[3]
    user.click(user.of_take(oldest))
    assert user.state.current == oldest.id


def test_a_new_take_comes_into_sight(user: User) -> None:
    with_takes(user, 9)
    user.wheel("takes", -30)
    take = user.composed()
    area = user.rect("takes")
    assert area[1] <= user.of_take(take)[1] < area[1] + area[3]


def test_a_take_shows_in_the_list_what_it_holds(user: User) -> None:
    empty = user.pixels(user.rect("takes"))
    user.composed(200)
    assert (user.pixels(user.rect("takes")) != empty).any(axis=2).sum() > 1000


def test_folding_the_list_gives_its_room_to_the_roll(user: User, takes: tuple[Take, Take, Take]) -> None:
    width = user.window.places.roll[2]
    user.click("fold")
    user.frames()
    assert not user.state.takes_open and user.window.places.roll[2] > width + 150
    user.keys("Ctrl+S")
    user.until(lambda: user.status.startswith("Saved as "))
    user.move((1, 1))
    user.click("fold")
    user.frames()
    assert user.state.takes_open and user.window.places.roll[2] == width


def test_what_is_on_the_disk_holds_seed_and_settings(user: User) -> None:
    user.window.do(do.Set("temperature", 0.9))
    take = user.composed()
    kept = on_disk(user)[take.id]
    assert kept.seed == user.request.seed and kept.settings["temperature"] == 0.9 and kept.finished
    assert (kept.piece.notes == take.piece.notes).all()


def test_a_take_that_grows_is_on_the_disk_while_it_grows(user: User) -> None:
    user.window.do(do.Set("words", 10_000))
    user.keys("G")
    user.until(lambda: user.state.growing)
    path = user.window.home / "takes" / f"{user.take.id}.json"
    user.until(path.exists)
    assert user.state.busy and not json.loads(path.read_text())["finished"]


def test_pictures_of_takes_that_are_gone_are_not_kept(user: User) -> None:
    for number in range(2 * SPARE):
        user.window.do(do.TakesLoaded((some_take(number),), 0))
        user.frames(1)
        user.window.do(do.Discard(some_take(number).id))
    user.frames(1)
    assert len(user.window.furniture.takes._thumbnails) <= SPARE

"""What opens above the window: songbook, files, more, settings, save, keys, about; by mouse and by keys."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pygame
import pytest
import soundfile
from window_tools import User, opened, some_song

from nanopiano.gui.state import actions as do
from nanopiano.gui.state.app_state import Dialog
from nanopiano.gui.window.popups import MORE_SLIDERS, SAVES
from nanopiano.gui.window.songs_list import SongsList
from nanopiano.model.sample import MAX_SEED
from nanopiano.music.midi import read_midi, write_midi
from nanopiano.music.words import text_to_piece
from nanopiano.score.read import read_any
from nanopiano.songbook import matching, songs

PIECE = some_song(2, "Opened")
POPUPS = {"more": "more", "settings": "settings", "help": "keys", "songs": "songs", "open": "open", "save": "save"}
Seen = Callable[[User], bool]


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Iterator[User]:
    with opened(tmp_path_factory.mktemp("window") / "home", model_folder) as user:
        user.until(lambda: user.state.model)
        yield user


@pytest.fixture
def user(window: User, tmp_path: Path) -> User:
    window.begin_anew()
    window.window.do(do.Set("words", 50))
    window.show(PIECE)
    window.window.state = replace(window.state, folder=str(tmp_path))
    return window


def make_latin(folder: Path) -> Path:
    """Make a folder whose name is no UTF-8, with a file in it and one beside it."""
    try:
        latin = Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9"))
        latin.mkdir()
    except (OSError, ValueError):
        pytest.skip("this system takes no such name")
    write_midi(PIECE, latin / "in.mid")
    write_midi(PIECE, latin.with_suffix(".mid"))
    return latin


def lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody look into folders of this name, not even root."""
    stat = Path.stat

    def refusing(path: Path, **how: bool) -> os.stat_result:
        if path.parent.name == "locked":
            raise PermissionError(13, "Permission denied", str(path))
        return stat(path, **how)

    monkeypatch.setattr(Path, "stat", refusing)


# --- open and close --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("button", POPUPS)
def test_a_button_opens_its_dialog_and_escape_closes_it(user: User, button: str) -> None:
    before = user.pixels()
    user.click(button)
    assert user.state.dialog == POPUPS[button]
    user.move((1, 1))
    user.frames()
    assert (user.pixels() != before).any(axis=2).sum() > 20_000
    user.keys("Escape")
    assert user.state.dialog is None and user.window.furniture.dialog is None
    user.frames(3)
    assert (user.pixels() != before).any(axis=2).sum() < 2000


@pytest.mark.parametrize("button", ["more", "settings", "save"])
def test_the_same_button_closes_a_flyout(user: User, button: str) -> None:
    for expected in (button, None):
        user.click(button)
        assert user.state.dialog == expected
        user.move((1, 1))
        user.frames()


@pytest.mark.parametrize("button", ["more", "settings", "help", "songs"])
def test_a_click_beside_it_closes_a_dialog_and_does_nothing_else(user: User, button: str) -> None:
    user.click(button)
    beside = user.on_roll(12, 75)
    user.click(beside if button in ("more", "settings") else (120, 10))
    user.frames()
    assert user.state.dialog is None and user.state.playback.position == 0


@pytest.mark.parametrize("button", ["help", "songs", "open"])
def test_below_a_modal_dialog_nothing_can_be_pressed(user: User, button: str) -> None:
    place = user.place("generate")
    user.click(button)
    user.press(place)
    user.release(place)
    user.frames()
    assert not user.requests


def test_what_is_typed_right_after_the_key_of_a_dialog_goes_to_the_dialog(user: User) -> None:
    for code, text in ((pygame.K_b, "b"), (pygame.K_g, "g"), (pygame.K_r, "r")):
        pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=code, mod=0, unicode=text, scancode=0))
        pygame.event.post(pygame.event.Event(pygame.TEXTINPUT, text=text))
    user.frames()
    dialog = user.window.furniture.dialog
    assert dialog is not None and not user.requests
    assert dialog.buttons.fields["search"].get_text() == "gr"


# --- songbook --------------------------------------------------------------------------------------------------------


def test_typing_in_the_songbook_leaves_what_matches(user: User) -> None:
    user.click("songs")
    dialog = user.window.furniture.dialog
    assert dialog is not None and len(dialog.songs.entries) == len(songs())
    everything = user.pixels(user.rect("list"))
    user.type("bach")
    user.frames()
    assert {song.id for song in dialog.songs.entries} == {song.id for song in matching(["bach"])}
    assert 0 < len(dialog.songs.entries) < len(songs())
    assert (user.pixels(user.rect("list")) != everything).any()


def test_a_search_that_finds_nothing_says_so(user: User) -> None:
    user.click("songs")
    user.type("qqqqq")
    user.frames()
    dialog = user.window.furniture.dialog
    assert dialog is not None and dialog.songs.entries == []
    user.keys("Enter")
    assert user.state.dialog == "songs"


def test_a_song_is_chosen_by_a_click(user: User) -> None:
    user.click("songs")
    dialog = user.window.furniture.dialog
    assert dialog is not None
    left, top, _, _ = user.rect("list")
    wanted = dialog.songs.entries[3]
    user.click((left + 60, top + int(3.5 * SongsList.high)))
    prompt = user.state.prompt
    assert user.state.dialog is None and prompt is not None and prompt.song == wanted.id
    user.click("generate")
    assert user.request.prompt is prompt.piece


def test_a_song_far_down_is_reached_by_the_wheel(user: User) -> None:
    user.click("songs")
    dialog = user.window.furniture.dialog
    assert dialog is not None
    user.wheel("list", -40)
    left, top, _, _ = user.rect("list")
    number = dialog.songs.at((left + 60, top + 100), user.rect("list"), user.window.places)
    assert number is not None and number > 20
    user.click((left + 60, top + 100))
    assert user.state.prompt is not None and user.state.prompt.song == dialog.songs.entries[number].id


def test_a_song_is_chosen_by_keys_alone(user: User) -> None:
    user.keys("B")
    user.type("ba")
    user.frames()
    dialog = user.window.furniture.dialog
    assert dialog is not None and len(dialog.songs.entries) > 2
    user.keys("Down", "Down", "Up", "Down", "Enter")
    prompt = user.state.prompt
    assert prompt is not None and prompt.song == dialog.songs.entries[2].id and user.state.dialog is None


def test_a_chosen_song_can_be_heard_before_it_is_continued(user: User) -> None:
    user.keys("B", "Enter", "Space")
    user.until(lambda: user.state.playback.position > 0.5)
    assert user.state.current is None and not user.requests


# --- files -----------------------------------------------------------------------------------------------------------


def test_a_file_is_picked_in_the_dialog_by_the_mouse(user: User, tmp_path: Path) -> None:
    write_midi(PIECE, tmp_path / "mine.mid")
    (tmp_path / "notes.txt").write_text("no music")
    user.click("open")
    dialog = user.window.furniture.dialog
    assert dialog is not None
    rows: list[Any] = dialog.files.file_selection_list.item_list_container.elements  # type: ignore
    assert [row.text for row in rows] == ["mine.mid"], "only what can be opened is offered"
    user.click(rows[0].rect.center)
    user.frames(3)
    user.click(dialog.files.ok_button.rect.center)
    user.until(lambda: user.state.prompt is not None and user.state.prompt.piece is not PIECE)
    assert user.state.dialog is None and user.state.piece is not None
    assert np.array_equal(user.state.piece.notes[:, :3], PIECE.notes[:, :3])


def test_the_dialog_of_files_lists_nothing_that_is_hidden(user: User, tmp_path: Path) -> None:
    for name in (".hidden", "songs"):
        (tmp_path / name).mkdir()
        write_midi(PIECE, tmp_path / f"{name}.mid")
    user.window.state = replace(user.state, folder=str(tmp_path))
    user.click("open")
    user.frames(3)
    dialog = user.window.furniture.dialog
    assert dialog is not None
    assert [entry[0] for entry in dialog.files.current_file_list] == ["songs", "songs.mid"]


@pytest.mark.parametrize("name", ["open", "save as"])
def test_the_dialog_of_files_leaves_out_names_that_cannot_be_drawn(user: User, tmp_path: Path, name: Dialog) -> None:
    write_midi(PIECE, tmp_path / "ok.mid")
    make_latin(tmp_path)
    user.window.do(do.Show(name))
    user.frames(3)
    dialog = user.window.furniture.dialog
    assert dialog is not None
    assert [entry[0] for entry in dialog.files.current_file_list] == ["ok.mid"]


def test_in_a_folder_that_cannot_be_drawn_the_dialog_of_files_goes_home(user: User, tmp_path: Path) -> None:
    user.window.state = replace(user.state, folder=str(make_latin(tmp_path)))
    user.click("open")
    dialog = user.window.furniture.dialog
    assert dialog is not None
    assert Path(dialog.files.current_directory_path) == Path.home().resolve()


def test_a_folder_that_must_not_be_looked_into_ends_nothing(
    user: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "locked").mkdir()
    user.window.do(do.Show("save as"))
    user.frames(2)
    lock(monkeypatch)
    dialog = user.window.furniture.dialog
    assert dialog is not None
    rows: list[Any] = dialog.files.file_selection_list.item_list_container.elements  # type: ignore
    user.double_click(rows[0].rect.center)
    user.type("x")
    user.frames(3)
    assert user.state.dialog == "save as"


def test_a_file_is_opened_by_keys_alone(user: User, tmp_path: Path) -> None:
    write_midi(PIECE, tmp_path / "mine.mid")
    user.keys("Ctrl+O")
    user.type("/mine.mid")
    user.frames(3)
    user.keys("Enter")
    user.until(lambda: user.state.prompt is not None and user.state.prompt.piece is not PIECE)
    assert user.state.dialog is None


def test_a_name_typed_and_entered_within_one_frame_is_opened(user: User, tmp_path: Path) -> None:
    write_midi(PIECE, tmp_path / "mine.mid")
    user.keys("Ctrl+O")
    user.rush("/mine.mid")
    user.until(lambda: user.state.prompt is not None and user.state.prompt.piece is not PIECE)
    assert user.state.dialog is None


def test_save_as_never_takes_the_name_of_a_frame_ago(user: User, tmp_path: Path) -> None:
    user.window.do(do.Show("save as"))
    user.frames(2)
    user.rush("other")
    user.until((tmp_path / "other.mid").exists)
    assert [path.name for path in tmp_path.glob("*.mid")] == ["other.mid"]


def test_files_stand_on_the_ground_of_the_theme(user: User, tmp_path: Path) -> None:
    (tmp_path / "other.mid").write_text("x")
    user.window.do(do.Show("save as"))
    user.frames(2)
    dialog = user.window.furniture.dialog
    assert dialog is not None
    rows = [item["button_element"] for item in dialog.files.file_selection_list.item_list]
    assert [row.text for row in rows] == ["other.mid"]
    assert tuple(rows[0].colours["normal_bg"])[:3] == user.window.furniture.theme.panel


def test_save_as_asks_before_it_replaces_a_file(user: User, tmp_path: Path) -> None:
    (tmp_path / "other.mid").write_text("precious")
    user.window.do(do.Show("save as"))
    user.frames(2)
    user.rush("other")
    user.frames(3)
    assert user.state.dialog == "save as" and (tmp_path / "other.mid").read_text() == "precious"
    user.keys("Enter")
    user.until(lambda: user.status.startswith("Saved as "))
    read_back(tmp_path / "other.mid")


@pytest.mark.parametrize(("button", "replaced"), [("confirm_button", True), ("cancel_button", False)])
def test_the_question_is_answered_by_the_mouse(user: User, tmp_path: Path, button: str, replaced: bool) -> None:
    (tmp_path / "R&B.mid").write_text("precious")
    user.window.do(do.Show("save as"))
    user.frames(2)
    user.type("R&B")
    user.frames(3)
    dialog = user.window.furniture.dialog
    assert dialog is not None
    user.click(dialog.files.ok_button.rect.center)
    user.frames(3)
    user.click(getattr(dialog.files._question, button).rect.center)
    user.frames(3)
    user.until(lambda: not user.window.background.busy)
    assert ((tmp_path / "R&B.mid").read_bytes() != b"precious") == replaced
    assert user.state.dialog == (None if replaced else "save as")


def test_another_name_is_asked_about_anew(user: User, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.mid").write_text("precious")
    user.window.do(do.Show("save as"))
    user.frames(2)
    user.rush("one")
    user.frames(3)
    user.keys("End", *["Backspace"] * len("one.mid"))
    user.rush("two.mid")
    user.frames(3)
    assert user.state.dialog == "save as"
    assert {path.read_text() for path in tmp_path.glob("*.mid")} == {"precious"}


def test_save_as_saves_what_was_shown_when_it_opened(user: User, tmp_path: Path) -> None:
    take = user.composed()
    user.show(PIECE)
    user.window.do(do.Show("save as"))
    user.frames(2)
    user.window.do(do.Select(take.id))  # as the first note of a new piece does
    user.rush("other")
    user.until(lambda: user.status.startswith("Saved as "))
    read_back(tmp_path / "other.mid")


def test_a_dropped_file_is_opened(user: User, tmp_path: Path) -> None:
    write_midi(some_song(9), tmp_path / "mine.mid")
    user.drop(tmp_path / "mine.mid")
    prompt = user.state.prompt
    assert prompt is not None and prompt.kind == "file" and prompt.bars == 9
    user.click("generate")
    assert user.request.prompt is prompt.piece and user.request.prompt_bars == 9


def test_save_as_writes_what_the_typed_name_asks_for(user: User, tmp_path: Path) -> None:
    user.click("save")
    user.click("save as")
    assert user.state.dialog == "save as"
    user.frames()
    user.type("other.txt")
    user.frames(3)
    user.keys("End", *["Backspace"] * len(".mid"))
    user.frames(3)
    user.keys("Enter")
    user.until((tmp_path / "other.txt").exists)
    assert np.array_equal(text_to_piece((tmp_path / "other.txt").read_text())[0].notes[:, :3], PIECE.notes[:, :3])


def test_save_as_proposes_a_free_name(user: User, tmp_path: Path) -> None:
    write_midi(PIECE, tmp_path / "Opened.mid")
    user.window.do(do.Show("save as"))
    user.frames(2)
    user.keys("Enter")
    user.until((tmp_path / "Opened-2.mid").exists)


def test_the_dialog_of_files_opens_whatever_locale_is_asked_for(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "xx_XX.UTF-8")
    user.click("open")
    assert user.state.dialog == "open" and user.window.furniture.dialog is not None


# --- save ------------------------------------------------------------------------------------------------------------


def read_back(path: Path) -> None:
    """Raise or assert unless the file holds what its name says."""
    if path.suffix == ".mid":
        assert np.array_equal(read_midi(path)[0].notes[:, :3], PIECE.notes[:, :3])
    elif path.suffix == ".musicxml":
        assert np.array_equal(read_any(path)[0].notes[:, :3], PIECE.notes[:, :3])
    elif path.suffix == ".png":
        assert pygame.image.load(path).get_width() > 300
    elif path.suffix == ".txt":
        assert np.array_equal(text_to_piece(path.read_text())[0].notes[:, :3], PIECE.notes[:, :3])
    else:
        sound, rate = soundfile.read(path)
        assert len(sound) / rate > PIECE.seconds and np.abs(sound).max() > 0.02


@pytest.mark.parametrize("kind", [name.removeprefix("save ") for name, _ in SAVES[:7]])
def test_each_kind_of_file_is_written_and_reads_back(user: User, kind: str, tmp_path: Path) -> None:
    user.click("save")
    user.click(f"save {kind}")
    user.until(lambda: user.status.startswith("Saved as "))
    (path,) = tmp_path.iterdir()
    assert path.name == f"Opened.{kind}" and str(path) in user.status
    read_back(path)
    assert user.state.dialog is None


def test_saving_twice_keeps_both(user: User, tmp_path: Path) -> None:
    for _ in range(2):
        user.keys("Ctrl+S")
        user.until(lambda: user.status.startswith("Saved as "))
    assert {path.name for path in tmp_path.iterdir()} == {"Opened.mid", "Opened-2.mid"}


def test_two_savings_at_once_get_two_names(user: User, tmp_path: Path) -> None:
    slow = Event()
    user.window.background.run(slow.wait)
    user.keys("Ctrl+S", "Ctrl+S")
    slow.set()
    user.until(lambda: not user.window.background.busy)
    assert {path.name for path in tmp_path.iterdir()} == {"Opened.mid", "Opened-2.mid"}


def test_save_as_does_not_replace_a_file_on_its_way(user: User, tmp_path: Path) -> None:
    slow = Event()
    user.window.background.run(slow.wait)
    user.keys("Ctrl+S")
    user.window.do(do.Show("save as"))
    user.frames(2)
    user.keys("Enter")
    user.frames(2)
    slow.set()
    user.until(lambda: not user.window.background.busy)
    assert {path.name for path in tmp_path.iterdir()} == {"Opened.mid", "Opened-2.mid"}


def test_a_take_is_saved_under_its_name(user: User, tmp_path: Path) -> None:
    take = user.composed()
    user.keys("Ctrl+S")
    user.until(lambda: user.status.startswith("Saved as "))
    assert len(read_midi(tmp_path / f"{take.name}.mid")[0]) == len(take.piece)


def test_the_words_go_to_the_clipboard_or_it_says_why_not(user: User) -> None:
    user.click("save")
    user.click("copy words")
    assert "clipboard" in user.status


# --- more ------------------------------------------------------------------------------------------------------------


def test_a_typed_seed_is_used_and_an_emptied_field_forgets_it(user: User) -> None:
    user.click("more")
    user.click("seed")
    user.type("4711")
    user.frames()
    assert user.state.seed == 4711
    user.keys("Escape", "G")
    assert user.request.seed == 4711
    user.finished()
    user.click("more")
    user.click("seed")
    user.keys("End", *["Backspace"] * 4)
    user.frames()
    assert user.state.seed is None


@pytest.mark.parametrize("text", ["x", "-1", "1.5", str(MAX_SEED + 1)])
def test_what_is_no_seed_is_said(user: User, text: str) -> None:
    user.click("more")
    user.click("seed")
    user.type(text)
    user.frames()
    assert "is no seed" in user.error and str(MAX_SEED) in user.error


def test_the_seed_of_a_take_is_kept(user: User) -> None:
    take = user.composed()
    user.click("more")
    user.click("keep seed")
    assert user.state.seed == take.seed
    user.keys("Escape", "G")
    assert user.request.seed == take.seed


def test_the_field_of_the_seed_shows_what_is_used(user: User) -> None:
    user.click("more")
    dialog = user.window.furniture.dialog
    assert dialog is not None
    field = dialog.buttons.fields["seed"]
    user.click("keep seed")
    user.frames()
    assert field.get_text() == str(user.state.seed)
    user.click("seed")
    user.keys("End", *["Backspace"] * 20)
    user.type("42")
    user.frames()
    assert user.state.seed == 42
    user.click("keep seed")
    user.frames()
    assert user.state.seed is None and field.get_text() == ""


def test_a_slider_that_is_held_while_its_popup_closes_is_let_go(user: User) -> None:
    user.click("more")
    place = user.on_slider("top_p", 0.5)
    user.press(place)
    user.keys("Escape")
    user.move((place[0] + 30, place[1]))
    assert user.state.controls.top_p == 0.5


def test_the_roll_is_let_go_though_a_dialog_has_opened_meanwhile(user: User) -> None:
    user.show(some_song(200))
    place = user.on_roll(60)
    user.press(place)
    user.move((place[0] - 20, place[1]))
    user.keys("B")
    user.release(place)
    user.keys("Escape")
    left = user.state.view.left
    user.move((place[0] - 200, place[1]))
    assert user.state.view.left == left


# --- settings --------------------------------------------------------------------------------------------------------


def test_the_theme_is_chosen(user: User) -> None:
    brightness = {}
    user.click("settings")
    for theme in ("light", "dark"):
        user.click(f"theme {theme}")
        user.frames(3)
        brightness[user.state.theme] = user.pixels(user.window.places.top)[200, 2].mean()
    assert brightness["light"] > 180 and brightness["dark"] < 80


def test_the_scale_is_chosen(user: User) -> None:
    user.click("settings")
    user.click("scale 1.5")
    user.frames(2)
    assert user.state.ui_scale == 1.5
    assert user.window.places.scale == 1.0, "as much as the window has room for"


def test_colours_are_chosen(user: User) -> None:
    user.window.do(do.Select(user.composed(200).id))
    user.frames(3)
    before = user.pixels(user.notes_area)
    user.click("settings")
    user.click("colour hand")
    assert user.state.colour_by == "hand"
    user.keys("Escape")
    user.move((1, 1))
    user.frames(3)
    assert (user.pixels(user.notes_area) != before).any(axis=2).sum() > 200


def test_expression_is_chosen(user: User) -> None:
    user.click("settings")
    user.click("original on")
    assert user.state.original
    user.click("original off")
    assert not user.state.original
    user.click("expressive off")
    assert not user.state.expressive
    user.click("expressive on")
    assert user.state.expressive


@pytest.mark.parametrize(("button", "dialog"), [("keys", "keys"), ("about", "about")])
def test_keys_and_credits_open_from_the_settings(user: User, button: str, dialog: str) -> None:
    user.click("settings")
    user.click(button)
    user.frames()
    assert user.state.dialog == dialog


def test_settings_are_on_the_disk_soon(user: User) -> None:
    user.click("settings")
    user.click("theme light")
    user.wait(3.0)
    user.until(lambda: not user.window.background.busy)
    assert json.loads((user.window.home / "settings.json").read_text())["theme"] == "light"


# --- popups by keys --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "target", "seen"), [
    ("M", "keep seed", lambda user: user.state.seed is not None),
    ("Ctrl+Shift+S", "save png", lambda user: user.status.startswith(("Writing", "Saved"))),
])  # fmt: skip
def test_tab_and_enter_reach_what_is_in_a_popup(user: User, key: str, target: str, seen: Seen) -> None:
    user.keys(key)
    for _ in range(12):
        user.keys("Tab")
        if user.window.input.keyboard.focus == target:
            break
    assert user.window.input.keyboard.focus == target
    left, top, _, height = user.rect(target)
    ring = user.pixels((left - 3, top + height // 2, 2, 1))
    assert (ring == user.window.furniture.theme.accent).all()
    user.keys("Enter")
    assert seen(user)


def test_a_key_does_not_act_on_a_popup_that_is_closed(user: User) -> None:
    user.keys("Ctrl+Shift+S", "Tab")
    assert user.window.input.keyboard.focus == "save mid"
    user.keys("Escape", "Enter")
    user.frames(3)
    assert not user.status.startswith(("Writing", "Saved"))


def test_the_seed_is_typed_after_tab(user: User) -> None:
    user.keys("M", *["Tab"] * (len(MORE_SLIDERS) + 1))
    assert user.window.input.keyboard.focus == "seed"
    user.type("12")
    user.frames()
    assert user.state.seed == 12
    user.keys("Tab")
    assert user.window.input.keyboard.focus == "keep seed"


def test_keys_go_on_repeating_after_a_field_was_typed_in(user: User) -> None:
    repeat = pygame.key.get_repeat()
    user.keys("M", "Tab", "Tab", "Tab", "Tab", "Escape")
    user.frames()
    assert pygame.key.get_repeat() == repeat != (0, 0)

"""Files for the user: the right form, a free name, a folder that takes it."""

import os
import sys
from pathlib import Path

import numpy as np
import pygame
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanopiano.errors import InputError, NanopianoError
from nanopiano.gui.beside.exports import SUFFIXES, default_folder, free_name, open_folder, save_take
from nanopiano.music.expression import with_expression
from nanopiano.music.midi import read_midi
from nanopiano.music.piece import Piece
from nanopiano.music.words import text_to_piece

PIECE = Piece.of([(0, 60, 4), (4, 64, 4), (4, 48, 8), (16, 67, 16)], bpm=90.0, title="Air")
ON_LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux looks for its folders by variables")


def saved(folder: Path, name: str, *, expressive: bool = False, begin: int = 0, end: int | None = None) -> Path:
    path = folder / name
    save_take(PIECE, path, begin=begin, end=end, expressive=expressive)
    return path


def test_a_midi_file_holds_the_piece(tmp_path: Path) -> None:
    assert read_midi(saved(tmp_path, "air.mid"))[0] == PIECE


def test_an_expressive_midi_file_is_as_loud_as_performed(tmp_path: Path) -> None:
    assert read_midi(saved(tmp_path, "air.mid", expressive=True))[0] == with_expression(PIECE)


def test_a_text_file_holds_the_words(tmp_path: Path) -> None:
    piece, repairs = text_to_piece(saved(tmp_path, "air.txt").read_text("utf-8"))
    assert np.array_equal(piece.notes, PIECE.notes)
    assert not repairs


def test_a_picture_shows_what_is_new_in_other_colours(tmp_path: Path) -> None:
    whole, partly = saved(tmp_path, "whole.png"), saved(tmp_path, "partly.png", begin=16)
    images = [pygame.image.tobytes(pygame.image.load(path), "RGB") for path in (whole, partly)]
    assert images[0] != images[1]


def test_a_sound_file_is_about_as_long_as_the_piece(tmp_path: Path) -> None:
    seconds = saved(tmp_path, "air.wav").stat().st_size / (44_100 * 2 * 2)
    assert PIECE.seconds <= seconds < PIECE.seconds + 10


def test_the_form_goes_by_the_suffix_whatever_its_case(tmp_path: Path) -> None:
    assert saved(tmp_path, "AIR.MID").read_bytes() == saved(tmp_path, "air.mid").read_bytes()


@pytest.mark.parametrize("name", ["air", "air.doc", "air.mid.zip"])
def test_another_suffix_is_refused_with_those_there_are(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"cannot write .*: end its name with one of \.mid, \.wav"):
        saved(tmp_path, name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_missing_folder_is_said(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(InputError, match="no folder"):
        saved(tmp_path / "none", f"air{suffix}")


# --- names -----------------------------------------------------------------------------------------------------------


def test_a_free_name_is_taken_as_it_is(tmp_path: Path) -> None:
    assert free_name(tmp_path, "Für Elise", ".mid") == tmp_path / "Für Elise.mid"


def test_a_taken_name_is_numbered_from_two(tmp_path: Path) -> None:
    for _ in range(3):
        free_name(tmp_path, "Air", ".mid").touch()
    assert {path.name for path in tmp_path.iterdir()} == {"Air.mid", "Air-2.mid", "Air-3.mid"}


def test_a_name_on_its_way_is_taken(tmp_path: Path) -> None:
    assert free_name(tmp_path, "Air", ".mid", {tmp_path / "Air.mid"}).name == "Air-2.mid"


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Prelude / Fugue: No. 1", "Prelude Fugue No. 1.mid"),
        ('a<b>c"d|e?f*g\\h', "a b c d e f g h.mid"),
        ("", "piece.mid"),
        ("...", "piece.mid"),
        ("../../etc/passwd", "etc passwd.mid"),
        ("con", "con piece.mid"),
        ("LPT1.x", "LPT1 piece.mid"),
        ("line\nbreak\0", "line break.mid"),
    ],
)
def test_what_no_system_takes_in_a_name_is_replaced(tmp_path: Path, title: str, name: str) -> None:
    assert free_name(tmp_path, title, ".mid").name == name


@given(st.text(st.characters()) | st.text("💃é", min_size=200))
def test_any_title_makes_a_name_of_a_file_in_the_folder(title: str) -> None:
    path = free_name(Path("none"), title, ".flac")
    assert path.parent == Path("none")
    assert len(os.fsencode(path.name)) < 255
    assert "\0" not in path.name


# --- folders ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own; the current folder is another one."""
    home, here = tmp_path / "home", tmp_path / "here"
    home.mkdir()
    here.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_MUSIC_DIR", str(home / "Music"))
    monkeypatch.chdir(here)
    return home


@ON_LINUX
def test_files_go_to_the_music_folder(home: Path) -> None:
    (home / "Music").mkdir()
    assert default_folder() == home / "Music"


@ON_LINUX
def test_files_go_home_without_a_music_folder(home: Path) -> None:
    assert default_folder() == home


@ON_LINUX
def test_files_go_to_the_current_folder_without_a_home(home: Path) -> None:
    home.rmdir()
    assert default_folder() == Path.cwd()


def file_manager(folder: Path, script: str) -> None:
    """Put a program there that the system takes for the one that shows folders."""
    program = folder / "xdg-open"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


@ON_LINUX
def test_the_folder_of_a_file_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file_manager(tmp_path, f'echo "$1" > {tmp_path}/shown')
    monkeypatch.setenv("PATH", str(tmp_path))
    open_folder(tmp_path / "air.mid")
    assert (tmp_path / "shown").read_text() == f"{tmp_path}\n"


@ON_LINUX
def test_a_program_that_fails_says_where_the_folder_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file_manager(tmp_path, "exit 3")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NanopianoError, match=f"cannot show the folder here: it is {tmp_path}"):
        open_folder(tmp_path)


@ON_LINUX
def test_without_a_program_it_is_said_where_the_folder_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NanopianoError, match=f"cannot show the folder here: it is {tmp_path}"):
        open_folder(tmp_path)

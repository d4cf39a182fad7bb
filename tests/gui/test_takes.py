"""Takes: what is saved comes back, and nothing that lies in their folder stops the start."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import pieces

from nanopiano.errors import InputError, NanopianoError
from nanopiano.gui.state.takes import Take, TakeStore
from nanopiano.music.grid import Grid
from nanopiano.music.piece import Piece

texts = st.text(st.characters())  # lone surrogates too
ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,30}", fullmatch=True)
numbers = st.floats(allow_nan=False) | st.integers()


@st.composite
def takes(draw: st.DrawFn) -> Take:
    grid = Grid(draw(st.sampled_from([4, 12])))
    piece = Piece(
        draw(pieces(grid, velocities=True)).notes,
        draw(st.floats(1, 1000)),
        draw(texts),
        draw(st.tuples(st.integers(1, 32), st.sampled_from([2, 4, 8]))),
        grid,
    )
    return Take(
        id=draw(ids),
        name=draw(texts),
        piece=piece,
        begin=draw(st.integers(0, 1000)),
        end=draw(st.none() | st.integers(0, 1000)),
        seed=draw(st.none() | st.integers(0, 2**63 - 1)),
        kind=draw(st.sampled_from(["new", "song", "file", "again", "on"])),
        origin=draw(texts),
        settings=draw(st.dictionaries(texts, numbers | texts | st.none())),
        made=draw(st.datetimes()).isoformat(),
        pinned=draw(st.booleans()),
        finished=draw(st.booleans()),
    )


def some_take(take_id: str = "20261122T120000-0001", name: str = "A take") -> Take:
    piece = Piece.of([(0, 60, 4), (4, 64, 4)], title="Air")
    return Take(take_id, name, piece, 0, None, 3, "new", "", {"words": 600}, "2026-11-22T12:00:00")


def as_json(take: Take, folder: Path) -> dict[str, object]:
    """What the file of a take holds."""
    TakeStore(folder).save(take)
    facts: dict[str, object] = json.loads((folder / f"{take.id}.json").read_bytes())
    return facts


@given(takes())
def test_a_take_that_is_saved_is_loaded_again(take: Take) -> None:
    with TemporaryDirectory() as folder:
        TakeStore(Path(folder)).save(take)
        assert TakeStore(Path(folder)).load() == [take]


def test_notes_are_loaded_as_the_window_wants_them(tmp_path: Path) -> None:
    store = TakeStore(tmp_path)
    store.save(some_take())
    assert store.load()[0].piece.notes.dtype == np.int32


def test_saving_again_replaces(tmp_path: Path) -> None:
    store = TakeStore(tmp_path)
    store.save(some_take(name="first"))
    store.save(some_take(name="second"))
    assert [take.name for take in store.load()] == ["second"]


def test_takes_come_oldest_first(tmp_path: Path) -> None:
    store = TakeStore(tmp_path)
    stamps = ["20261122T235959-0002", "20261123T000000-0001", "20261122T000000-0009"]
    for stamp in stamps:
        store.save(some_take(stamp))
    assert [take.id for take in store.load()] == sorted(stamps)


def test_a_folder_that_is_not_there_holds_no_takes(tmp_path: Path) -> None:
    assert TakeStore(tmp_path / "none").load() == []


def test_the_folder_is_made_when_it_is_needed(tmp_path: Path) -> None:
    TakeStore(tmp_path / "home" / "takes").save(some_take())
    assert TakeStore(tmp_path / "home" / "takes").load() == [some_take()]


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"\xff\xfe", b"[]", b"null", b"{}", b"[" * 100_000, b'{"format": "nanopiano take"}', b"1" * 5000],
)
def test_a_damaged_file_is_set_aside_and_counted(tmp_path: Path, data: bytes) -> None:
    store = TakeStore(tmp_path)
    store.save(some_take())
    (tmp_path / "broken.json").write_bytes(data)
    assert store.load() == [some_take()]
    assert store.damaged == 1
    assert (tmp_path / "broken.json.damaged").read_bytes() == data
    assert store.load() == [some_take()]
    assert store.damaged == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("version", 2),
        ("format", "another program's"),
        ("name", 7),
        ("begin", None),
        ("begin", True),
        ("end", "4"),
        ("seed", 1.5),
        ("settings", [1]),
        ("settings", {"words": [600]}),
        ("pinned", 1),
        ("unknown", 1),
        ("piece", None),
    ],
)
def test_a_file_with_a_wrong_field_is_set_aside(tmp_path: Path, name: str, value: object) -> None:
    facts = as_json(some_take(), tmp_path)
    (tmp_path / "20261122T120000-0001.json").write_text(json.dumps({**facts, name: value}))
    store = TakeStore(tmp_path)
    assert store.load() == []
    assert store.damaged == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("bpm", 0),
        ("bpm", float("nan")),
        ("bpm", "120"),
        ("title", None),
        ("time_signature", [4]),
        ("time_signature", [4, 0]),
        ("steps_per_beat", 0),
        ("steps_per_beat", 4.0),
        ("notes", [[0, 60, 4]]),
        ("notes", [[0, 60, 4, 80], [0, 60]]),
        ("notes", [[-1, 60, 4, 80]]),
        ("notes", [[0, 20, 4, 80]]),
        ("notes", [[0, 60, 0, 80]]),
        ("notes", [[0, 60, 4, 128]]),
        ("notes", [[0, 60, 4, 80.5]]),
        ("notes", [[2**70, 60, 4, 80]]),
        ("notes", [[2**31, 60, 4, 80]]),
        ("notes", "n60"),
    ],
)
def test_a_file_with_wrong_music_is_set_aside(tmp_path: Path, name: str, value: object) -> None:
    facts = as_json(some_take(), tmp_path)
    music = facts["piece"]
    assert isinstance(music, dict)
    (tmp_path / "20261122T120000-0001.json").write_text(json.dumps({**facts, "piece": {**music, name: value}}))
    store = TakeStore(tmp_path)
    assert store.load() == []
    assert store.damaged == 1


def test_two_damaged_files_of_one_name_are_both_kept(tmp_path: Path) -> None:
    for data in (b"one", b"two"):
        (tmp_path / "same.json").write_bytes(data)
        TakeStore(tmp_path).load()
    assert {path.read_bytes() for path in tmp_path.glob("*.damaged")} == {b"one", b"two"}


def test_a_folder_named_as_a_take_is_left_alone_and_counted(tmp_path: Path) -> None:
    (tmp_path / "folder.json").mkdir()
    store = TakeStore(tmp_path)
    assert store.load() == []
    assert store.damaged == 1


def test_what_is_no_take_by_its_name_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    store = TakeStore(tmp_path)
    assert store.load() == []
    assert store.damaged == 0
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_removed_take_is_gone_from_the_disk(tmp_path: Path) -> None:
    store = TakeStore(tmp_path)
    store.save(some_take())
    store.remove(some_take().id)
    assert list(tmp_path.iterdir()) == []


def test_removing_what_was_never_saved_does_nothing(tmp_path: Path) -> None:
    store = TakeStore(tmp_path / "none")
    store.remove(some_take().id)
    assert store.load() == []


@pytest.mark.parametrize("take_id", ["", "../mine", "a/b", "a.b", "-x", "a" * 101, "ä"])
def test_an_id_that_is_no_name_of_a_file_is_refused(tmp_path: Path, take_id: str) -> None:
    with pytest.raises(InputError, match="no id of a take"):
        TakeStore(tmp_path).save(some_take(take_id))


def test_a_home_that_cannot_be_written_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where the folder should be")
    store = TakeStore(tmp_path / "home" / "takes")
    with pytest.raises(NanopianoError, match=r"takes cannot be kept in .*: "):
        store.save(some_take())


def test_a_home_that_cannot_be_read_holds_no_takes(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where the folder should be")
    assert TakeStore(tmp_path / "home").load() == []

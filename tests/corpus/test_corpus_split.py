"""Which work a piece belongs to, and which split a work goes to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanopiano.corpus.split import key_of_path, key_of_record, split_of


@pytest.mark.parametrize(
    ("key", "split"),
    [("a", "train"), ("bach/invention 1", "train"), ("é", "train"), ("work 1", "train"), ("work 7", "val")],
)
def test_a_key_goes_to_the_split_it_always_went_to(key: str, split: str) -> None:
    assert split_of(key) == split


@given(st.text())
def test_the_split_of_any_key_is_train_or_val_and_stays(key: str) -> None:
    assert split_of(key) == split_of(key)
    assert split_of(key) in ("train", "val")


@given(st.text(), st.integers(2, 50))
def test_a_key_in_validation_stays_there_when_the_share_is_a_multiple(key: str, times: int) -> None:
    if split_of(key, 2 * times) == "val":
        assert split_of(key, 2) == "val"


def test_about_one_key_in_twenty_goes_to_validation() -> None:
    val = sum(split_of(f"work {n}") == "val" for n in range(20_000))
    assert 900 < val < 1100


def test_movements_of_a_work_share_a_key() -> None:
    record = {"source": "Mutopia", "composer": "MozartWA", "title": "Sonata No. 11: Alla turca"}
    other = record | {"title": "SONATA No. 11:  Menuetto"}
    assert key_of_record(record, "f:1") == key_of_record(other, "f:2") == "Mutopia | MozartWA | sonata no. 11:"


@pytest.mark.parametrize("field", ["source", "composer", "title"])
def test_another_source_composer_or_title_is_another_work(field: str) -> None:
    record = {"source": "s", "composer": "c", "title": "t"}
    assert key_of_record(record, "f:1") != key_of_record(record | {field: "x"}, "f:1")


def test_a_key_or_song_group_in_the_record_wins() -> None:
    record = {"source": "s", "title": "t", "song_group": 0}
    assert key_of_record(record, "f:1") == "song_group 0"
    assert key_of_record(record | {"key": "mine"}, "f:1") == "mine"


def test_records_without_a_title_are_told_apart_by_path_or_line() -> None:
    assert key_of_record({"text": "START END"}, "f:1") != key_of_record({"text": "START END"}, "f:2")
    assert key_of_record({"path_in_source": "a.mid"}, "f:1") == key_of_record({"path_in_source": "a.mid"}, "f:2")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Bach/Invention_1.mid", "bach/invention 1 (2).MID"),
        ("song.mid", "song v2.midi"),
        ("song.mid", "Song - Copy.mid"),
        ("song.mid", "song (2) v3.mid"),
        ("song_final.mid", "song version 12.mid"),
        ("Artist/Title.mid", "Artist/Title.1.mid"),
        ("001/001.mid", "001/versions/001-v1.mid"),
        ("song.mid", "song [b].mid"),
    ],
)
def test_versions_of_a_file_share_a_key(one: str, other: str) -> None:
    assert key_of_path(one) == key_of_path(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("bach/invention 1.mid", "bach/invention 2.mid"),
        ("bach/prelude.mid", "chopin/prelude.mid"),
        ("Prelude No.1.mid", "Prelude No.2.mid"),
        ("etude op.10.mid", "etude op.25.mid"),
        ("k545.mid", "k331.mid"),
        ("take 5.mid", "take 6.mid"),
        ("v1.mid", "v2.mid"),
        ("Valse (Op. 64).mid", "Valse (Op. 69).mid"),
    ],
)
def test_works_that_only_differ_by_a_number_are_different(one: str, other: str) -> None:
    assert key_of_path(one) != key_of_path(other)

"""What a corpus is built from."""

import os
from pathlib import Path

import pytest
from corpus_tools import some_piece, write_folder, write_lines

from nanopiano.corpus.sources import items_of, survey
from nanopiano.errors import InputError


def test_midi_is_found_recursively_in_any_case_and_sorted(tmp_path: Path) -> None:
    for name in ("b.mid", "A.MIDI", "below/deeper/c.Mid", "notes.txt", "b/x.midi"):
        path = tmp_path / "root" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    names = [item.name for item in items_of([tmp_path / "root"])]
    assert names == ["root/A.MIDI", "root/b/x.midi", "root/b.mid", "root/below/deeper/c.Mid"]


@pytest.mark.parametrize("name", ["texts.jsonl", "texts.jsonl.xz"])
def test_each_line_of_a_jsonl_is_an_item_named_by_its_number(tmp_path: Path, name: str) -> None:
    path = write_lines(tmp_path / name, [{"text": "a"}, {"text": "b"}])
    items = list(items_of([path]))
    assert [(item.name, item.line) for item in items] == [
        (f"{name}:1", b'{"text": "a"}\n'),
        (f"{name}:2", b'{"text": "b"}\n'),
    ]


def test_blank_lines_are_passed_over_but_counted_in_line_numbers(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_bytes(b'\n{"text": "a"}\n\n')
    assert [item.name for item in items_of([tmp_path / "t.jsonl"])] == ["t.jsonl:2"]


def test_a_path_that_is_nothing_known_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "song.wav").touch()
    with pytest.raises(InputError, match=r"song\.wav is neither"):
        list(items_of([tmp_path / "song.wav"]))
    with pytest.raises(InputError, match=r"gone does not exist"):
        list(items_of([tmp_path / "gone"]))


def test_a_compressed_file_cut_off_is_refused_saying_where(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "t.jsonl.xz", [some_piece(seed) for seed in range(40)])
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(InputError, match=r"t\.jsonl\.xz is damaged after line \d+"):
        list(items_of([path]))


def test_no_music_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no \.mid or \.midi file"):
        survey([tmp_path])


def test_the_survey_counts_and_notices_a_change(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "midi", [some_piece(seed, 5) for seed in range(3)])
    before = survey([folder])
    assert before.items == 3
    assert survey([folder]) == before
    os.utime(folder / "001.mid", ns=(1, 1))
    assert survey([folder]).signature != before.signature


def test_the_listing_is_the_same_wherever_and_whenever_the_input_was_copied(tmp_path: Path) -> None:
    pieces = [some_piece(seed, 5) for seed in range(3)]
    here, there = write_folder(tmp_path / "here" / "midi", pieces), write_folder(tmp_path / "there" / "midi", pieces)
    os.utime(there / "001.mid", ns=(1, 1))
    assert survey([here]).listing == survey([there]).listing
    (there / "002.mid").rename(there / "003.mid")
    assert survey([here]).listing != survey([there]).listing


def test_the_listing_changes_with_a_text_and_with_the_size_of_a_file(tmp_path: Path) -> None:
    text, midi = tmp_path / "t.jsonl", tmp_path / "a.mid"
    text.write_bytes(b'{"text": "a"}\n')
    midi.write_bytes(b"123")
    before = survey([text, midi]).listing
    midi.write_bytes(b"1234")
    assert survey([text, midi]).listing != before
    midi.write_bytes(b"123")
    text.write_bytes(b'{"text": "b"}\n')
    assert survey([text, midi]).listing != before


def test_a_link_to_nothing_is_an_item_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "lost.mid").symlink_to(tmp_path / "gone")
    assert survey([tmp_path]).items == 1


def test_a_file_name_that_is_no_unicode_is_shown_as_well_as_can_be(tmp_path: Path) -> None:
    try:
        (tmp_path / os.fsdecode(b"caf\xe9.mid")).touch()
    except OSError:
        pytest.skip("this file system takes Unicode names only")
    (item,) = items_of([tmp_path])
    assert item.name.endswith("/caf\ufffd.mid")

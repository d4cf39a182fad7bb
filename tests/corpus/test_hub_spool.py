"""Rows -> a corpus: words and MIDI files of a data set become the pieces that they are."""

import base64
import json
from pathlib import Path

import pytest
from corpus_tools import ALL, build, contents, lines_of, some_piece, write_folder, write_lines
from hub_tools import as_jsonl, as_parquet, as_saved, file_rows, midi_rows, word_rows

from nanopiano.corpus.hub import spool as module
from nanopiano.corpus.hub.rows import Wanted
from nanopiano.corpus.hub.spool import record_of, spool, spool_folder
from nanopiano.corpus.packed import Corpus
from nanopiano.errors import NanopianoError
from nanopiano.music.midi import midi_bytes
from nanopiano.music.words import piece_to_ids

PIECES = [some_piece(seed) for seed in range(12)]


def ids_of(folder: Path) -> set[bytes]:
    """The words of all pieces of a corpus."""
    splits = [Corpus.open(folder).split(name) for name in ("train", "val")]
    return {split.ids(i).tobytes() for split in splits for i in range(len(split))}


@pytest.mark.parametrize("rows_of", [word_rows, midi_rows, file_rows])
def test_pieces_come_through_as_they_are(tmp_path: Path, rows_of: object) -> None:
    assert callable(rows_of)
    path = as_parquet(tmp_path / "rows.parquet", rows_of(PIECES))
    report = build(spool(Wanted(str(path)), tmp_path / "c"), tmp_path / "c", rules=ALL)
    assert (report.kept, report.read) == (12, 12)
    assert ids_of(tmp_path / "c") == {piece_to_ids(piece).tobytes() for piece in PIECES}


def test_midi_in_rows_gives_the_same_words_as_midi_in_files(tmp_path: Path) -> None:
    rows = spool(Wanted(str(as_saved(tmp_path / "set", midi_rows(PIECES)))), tmp_path / "a")
    build(rows, tmp_path / "a", rules=ALL)
    build(write_folder(tmp_path / "midi", PIECES), tmp_path / "b", rules=ALL)
    assert ids_of(tmp_path / "a") == ids_of(tmp_path / "b")


def test_what_a_row_says_about_itself_travels_into_the_index(tmp_path: Path) -> None:
    rows = [row | {"composer": "Bach", "license": "CC BY", "number": 1} for row in word_rows(PIECES[:3])]
    del rows[0]["licence"], rows[1]["licence"], rows[2]["licence"]
    path = as_jsonl(tmp_path / "rows.jsonl", rows)
    build(spool(Wanted(str(path)), tmp_path / "c"), tmp_path / "c", rules=ALL)
    lines = [line for split in ("train", "val") for line in lines_of(tmp_path / "c" / f"{split}.jsonl")]
    assert {(line["composer"], line["licence"], line["source"]) for line in lines} == {("Bach", "CC BY", "rows.jsonl")}
    assert {line["title"] for line in lines} == {"Piece 0", "Piece 1", "Piece 2"}


def test_versions_of_a_file_are_told_apart_by_its_path() -> None:
    value = {"bytes": midi_bytes(PIECES[0]), "path": "Bach/Invention_1 (2).MID"}
    assert record_of({"file": value}, "file", "set")["key"] == "bach/invention 1"
    assert record_of({"file": value, "title": "Invention"}, "file", "set").get("key") is None


def test_a_file_that_is_named_by_its_path_is_read_and_its_place_stays_private(tmp_path: Path) -> None:
    (tmp_path / "a.mid").write_bytes(b"MThd")
    record = record_of({"file": {"bytes": None, "path": str(tmp_path / "a.mid")}}, "file", "set")
    assert base64.b64decode(record["midi"]) == b"MThd"
    assert str(tmp_path) not in json.dumps(record)


def test_a_row_cannot_ask_for_a_file_that_is_no_music(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"password")
    assert "midi" not in record_of({"file": {"bytes": None, "path": str(tmp_path / "secret")}}, "file", "set")


def test_rows_that_hold_no_piece_are_refused_with_their_reason(tmp_path: Path) -> None:
    rows = [{"text": row["text"]} for row in word_rows(PIECES[:7])] + [{"text": None}, {"text": "hello"}, {"text": ""}]
    report = build(spool(Wanted(str(as_jsonl(tmp_path / "r.jsonl", rows))), tmp_path / "c"), tmp_path / "c", rules=ALL)
    assert (report.kept, report.refused["damaged"]) == (7, 3)  # 30% damaged
    details = [line["detail"] for line in lines_of(tmp_path / "c" / "refused.jsonl")]
    assert details[0] == 'no "text" in the line'


@pytest.mark.parametrize(("midi", "why"), [("!!", "not a file in base64"), ("TVRoZA==", "cannot read t.jsonl:13")])
def test_a_line_with_damaged_midi_is_refused(tmp_path: Path, midi: str, why: str) -> None:
    path = write_lines(tmp_path / "t.jsonl", [*PIECES, {"midi": midi}])
    assert build(path, tmp_path / "c", rules=ALL).refused["damaged"] == 1
    assert why in lines_of(tmp_path / "c" / "refused.jsonl")[0]["detail"]


def test_a_midi_file_in_a_line_that_is_too_large_is_refused(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "t.jsonl", [*PIECES, {"midi": "A" * 12_000_000}])
    build(path, tmp_path / "c", rules=ALL)
    assert "over 8,388,608 bytes" in lines_of(tmp_path / "c" / "refused.jsonl")[0]["detail"]


def test_rows_that_are_there_are_not_read_again(tmp_path: Path) -> None:
    path = as_jsonl(tmp_path / "rows.jsonl", word_rows(PIECES))
    first = spool(Wanted(str(path)), tmp_path / "c")
    first.write_text('{"text": "as it was left"}\n')
    assert spool(Wanted(str(path)), tmp_path / "c") == first
    assert len(lines_of(first)) == 1


def test_other_rows_replace_those_that_are_there(tmp_path: Path) -> None:
    one = as_jsonl(tmp_path / "one.jsonl", word_rows(PIECES))
    two = as_jsonl(tmp_path / "two.jsonl", word_rows(PIECES[:2]))
    spool(Wanted(str(one)), tmp_path / "c")
    spool(Wanted(str(two)), tmp_path / "c")
    assert set(contents(spool_folder(tmp_path / "c"))) == {"two.jsonl.train.jsonl", "state.json"}


def test_rows_of_a_file_that_was_edited_are_read_again(tmp_path: Path) -> None:
    path = as_jsonl(tmp_path / "rows.jsonl", word_rows(PIECES[:3]))
    spool(Wanted(str(path)), tmp_path / "c")
    as_jsonl(path, word_rows(PIECES[4:6]))
    assert len(lines_of(spool(Wanted(str(path)), tmp_path / "c"))) == 2


def test_rows_told_in_part_leave_nothing(tmp_path: Path) -> None:
    path = as_jsonl(tmp_path / "rows.jsonl", word_rows(PIECES))

    def stop(_done: int, _total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        spool(Wanted(str(path)), tmp_path / "c", watch=stop)
    assert not spool_folder(tmp_path / "c").exists()


def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = as_jsonl(tmp_path / "rows.jsonl", word_rows(PIECES))

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_atomically", refuse)
    with pytest.raises(NanopianoError, match=r"cannot write the rows of .*: no space left on device"):
        spool(Wanted(str(path)), tmp_path / "c")
    assert not spool_folder(tmp_path / "c").exists()


def test_the_same_rows_give_the_same_corpus(tmp_path: Path) -> None:
    path = as_jsonl(tmp_path / "rows.jsonl", word_rows(PIECES))
    for out in (tmp_path / "a", tmp_path / "b"):
        build(spool(Wanted(str(path)), out), out, rules=ALL)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")

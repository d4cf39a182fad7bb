"""What is kept, what is refused, and what counts as a duplicate."""

import json
from pathlib import Path

import pytest
from corpus_tools import ALL, some_piece, write_lines
from hypothesis import given
from hypothesis import strategies as st

from nanopiano.corpus.batch import Record
from nanopiano.corpus.judge import ABSURD, DAMAGED, OFF_THE_GRID, TOO_SHORT, Rules, refusal
from nanopiano.corpus.prepare import duplicate_hash, prepare_batch
from nanopiano.corpus.sources import Item, items_of
from nanopiano.errors import InputError
from nanopiano.music.midi import midi_bytes
from nanopiano.music.piece import Piece

PIECES = st.builds(some_piece, st.integers(0, 10**6), st.integers(2, 40))


def records_of(items: list[Item], rules: Rules = ALL) -> list[Record]:
    return list(json.loads(prepare_batch(items, rules).partition(b"\n")[0]))


def record_of_text(folder: Path, text: str, rules: Rules = ALL) -> Record:
    (record,) = records_of(list(items_of([write_lines(folder / "t.jsonl", [{"text": text}])])), rules)
    return record


def refused(piece: Piece, on_grid: float = 1.0, rules: Rules | None = None) -> str | None:
    found = refusal(piece, on_grid, rules or Rules())
    return found[0] if found else None


@given(PIECES, st.integers(-15, 24), st.integers(0, 50))
def test_a_copy_transposed_or_delayed_is_a_duplicate(piece: Piece, semitones: int, steps: int) -> None:
    assert duplicate_hash(piece.transpose(semitones).shift(steps)) == duplicate_hash(piece)


@given(PIECES, st.data())
def test_a_copy_with_one_note_moved_is_no_duplicate(piece: Piece, data: st.DataObject) -> None:
    notes = piece.notes.copy()
    notes[data.draw(st.integers(1, len(notes) - 1)), 1] += 12
    assert duplicate_hash(piece.with_notes(notes)) != duplicate_hash(piece)


@given(PIECES)
def test_a_copy_with_other_lengths_is_a_duplicate(piece: Piece) -> None:
    notes = piece.notes.copy()
    notes[:, 2] = 1
    assert duplicate_hash(piece.with_notes(notes)) == duplicate_hash(piece)


def test_an_ordinary_piece_is_kept() -> None:
    assert refused(some_piece(1)) is None


def test_a_piece_under_the_least_number_of_notes_is_too_short() -> None:
    piece = some_piece(1, 63)
    assert refused(piece) == TOO_SHORT
    assert refused(piece, rules=Rules(min_notes=63)) is None


def test_a_piece_with_few_onsets_on_the_grid_is_off_it() -> None:
    assert refused(some_piece(1), on_grid=0.84) == OFF_THE_GRID
    assert refused(some_piece(1), on_grid=0.85) is None


def test_a_piece_that_lasts_hours_is_absurd() -> None:
    rows = [(onset, pitch, 4) for pitch, onset in enumerate(range(0, 70_000, 1000), start=21)]
    assert refused(Piece.of(rows)) == ABSURD
    assert refused(Piece.of(rows), rules=Rules(max_hours=3)) is None


def test_a_piece_of_one_pitch_is_absurd() -> None:
    assert refused(Piece.of((step, 60, 1) for step in range(100))) == ABSURD


@pytest.mark.parametrize(
    ("rule", "value"), [("min_notes", 0), ("min_on_grid", 1.5), ("val_one_in", 1), ("max_hours", -1)]
)
def test_a_rule_out_of_range_is_refused_with_its_name_and_value(rule: str, value: float) -> None:
    with pytest.raises(InputError, match=rf"{rule} is {value}: it must be within"):
        Rules(**{rule: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"no json\n", "not a line of JSON"),
        (b"\xff\xfe\n", "not a line of JSON"),
        (b"[" * 100_000 + b"\n", "not a line of JSON"),
        (b"[1, 2]\n", 'no "text"'),
        (b'{"text": 5}\n', 'no "text"'),
        (b'{"text": ""}\n', "no words"),
        (b'{"text": "START n60 n61 END"}\n', "'n61' where a duration must stand"),
        (b'{"text": "START n60 d5 hello END"}\n', "'hello' is no word"),
    ],
)
def test_a_damaged_line_is_refused_with_what_is_wrong(tmp_path: Path, line: bytes, why: str) -> None:
    (tmp_path / "t.jsonl").write_bytes(line)
    (record,) = records_of(list(items_of([tmp_path / "t.jsonl"])))
    assert record["refused"] == DAMAGED
    assert why in record["detail"]


def test_a_damaged_midi_file_is_refused_without_naming_the_folder_it_lies_in(tmp_path: Path) -> None:
    (tmp_path / "a.mid").write_bytes(midi_bytes(some_piece(1))[:-40])
    (tmp_path / "b.mid").write_bytes(b"something else")
    (tmp_path / "c.mid").symlink_to(tmp_path / "gone")
    records = records_of(list(items_of([tmp_path])))
    assert [record["refused"] for record in records] == [DAMAGED] * 3
    assert not any(str(tmp_path) in record["detail"] for record in records)


def test_a_midi_file_off_the_grid_is_refused(tmp_path: Path) -> None:
    piece = some_piece(1, 200)
    slower = bytearray(midi_bytes(piece))
    slower[12:14] = (443).to_bytes(2, "big")  # a beat claimed to have 443 ticks where it has 480
    (tmp_path / "a.mid").write_bytes(slower)
    (record,) = records_of(list(items_of([tmp_path])))
    assert record["refused"] == OFF_THE_GRID


def test_notes_that_run_on_under_a_later_stroke_are_mended_and_counted(tmp_path: Path) -> None:
    record = record_of_text(tmp_path, "START n60 d9 n55 d4 sepxx d4 n60 d4 sepxx d4 n62 d1 END")
    assert record["mended"] == {"notes_shortened": 1}
    assert record["notes"] == 4


def test_a_text_in_canonical_form_needs_no_mending(tmp_path: Path) -> None:
    assert record_of_text(tmp_path, "START n60 d4 sepxx d4 n62 d1 END")["mended"] == {}


def test_facts_are_one_line_of_text_each_whatever_the_record_holds(tmp_path: Path) -> None:
    line = b'{"title": "a\\nb \\ud800", "composer": null, "licence": 7, "text": "START n60 d4 n59 d2 END"}\n'
    (tmp_path / "t.jsonl").write_bytes(line)
    (record,) = records_of(list(items_of([tmp_path / "t.jsonl"])))
    assert (record["title"], record["composer"], record["licence"]) == ("a b ?", "", "7")

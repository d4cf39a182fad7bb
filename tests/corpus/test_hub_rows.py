"""Data sets: every kind of file opens as rows, and the split and the column that are meant are found."""

import gzip
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from corpus_tools import some_piece
from hub_tools import as_folder, as_jsonl, as_parquet, as_saved, as_saved_splits, word_rows

from nanopiano.corpus.hub.rows import Wanted, open_rows
from nanopiano.errors import InputError, NanopianoError

ROWS = word_rows([some_piece(seed) for seed in range(4)])


@pytest.mark.parametrize(
    ("write", "name"),
    [
        (as_parquet, "rows.parquet"), (as_jsonl, "rows.jsonl"), (as_jsonl, "rows.JSON"), (as_saved, "saved"),
        (as_saved_splits, "saved"), (as_folder, "folder"),
    ],
)  # fmt: skip
def test_every_kind_of_set_gives_its_rows(tmp_path: Path, write: Callable[..., Path], name: str) -> None:
    path = write(tmp_path / name, ROWS)
    found = [row["text"] for row in open_rows(Wanted(str(path))).rows]
    halved = write in (as_saved_splits, as_folder)
    assert found == [row["text"] for row in ROWS[: 2 if halved else 4]]


@pytest.mark.parametrize("write", [as_saved_splits, as_folder])
def test_a_split_is_found_by_its_name(tmp_path: Path, write: Callable[..., Path]) -> None:
    path = write(tmp_path / "set", ROWS)
    rows = open_rows(Wanted(str(path), split="test"))
    assert (rows.split, [row["title"] for row in rows.rows]) == ("test", ["Piece 2", "Piece 3"])


def test_a_text_file_is_one_document(tmp_path: Path) -> None:
    path = tmp_path / "shakespeare.txt"
    path.write_text("First line.\n\nSecond line.\n")
    assert [row["text"] for row in open_rows(Wanted(str(path))).rows] == ["First line.\n\nSecond line.\n"]


def test_each_text_file_of_a_folder_is_a_document(tmp_path: Path) -> None:
    folder = tmp_path / "poems"
    folder.mkdir()
    for name in ("a.txt", "b.TXT", "c.txt"):
        (folder / name).write_text(f"{name}\n\nSecond line.\n")
    (folder / "cover.jpg").write_bytes(b"x")
    found = [row["text"] for row in open_rows(Wanted(str(folder))).rows]
    assert sorted(found) == [f"{name}\n\nSecond line.\n" for name in ("a.txt", "b.TXT", "c.txt")]


def test_a_compressed_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"text": "one"}\n{"text": "two"}\n'))
    assert [row["text"] for row in open_rows(Wanted(str(path))).rows] == ["one", "two"]


def test_the_number_of_rows_is_known_where_the_set_tells_it(tmp_path: Path) -> None:
    assert open_rows(Wanted(str(as_saved(tmp_path / "set", ROWS)))).total in (4, None)
    assert open_rows(Wanted(str(as_jsonl(tmp_path / "rows.jsonl", ROWS)))).total is None


def test_a_split_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    path = as_saved_splits(tmp_path / "set", ROWS)
    with pytest.raises(InputError, match="has no split 'val': name one of train, test with --split"):
        open_rows(Wanted(str(path), split="val"))


def test_a_column_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    path = as_jsonl(tmp_path / "rows.jsonl", ROWS)
    with pytest.raises(InputError, match="has no column 'notes': name one of text, title, licence with --column"):
        open_rows(Wanted(str(path), column="notes"))


def test_of_several_columns_none_of_which_has_a_usual_name_one_must_be_named(tmp_path: Path) -> None:
    path = as_jsonl(tmp_path / "rows.jsonl", [{"a": "x", "b": "y"}])
    with pytest.raises(InputError, match="has several columns: name one of a, b with --column"):
        open_rows(Wanted(str(path)))
    assert open_rows(Wanted(str(path), column="b")).column == "b"


def test_the_only_column_needs_no_name(tmp_path: Path) -> None:
    assert open_rows(Wanted(str(as_jsonl(tmp_path / "rows.jsonl", [{"melody": "x"}])))).column == "melody"


def test_a_file_of_no_known_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rows.doc").write_bytes(b"x")
    with pytest.raises(InputError, match=r"rows\.doc is of no known kind: data sets are \.parquet, \.jsonl"):
        open_rows(Wanted(str(tmp_path / "rows.doc")))


def test_a_name_that_is_neither_here_nor_on_the_hub_is_one_sentence() -> None:
    with pytest.raises(InputError, match=r"cannot read the data set no/such set \(there is no such file or folder; it"):
        open_rows(Wanted("no/such set"))


@pytest.mark.parametrize(
    ("name", "data"), [("rows.parquet", b"PAR1 no more"), ("rows.jsonl", b"{'x'"), ("r.arrow", b"")]
)
def test_a_damaged_file_is_one_sentence(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=f"cannot read the data set .*{name}: |has no row|has several columns"):
        open_rows(Wanted(str(tmp_path / name)))


def test_a_set_without_rows_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_bytes(b"")
    with pytest.raises(InputError, match=r"rows\.jsonl"):
        open_rows(Wanted(str(tmp_path / "rows.jsonl")))


def test_damage_on_the_way_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"text": "%s"}\n' % (b"x" * 900_000) * 14 + b'{"text": broken\n')  # read in blocks of 10 MB
    rows = open_rows(Wanted(str(path))).rows
    with pytest.raises(NanopianoError, match=r"cannot read the data set .*rows\.jsonl: "):
        for _ in rows:
            pass


def test_a_set_that_is_a_program_is_not_run_and_the_way_out_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "old"
    folder.mkdir()
    (folder / "old.py").write_text("raise SystemExit('it was run')\n")
    with pytest.raises(InputError, match=r"scripts are no longer supported.*--revision refs/convert/parquet reads"):
        open_rows(Wanted(str(folder)))


def test_the_base_install_never_imports_the_libraries() -> None:
    modules = (
        "nanopiano.cli.commands.corpus, nanopiano.corpus.hub.spool, nanopiano.corpus.hub.text, nanopiano.corpus.build"
    )
    script = f"import sys, {modules}; print({{'datasets', 'tokenizers', 'pyarrow', 'pandas'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout == "set()\n"

"""The commands below `nanopiano corpus`, as one types them."""

import builtins
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_tools import Cli
from corpus_tools import contents, some_piece, write_folder
from get_tools import Manners, Server, names_below, published, serving, tar_of, zip_of
from hub_tools import SENTENCES, as_jsonl, as_parquet, midi_rows, vocabulary, word_rows

from nanopiano.corpus.get.catalogue import CATALOGUE
from nanopiano.music.midi import midi_bytes

PIECES = [some_piece(seed) for seed in range(12)]
ARCHIVE = zip_of({f"set/{n}.mid": midi_bytes(piece) for n, piece in enumerate(PIECES)})


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server with a corpus that the list calls `small`."""
    with serving(Manners(ARCHIVE)) as server:
        monkeypatch.setitem(CATALOGUE, "small", published(server.address))
        yield server


def test_without_a_name_the_corpora_are_listed(cli: Cli) -> None:
    ran = cli("corpus", "get")
    lines = ran.out.splitlines()
    assert ran.status == 0 and len(lines) == 1 + len(CATALOGUE)
    assert [line.split()[0] for line in lines[1:]] == list(CATALOGUE)
    (maestro,) = (line for line in lines if line.startswith("maestro "))
    assert "58 MB" in maestro and "CC BY-NC-SA 4.0" in maestro and " no " in maestro
    assert any(line.startswith("giantmidi ") and line.endswith("(by hand)") for line in lines)


def test_the_list_as_json_holds_all_of_it(cli: Cli) -> None:
    (maestro,) = (entry for entry in cli("corpus", "get", "--json").json["corpora"] if entry["name"] == "maestro")
    assert maestro["terms"]["commercial"] == "no" and maestro["digest"].startswith("sha256:")


def test_a_corpus_is_fetched_built_and_told(cli: Cli, server: Server) -> None:
    ran = cli("corpus", "get", "small")
    assert ran.status == 0 and ran.out == ""
    for said in ("licence: CC0", "to earn money with: yes", hashlib.sha256(ARCHIVE).hexdigest(), "small: 12 files"):
        assert said in ran.err
    assert "now: nanopiano corpus build small -o CORPUS" in ran.err
    assert cli.files == {"small", "small.source.json"}
    assert cli("corpus", "build", "small", "-o", "c", "--workers", "1", "--val-one-in", "2").status == 0


def test_fetching_twice_downloads_once(cli: Cli, server: Server) -> None:
    first = cli("corpus", "get", "small", "-o", "here", "--json").json
    ran = cli("corpus", "get", "small", "-o", "here", "--json")
    assert ran.json["receipt"] == first["receipt"] and "is there already" in ran.err
    assert len(server.manners.asked) == 1


@pytest.mark.parametrize(
    ("manners", "why"),
    [
        ({"body": b"<html>", "status": 404, "kind": "text/html"}, "the server answers 404 (Not Found) with a web page"),
        ({"body": b"<!DOCTYPE html>"}, "a web page came instead of a file"),
        ({"body": tar_of({"../evil.mid": b"x"})}, "is hostile: it wants to write '../evil.mid', outside its folder"),
        ({"body": b"MThd"}, "neither a zip nor a tar"),
        ({"body": b""}, "what came is an empty file"),
    ],
)
def test_what_cannot_be_fetched_is_one_sentence_and_leaves_nothing(
    cli: Cli, server: Server, manners: dict[str, Any], why: str
) -> None:
    for name, value in manners.items():
        setattr(server.manners, name, value)
    ran = cli("corpus", "get", "small")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.splitlines()[-1].startswith("nanopiano: ") and why in ran.err.splitlines()[-1]
    assert "Traceback" not in ran.err
    assert not names_below(Path())


def test_calls_that_make_no_sense_are_refused(cli: Cli) -> None:
    assert "did you mean 'maestro'" in cli.refuses("corpus", "get", "maestor")
    assert "by hand" in cli.refuses("corpus", "get", "giantmidi")
    assert ". cannot be made anew: name a new folder" in cli.refuses("corpus", "text", "--hf", "x", "-o", ".")
    assert "which corpus is to go to" in cli.refuses("corpus", "get", "-o", "here")
    assert "nothing to build from: name folders" in cli.refuses("corpus", "build", "-o", "c")
    assert "two sources" in cli.refuses("corpus", "build", "folder", "--hf", "rows.parquet", "-o", "c")
    assert "--split belongs to a data set" in cli.refuses("corpus", "build", "folder", "--split", "train", "-o", "c")
    assert "--hf" in cli.refuses("corpus", "text", "-o", "t")


def test_a_corpus_is_built_from_a_data_set_and_the_rows_go(cli: Cli) -> None:
    as_parquet(Path("rows.parquet"), midi_rows(PIECES))
    ran = cli("corpus", "build", "--hf", "rows.parquet", "-o", "c", "--workers", "1", "--val-one-in", "2", "--json")
    assert ran.status == 0 and ran.json["kept"] == 12
    assert cli.files == {"rows.parquet", "c"}


def test_a_build_from_a_data_set_goes_on_where_it_stopped(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    from nanopiano.corpus import build as builder  # noqa: PLC0415
    from nanopiano.corpus import parallel  # noqa: PLC0415

    monkeypatch.setattr(builder, "BATCH", 4)
    as_jsonl(Path("rows.jsonl"), word_rows(PIECES))
    words = ("corpus", "build", "--hf", "rows.jsonl", "-o", "c", "--workers", "1", "--val-one-in", "2")
    make = parallel._make_batch
    made: list[parallel.Job] = []

    def make_one(job: parallel.Job, rules: Any) -> int:
        if made:
            raise KeyboardInterrupt
        made.append(job)
        return make(job, rules)

    with monkeypatch.context() as patch:
        patch.setattr(parallel, "_make_batch", make_one)
        assert cli(*words).status == 130
    assert cli.files == {"rows.jsonl", "c", "c.rows"}
    ran = cli(*words, "--json")
    assert ran.json["kept"] == 12 and "going on with the unfinished build" in ran.err
    assert cli.files == {"rows.jsonl", "c"}


def damaged(folder: Path, share: float) -> Path:
    """A folder of twenty files of which a share is cut off."""
    write_folder(folder, [some_piece(seed) for seed in range(20)])
    for number in range(round(20 * share)):
        path = folder / f"{number:03d}.mid"
        path.write_bytes(path.read_bytes()[:50])
    return folder


def test_a_folder_with_damaged_files_builds_and_says_how_many_and_where_to_read_why(cli: Cli) -> None:
    ran = cli("corpus", "build", damaged(Path("midi"), 0.3), "-o", "c", "--workers", "1", "--val-one-in", "3", "--json")
    assert ran.status == 0 and (ran.json["kept"], ran.json["refused"]["damaged"]) == (14, 6)
    assert "c: 14 of 20 pieces kept\nrefused: 6 damaged (first: midi/000.mid: it is cut short or damaged" in ran.err
    assert f"all of them are in {Path('c', 'refused.jsonl')}" in ran.err and "note: " not in ran.err


def test_a_folder_without_a_usable_file_is_refused_and_leaves_nothing(cli: Cli) -> None:
    ran = cli("corpus", "build", damaged(Path("midi"), 1), "-o", "c", "--workers", "1")
    assert (ran.status, ran.out) == (2, "")
    assert "nanopiano: no piece was kept of 20: 20 damaged (first: midi/000.mid: it is cut short" in ran.err
    assert cli.files == {"midi"}


@pytest.mark.parametrize(
    ("works", "val_one_in", "note"),
    [
        (1, 20, "training needs two works at least, one to learn from and one to validate on: add music"),
        (5, 10**8, "no work fell to val, and training needs some of both: add music, or try another --val-one-in"),
    ],
)
def test_a_corpus_that_cannot_be_trained_on_is_built_and_says_so(
    cli: Cli, works: int, val_one_in: int, note: str
) -> None:
    write_folder(Path("midi"), PIECES[:works])
    ran = cli("corpus", "build", "midi", "-o", "c", "--workers", "1", "--val-one-in", str(val_one_in))
    assert ran.status == 0 and f"note: {note}" in ran.err


def test_two_shards_merge_to_the_corpus_of_one_build(cli: Cli) -> None:
    folder = write_folder(Path("midi"), [*PIECES * 4, some_piece(1, 9)])
    assert cli("corpus", "build", folder, "-o", "one", "--workers", "1").status == 0
    for number in (1, 2):
        ran = cli("corpus", "build", folder, "-o", f"p{number}", "--shard", f"{number}/2", "--workers", "1", "--json")
        assert ran.status == 0 and (ran.json["part"], ran.json["of"], ran.json["pieces"]) == (number, 2, 49)
    assert "p2: part 2 of 2, 17 of 49 pieces read, refused: 1 too short" in ran.err
    assert "nanopiano corpus merge PART... -o CORPUS" in ran.err
    ran = cli("corpus", "merge", "p2", "p1", "-o", "merged", "--json")
    assert ran.status == 0 and (ran.json["kept"], ran.json["refused"]["duplicate"]) == (12, 36)
    assert contents(Path("merged")) == contents(Path("one"))
    assert "part 2 of 2 is missing" in cli.refuses("corpus", "merge", "p1", "-o", "again")


def test_calls_of_shards_that_make_no_sense_are_refused(cli: Cli) -> None:
    assert "'3/2' is no share: expected I/N" in cli.refuses("corpus", "build", "midi", "-o", "c", "--shard", "3/2")
    assert "PART" in cli.refuses("corpus", "merge", "-o", "c")
    assert "nowhere does not exist" in cli.refuses("corpus", "merge", "nowhere", "-o", "c")


def test_a_merge_that_is_stopped_says_what_to_do(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("nanopiano.corpus.merge.merge_parts", stop)
    ran = cli("corpus", "merge", "p1", "p2", "-o", "c")
    assert ran.status == 130 and "c is not finished: the same command merges anew" in ran.err


def test_a_data_set_of_which_nothing_is_kept_leaves_nothing(cli: Cli) -> None:
    as_jsonl(Path("rows.jsonl"), [{"text": "hello"}, {"text": "world"}])
    ran = cli("corpus", "build", "--hf", "rows.jsonl", "-o", "c", "--workers", "1")
    assert ran.status == 2 and "nanopiano: no piece was kept of 2: 2 damaged" in ran.err
    assert "c.rows" not in cli.files


def test_a_data_set_with_one_usable_row_builds_or_says_why(cli: Cli) -> None:
    as_jsonl(Path("rows.jsonl"), [*word_rows(PIECES[:1]), {"text": "hello"}])
    ran = cli("corpus", "build", "--hf", "rows.jsonl", "-o", "c", "--workers", "1", "--json")
    assert ran.status == 0 and (ran.json["kept"], ran.json["refused"]["damaged"]) == (1, 1)


def test_a_folder_that_is_taken_is_refused_before_a_row_is_read(cli: Cli) -> None:
    as_jsonl(Path("rows.jsonl"), word_rows(PIECES))
    Path("c").mkdir()
    Path("c/letter.txt").touch()
    assert "holds something else" in cli.refuses("corpus", "build", "--hf", "rows.jsonl", "-o", "c")
    assert "holds something else" in cli.refuses("corpus", "text", "--hf", "rows.jsonl", "-o", "c")
    assert cli.files == {"rows.jsonl", "c"}


def test_ordinary_text_is_prepared(cli: Cli) -> None:
    as_jsonl(Path("tunes.jsonl"), [{"body": text, "n": n} for n, text in enumerate(SENTENCES)])
    vocabulary(Path("v"))
    words = ("--column", "body", "--vocabulary", "v", "--val-one-in", "5")
    ran = cli("corpus", "text", "--hf", "tunes.jsonl", "-o", "t", *words, "--json")
    assert ran.status == 0 and ran.json["source"] == "tunes.jsonl"
    assert {path.name for path in Path("t").iterdir()} == {"train.bin", "val.bin", "text.json"}
    assert f"t/train.bin: {ran.json['splits']['train']['tokens']:,} tokens" in ran.err


@pytest.mark.parametrize("missing", ["datasets", "tokenizers"])
def test_without_the_extra_it_is_said_what_to_install(cli: Cli, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    original: Any = builtins.__import__

    def without(name: str, *others: Any) -> Any:
        if name.partition(".")[0] == missing:
            raise ModuleNotFoundError(f"No module named {missing!r}", name=missing)
        return original(name, *others)

    as_jsonl(Path("rows.jsonl"), word_rows(PIECES))
    vocabulary(Path("v"))
    monkeypatch.setattr(builtins, "__import__", without)
    said = cli.refuses("corpus", "text", "--hf", "rows.jsonl", "-o", "t", "--vocabulary", "v")
    assert f"{missing} is not installed" in said and 'pip install "nanopiano[hf]"' in said
    if missing == "datasets":
        said = cli.refuses("corpus", "build", "--hf", "rows.jsonl", "-o", "c")
        assert "datasets is not installed" in said
    assert cli.files == {"rows.jsonl", "v"}

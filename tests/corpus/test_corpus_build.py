"""Building: the same bytes however it is run, nothing half-written, and a report that adds up."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from corpus_tools import ALL, build, contents, lines_of, some_piece, write_folder, write_lines

from nanopiano.corpus import build as builder
from nanopiano.corpus import join, parallel
from nanopiano.corpus.build import build_corpus
from nanopiano.corpus.judge import Rules
from nanopiano.corpus.packed import CORPUS_FILE, Corpus
from nanopiano.corpus.unfinished import PUT_IN_PLACE
from nanopiano.errors import InputError, NanopianoError
from nanopiano.music.words import piece_to_text


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builder, "BATCH", 4)


@pytest.fixture
def sources(tmp_path: Path) -> list[Path]:
    """MIDI files with a damaged one, a short one and copies, and texts."""
    pieces = [some_piece(seed) for seed in range(14)]
    folder = write_folder(tmp_path / "midi", [*pieces, pieces[3].transpose(5), some_piece(99, 20)])
    (folder / "damaged.mid").write_bytes(b"MThd, but no more")
    texts = write_lines(
        tmp_path / "texts.jsonl.xz", [*(some_piece(seed) for seed in range(20, 30)), pieces[5].shift(8)]
    )
    return [folder, texts]


def interrupt_after(batches: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the build be interrupted when so many batches are made."""
    make = parallel._make_batch
    made: list[parallel.Job] = []

    def make_or_stop(job: parallel.Job, rules: Rules) -> int:
        if len(made) == batches:
            raise KeyboardInterrupt
        made.append(job)
        return make(job, rules)

    monkeypatch.setattr(parallel, "_make_batch", make_or_stop)


def test_two_workers_build_the_same_bytes_as_one(sources: list[Path], tmp_path: Path) -> None:
    build(sources, tmp_path / "one", workers=1)
    build(sources, tmp_path / "two", workers=2)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_an_interrupted_build_goes_on_to_the_same_bytes(
    sources: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(sources, tmp_path / "whole")
    with monkeypatch.context() as patch:
        interrupt_after(3, patch)
        with pytest.raises(KeyboardInterrupt):
            build(sources, tmp_path / "resumed")
    with monkeypatch.context() as patch:
        interrupt_after(4, patch)  # seven batches in all: with the three made before, four are enough
        said: list[str] = []
        build_corpus(sources, tmp_path / "resumed", workers=1, progress=False, say=said.append)
    assert said == [f"going on with the unfinished build in {tmp_path / 'resumed'}"]
    assert contents(tmp_path / "resumed") == contents(tmp_path / "whole")


@pytest.mark.parametrize("where", ["report_page", "write_atomically"])
def test_a_build_interrupted_while_joining_is_no_corpus_and_goes_on(
    sources: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    build(sources, tmp_path / "whole")

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(join, where, stop)
        with pytest.raises(KeyboardInterrupt):
            build(sources, tmp_path / "resumed")
    with pytest.raises(InputError, match="holds no corpus"):
        Corpus.open(tmp_path / "resumed")
    build(sources, tmp_path / "resumed")
    assert contents(tmp_path / "resumed") == contents(tmp_path / "whole")


@pytest.fixture
def many(tmp_path: Path) -> Iterator[Path]:
    """Texts that take two workers some seconds."""
    texts = [some_piece(seed, 300) for seed in range(20)]
    yield write_lines(tmp_path / "many.jsonl", [piece.transpose(up) for piece in texts for up in range(-10, 15)])


def begun(source: Path, out: Path, folder: Path) -> subprocess.Popen[bytes]:
    """A build by two workers, some batches of which are made."""
    script = folder / "script.py"
    script.write_text(
        "import sys\nfrom pathlib import Path\nfrom nanopiano.corpus.build import build_corpus\n"
        "if __name__ == '__main__':\n    try:\n"
        "        build_corpus([Path(sys.argv[1])], Path(sys.argv[2]), workers=2, progress=False)\n"
        "    except KeyboardInterrupt:\n        sys.exit(130)\n"
    )
    command = [sys.executable, str(script), str(source), str(out)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True)
    while process.poll() is None and not list(out.glob(".building/*.batch")):
        time.sleep(0.01)
    return process


@pytest.mark.skipif(os.name != "posix", reason="sends a signal to a group of processes")
def test_ctrl_c_ends_all_processes_quietly_and_the_build_can_go_on(many: Path, tmp_path: Path) -> None:
    out = tmp_path / "corpus"
    process = begun(many, out, tmp_path)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=120)
    assert (process.returncode, said) == (130, b"")
    assert [path.name for path in out.iterdir()] == [".building"]
    report = build(many, out, workers=2)
    assert (report.kept, report.refused["duplicate"]) == (20, 480)


@pytest.mark.skipif(os.name != "posix", reason="looks for a group of processes")
def test_workers_end_with_a_build_that_is_killed(many: Path, tmp_path: Path) -> None:
    process = begun(many, tmp_path / "corpus", tmp_path)
    process.kill()
    process.communicate(timeout=120)
    with pytest.raises(ProcessLookupError):  # in the end; this test would not come to its own otherwise
        for _ in range(3000):
            os.killpg(process.pid, 0)
            time.sleep(0.01)


@pytest.fixture
def stale(sources: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a build that was interrupted, and whose input has changed since."""
    with monkeypatch.context() as patch:
        interrupt_after(3, patch)
        with pytest.raises(KeyboardInterrupt):
            build(sources, tmp_path / "corpus")
    (sources[0] / "000.mid").unlink()
    return tmp_path / "corpus"


def test_another_input_begins_anew_and_says_so(stale: Path, sources: list[Path], tmp_path: Path) -> None:
    said: list[str] = []
    build_corpus(sources, stale, workers=1, progress=False, say=said.append)
    assert len(said) == 1
    assert "beginning anew" in said[0]
    build(sources, tmp_path / "fresh")
    assert contents(stale) == contents(tmp_path / "fresh")


def test_to_begin_anew_takes_away_what_is_ours_and_leaves_files_of_others(stale: Path, sources: list[Path]) -> None:
    (stale / "my notes.txt").write_text("mine")
    (stale / "train-00009.bin").write_text("a shard that the new corpus does not have")
    build(sources, stale)
    assert (stale / "my notes.txt").read_text() == "mine" and not (stale / "train-00009.bin").exists()


def test_all_that_a_build_puts_in_place_is_known_as_ours(sources: list[Path], tmp_path: Path) -> None:
    build(sources, tmp_path / "corpus")
    names = {path.name for path in (tmp_path / "corpus").iterdir() if not any(map(path.match, PUT_IN_PLACE))}
    assert names == {CORPUS_FILE}


def test_a_transposed_or_delayed_copy_is_refused_naming_the_first(sources: list[Path], tmp_path: Path) -> None:
    build(sources, tmp_path / "corpus")
    copies = [line for line in lines_of(tmp_path / "corpus" / "refused.jsonl") if line["refused"] == "duplicate"]
    assert [(line["name"], line["of"]) for line in copies] == [
        ("midi/014.mid", "midi/003.mid"),
        ("texts.jsonl.xz:11", "midi/005.mid"),
    ]


def test_the_first_of_three_copies_is_kept_and_named_by_both_others(tmp_path: Path) -> None:
    piece = some_piece(1)
    path = write_lines(tmp_path / "t.jsonl", [some_piece(2), piece, some_piece(3), piece, some_piece(4), piece])
    build(path, tmp_path / "corpus")
    assert [line["of"] for line in lines_of(tmp_path / "corpus" / "refused.jsonl")] == ["t.jsonl:2", "t.jsonl:2"]


def test_the_report_adds_up(sources: list[Path], tmp_path: Path) -> None:
    report = build(sources, tmp_path / "corpus")
    assert (report.read, report.kept) == (28, 24)
    assert report.refused == {"damaged": 1, "too short": 1, "off the grid": 0, "absurd": 0, "duplicate": 2}
    notes = sum(split["notes"] for split in report.splits.values())
    assert sum(report.histograms["notes_by_pitch"].values()) == notes
    assert sum(report.histograms["notes_by_length"].values()) == notes
    assert sum(report.histograms["pieces_by_notes"].values()) == report.kept
    assert all(sum(counts.values()) == report.kept for counts in report.groups.values())


def test_the_report_on_disk_is_the_report_returned(sources: list[Path], tmp_path: Path) -> None:
    report = build(sources, tmp_path / "corpus")
    on_disk = json.loads((tmp_path / "corpus" / "report.json").read_bytes())
    assert (on_disk["kept"], on_disk["splits"]) == (report.kept, report.splits)


def test_the_page_names_what_was_refused_and_why(sources: list[Path], tmp_path: Path) -> None:
    build(sources, tmp_path / "corpus")
    page = (tmp_path / "corpus" / "report.md").read_text(encoding="utf-8")
    assert "28 pieces read, 24 kept, 4 refused." in page
    assert "- `midi/015.mid`: 20 notes, at least 64 are needed" in page
    assert "- `midi/014.mid`: the same music as midi/003.mid" in page


def test_no_work_stands_in_both_splits(tmp_path: Path) -> None:
    records = [
        {"title": f"Work {n // 3} movement {n % 3}", "text": piece_to_text(some_piece(n, 10))} for n in range(150)
    ]
    report = build(write_lines(tmp_path / "t.jsonl", records), tmp_path / "corpus", rules=ALL)
    keys = [{line["key"] for line in lines_of(tmp_path / "corpus" / f"{split}.jsonl")} for split in ("train", "val")]
    assert not keys[0] & keys[1]
    assert report.works_in_both == 0
    assert [split["works"] for split in report.splits.values()] == [len(of_split) for of_split in keys]
    assert sum(map(len, keys)) == 50


def test_a_piece_keeps_its_split_when_the_corpus_grows(tmp_path: Path) -> None:
    def splits(pieces: int) -> dict[str, str]:
        path = write_lines(tmp_path / "t.jsonl", [some_piece(n, 10) for n in range(pieces)])
        out = tmp_path / f"corpus{pieces}"
        build(path, out, rules=Rules(min_notes=1, val_one_in=5))
        return {line["title"]: split for split in ("train", "val") for line in lines_of(out / f"{split}.jsonl")}

    few, more = splits(60), splits(120)
    assert set(few.values()) == {"train", "val"}
    assert few.items() <= more.items()


def test_a_corpus_of_nothing_is_refused_with_the_reasons(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "t.jsonl", [some_piece(1, 5), some_piece(2, 5)])
    with pytest.raises(InputError, match=r"no piece was kept of 2: 2 too short \(first: t\.jsonl:1: 5 notes"):
        build(path, tmp_path / "corpus")
    assert not contents(tmp_path / "corpus")


def test_a_folder_that_holds_something_else_is_refused_and_left_alone(sources: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match="out holds something else"):
        build(sources, out)
    assert contents(out) == {"letter.txt": b"dear"}


def test_a_finished_corpus_is_not_built_over(sources: list[Path], tmp_path: Path) -> None:
    build(sources, tmp_path / "corpus")
    before = contents(tmp_path / "corpus")
    with pytest.raises(InputError, match="holds a corpus already"):
        build(sources, tmp_path / "corpus")
    assert contents(tmp_path / "corpus") == before


def test_a_folder_that_cannot_be_made_is_one_sentence(sources: list[Path], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="file is a file"):
        build(sources, tmp_path / "file")
    with pytest.raises(NanopianoError, match=r"cannot build the corpus: .*: Not a directory"):
        build(sources, tmp_path / "file" / "below")


def test_a_full_disk_is_one_sentence_and_the_build_goes_on_once_there_is_room(
    sources: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, _: bytes) -> None:
        raise NanopianoError(f"cannot write {path.name}: no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(parallel, "write_atomically", refuse)
        with pytest.raises(NanopianoError, match=r"0000000\.batch: no space left on device; mend that, then give"):
            build(sources, tmp_path / "corpus")
    assert build(sources, tmp_path / "corpus").kept == 24


def test_less_than_one_worker_is_refused(sources: list[Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="0 workers"):
        build(sources, tmp_path / "corpus", workers=0)


def test_where_the_input_lies_does_not_change_the_bytes(sources: list[Path], tmp_path: Path) -> None:
    shutil.copytree(sources[0], tmp_path / "elsewhere" / "midi")
    build(sources[0], tmp_path / "one")
    build(tmp_path / "elsewhere" / "midi", tmp_path / "two")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_the_bar_is_drawn_on_standard_error(
    sources: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build_corpus(sources, tmp_path / "corpus", workers=1)
    out, err = capsys.readouterr()
    assert out == ""
    assert "28/28" in err

"""Bad input, each kind: one sentence, the right exit status, and nothing left behind."""

import errno
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_tools import Cli, some_midi

from nanopiano.model.composer import Composition
from nanopiano.music.midi import midi_bytes
from nanopiano.music.piece import Piece

READERS = {
    "encode": (),
    "render": ("--picture", "x.png"),
    "continue": ("-o", "x.mid"),
    "fill": ("--bars", "1-2", "-o", "x.mid"),
}
BAD_FILES = {
    "missing": "there is no such file",
    "empty": "it is empty",
    "text": "it is no MIDI file",
    "truncated": "cut short or damaged",
    "zeros": "it is no MIDI file",
    "big": "piano music at most",
    "silent": "no notes",
    "folder": "it is a folder",
}


@pytest.fixture
def bad_files(cli: Cli) -> Iterator[None]:
    whole = some_midi("whole.mid").read_bytes()
    Path("empty.mid").touch()
    Path("text.mid").write_text("Dear diary,\n")
    Path("truncated.mid").write_bytes(whole[: len(whole) // 2])
    for name, begin in (("zeros", b""), ("big", whole)):
        with Path(f"{name}.mid").open("wb") as file:
            file.write(begin)
            file.truncate(200 * 2**20)  # sparse: takes no room
    Path("silent.mid").write_bytes(midi_bytes(Piece.of([])))
    Path("folder.mid").mkdir()
    yield
    assert not {"x.mid", "x.png"} & cli.files


@pytest.mark.usefixtures("bad_files")
@pytest.mark.parametrize("command", READERS)
@pytest.mark.parametrize("name", BAD_FILES)
def test_files_that_are_no_music(cli: Cli, command: str, name: str) -> None:
    model = () if command in ("encode", "render") else ("--model", cli.model)
    said = cli.refuses(command, f"{name}.mid", *READERS[command], *model)
    assert f"cannot read {name}.mid: " in said and BAD_FILES[name] in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--words", "0"], "0 words is out of range"),
        (["--words", "10000000"], "10000000 words is out of range"),
        (["--words", "-3"], "out of range"),
        (["--words", "1.5"], "'1.5' is not a whole number"),
        (["--words"], "expected one argument"),
        (["--bars", "0"], "out of range"),
        (["--bars", "inf"], "out of range"),
        (["--seconds", "nan"], "out of range"),
        (["--seconds", "x"], "'x' is not a number"),
        (["--bars", "4", "--words", "9"], "not allowed with"),
        (["--temperature", "nan"], "temperature is nan"),
        (["--temperature", "-1"], "temperature is -1"),
        (["--temperature", "1e400"], "temperature is inf"),
        (["--temperature", "9" * 400], "9: expected a number from 0 to 10"),
        (["--top-k", "0"], "top-k is 0"),
        (["--top-k", "some"], "neither a whole number nor 'all'"),
        (["--top-p", "0"], "top-p is 0"),
        (["--top-p", "1.1"], "top-p is 1.1"),
        (["--min-p", "1"], "min-p is 1"),
        (["--min-surprise", "3"], "min-surprise is 3"),
        (["--returns", "0.5"], "returns is 0.5"),
        (["--chromatic", "0"], "chromatic is 0"),
        (["--original", "mine.mid"], "give it one, as in --original 16, or put it last"),
        (["--seed", "-1"], "seed -1 is out of range"),
        (["--seed", "9223372036854775807", "--count", "2"], "out of range"),
        (["--seed", "seven"], "'seven' is not a whole number"),
        (["--bpm", "0"], "out of range"),
        (["--bpm", "nan"], "out of range"),
        (["--count", "0"], "out of range"),
        (["--count", "100000000"], "out of range"),
        (["--model", "nothing"], "no model 'nothing'"),
        (["--temprature", "1"], "did you mean '--temperature'?"),
        (["extra"], "unknown argument 'extra'"),
        (["-o", "."], "it is a folder"),
        (["-o", "", "--count", "2"], "it is a folder"),
        (["-o", "none/x.mid"], "there is no folder none"),
        (["--text", "none/x.txt"], "there is no folder none"),
        (["--picture", "x.jpg"], "end its name with .png"),
        (["-o", "same", "--text", "./same"], "written twice"),
    ],
)
def test_options_out_of_range(cli: Cli, words: list[str], said: str) -> None:
    assert said in cli.refuses("generate", *words)
    assert not cli.files


@pytest.mark.parametrize("words", [["genrate"], [""], ["--nothing"], ["corpus"], ["corpus", "buidl"], ["completion"]])
def test_commands_that_are_none(cli: Cli, words: list[str]) -> None:
    assert "--help)" in cli.refuses(*words)
    assert "did you mean 'generate'?" in cli.refuses("genrate")


@pytest.mark.parametrize("kind", ["cut", "changed vocabulary", "no config", "no JSON", "no model", "other shape"])
def test_model_folders_that_are_not_whole(cli: Cli, kind: str) -> None:
    model = cli.folder / "model"
    shutil.copytree(cli.model, model)
    config = model / "config.json"
    facts = json.loads(config.read_text())
    if kind == "cut":
        (model / "model.onnx").write_bytes((model / "model.onnx").read_bytes()[:-100])
    elif kind == "changed vocabulary":
        config.write_text(json.dumps(facts | {"vocab_fingerprint": "0123456789abcdef"}))
    elif kind == "no config":
        config.unlink()
    elif kind == "no JSON":
        config.write_text("{")
    elif kind == "no model":
        (model / "model.onnx").unlink()
    else:
        config.write_text(json.dumps(facts | {"n_layer": "three"}))
    said = cli.refuses("generate", "--model", model, "-o", "x.mid")
    if kind == "changed vocabulary":
        assert "0123456789abcdef" in said and facts["vocab_fingerprint"] in said
    assert cli.files == {"model"}


def test_a_full_disk_leaves_what_was_there(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("x.mid").write_text("old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("nanopiano.files.os.fsync", full)
    ran = cli.compose("generate", "--words", "10", "-o", "x.mid")
    assert ran.status == 1
    assert ran.err.splitlines()[-1].startswith("nanopiano: cannot write x.mid: no space left on device (--seed ")
    assert cli.files == {"x.mid"} and Path("x.mid").read_text() == "old"


def test_a_folder_that_vanished_while_it_composed_is_no_fault_of_the_seed(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def follow(composition: Composition) -> bool:
        Path("sub").rmdir()
        return bool(composition.finish())

    Path("sub").mkdir()
    monkeypatch.setattr("nanopiano.cli.composing._follow", follow)
    said = cli.refuses("generate", "--words", "10", "-o", "sub/x.mid", "--model", cli.model)
    assert "there is no folder" in said and "--seed" not in said


def test_a_folder_that_takes_no_file_is_refused_before_composing(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_only(dir: Path) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(dir))

    monkeypatch.setattr("nanopiano.cli.outputs.tempfile.TemporaryFile", read_only)
    for words in (("generate",), ("continue", "random"), ("generate", "--text", "x.txt")):
        said = cli.refuses(*words, "-o", "x.mid", "--model", cli.model, status=1)
        assert said == "nanopiano: cannot write into .: read-only file system"


def test_whatever_else_the_system_refuses_is_one_sentence(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "file name too long" in cli.refuses("generate", "-o", "x" * 300, "--model", cli.model, status=1)

    def greedy(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("nanopiano.cli.composing.Composer", greedy)
    assert "the memory is not enough" in cli.refuses("generate", status=1)


@pytest.mark.parametrize(
    "line", ["{", "[]", "5", '{"text": 5}', '{"words": ""}', '{"text": "n60 n60"}', '{"text": ""}']
)
def test_texts_that_cannot_be_evaluated(cli: Cli, line: str) -> None:
    Path("t.jsonl").write_text('{"text": "n60 d4"}\n' + line + "\n")
    assert "t.jsonl:2: " in cli.refuses("evaluate", "--texts", "t.jsonl", "--model", cli.model)


def test_nothing_to_evaluate(cli: Cli) -> None:
    Path("t.jsonl").write_text("\n")
    assert "no piece in t.jsonl" in cli.refuses("evaluate", "--texts", "t.jsonl", "--model", cli.model)
    Path("t.jsonl").write_text('{"text": "START END"}\n')
    evaluate = ("evaluate", "--texts", "t.jsonl", "--model", cli.model)
    assert "no notes in t.jsonl: nothing to evaluate" in cli.refuses(*evaluate)
    Path("t.jsonl.xz").write_bytes(b"no xz")
    assert "damaged" in cli.refuses("evaluate", "--texts", "t.jsonl.xz", "--model", cli.model)
    assert "does not exist" in cli.refuses("evaluate", "--texts", "none", "--model", cli.model)

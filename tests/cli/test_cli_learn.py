"""From a corpus to a model, by commands alone; and what is said where the extra is missing."""

import builtins
import json
from pathlib import Path
from typing import Any

import pytest
from cli_tools import Cli, some_midi

from nanopiano.music.words import piece_to_text
from nanopiano.songbook import songs

SMALL = ("--size", "tiny", "--length", "128", "--batch-words", "512", "--compile", "no", "--precision", "float32")


@pytest.fixture
def texts() -> Path:
    lines = [f'{{"text": "{piece_to_text(song.piece())}", "key": "{song.id}"}}\n' for song in songs()[:24]]
    path = Path("t.jsonl")
    path.write_text("".join(lines))
    return path


def test_corpus_train_resume_export_compose(cli: Cli, texts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = cli("corpus", "build", texts, "-o", "c", "--workers", "1", "--val-one-in", "8", "--json")
    assert ran.status == 0 and ran.json["kept"] > 10 and "pieces kept" in ran.err
    train = ("train", "--corpus", "c", "--out", "run", *SMALL, "--total-words", "6000", "--eval-words", "3000")
    from nanopiano.train.loop import Trainer  # noqa: PLC0415

    step = Trainer._step

    def stop(self: Trainer, batches: list[Any]) -> float:
        if self.progress.step == 3:
            raise KeyboardInterrupt
        return step(self, batches)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_step", stop)
        ran = cli(*train)
    assert ran.status == 130 and "go on with --resume" in ran.err
    assert "already holds a run" in cli(*train).err.splitlines()[-1]
    ran = cli("train", "--corpus", "c", "--out", "run", "--resume")  # the options are those it began with
    assert ran.status == 0 and "nats per word" in ran.err and ran.out == "" and "resuming with" not in ran.err
    facts = json.loads(Path("run/run.json").read_text("utf-8"))
    assert (facts["size"], facts["total_words"]) == ("tiny", 6000)
    ran = cli("train", "--corpus", "c", "--out", "run", "--resume", "--total-words", "6500")
    assert ran.status == 0 and "resuming with total_words 6500 (it was 6000)" in ran.err
    refuse_damaged_runs(cli)
    Path("weak.md").write_text("It is small.", "utf-8")
    assert cli("export", "run", "-o", "model", "--corpus", "c", "--remarks", "weak.md").status == 0
    assert Path("model/card.md").read_text("utf-8").endswith("\nIt is small.\n")
    assert cli("generate", "--model", "model", "--words", "20", "-o", "x.mid").status == 0
    assert cli("originality", "x.mid", "--model", "model", "--json").json["human_pieces"] > 0
    ran = cli("evaluate", "--model", "model", "--texts", texts, "--json")
    assert 1 < ran.json["nats_per_word"] < 6 and ran.json["pieces"] == 24


def refuse_damaged_runs(cli: Cli) -> None:
    for file in (Path("run/config.json"), Path("run/run.json")):
        whole = file.read_text()
        for damage in ("{", "[]"):
            file.write_text(damage)
            assert str(file) in cli.refuses("export", "run", "-o", "model")
        file.write_text(whole)
        if file.name == "config.json":
            file.write_text(json.dumps(json.loads(whole) | {"n_embd": 128}))
            assert "another shape" in cli.refuses("export", "run", "-o", "model")
            file.write_text(whole)


def test_what_cannot_be_trained_or_exported(cli: Cli) -> None:
    Path("empty").mkdir()
    assert "holds no corpus" in cli.refuses("train", "--corpus", "empty", "--out", "run")
    assert "length is 1" in cli.refuses("train", "--corpus", "empty", "--out", "run", "--length", "1")
    assert "clip is nan" in cli.refuses("train", "--corpus", "empty", "--out", "run", "--clip", "nan")
    assert "--size" in cli.refuses("train", "--corpus", "empty", "--out", "run", "--size", "huge")
    assert "holds no best.safetensors" in cli.refuses("export", "empty", "-o", "model")
    assert "cannot read none.md: no such file" in cli.refuses("export", "empty", "-o", "model", "--remarks", "none.md")
    Path("sound.mid").write_bytes(b"MThd\xff")
    assert "sound.mid: it is no text" in cli.refuses("export", "empty", "-o", "model", "--remarks", "sound.mid")
    assert "nothing to build from" in cli.refuses("corpus", "build", "empty", "-o", "c", "--workers", "1")
    assert "workers" in cli.refuses("corpus", "build", "empty", "-o", "c", "--workers", "0")
    assert "min_notes is 0" in cli.refuses("corpus", "build", "empty", "-o", "c", "--min-notes", "0")


@pytest.mark.parametrize("missing", ["torch", "safetensors"])
def test_without_the_extra_it_is_said_what_to_install(cli: Cli, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    original: Any = builtins.__import__

    def without(name: str, *others: Any) -> Any:
        if name.partition(".")[0] == "nanopiano" and name.endswith(("train.loop", "train.publish")):
            raise ModuleNotFoundError(f"No module named {missing!r}", name=missing)
        return original(name, *others)

    monkeypatch.setattr(builtins, "__import__", without)
    for words in (("train", "--corpus", "c", "--out", "run"), ("export", "run", "-o", "model")):
        said = cli.refuses(*words)
        assert missing in said and 'pip install "nanopiano[train]"' in said


def test_every_option_of_training_is_there_with_its_meaning(cli: Cli) -> None:
    from dataclasses import fields  # noqa: PLC0415

    from nanopiano.train.options import TrainOptions  # noqa: PLC0415

    said = " ".join(cli("train", "--help").out.split())
    for field in fields(TrainOptions):
        assert f"--{field.name.replace('_', '-')}" in said


def test_evaluate_reads_midi_too_and_bench_tells_all(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("folder").mkdir()
    for bars in (2, 3):
        some_midi(f"folder/{bars}.mid", bars=bars)
    facts = cli("evaluate", "--texts", "folder", "--model", cli.model, "--json").json
    keys = "nats_per_word nats_per_note nats_per_beat words notes beats pieces"
    assert list(facts) == keys.split()
    assert (facts["pieces"], facts["notes"], facts["beats"], facts["words"]) == (2, 25, 20, 2 * 25 + 2 * (7 + 11) + 2)
    said = cli("evaluate", "--texts", "folder", "--model", cli.model).out
    assert "nats per word" in said and "notes" in said
    monkeypatch.setattr("nanopiano.cli.commands.bench.TRIES", 1)
    bench = cli("bench", "--model", cli.model, "--json").json
    assert bench["words"] >= 500 and bench["words_per_second"] > 0
    assert {"first_note_seconds", "start_seconds", "load_seconds", "peak_memory_mb", "threads"} <= set(bench)

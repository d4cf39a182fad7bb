"""From a folder of music to a model with a name, in one command."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from cli_tools import Cli, some_midi
from model_tools import some_weights, write_model

from nanopiano.model.config import SIZES
from nanopiano.train import finetuner
from nanopiano.train.checkpoint import save_tensors
from nanopiano.train.loop import Trainer

LITTLE = {"LEAST_WORDS": 3_000, "ROUNDS": 1, "EVALUATIONS": 2, "BATCH_WORDS": 512, "WARMUP_BATCHES": 1}


@pytest.fixture(autouse=True)
def little(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A run of a few steps, on one thread."""
    for name, value in LITTLE.items():
        monkeypatch.setattr(finetuner, name, value)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A model folder with weights to go on from."""
    config = SIZES["tiny"]
    weights = some_weights(config)
    folder = write_model(tmp_path / "older", config, weights, bits=8)
    save_tensors({name: torch.from_numpy(weight).half() for name, weight in weights.items()},
                 folder / "model.safetensors", config.to_json())  # fmt: skip
    return folder


@pytest.fixture
def music() -> Path:
    """Four files of music and one that is none."""
    folder = Path("music")
    folder.mkdir()
    for bars in (6, 7, 8, 9):
        some_midi(folder / f"song {bars}.mid", bars=bars)
    (folder / "letter.mid").write_text("Dear")
    return folder


def test_a_folder_becomes_a_model_that_has_a_name(
    cli: Cli, music: Path, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = ("finetune", music, "-o", "mine", "--model", base, "--device", "cpu")
    step = Trainer._step

    def interrupted(self: Trainer, batches: list[Any]) -> float:
        if self.progress.step == 2:
            raise KeyboardInterrupt
        return step(self, batches)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_step", interrupted)
        ran = cli(*call)
    assert ran.status == 130
    assert "mine is not finished: the same command goes on where this one stopped" in ran.err
    ran = cli(*call)
    assert (ran.status, ran.out) == (0, ""), ran.err
    assert "going on with the run" in ran.err
    lines = ran.err.splitlines()
    assert "nats per note by older" in lines[-2] and lines[-2].endswith(" by mine")
    assert lines[-1] == "now: nanopiano generate --model mine"
    assert "mine" in {facts["name"] for facts in cli("models", "--json").json["models"]}
    assert cli("generate", "--model", "mine", "--words", "20", "-o", "x.mid").status == 0
    assert "longest passage" in cli("originality", music / "song 9.mid", "--model", "mine").out
    assert "there is a model 'mine' already" in cli.refuses(*call)


def test_what_cannot_be_fine_tuned(cli: Cli, music: Path, base: Path) -> None:
    Path("empty").mkdir()
    some_midi("one.mid")
    call = ("finetune", "-o", "mine", "--model", base)
    assert "nothing to build from" in cli.refuses(*call, "empty")
    assert "nowhere does not exist" in cli.refuses(*call, "nowhere")
    assert "there is no model 'nobody'" in cli.refuses("finetune", music, "-o", "mine", "--model", "nobody")
    assert "there is a model 'small' already" in cli.refuses("finetune", music, "-o", "small")
    for name in ("../mine", "", ".mine", "a/b", "mine.", "mine "):
        assert "is no name for a model" in cli.refuses("finetune", music, "-o", name)
    for minutes in ("0", "-1", "nan", "1e9"):
        assert "--minutes" in cli.refuses(*call, music, f"--minutes={minutes}")
    assert "device 'mill' cannot be used" in cli.refuses(*call, music, "--device", "mill").splitlines()[-1]
    assert "model.safetensors" in cli.refuses("finetune", music, "-o", "mine", "--model", cli.model)


def test_one_piece_is_refused_in_one_sentence(cli: Cli, base: Path) -> None:
    said = cli("finetune", some_midi("one.mid"), "-o", "mine", "--model", base)
    assert said.status == 2 and "at least two works are needed" in said.err.splitlines()[-1]


def test_a_model_of_another_vocabulary_is_refused(cli: Cli, music: Path, base: Path) -> None:
    facts = json.loads((base / "config.json").read_text())
    (base / "config.json").write_text(json.dumps(facts | {"vocab_fingerprint": "0123456789abcdef"}))
    assert "vocabulary 0123456789abcdef" in cli.refuses("finetune", music, "-o", "mine", "--model", base)
    assert not Path(os.environ["NANOPIANO_HOME"]).exists()

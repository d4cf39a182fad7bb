"""Ways of fine-tuning are compared on the same pieces; adapters begin as the model and leave its weights alone."""

import json
import lzma
from pathlib import Path

import lab_tools  # finds the modules of benchmarks and of the tests of training
import pytest
import torch
from begin_tools import model_to_begin_from
from finetune import LoraTuner, parted
from finetune import main as compare

from nanopiano.model.config import SIZES, ModelConfig
from nanopiano.music.words import piece_to_text
from nanopiano.train.finetuner import options_for


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return model_to_begin_from(tmp_path_factory.mktemp("models") / "older", SIZES["tiny"])


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """Pieces by A and one by B."""
    lines = []
    for seed in range(12):
        text = piece_to_text(lab_tools.some_piece(seed))
        facts = {"title": f"piece {seed}", "composer": "AB"[seed == 5], "text": text, "n_words": len(text.split())}
        lines.append(json.dumps(facts))
    path = tmp_path / "texts.jsonl.xz"
    path.write_bytes(lzma.compress("\n".join(lines).encode()))
    return path


def test_ways_are_compared_on_pieces_that_none_has_learnt_from(
    texts: Path, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["all", "lora", "nothing", "--texts", texts, "--where", "composer=A", "--learn", 6, "--test", 3]
    words += ["--shortest", 1, "--model", base, "--set", "total_words=1500", "eval_words=700", "batch_words=512"]
    words += ["warmup_words=500", "--out", tmp_path / "out"]
    monkeypatch.setattr("sys.argv", ["finetune.py", *map(str, words)])
    compare()
    rows = [json.loads(line) for line in (tmp_path / "out" / "rows.jsonl").read_text().splitlines()]
    assert [row["way"] for row in rows] == ["all", "lora", "nothing"]
    assert rows[0]["before"] == rows[1]["before"] != rows[2]["before"]
    assert all(row["after"] < row["before"] for row in rows)
    assert capsys.readouterr().out.count("| composer=A | 6 | ") == 3


def test_pieces_to_test_on_are_of_other_works() -> None:
    records = [{"title": f"a {number // 2}", "composer": "A", "text": str(number)} for number in range(12)]
    test, learn = parted(records, 2, 4)
    assert len(test) == 2 and len(learn) == 4
    assert not {record["title"] for record in test} & {record["title"] for record in learn}


def test_adapters_alone_learn(texts: Path, base: Path, tmp_path: Path) -> None:
    corpus = lab_tools.some_corpus(tmp_path, n_pieces=8)
    config = ModelConfig.from_json(json.loads((base / "config.json").read_text()))
    options = options_for(corpus, config, device="cpu")
    tuner = LoraTuner(corpus, tmp_path / "run", options, base=base, seconds=1e9, tick=lambda *_: None)
    before = {name: weights.clone() for name, weights in tuner.network.state_dict().items()}
    for _, batches in zip(range(3), tuner._batches(), strict=False):
        tuner._step(batches)
    changed = {name for name, weights in tuner.network.state_dict().items() if not torch.equal(weights, before[name])}
    assert changed and all(".parametrizations.weight.0." in name for name in changed)

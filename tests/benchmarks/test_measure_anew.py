"""What docs tell of the model is measured again by one call."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
from measure_anew import ROOT, commands, main


def test_every_command_is_a_benchmark_that_there_is() -> None:
    for words in commands(Path("corpus"), Path("run")).values():
        assert (ROOT / "benchmarks" / f"{words[0]}.py").is_file()


def test_a_command_that_fails_leaves_its_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["--corpus", "nowhere", "--run", "no-run", "--out", str(tmp_path / "out"), "--only", "long_pieces"])
    assert capsys.readouterr().out.startswith("long_pieces: failed after")
    said = (tmp_path / "out" / "long_pieces.txt").read_text("utf-8")
    assert said.startswith("python benchmarks/long_pieces.py --corpus=nowhere\n\nfailed with status 1")
    assert "nowhere" in said.partition("\n\n")[2]

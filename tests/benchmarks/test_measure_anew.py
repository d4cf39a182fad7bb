"""What docs tell of the model at the default is measured again by one call."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
from measure_anew import COMMANDS, ROOT, main


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_a_benchmark_with_such_options(name: str) -> None:
    benchmark, *options = COMMANDS[name]
    source = (ROOT / "benchmarks" / f"{benchmark}.py").read_text("utf-8")
    names = [option.partition("=")[0] for option in options if option.startswith("--")]
    assert names and all(f'add_argument("{name}"' in source for name in names)


def test_a_command_that_fails_leaves_its_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert not main(["--corpus", "nowhere", "--run", "no-run", "--out", str(out), "--only", "long_pieces"])
    assert capsys.readouterr().out.startswith("long_pieces: failed after")
    head, _, said = (out / "long_pieces.txt").read_text("utf-8").partition("\n\n")
    assert head == "python benchmarks/long_pieces.py --corpus=nowhere"
    assert "nowhere" in said and said.endswith("failed with status 1\n")

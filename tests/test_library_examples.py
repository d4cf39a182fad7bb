"""The examples of docs/library.md run as they stand, in their order."""

import re
from pathlib import Path

import pytest

import nanopiano

PAGE = Path(__file__).parents[1] / "docs" / "library.md"


def test_the_examples_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], model_folder: Path
) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "small").symlink_to(model_folder)
    monkeypatch.setenv("NANOPIANO_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    examples = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len(examples) == 4
    for example in examples:
        exec(compile(example, str(PAGE), "exec"), {})
    assert {"mine.mid", "again.mid"} <= {path.name for path in tmp_path.iterdir()}
    assert "to be had again with seed" in capsys.readouterr().out


def test_every_public_name_is_there_and_no_other() -> None:
    for name in nanopiano.__all__:
        assert getattr(nanopiano, name) is not None and name in dir(nanopiano)
    with pytest.raises(AttributeError, match="no attribute 'Conductor'"):
        _ = nanopiano.Conductor

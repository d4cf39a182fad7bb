"""The examples of docs/library.md and of the README run as they stand, with the model of the package."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import nanopiano

ROOT = Path(__file__).parents[1]
LIBRARY, README = ROOT / "docs" / "library.md", ROOT / "README.md"
WRITTEN = {*(f"{name}.mid" for name in ("mine", "longer", "rag", "again", "performed"))}
WRITTEN |= {f"again.{kind}" for kind in ("wav", "png", "musicxml")}


def examples(page: Path) -> Iterator[str]:
    """The examples of a page, each after as many empty lines as it stands from the top: errors name the page's line."""
    text = page.read_text("utf-8")
    for match in re.finditer(r"```python\n(.*?)```", text, re.DOTALL):
        yield "\n" * text[: match.start(1)].count("\n") + match[1]


def run(page: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Run all examples of a page in an empty folder, one after the other, and return the files that they wrote."""
    monkeypatch.setenv("NANOPIANO_HOME", str(folder / "home"))
    monkeypatch.chdir(folder)
    for example in examples(page):
        exec(compile(example, str(page), "exec"), {})
    return {path.name for path in folder.iterdir() if path.is_file()}


def test_the_examples_of_the_library_page_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(LIBRARY, tmp_path, monkeypatch) == WRITTEN


def test_the_example_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(README, tmp_path, monkeypatch) == {"piece.mid"}


def test_every_public_name_stands_on_the_library_page() -> None:
    text = LIBRARY.read_text("utf-8")
    assert {name for name in nanopiano.__all__ if not re.search(rf"\b{name}\b", text)} == {"__version__"}


def test_every_public_name_is_there_and_no_other() -> None:
    for name in nanopiano.__all__:
        assert getattr(nanopiano, name) is not None and name in dir(nanopiano)
    with pytest.raises(AttributeError, match="no attribute 'Conductor'"):
        _ = nanopiano.Conductor

"""What goes into the program without Python is all that it needs, and no more."""

import sys
import tomllib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "packaging"))

import bundle

from nanopiano import __version__
from nanopiano.audio.samples import FOLDER as PIANO
from nanopiano.cli.parser import COMMANDS
from nanopiano.model.store import DEFAULT_MODEL
from nanopiano.songbook import FILE as SONGBOOK

ROOT = bundle.ROOT


def test_every_file_of_our_data_goes_in_but_weights_for_training() -> None:
    data = ROOT / "src" / "nanopiano" / "data"
    files = {path for path in data.rglob("*") if path.is_file()}
    listed = {Path(source): Path(target) for source, target in bundle.data_files()}
    assert {path.name for path in files - listed.keys()} == {"model.safetensors"}
    assert all(target == path.parent.relative_to(ROOT / "src") for path, target in listed.items())
    assert {data / "models" / DEFAULT_MODEL / "model.onnx", SONGBOOK, PIANO / "index.json"} <= listed.keys()


def test_every_command_goes_in() -> None:
    wanted = {f"nanopiano.cli.commands.{name}" for name in COMMANDS}
    assert wanted <= {name.removesuffix("_") for name in bundle.commands()}


def test_nothing_goes_in_that_only_an_extra_brings() -> None:
    left_out = set(bundle.left_out())
    assert {"torch", "onnx", "matplotlib", "datasets", "verovio", "resvg_py", "PIL", "pytest"} <= left_out
    assert not left_out & {"numpy", "onnxruntime", "pygame", "pygame_gui", "soundfile", "nanopiano"}


def test_the_window_keeps_its_letters() -> None:
    assert bundle.wanted("pygame_gui/data/NotoSans-Regular.ttf") and not bundle.wanted("x/NotoSansKR-Bold.ttf")


def test_the_papers_that_go_with_it_are_there() -> None:
    for paper in ("LICENSE", "docs/credits.md", "packaging/READ-ME.txt"):
        assert (ROOT / paper).is_file()


def test_the_program_calls_itself_by_the_version_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert bundle.VERSION == project["version"] == __version__

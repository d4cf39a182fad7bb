"""What composes is light, and every room keeps its borders."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import nanopiano

ROOT = Path(nanopiano.__file__).parent
HEAVY = {"torch", "matplotlib", "music21", "transformers", "onnx", "safetensors", "pandas", "scipy"}

# Which rooms a room may know (docs/design.md); a file beside the rooms is a room of its own.
COMMON = {"errors", "files"}
KNOWS = {
    "music": set(),
    "corpus": {"music", "score"},
    "measures": {"music"},
    "model": {"music"},
    "train": {"music", "corpus", "model"},
    "audio": {"music"},
    "score": {"music"},
    "gui": {"score", "music", "model", "audio", "songbook"},
}

# Every module of ours and its file.
MODULES = {
    ".".join(("nanopiano", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in sorted(ROOT.rglob("*.py"))
}


def loaded_by(module: str) -> set[str]:
    """The packages that are loaded once a fresh process has imported `module`."""
    command = f"import sys, {module}; print(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-W", "error", "-c", command], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("module", ["nanopiano", "nanopiano.model.composer", "nanopiano.cli"])
def test_composing_loads_nothing_heavy(module: str) -> None:
    assert not loaded_by(module) & HEAVY


def test_the_command_line_loads_no_runtime_before_it_composes() -> None:
    assert not loaded_by("nanopiano.cli") & {"onnxruntime", "pygame", "pygame_gui"}


def test_the_window_opens_without_an_engine() -> None:
    loaded = loaded_by("nanopiano.gui.app")
    assert "pygame" in loaded
    assert not loaded & {"onnxruntime", *HEAVY}


def imports(path: Path, *, everywhere: bool = True) -> Iterator[str]:
    """The full names of what a file imports, also within functions if `everywhere`."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree) if everywhere else tree.body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_of(name: str) -> str:
    """The room of a module of ours: the part after `nanopiano`."""
    return name.split(".")[1] if "." in name else ""


def module_of(name: str) -> str | None:
    """The module of ours that an import of `name` loads, None for those of others."""
    while name and name not in MODULES:
        name = name.rpartition(".")[0]
    return name or None


def users_of(package: str) -> set[str]:
    """The rooms that import a package of others, be it within a function."""
    return {
        room_of(module)
        for module, path in MODULES.items()
        if any(name.split(".")[0] == package for name in imports(path))
    }


@pytest.mark.parametrize("room", KNOWS)
def test_a_room_knows_only_the_rooms_below_it(room: str) -> None:
    for path in sorted((ROOT / room).rglob("*.py")):
        if path.name == "__main__.py":
            continue  # a door to the command line
        named = set(imports(path)) - {"nanopiano.__version__"}  # which everybody may know
        known = {room_of(target) for name in named if (target := module_of(name))}
        beyond = known - KNOWS[room] - {room, *COMMON}
        assert not beyond, f"{path.relative_to(ROOT)} imports {beyond}"


@pytest.mark.parametrize("package", ["verovio", "symusic", "resvg_py"])
def test_only_scores_import_what_draws_and_reads_them(package: str) -> None:
    assert users_of(package) == {"score"}


@pytest.mark.parametrize("package", ["torch", "onnx", "safetensors", "matplotlib", "transformers"])
def test_only_training_imports_what_is_heavy(package: str) -> None:
    assert users_of(package) == {"train"}


# The command line only catches its error, where there is no display.
@pytest.mark.parametrize(("package", "users"), [("pygame", {"audio", "gui", "cli"}), ("pygame_gui", {"gui"})])
def test_only_sound_and_window_import_pygame(package: str, users: set[str]) -> None:
    assert users_of(package) == users


def test_no_module_imports_itself_by_a_way_round() -> None:
    graph = {
        module: {target for name in imports(path, everywhere=False) if (target := module_of(name))} - {module}
        for module, path in MODULES.items()
    }
    done: set[str] = set()

    def walk(module: str, way: tuple[str, ...]) -> None:
        assert module not in way, " -> ".join([*way, module])
        if module not in done:
            for target in graph[module]:
                walk(target, (*way, module))
            done.add(module)

    for module in graph:
        walk(module, ())

"""What the program without Python is made of, read by `nanopiano.spec` and by the scripts that build and try it."""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "nanopiano"
ICON = ROOT / "build" / "icon.png"  # drawn by `scripts/build_app.py`
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
NAME: str = PROJECT["name"]
VERSION: str = PROJECT["version"]
WINDOWED = f"{NAME}-window"  # on Windows, where a program either has a console or has none

NO_DATA = ("model.safetensors",)  # weights that training goes on from, and there is no training here
# 39 MB of letters that our texts, in Noto Sans, do not use.
NO_FONTS = re.compile(r"NotoSans(JP|KR|SC)-")
IMPORTED_AS = {"pillow": "PIL", "pyyaml": "yaml", "resvg-py": "resvg_py"}  # where it is not called like its package


def data_files() -> list[tuple[str, str]]:
    """Return every file of our data, and the folder it goes to below the program's own."""
    files = sorted(path for path in (PACKAGE / "data").rglob("*") if path.is_file() and path.name not in NO_DATA)
    return [(str(path), path.parent.relative_to(PACKAGE.parent).as_posix()) for path in files]


def commands() -> list[str]:
    """Return the modules of the commands, which the command line finds by their names alone."""
    return [f"nanopiano.cli.commands.{path.stem}" for path in sorted((PACKAGE / "cli" / "commands").glob("[!_]*.py"))]


def left_out() -> list[str]:
    """Return the packages that stay out: whatever only an extra brings, so that any environment builds the same."""
    extras = [requirement for extra in PROJECT["optional-dependencies"].values() for requirement in extra]
    optional = {_package(requirement) for requirement in extras}
    base = {_package(requirement) for requirement in PROJECT["dependencies"]}
    return sorted({"tkinter", "pandas", *optional} - {NAME} - base)


def wanted(place: str) -> bool:
    """Return whether a file that a library brings is needed, by its place in the program's folder."""
    return not NO_FONTS.search(place)


def program(folder: Path, *, windowed: bool = False) -> Path:
    """Return the program in a folder that was built; that with a window and that of the command line may be one."""
    if sys.platform == "win32":
        return folder / f"{WINDOWED if windowed else NAME}.exe"
    return folder / f"{NAME}.app" / "Contents" / "MacOS" / NAME if sys.platform == "darwin" else folder / NAME


def _package(requirement: str) -> str:
    """Return the name by which Python imports what a requirement asks for."""
    name = re.match(r"[\w.-]+", requirement)
    assert name is not None
    return IMPORTED_AS.get(name[0].lower(), name[0].lower().replace("-", "_"))

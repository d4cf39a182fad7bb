"""Where models are: in the package, in the user's own folder, or at a path."""

import json
import os
from pathlib import Path
from typing import Any

import platformdirs

from nanopiano.errors import InputError

DEFAULT_MODEL = "small"


def user_folder() -> Path:
    """Return the folder of the user's own things; the variable NANOPIANO_HOME overrides the system's choice."""
    home = os.environ.get("NANOPIANO_HOME")
    return Path(home) if home else Path(platformdirs.user_data_dir("nanopiano", appauthor=False))


def model_folders() -> dict[str, Path]:
    """Return every model by name: those of the package, then the user's own, which win where names are the same."""
    roots = [Path(__file__).parent.parent / "data" / "models", user_folder() / "models"]
    return {path.parent.name: path.parent for root in roots for path in sorted(root.glob("*/config.json"))}


def read_config(folder: Path) -> dict[str, Any]:
    """Return what `config.json` of a model folder says. Raises InputError."""
    path = folder / "config.json"
    try:
        facts = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InputError(f"{folder} is no model folder: config.json cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is damaged: {error}") from error
    if not isinstance(facts, dict):
        raise InputError(f"{path} is damaged: it holds no JSON object")
    return facts


def find_model(name: str) -> Path:
    """Return the folder of a model given by name or path. Raises InputError."""
    folders = model_folders()
    if name in folders:
        return folders[name]
    path = Path(name)
    if path.is_dir():
        return path
    known = ", ".join(folders) or "none is installed"
    raise InputError(f"there is no model {name!r}: neither a folder nor one of the models known ({known})")

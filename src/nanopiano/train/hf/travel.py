"""The source files that travel with a model: our own, as they run here, importing each other as neighbours.

There is but one source: what is exported is read from this package, so that it cannot grow old.
"""

import importlib.util
import re
from importlib.metadata import version
from pathlib import Path

IMPORT = re.compile(r"^from (nanopiano\.[\w.]+) import", re.MULTILINE)


def travelling(module: str) -> dict[str, str]:
    """Return by file name the source of `module` and of every module of ours that it needs."""
    sources: dict[str, str] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if (file := f"{_last(name)}.py") not in sources:
            text = _source(name)
            waiting += IMPORT.findall(text)
            made = f"# {name} of nanopiano {version('nanopiano')} (MIT licence), its imports written anew.\n"
            sources[file] = made + IMPORT.sub(lambda found: f"from .{_last(found[1])} import", text)
    return sources


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _source(name: str) -> str:
    spec = importlib.util.find_spec(name)
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).read_text("utf-8")

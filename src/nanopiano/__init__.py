"""nanopiano: a GPT that composes for the piano, on a plain CPU.

The names below are loaded when they are first used, so that `import nanopiano` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nanopiano.model.composer import Composer
    from nanopiano.model.ending import Length
    from nanopiano.model.sample import Sampling
    from nanopiano.music.midi import read_midi, write_midi
    from nanopiano.music.piece import Note, Piece

__version__ = "0.1.0"

__all__ = ["Composer", "Length", "Note", "Piece", "Sampling", "__version__", "read_midi", "write_midi"]

_HOMES = {
    "Composer": "nanopiano.model.composer",
    "Length": "nanopiano.model.ending",
    "Note": "nanopiano.music.piece",
    "Piece": "nanopiano.music.piece",
    "Sampling": "nanopiano.model.sample",
    "read_midi": "nanopiano.music.midi",
    "write_midi": "nanopiano.music.midi",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'nanopiano' has no attribute {name!r}")
    value: object = getattr(import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

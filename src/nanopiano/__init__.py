"""nanopiano: a GPT that composes for the piano, on a plain CPU.

The names below are loaded when they are first used, so that `import nanopiano` costs nothing. docs/library.md shows
them at work.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nanopiano.audio.files import save_sound
    from nanopiano.errors import InputError, NanopianoError
    from nanopiano.gui.draw.picture import save_picture
    from nanopiano.model.composer import Composer
    from nanopiano.model.defaults import DEFAULT_SAMPLING
    from nanopiano.model.ending import Length
    from nanopiano.model.sample import Sampling
    from nanopiano.model.store import model_folders
    from nanopiano.music.expression import with_expression
    from nanopiano.music.midi import read_midi, write_midi
    from nanopiano.music.piece import Note, Piece
    from nanopiano.music.words import piece_to_text, text_to_piece
    from nanopiano.score.draw import save_score
    from nanopiano.score.read import read_score
    from nanopiano.songbook import find_song, songs

__version__ = "0.1.0"

_HOMES = {
    "DEFAULT_SAMPLING": "nanopiano.model.defaults",
    "Composer": "nanopiano.model.composer",
    "InputError": "nanopiano.errors",
    "Length": "nanopiano.model.ending",
    "NanopianoError": "nanopiano.errors",
    "Note": "nanopiano.music.piece",
    "Piece": "nanopiano.music.piece",
    "Sampling": "nanopiano.model.sample",
    "find_song": "nanopiano.songbook",
    "model_folders": "nanopiano.model.store",
    "piece_to_text": "nanopiano.music.words",
    "read_midi": "nanopiano.music.midi",
    "read_score": "nanopiano.score.read",
    "save_picture": "nanopiano.gui.draw.picture",
    "save_score": "nanopiano.score.draw",
    "save_sound": "nanopiano.audio.files",
    "songs": "nanopiano.songbook",
    "text_to_piece": "nanopiano.music.words",
    "with_expression": "nanopiano.music.expression",
    "write_midi": "nanopiano.music.midi",
}

__all__ = [
    "DEFAULT_SAMPLING",
    "Composer",
    "InputError",
    "Length",
    "NanopianoError",
    "Note",
    "Piece",
    "Sampling",
    "__version__",
    "find_song",
    "model_folders",
    "piece_to_text",
    "read_midi",
    "read_score",
    "save_picture",
    "save_score",
    "save_sound",
    "songs",
    "text_to_piece",
    "with_expression",
    "write_midi",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'nanopiano' has no attribute {name!r}")
    value: object = getattr(import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

"""What was continued last, kept in the user's own folder for `continue --retry`."""

import json
from pathlib import Path
from typing import NamedTuple

from nanopiano.errors import InputError, NanopianoError
from nanopiano.files import write_atomically
from nanopiano.model.store import user_folder


class Last(NamedTuple):
    """A song's id or the path of a MIDI file, and how many bars of it were the prompt (None: all)."""

    target: str
    prompt_bars: int | None


def remember(last: Last) -> None:
    """Keep what is being continued. Raises NanopianoError if the user's folder cannot be written."""
    path = _file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NanopianoError(f"cannot make the folder {path.parent}: {error.strerror}") from error
    write_atomically(path, json.dumps(last._asdict()).encode())


def recall() -> Last:
    """Return what was continued last. Raises InputError if there is nothing."""
    path = _file()
    try:
        facts = json.loads(path.read_bytes())
        last = Last(facts["target"], facts["prompt_bars"])
    except FileNotFoundError:
        raise InputError("nothing to retry: no song was continued yet (nanopiano continue SONG)") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"cannot retry: {path} is damaged ({error}); name the song again") from error
    if not isinstance(last.target, str) or not (last.prompt_bars is None or isinstance(last.prompt_bars, int)):
        raise InputError(f"cannot retry: {path} is damaged; name the song again")
    return last


def _file() -> Path:
    return user_folder() / "last.json"

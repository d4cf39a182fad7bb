"""What the window remembers from day to day. Loading never fails: what cannot be used is as in a new window."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from nanopiano.errors import InputError, NanopianoError
from nanopiano.files import write_atomically
from nanopiano.gui.state.controls import Controls
from nanopiano.model.ending import Length
from nanopiano.model.sample import MAX_SEED, Sampling
from nanopiano.model.store import DEFAULT_MODEL

SLOWEST, FASTEST = 5, 1000  # beats a minute
LEAST_WINDOW, MOST_WINDOW = (960, 600), (16_384, 16_384)  # pixels
_NEW = Controls()  # what the sliders of a new window show


@dataclass(frozen=True)
class Settings:
    """The settings of the window; the defaults are those of a new one."""

    temperature: float = _NEW.temperature
    words: int = _NEW.words
    top_k: int | None = _NEW.top_k  # None: all
    top_p: float = _NEW.top_p
    min_p: float = _NEW.min_p
    min_surprise: float = _NEW.min_surprise
    returns: float = _NEW.returns
    chromatic: float = _NEW.chromatic
    bpm: int = _NEW.bpm
    volume: float = _NEW.volume  # 0 to 1
    expressive: bool = True
    original: bool = False
    model: str = DEFAULT_MODEL  # what composes, by name or path
    theme: Literal["dark", "light"] = "dark"
    ui_scale: float = 1.0  # 1 to 2
    view: Literal["roll", "falling"] = "roll"
    colour_by: Literal["pitch class", "hand"] = "pitch class"
    takes_open: bool = True
    last_folder: str = ""  # where a file was last opened or saved; empty: none yet
    window_size: tuple[int, int] = (1280, 720)  # pixels
    keep_seed: bool = False  # compose with `seed` again and again
    seed: int = 0


def load_settings(path: Path) -> Settings:
    """Return the settings kept at `path`; what is missing or wrong there is as in a new window."""
    try:
        kept = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return Settings()
    settings = Settings()
    for name, check in _CHECKS.items() if isinstance(kept, dict) else ():
        try:
            changes: dict[str, Any] = {name: check(kept[name])}
            settings = replace(settings, **changes)
        except (KeyError, ValueError, TypeError, OverflowError, InputError):
            continue
    return settings


def save_settings(settings: Settings, path: Path) -> None:
    """Write settings, whole or not at all. Raises NanopianoError, with one sentence, where the system refuses."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise NanopianoError(f"settings cannot be kept in {path.parent}: {reason}") from None
    write_atomically(path, f"{json.dumps(asdict(settings), indent=2)}\n".encode("ascii"))


# --- what each field takes; a check returns the value or raises ------------------------------------------------------


def _number(value: object, low: float = -math.inf, high: float = math.inf) -> float:
    if type(value) not in (int, float) or not low <= value <= high:  # type: ignore[operator]
        raise ValueError
    return float(value)  # type: ignore[arg-type]


def _whole(value: object, low: int = 1, high: int = MAX_SEED) -> int:
    if type(value) is not int or not low <= value <= high:
        raise ValueError
    return value


def _one_of(*choices: object) -> Callable[[object], object]:
    def check(value: object) -> object:
        if not any(type(value) is type(choice) and value == choice for choice in choices):
            raise ValueError
        return value

    return check


def _text(value: object) -> str:
    if type(value) is not str:
        raise ValueError
    return value


def _name(value: object) -> str:
    if not _text(value).strip():
        raise ValueError
    return _text(value)


def _size(value: Any) -> tuple[int, int]:
    pairs = zip(value, LEAST_WINDOW, MOST_WINDOW, strict=True)
    width, height = (_whole(side, least, most) for side, least, most in pairs)
    return width, height


_CHECKS: dict[str, Callable[[Any], object]] = {
    "temperature": lambda value: Sampling(temperature=_number(value)).temperature,
    "words": lambda value: Length(words=_whole(value)).words,
    "top_k": lambda value: value if value is None else Sampling(top_k=_whole(value)).top_k,
    "top_p": lambda value: Sampling(top_p=_number(value)).top_p,
    "min_p": lambda value: Sampling(min_p=_number(value)).min_p,
    "min_surprise": lambda value: Sampling(min_surprise=_number(value)).min_surprise,
    "returns": lambda value: Sampling(returns=_number(value)).returns,
    "chromatic": lambda value: Sampling(chromatic=_number(value)).chromatic,
    "bpm": lambda value: _whole(value, SLOWEST, FASTEST),
    "volume": lambda value: _number(value, 0, 1),
    "expressive": _one_of(True, False),
    "original": _one_of(True, False),
    "model": _name,
    "theme": _one_of("dark", "light"),
    "ui_scale": lambda value: _number(value, 1, 2),
    "view": _one_of("roll", "falling"),
    "colour_by": _one_of("pitch class", "hand"),
    "takes_open": _one_of(True, False),
    "last_folder": _text,
    "window_size": _size,
    "keep_seed": _one_of(True, False),
    "seed": lambda value: _whole(value, 0),
}

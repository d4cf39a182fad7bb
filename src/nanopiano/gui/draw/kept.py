"""Pictures and letters that are kept once they are made, until the window has another size, scale or theme."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from functools import _lru_cache_wrapper

Made = TypeVar("Made")
_clears: list[Callable[[], None]] = []


def kept(most: int) -> Callable[[Callable[..., Made]], _lru_cache_wrapper[Made]]:
    """Let a function of hashable things keep what it made last, `most` of it."""

    def keeping(make: Callable[..., Made]) -> _lru_cache_wrapper[Made]:
        cached = lru_cache(maxsize=most)(make)
        _clears.append(cached.cache_clear)
        return cached

    return keeping


def forget() -> None:
    """Let go of everything that is kept."""
    for clear in _clears:
        clear()

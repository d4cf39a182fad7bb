"""A table of what to do for each kind of action."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from nanopiano.gui.state.actions import Effect
from nanopiano.gui.state.app_state import AppState, Message

Result = tuple[AppState, tuple[Effect, ...]]
Handler = Callable[[AppState, Any], Result]
_H = TypeVar("_H", bound=Handler)


class Handlers:
    """Functions by the action that they handle."""

    def __init__(self) -> None:
        self.table: dict[type, Handler] = {}

    def on(self, *kinds: type) -> Callable[[_H], _H]:
        """Register the function below for these actions."""

        def register(handler: _H) -> _H:
            self.table.update(dict.fromkeys(kinds, handler))
            return handler

        return register


def done(state: AppState, message: str | None = None, *effects: Effect, error: bool = False) -> Result:
    """Return a state, with another message if one is given, and its effects."""
    return (state if message is None else replace(state, message=Message(message, error))), effects

"""Work that takes a while, beside the window: reading and writing files, in the order in which it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from time import perf_counter
from typing import Any

from nanopiano.errors import NanopianoError
from nanopiano.gui.state.actions import Action, Say
from nanopiano.gui.state.takes import Take, TakeStore

EVERY = 1.0  # seconds between two writings of a take that grows


class Background:
    """One thread for what must keep its order, polled from the window."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="background")
        self._running: list[tuple[Future[Any], Callable[[Any], list[Action]]]] = []

    def run(self, work: Callable[[], Any], then: Callable[[Any], list[Action]] = lambda _: []) -> None:
        """Do `work` beside the window; `then` makes actions of its result. Its errors are said in the status line."""
        self._running.append((self._thread.submit(work), then))

    def poll(self) -> list[Action]:
        """Return the actions of all that is done."""
        actions: list[Action] = []
        for entry in [entry for entry in self._running if entry[0].done()]:
            self._running.remove(entry)
            future, then = entry
            error = future.exception()
            if error is None:
                actions += then(future.result())
            else:
                actions.append(Say(_sentence(_reason(error)), error=True))
        return actions

    @property
    def busy(self) -> bool:
        """Whether anything is still to be done."""
        return bool(self._running)

    def close(self) -> None:
        """Finish what was begun."""
        self._thread.shutdown(wait=True)


class Keeper:
    """Writes takes as they come, those that grow once a second, and always what was last."""

    def __init__(self, store: TakeStore, background: Background) -> None:
        self.store, self.background = store, background
        self._waiting: dict[str, Take] = {}
        self._due = 0.0

    def keep(self, take: Take) -> None:
        """Write a take soon."""
        self._waiting[take.id] = take

    def forget(self, take_id: str) -> None:
        """Take a take from the disk."""
        self._waiting.pop(take_id, None)
        self.background.run(lambda: self.store.remove(take_id))

    def tick(self, *, now: bool = False) -> None:
        """Write what waits, if it is time."""
        if not self._waiting or (perf_counter() < self._due and not now):
            return
        takes, self._waiting = list(self._waiting.values()), {}
        self._due = perf_counter() + EVERY
        self.background.run(lambda: self._write(takes), self._told)

    def _write(self, takes: list[Take]) -> str:
        try:
            for take in takes:
                self.store.save(take)
        except NanopianoError as error:
            return str(error)
        return ""

    def _told(self, problem: str) -> list[Action]:
        """Say that takes cannot be written: each time, for what is said of the finished piece would cover it."""
        return [Say(f"{_sentence(problem)} Takes live only until the window closes.", error=True)] if problem else []


def _reason(error: BaseException) -> str:
    if isinstance(error, NanopianoError):
        return str(error)
    reason = " ".join(str(error).split()) or "no reason given"
    if isinstance(error, OSError):
        return f"the system refuses: {reason}"
    return f"this came to nothing by a defect of nanopiano: please report it ({type(error).__name__}: {reason})"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."

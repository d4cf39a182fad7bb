"""The process that composes beside the window: the engine with one thread, so that sound and drawing never starve.

It hears requests from one pipe and tells of its work into another; `jobs` is the window's end of both. Nothing here may
import pygame. The engine is imported in here only, not in the window, which would show up later for it.
"""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Thread
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from nanopiano.errors import InputError, NanopianoError
from nanopiano.gui.state.events import Failed, Judged, Load, NoModel, Ready, Request
from nanopiano.music.piece import Note, NoteArray, Piece

if TYPE_CHECKING:
    from nanopiano.model.composer import Composer, Composition

PAUSE = 1 / 25  # seconds between two messages about a piece that grows


# --- what is told ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Begun:
    """A request is understood: `kept` stays, new notes will begin in steps [begin, end)."""

    number: int
    kept: Piece
    begin: int
    end: int | None


@dataclass(frozen=True, eq=False)
class Written:
    """The notes since the last message, int32 [k, 4]; no later note will begin before step `edge`."""

    number: int
    notes: NoteArray
    edge: int
    share: float
    n_words: int
    seconds: float  # since the request came
    whole: bool  # nothing more follows


Asked = Request | Load | None  # None: stop composing
Message = Ready | NoModel | Failed | Begun | Written | Judged


# --- the process -----------------------------------------------------------------------------------------------------


def run(asked: Connection, told: Connection, model: str) -> None:
    """Compose what is `asked` and tell about it, at first with `model`, until the window closes its ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the window's affair
    inbox: SimpleQueue[Asked] = SimpleQueue()
    Thread(target=_listen, args=(asked, inbox), daemon=True).start()
    _Worker(inbox, told, model).work()


def _listen(asked: Connection, inbox: SimpleQueue[Asked]) -> None:
    """Take in what is asked at once, so that the window never waits; its end is ours, whatever we are doing."""
    try:
        while True:
            inbox.put(asked.recv())
    except (EOFError, OSError):
        os._exit(0)


class _Worker:
    """Loads a model, then composes one request after the other; the latest wins."""

    def __init__(self, inbox: SimpleQueue[Asked], told: Connection, model: str) -> None:
        self.inbox, self.told, self.model = inbox, told, model
        self.composer: Composer | None = None

    def work(self) -> None:
        self._use(self.model)
        while True:
            asked = self.inbox.get()
            if isinstance(asked, Load):
                self._use(asked.model)
            elif asked is not None and self.inbox.empty():
                try:
                    self._compose(asked)
                except Exception as error:  # whatever it is, the window shall say it
                    self._tell(Failed(asked.number, _sentence(error)))

    def _use(self, model: str) -> None:
        """Compose with this model from now on; if it cannot be loaded, with the one before."""
        if self.composer is None:
            self.model = model
        try:
            self._load(model)
        except Exception as error:  # likewise
            self._tell(NoModel(model, _sentence(error)))

    def _load(self, model: str) -> Composer:
        from nanopiano.model.composer import Composer  # noqa: PLC0415  brings the engine

        started = perf_counter()
        composer = Composer(model, threads=1)
        self.composer, self.model = composer, model
        self._tell(Ready(model, perf_counter() - started))
        return composer

    def _compose(self, request: Request) -> None:
        started = perf_counter()
        # A model that could not be loaded before is tried again, for it may have been installed.
        composer = self.composer or self._load(self.model)
        composition = _begin(composer, request)
        self._tell(Begun(request.number, composition.piece, *_region(composition)))
        fresh: list[Note] = []
        edge, due = 0, 0.0

        def tell(*, whole: bool) -> None:
            notes = np.array(fresh, dtype=np.int32).reshape(-1, 4)
            facts = (composition.share, composition.n_words, perf_counter() - started)
            self._tell(Written(request.number, notes, edge, *facts, whole))
            fresh.clear()

        for note in composition:
            if not self.inbox.empty():
                return
            fresh.append(note)
            edge = note.onset  # notes come in the order of their onsets
            if perf_counter() >= due:
                tell(whole=False)
                due = perf_counter() + PAUSE
        tell(whole=True)
        self._judge(request.number, composer, composition)

    def _judge(self, number: int, composer: Composer, composition: Composition) -> None:
        """Tell how original the new music is, if the model knows what it learnt from."""
        begin, end = _region(composition)
        found = composer.originality(composition.piece, begin, end)
        if found is not None and self.inbox.empty():
            passage = found.passage
            longest, where = (passage.n_notes, passage.tell_where()) if passage else (0, "")
            self._tell(Judged(number, longest, where, found.share_of_12))

    def _tell(self, message: Message) -> None:
        try:
            self.told.send(message)
        except OSError:  # the window is gone
            os._exit(0)


def _begin(composer: Composer, request: Request) -> Composition:
    """Begin to compose. Raises InputError for a request that is wrong."""
    prompt, sampling, seed = request.prompt, request.sampling, request.seed
    if request.bars is None:
        bars, length = request.prompt_bars, request.length
        return composer.compose(prompt, prompt_bars=bars, length=length, sampling=sampling, seed=seed, bpm=request.bpm)
    if prompt is None:
        raise InputError("there is no piece of which bars could be composed again: open or compose one first")
    return composer.fill(replace(prompt, bpm=request.bpm), *request.bars, sampling=sampling, seed=seed)


def _region(composition: Composition) -> tuple[int, int | None]:
    """Return the steps [begin, end) of the new music; an end of None is that of the piece."""
    from nanopiano.model.composer import Fill  # noqa: PLC0415  loaded by now

    return (composition.start, composition.end) if isinstance(composition, Fill) else (composition.begin, None)


def _sentence(error: Exception) -> str:
    if isinstance(error, NanopianoError):
        return str(error)
    if isinstance(error, MemoryError):
        return "the memory is not enough: ask for less, or close other programs"
    reason = " ".join(str(error).split()) or "no reason given"
    return f"composing stopped by a defect of nanopiano: try again, and report it ({type(error).__name__}: {reason})"

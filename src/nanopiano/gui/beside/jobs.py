"""Composing without waiting: requests go to a process of their own, and what it composes comes back as events."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection

import numpy as np

from nanopiano.gui.beside.composing_process import Asked, Begun, Message, Written, run
from nanopiano.gui.state.events import Event, Failed, Finished, Grown, Judged, Load, NoModel, Ready, Request
from nanopiano.model.store import DEFAULT_MODEL
from nanopiano.music.piece import Piece

LONGEST_GOODBYE = 1.0  # seconds that the process gets to end by itself


class Jobs:
    """The window's end of the composing process. No method waits for it, but `close` for its end."""

    def __init__(self, model: str = DEFAULT_MODEL) -> None:
        """Start the process, which loads the model at once; `poll` tells when it is there, or why it is not."""
        self._model = model  # what a new process begins with: what was loaded last, if anything ever was
        self._works = False  # whether that has ever been loaded
        self._loading: str | None = None  # the model of which nothing is told yet
        self._events: list[Event] = []
        self._job: _Job | None = None
        self._child: _Child | None = None
        self._spawn()

    def load(self, model: str) -> None:
        """Let another model compose; `poll` tells when it is there, or why it is not and the one before goes on.

        What was being composed is cancelled.
        """
        self.cancel()
        if self._child is None:
            self._model = self._model if self._works else model
            self._spawn()
        self._loading = model
        self._ask(Load(model))

    def start(self, request: Request) -> None:
        """Begin to compose; what was being composed is cancelled. A process that died is started anew."""
        self.cancel()
        self._job = _Job(request.number, request.prompt or Piece.of([]))
        if self._child is None:
            self._spawn()
        self._ask(request)

    def cancel(self) -> None:
        """Stop composing; the next `poll` gives what there is as Finished."""
        self._receive()
        if self._job is not None:
            self._ask(None)
        if self._job is not None:
            self._events += self._job.finished(cancelled=True)
            self._job = None

    def poll(self) -> list[Event]:
        """Return what has happened since the last call, at most one Grown of a piece; never blocks."""
        self._receive()
        if self._job is not None:
            self._events += self._job.grown()
        events, self._events = self._events, []
        return events

    def close(self) -> None:
        """End the process for sure."""
        if self._child is not None:
            self._child.end()
            self._child = self._job = None

    def _spawn(self) -> None:
        self._loading = self._model
        try:
            self._child = _Child(self._model)
        except OSError as error:
            self._lost(f"the composing process cannot be started ({error}): close other programs and try again")

    def _ask(self, asked: Asked) -> None:
        if self._child is not None:
            with suppress(OSError):  # it has died, which the next `_receive` finds out
                self._child.asked.send(asked)

    def _receive(self) -> None:
        """Take in all that was told."""
        try:
            while self._child is not None and self._child.told.poll():
                self._heed(self._child.told.recv())
        except (EOFError, OSError):  # it has ended; on Windows even `poll` says so
            assert self._child is not None
            status = self._child.end()
            self._child = None
            self._lost(
                f"the composing process ended unexpectedly (exit status {status}; perhaps the memory was not enough): "
                "compose again, and it starts anew"
            )

    def _heed(self, message: Message) -> None:
        if isinstance(message, Ready):
            self._model, self._works = message.model, True
        if isinstance(message, Ready | NoModel) and message.model == self._loading:
            self._loading = None
        if isinstance(message, Ready | NoModel | Judged):
            self._events.append(message)
        elif self._job is None or message.number != self._job.number:
            return  # of a request that was cancelled
        elif isinstance(message, Begun):
            self._job.begin(message)
        elif isinstance(message, Written):
            self._job.add(message)
            if message.whole:
                self._events += self._job.finished(cancelled=False)
                self._job = None
        else:
            self._events.append(message)
            self._job = None

    def _lost(self, why: str) -> None:
        """Say that the process is gone."""
        if self._loading is not None:
            self._events.append(NoModel(self._loading, why))
        if self._job is not None or self._loading is None:
            self._events.append(Failed(self._job.number if self._job else 0, why))
        self._job = self._loading = None


class _Child:
    """A running process and our ends of its two pipes. Raises OSError if it cannot be started."""

    def __init__(self, model: str) -> None:
        context = get_context("spawn")
        hears, self.asked = context.Pipe(duplex=False)
        self.told, tells = context.Pipe(duplex=False)
        self.process = context.Process(target=run, args=(hears, tells, model), name="composing", daemon=True)
        try:
            self.process.start()
        except OSError:
            self._hang_up()
            raise
        finally:  # these are the child's now: only so do we notice when it ends
            hears.close()
            tells.close()

    def end(self) -> int | None:
        """End the process and return its exit status."""
        self._hang_up()
        self.process.join(LONGEST_GOODBYE)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        status = self.process.exitcode
        self.process.close()
        return status

    def _hang_up(self) -> None:
        connection: Connection
        for connection in (self.asked, self.told):
            connection.close()


@dataclass
class _Job:
    """A piece on its way, put together from what stays and the notes that have come."""

    number: int
    piece: Piece  # so far
    start: int = 0  # steps: where new music begins
    end: int | None = None
    place: int = 0  # in the notes of the piece: where the next new one goes
    told: list[Written] = field(default_factory=list)  # of these no Grown was made yet
    words_per_second: float = 0.0

    def begin(self, message: Begun) -> None:
        self.piece, self.start, self.end = message.kept, message.begin, message.end
        self.place = int(np.searchsorted(self.piece.onsets, self.start))

    def add(self, message: Written) -> None:
        """Put in new notes; they come in canonical order, and between what stays."""
        notes = np.insert(self.piece.notes, self.place, message.notes, axis=0)
        self.piece = self.piece.with_notes(notes)
        self.place += len(message.notes)
        self.words_per_second = message.n_words / max(message.seconds, 1e-9)
        self.told.append(message)

    def grown(self) -> list[Event]:
        """Return one Grown for all that came since the last."""
        if not any(len(message.notes) for message in self.told):
            return []
        last = self.told[-1]
        self.told.clear()
        return [Grown(self.number, self.piece, self.start, self.end, last.edge, last.share, last.n_words)]

    def finished(self, *, cancelled: bool) -> list[Event]:
        """Return the end, after what has grown until then."""
        end = Finished(self.number, self.piece, self.start, self.end, self.words_per_second, cancelled)
        return [*self.grown(), end]

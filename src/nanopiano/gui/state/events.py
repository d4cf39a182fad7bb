"""What the window asks of the composing process, and what it is told."""

from __future__ import annotations

from dataclasses import dataclass

from nanopiano.model.ending import Length
from nanopiano.model.sample import Sampling
from nanopiano.music.piece import Piece


@dataclass(frozen=True, eq=False)
class Request:
    """What to compose: a new piece, what follows the first `prompt_bars` bars of `prompt`, or its `bars` anew."""

    number: int  # tells requests apart
    seed: int
    sampling: Sampling
    length: Length  # of new music; a fill is as long as its bars
    bpm: float
    prompt: Piece | None = None
    prompt_bars: int | None = None  # None: all
    bars: tuple[int, int] | None = None  # first and last bar of `prompt` to compose anew, counted from 1


@dataclass(frozen=True)
class Load:
    """Another model, given by name or path, is to compose from now on."""

    model: str


@dataclass(frozen=True)
class Ready:
    """A model is loaded, which took `seconds`, and composes from now on."""

    model: str
    seconds: float


@dataclass(frozen=True)
class NoModel:
    """A model cannot be loaded, and why. What composed before goes on."""

    model: str
    message: str


@dataclass(frozen=True)
class Failed:
    """A request came to nothing, and why; number 0: of no request."""

    number: int
    message: str


@dataclass(frozen=True)
class Grown:
    """A piece has grown: `piece` is all of it so far, new in steps [begin, end); None: to the end of the piece."""

    number: int
    piece: Piece
    begin: int
    end: int | None
    edge: int  # steps: no later note will begin before
    share: float  # of what was asked for, 0 to 1
    n_words: int


@dataclass(frozen=True)
class Finished:
    """A piece is as far as it goes; one that was cancelled may hold no new note."""

    number: int
    piece: Piece
    begin: int
    end: int | None
    words_per_second: float
    cancelled: bool


@dataclass(frozen=True)
class Judged:
    """How original the new music of a finished request is."""

    number: int
    longest_passage_notes: int  # shared with training; 0: none that is worth a word
    quoted: str  # where that passage stands in training
    share_of_12: float  # of the passages of 12 notes, those that occur in training


Event = Ready | NoModel | Grown | Finished | Failed | Judged

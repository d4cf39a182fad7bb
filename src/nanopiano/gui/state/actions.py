"""What can happen in the window, and what follows from it outside; all of it plain data.

The events of `jobs` (Ready, Grown, Finished, ...) are actions too.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nanopiano.gui.state.app_state import Dialog
from nanopiano.gui.state.controls import Value
from nanopiano.gui.state.events import Request
from nanopiano.gui.state.model_facts import ModelFacts
from nanopiano.gui.state.takes import Take
from nanopiano.gui.state.view import View
from nanopiano.music.piece import Piece

Switch = Literal["expressive", "original", "theme", "mode", "colour_by", "takes_open", "loop"]


class Action:
    """Something that happened."""


class Effect:
    """Something to be done outside of the state."""


# --- sliders and switches --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Set(Action):
    """A slider was brought to a value."""

    name: str
    value: Value


@dataclass(frozen=True)
class Nudge(Action):
    """A slider was moved by so many places, by wheel or arrow key."""

    name: str
    places: int


@dataclass(frozen=True)
class Reset(Action):
    """A slider was double-clicked."""

    name: str


@dataclass(frozen=True)
class Surprise(Action):
    """Sliders are to be set to something sensible, drawn by `seed`."""

    seed: int


@dataclass(frozen=True)
class SetSeed(Action):
    """A seed was typed (None: the field was emptied), to be used from now on."""

    seed: int | None


@dataclass(frozen=True)
class Toggle(Action):
    """A switch was thrown."""

    what: Switch


@dataclass(frozen=True)
class SetScale(Action):
    """The size of everything was chosen, 1.0 to 2.0."""

    scale: float


@dataclass(frozen=True)
class Show(Action):
    """A dialog was opened; None closes."""

    dialog: Dialog | None


# --- what composes ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class UseModel(Action):
    """A model, given by name or path, was chosen to compose from now on."""

    model: str


@dataclass(frozen=True)
class ModelsListed(Action):
    """It was looked which models there are."""

    models: tuple[ModelFacts, ...]


# --- what to compose -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class NewPiece(Action):
    """A new piece is to be composed, from nothing."""


@dataclass(frozen=True)
class PromptGiven(Action):
    """A song was chosen, or a file was read, to go on from."""

    piece: Piece
    kind: Literal["song", "file"]
    name: str
    detail: str = ""
    song: str | None = None


@dataclass(frozen=True)
class ShowPrompt(Action):
    """The prompt itself is to be seen again."""


@dataclass(frozen=True)
class SetPromptBars(Action):
    """The handle of the prompt was moved to the end of this bar."""

    bars: int


@dataclass(frozen=True)
class Compose(Action):
    """Something is to be composed: with `seed` unless one is kept, at the time `made` (ISO)."""

    seed: int
    made: str


@dataclass(frozen=True)
class Generate(Compose):
    """Compose a new piece, or go on from the prompt."""


@dataclass(frozen=True)
class Retry(Compose):
    """Compose the last again, always with another seed."""


@dataclass(frozen=True)
class ComposeAgain(Compose):
    """Compose the marked bars anew."""


@dataclass(frozen=True)
class GoOnFromHere(Compose):
    """Cut the piece at the playhead and compose what follows."""


@dataclass(frozen=True)
class Cancel(Action):
    """Stop composing and keep what there is."""


# --- playing ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PlayPause(Action):
    """Play, or pause what plays."""


@dataclass(frozen=True)
class Stop(Action):
    """Stop playing and go back to the beginning."""


@dataclass(frozen=True)
class Seek(Action):
    """Move the playhead to a step."""

    step: float


@dataclass(frozen=True)
class SeekBars(Action):
    """Move the playhead by whole bars."""

    bars: int


@dataclass(frozen=True)
class Mark(Action):
    """Mark the bars that these two steps stand in and all between; None takes the mark away."""

    steps: tuple[float, float] | None


@dataclass(frozen=True)
class Heard(Action):
    """The sound reports."""

    position: float  # steps
    playing: bool
    waiting: bool


# --- takes and files -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Select(Action):
    """A take was chosen."""

    take: str


@dataclass(frozen=True)
class Discard(Action):
    """A take is to go; it can come back."""

    take: str


@dataclass(frozen=True)
class Undo(Action):
    """The take that was discarded last is to come back."""


@dataclass(frozen=True)
class Rename(Action):
    """A take was given a name."""

    take: str
    name: str


@dataclass(frozen=True)
class Pin(Action):
    """A take is to stay on top, or no more."""

    take: str


@dataclass(frozen=True)
class TakesLoaded(Action):
    """The takes of former days were read; `damaged` files were set aside."""

    takes: tuple[Take, ...]
    damaged: int


@dataclass(frozen=True)
class Save(Action):
    """A piece is to be written to a file."""

    path: Path
    take: str | None  # None: the prompt


@dataclass(frozen=True)
class Say(Action):
    """Something is to stand in the status line."""

    text: str
    error: bool = False


@dataclass(frozen=True)
class NoSound(Action):
    """Nothing can be heard, for this reason."""

    why: str


@dataclass(frozen=True)
class Look(Action):
    """Another part of the roll is seen; `following`: the view goes with the playhead."""

    view: View
    following: bool


# --- effects ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LoadModel(Effect):
    """Let another model compose, once it is loaded."""

    model: str


@dataclass(frozen=True)
class ListModels(Effect):
    """Look which models there are: those known by name, and the one at the path `also`."""

    also: str | None


@dataclass(frozen=True)
class StartJob(Effect):
    """Compose."""

    request: Request


@dataclass(frozen=True)
class CancelJob(Effect):
    """Stop composing."""


@dataclass(frozen=True)
class Sound(Effect):
    """Tell the transport."""

    verb: Literal["play", "pause", "stop"]


@dataclass(frozen=True)
class SoundAt(Effect):
    """Move the transport to a step."""

    step: float


@dataclass(frozen=True)
class Keep(Effect):
    """Write a take to the disk."""

    take: Take


@dataclass(frozen=True)
class Forget(Effect):
    """Take a take from the disk."""

    take: str


@dataclass(frozen=True)
class Export(Effect):
    """Write a piece to a file of the user's."""

    piece: Piece
    begin: int
    end: int | None
    expressive: bool
    path: Path

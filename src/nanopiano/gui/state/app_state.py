"""What the window is at a moment: every control a field, and no pygame anywhere.

`update.update` makes the next state of this one and an action; drawing reads it and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from nanopiano.gui.state.controls import Controls
from nanopiano.gui.state.events import Request
from nanopiano.gui.state.model_facts import ModelFacts
from nanopiano.gui.state.settings import FASTEST, SLOWEST
from nanopiano.gui.state.takes import Take
from nanopiano.gui.state.view import Scene, View
from nanopiano.model.defaults import DEFAULT_ORIGINAL
from nanopiano.model.sample import Sampling
from nanopiano.model.store import DEFAULT_MODEL
from nanopiano.music.piece import Piece

Dialog = Literal["more", "songs", "open", "save", "save as", "keys", "about", "settings", "rename", "models"]
SONG_BARS = 8  # how much of a song is the prompt at first


def bars_begun(piece: Piece) -> int:
    """Return up to which bar notes begin, the most that a prompt can have."""
    return int(piece.onsets.max(initial=-1)) // piece.grid.bar_steps + 1


@dataclass(frozen=True)
class Prompt:
    """What a piece goes on from: the first `bars` bars of `piece`."""

    piece: Piece
    bars: int
    kind: Literal["song", "file"]
    name: str
    bpm: float  # its own until the slider moves
    detail: str = ""  # the composer of a song, the remarks on a file
    song: str | None = None

    @property
    def step(self) -> int:
        """The bar line where the prompt ends."""
        return self.bars * self.piece.grid.bar_steps


@dataclass(frozen=True)
class Job:
    """A piece that is being composed; `take` is None until its first note has come."""

    request: Request
    kind: str
    name: str
    origin: str
    made: str  # when it was asked for, ISO
    take: str | None = None
    edge: int = 0  # steps: how far the music is certain
    share: float = 0.0
    n_words: int = 0
    cancelling: bool = False
    silent: bool = False  # Stop was pressed before its first note came: it does not begin to play by itself


@dataclass(frozen=True)
class Playback:
    """What is heard, as the sound reports it."""

    playing: bool = False
    waiting: bool = False  # at the edge of what is composed
    position: float = 0.0  # steps
    play_at: int | None = None  # steps: playing shall begin by itself once the music is certain up to here


@dataclass(frozen=True)
class Message:
    """The status line."""

    text: str
    error: bool = False


@dataclass(frozen=True)
class AppState:
    """The whole window."""

    controls: Controls = field(default_factory=Controls)
    seed: int | None = None  # the seed to keep; None: another for each piece
    expressive: bool = True
    original: bool = False  # new music quotes no long passage of its training
    prompt: Prompt | None = None  # None: a new piece
    takes: tuple[Take, ...] = ()  # oldest first
    discarded: tuple[Take, ...] = ()  # the last is the next to come back
    current: str | None = None  # the take that is shown; None: the prompt, or nothing yet
    job: Job | None = None
    last_job: Job | None = None  # what Retry does again, as it was begun
    playback: Playback = field(default_factory=Playback)
    region: tuple[int, int] | None = None  # the marked bars, in steps
    loop: bool = False
    view: View = field(default_factory=View)
    following: bool = True  # the view goes with the playhead
    theme: Literal["dark", "light"] = "dark"
    ui_scale: float = 1.0
    mode: Literal["roll", "falling"] = "roll"
    colour_by: Literal["pitch class", "hand"] = "pitch class"
    takes_open: bool = True
    dialog: Dialog | None = None
    model: str | None = None  # what composes, by name or path; None: not loaded yet
    no_model: str | None = None  # why nothing can be composed
    loading: str | None = None  # the model that is on its way
    given_model: str | None = None  # named by the command line, for this window alone
    kept_model: str = DEFAULT_MODEL  # what composes in the next window
    models: tuple[ModelFacts, ...] | None = None  # as they were when the list was last opened; None: never
    no_sound: str | None = None  # why nothing is heard
    message: Message = field(default_factory=lambda: Message(""))
    number: int = 0  # of the last request
    folder: str = ""  # where files were last opened or saved; empty: the usual one

    @property
    def take(self) -> Take | None:
        """The take that is shown."""
        return self.take_of(self.current)

    def take_of(self, take_id: str | None) -> Take | None:
        """Return the take with this id."""
        return next((take for take in self.takes if take.id == take_id), None)

    @property
    def piece(self) -> Piece | None:
        """The piece that is shown and played, at its tempo."""
        shown = self.take or self.prompt
        return None if shown is None else replace(shown.piece, bpm=self.bpm)

    @property
    def bpm(self) -> float:
        """The tempo of what is shown, which may lie between two places of the slider, or beyond its ends."""
        take, prompt = self.take, self.prompt
        own = take.piece.bpm if take else prompt.bpm if prompt else float(self.controls.bpm)
        return min(max(own, SLOWEST), FASTEST)

    @property
    def bars(self) -> int:
        """Bars of what is shown, at least one; those that were composed anew count even if they ended up silent."""
        take, piece = self.take, self.piece
        end = max(piece.steps if piece else 0, take.end or 0 if take else 0)
        return max(-(-end // self.bar_steps), 1)

    @property
    def position(self) -> float:
        """Where the playhead is seen: it may wait behind the end of a short piece, until a longer one comes back."""
        return min(self.playback.position, float(self.bars * self.bar_steps))

    @property
    def growing(self) -> bool:
        """Whether the piece that is shown is being composed."""
        return self.job is not None and self.job.take is not None and self.job.take == self.current

    @property
    def busy(self) -> bool:
        """Whether something is being composed."""
        return self.job is not None

    @property
    def bar_steps(self) -> int:
        """Steps in a bar of what is shown."""
        piece = self.take or self.prompt
        return piece.piece.grid.bar_steps if piece else Piece.of([]).grid.bar_steps

    def scene(self) -> Scene | None:
        """Return what the roll shows, None if there is nothing."""
        piece = self.piece
        if piece is None:
            return None
        take, job = self.take, self.job
        begin, end = (take.begin, take.end) if take else (piece.steps + 1, None)
        return Scene(
            notes=piece.notes,
            grid=piece.grid,
            begin=begin,
            end=end,
            playhead=self.position,
            playing=self.playback.playing,
            region=self.region,
            loop=self.loop,
            handle=self.prompt.step if self.prompt and not take else None,
            edge=job.edge if job and self.growing else None,
            colour_by=self.colour_by,
        )

    @property
    def sampling(self) -> Sampling:
        """How the next words are to be drawn."""
        sampling = self.controls.sampling
        return replace(sampling, original=DEFAULT_ORIGINAL) if self.original else sampling

    @property
    def about_to_play(self) -> bool:
        """Whether what is being composed will play by itself, unless somebody stops it."""
        job = self.job
        return self.playback.play_at is not None or (job is not None and job.take is None and not job.silent)

    def can(self, verb: str) -> bool:
        """Return whether a button has something to do."""
        return {
            "retry": self.last_job is not None,
            "again": self.region is not None and self.piece is not None and not self.busy,
            "on": self.piece is not None and not self.busy and len(self.piece) > 0,
            "play": self.piece is not None,
            "stop": self.playback.playing or self.playback.position > 0 or self.about_to_play,
            "loop": self.region is not None,
            "save": self.take is not None or self.prompt is not None,
            "discard": self.take is not None,
            "undo": bool(self.discarded),
        }[verb]

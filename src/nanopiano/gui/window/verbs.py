"""What buttons and keys mean: each verb becomes actions, or something that only the window can do."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pygame

from nanopiano.errors import NanopianoError
from nanopiano.gui.state import actions as do
from nanopiano.gui.state.keeping import in_order
from nanopiano.gui.state.model_facts import ModelFacts
from nanopiano.gui.state.view import View, notes_rect
from nanopiano.gui.window.files import Files
from nanopiano.songbook import Song, matching, random_song, songs

if TYPE_CHECKING:
    from nanopiano.gui.app import Window

MOST_FOUND_SEED = 2**31  # of seeds that nobody asked for: short enough to be typed again
ZOOM = 1.25


class Verbs:
    """The verbs of one window."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.files = Files(window)

    def press(self, verb: str) -> None:
        """Do what a button or a key asks for."""
        window = self.window
        simple = _SIMPLE.get(verb)
        if simple is not None:
            window.do(simple)
        elif verb in _COMPOSES:
            self._compose(verb)
        elif verb == "surprise":
            window.do(do.Surprise(secrets.randbelow(MOST_FOUND_SEED)))
        elif verb.startswith("save "):
            self.files.save(verb.removeprefix("save "))
        elif verb.startswith("scale "):
            window.do(do.SetScale(float(verb.removeprefix("scale "))))
        elif verb in _SWITCHES:
            what, value = _SWITCHES[verb]
            if getattr(window.state, what) != value:
                window.do(do.Toggle(what))
        else:
            self._own[verb]()

    @property
    def _own(self) -> dict[str, Callable[[], None]]:
        """The verbs that need more than an action."""
        return {
            "continue": self._continue,
            "start": lambda: self.window.do(do.Seek(0.0)),
            "end": self._end,
            "close": self._close,
            "mark bar": lambda: self._mark(1),
            "unmark bar": lambda: self._mark(-1),
            "take before": lambda: self._other_take(-1),
            "take after": lambda: self._other_take(1),
            "pin": lambda: self._with_take(do.Pin),
            "discard": lambda: self._with_take(do.Discard),
            "rename": self._rename,
            "keep seed": self._keep_seed,
            "copy words": self.files.copy_words,
            "folder": self.files.show_folder,
            "zoom in": lambda: self._zoom(ZOOM),
            "zoom out": lambda: self._zoom(1 / ZOOM),
            "zoom fit": self._fit,
            "prompt less": lambda: self._prompt(-1),
            "prompt more": lambda: self._prompt(1),
            "fullscreen": lambda: _ignore(pygame.display.toggle_fullscreen()),
            "quit": self._quit,
            "name it": self.name_it,
        }

    # --- composing ---------------------------------------------------------------------------------------------------

    def _compose(self, verb: str) -> None:
        if verb == "invite":
            self.window.do(do.NewPiece())
        made = datetime.now(UTC).isoformat(timespec="milliseconds")
        self.window.do(_COMPOSES[verb](secrets.randbelow(MOST_FOUND_SEED), made))

    def _continue(self) -> None:
        """Draw a song, another one than the last."""
        prompt = self.window.state.prompt
        last = prompt.song if prompt else None
        drawn = (random_song(secrets.randbelow(MOST_FOUND_SEED)) for _ in range(20))
        try:
            self.choose(next(song for song in drawn if song.id != last))
        except NanopianoError as error:
            self.window.do(do.Say(str(error), error=True))

    def choose(self, entry: Song | ModelFacts) -> None:
        """Do what an entry of a list stands for: go on from a song, or let a model compose."""
        if isinstance(entry, ModelFacts):
            self.window.do(do.UseModel(entry.model))
        else:
            self.window.do(do.PromptGiven(entry.piece(), "song", entry.title, entry.composer, entry.id))

    def songs(self, search: str) -> list[Song]:
        """Return the songs that match, by composer and title."""
        try:
            return sorted(matching(search.split()), key=lambda song: (song.composer, song.title))
        except NanopianoError as error:
            self.window.do(do.Say(str(error), error=True))
            return []

    def load_songbook(self) -> None:
        """Read the songbook, so that it is there when it is asked for."""
        songs()

    def _keep_seed(self) -> None:
        state = self.window.state
        if state.seed is not None:
            self.window.do(do.SetSeed(None))
            return
        seed = state.take.seed if state.take and state.take.seed is not None else secrets.randbelow(MOST_FOUND_SEED)
        self.window.do(do.SetSeed(seed))

    def _prompt(self, by: int) -> None:
        prompt = self.window.state.prompt
        if prompt is not None:
            self.window.do(do.ShowPrompt())
            self.window.do(do.SetPromptBars(prompt.bars + by))

    # --- playing and looking -----------------------------------------------------------------------------------------

    def _end(self) -> None:
        piece = self.window.state.piece
        if piece is not None:
            self.window.do(do.Seek(piece.steps))

    def _mark(self, by: int) -> None:
        """Mark the bar at the playhead, then one more or less."""
        state = self.window.state
        bar = state.bar_steps
        if state.region is None:
            here = state.position
            self.window.do(do.Mark((here, here) if by > 0 else None))
            return
        start, end = state.region
        last = end - 1 + by * bar
        self.window.do(do.Mark((start, last) if last > start else None))

    def _close(self) -> None:
        state = self.window.state
        if state.dialog is not None:
            self.window.do(do.Show(None))
        elif self.window.input.keyboard.focus is not None:
            self.window.input.keyboard.focus = None
        else:
            self.window.do(do.Mark(None))

    def _zoom(self, factor: float) -> None:
        state = self.window.state
        self._look(state.view.zoom_time(factor, state.position))

    def _fit(self) -> None:
        state, places = self.window.state, self.window.places
        if state.piece is not None:
            self._look(state.view.fit(state.piece, notes_rect(places.roll, places.scale)))

    def _look(self, view: View) -> None:
        self.window.do(do.Look(view, self.window.state.following))

    # --- takes -------------------------------------------------------------------------------------------------------

    def _other_take(self, by: int) -> None:
        state = self.window.state
        ids = [take.id for take in in_order(state.takes)]
        if ids:
            place = ids.index(state.current) + by if state.current in ids else 0
            self.window.do(do.Select(ids[min(max(place, 0), len(ids) - 1)]))
            self.window.furniture.takes.reveal(self.window.state.current or "", self.window.places, self.window.state)

    def _with_take(self, action: Callable[[str], do.Action]) -> None:
        if self.window.state.current is not None:
            self.window.do(action(self.window.state.current))

    def _rename(self) -> None:
        if self.window.state.take is not None:
            self.window.do(do.Show("rename"))

    def name_it(self) -> None:
        """Give the take the name that was typed."""
        dialog = self.window.furniture.dialog
        take = dialog.about.current if dialog is not None else None
        if dialog is not None and take is not None and "name" in dialog.buttons.fields:
            self.window.do(do.Rename(take, dialog.buttons.fields["name"].get_text()))
        self.window.do(do.Show(None))

    def _quit(self) -> None:
        self.window.open = False


def _ignore(_: object) -> None:
    """Take a value that nobody needs."""


_COMPOSES: dict[str, type[do.Compose]] = {
    "generate": do.Generate, "invite": do.Generate, "retry": do.Retry, "again": do.ComposeAgain, "on": do.GoOnFromHere,
}  # fmt: skip
_SIMPLE: dict[str, do.Action] = {
    "new": do.NewPiece(), "source": do.ShowPrompt(), "play": do.PlayPause(), "stop": do.Stop(),
    "back": do.SeekBars(-1), "forth": do.SeekBars(1), "loop": do.Toggle("loop"), "mode": do.Toggle("mode"),
    "theme": do.Toggle("theme"), "colour_by": do.Toggle("colour_by"), "expressive": do.Toggle("expressive"),
    "original": do.Toggle("original"),
    "fold": do.Toggle("takes_open"), "undo": do.Undo(), "songs": do.Show("songs"), "open": do.Show("open"),
    "save": do.Show("save"), "more": do.Show("more"), "settings": do.Show("settings"), "help": do.Show("keys"),
    "keys": do.Show("keys"), "about": do.Show("about"),
    "model": do.Show("models"), "choose model": do.Show("models"),
}  # fmt: skip
_SWITCHES: dict[str, tuple[do.Switch, object]] = {
    "theme dark": ("theme", "dark"), "theme light": ("theme", "light"), "colour pitch": ("colour_by", "pitch class"),
    "colour hand": ("colour_by", "hand"),
    "expressive on": ("expressive", True), "expressive off": ("expressive", False),
    "original on": ("original", True), "original off": ("original", False),
}  # fmt: skip

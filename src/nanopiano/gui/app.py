"""The window itself: events become actions, actions a state, the state a picture; as thin as can be."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pygame

from nanopiano.errors import NanopianoError
from nanopiano.gui.beside.background import Background, Keeper
from nanopiano.gui.beside.jobs import Jobs
from nanopiano.gui.beside.models import list_models
from nanopiano.gui.beside.sound import Player
from nanopiano.gui.draw.emblem import emblem
from nanopiano.gui.draw.kept import forget
from nanopiano.gui.draw.theme import DARK, LIGHT
from nanopiano.gui.state import actions as do
from nanopiano.gui.state.actions import Action, Effect
from nanopiano.gui.state.events import Event
from nanopiano.gui.state.remember import from_settings, to_settings
from nanopiano.gui.state.settings import Settings, load_settings, save_settings
from nanopiano.gui.state.takes import TakeStore
from nanopiano.gui.state.update import update
from nanopiano.gui.window.dialogs import Dialog
from nanopiano.gui.window.eyes import Eyes, follow
from nanopiano.gui.window.frame import Furniture, build_buttons, draw_window
from nanopiano.gui.window.input import Input
from nanopiano.gui.window.layout import Layout, layout
from nanopiano.gui.window.takes_list import TakesList
from nanopiano.gui.window.verbs import Verbs
from nanopiano.model.store import user_folder

FRAMES_A_SECOND = 60
SETTINGS = "settings.json"  # in the folder of the user's own things
SWITCH = 0.001  # seconds that a busy thread may keep the others waiting; the usual 0.005 starves the sound
SAVE_SETTINGS = 2.0  # seconds
REPEAT = 350, 40  # milliseconds until a key that is held repeats, and between two of its repeats
ICON_SIZE = 64  # pixels; the system makes it smaller where it has less room


class Window:
    """A window with its state. `frame` does all that there is to do in one sixtieth of a second."""

    def __init__(
        self,
        size: tuple[int, int] | None = None,
        *,
        model: str | None = None,
        home: Path | None = None,
        theme: Literal["dark", "light"] | None = None,
    ) -> None:
        """Open a window with the settings kept in the folder `home`; what is given here goes before them.

        Raises pygame.error where there is no display.
        """
        sys.setswitchinterval(SWITCH)
        self.home = home or user_folder()
        settings = load_settings(self.home / SETTINGS)
        self.state, self.settings = from_settings(settings), settings
        self.model = model or self.state.kept_model
        self.state = replace(self.state, theme=theme or self.state.theme, loading=self.model, given_model=model)
        _open_display()
        pygame.font.init()
        pygame.display.set_caption("nanopiano")
        pygame.display.set_icon(emblem(ICON_SIZE))
        self.surface = pygame.display.set_mode(size or settings.window_size, pygame.RESIZABLE)
        self.background, self.reading = Background(), Background()  # looking around waits for no file being written
        self.keeper = Keeper(TakeStore(self.home / "takes"), self.background)
        self.jobs: Jobs | None = None
        self.player: Player | None = None
        self.furniture = self._furnished(TakesList())
        self.verbs = Verbs(self)
        self.input = Input(self)
        self.open = True
        self.eyes = Eyes()
        self._unsaved = 0.0  # seconds since settings were looked at

    # --- one frame ---------------------------------------------------------------------------------------------------

    def frame(self, seconds: float) -> None:
        """Take in what has happened and draw; `seconds` after the last time."""
        if pygame.key.get_repeat() != REPEAT:  # pygame_gui's fields leave it otherwise
            pygame.key.set_repeat(*REPEAT)
        for event in pygame.event.get():
            self.input.take(event)
            self._arrange()  # the next event shall find the dialog that this one has opened
        self.input.rest(seconds)
        for action in self._reports():
            self.do(action)
        self.state = follow(self.state, self.places, seconds)
        self._arrange()
        draw_window(self.surface, self.state, self.furniture, seconds)
        pygame.display.flip()
        self._start_the_rest()
        self.keeper.tick()
        self._remember(seconds)

    def do(self, action: Action | Event) -> None:
        """Let an action happen."""
        self.state, effects = update(self.state, action)
        self.state = self.eyes.at_what_is_new(self.state, self.furniture)
        if self.player is not None:
            self.player.follow(self.state)
        for effect in effects:
            self._carry_out(effect)

    def _reports(self) -> Iterable[Action | Event]:
        """Return what the processes and threads beside the window tell."""
        if self.jobs is not None:
            yield from self.jobs.poll()
        yield from self.background.poll()
        yield from self.reading.poll()
        if self.player is not None:
            yield self.player.heard()

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case do.StartJob(request):
                self._jobs().start(request)
            case do.CancelJob():
                self._jobs().cancel()
            case do.LoadModel(model):
                self._jobs().load(model)
            case do.ListModels(also):
                self.reading.run(lambda: list_models(also), lambda found: [do.ModelsListed(found)])
            case do.Sound() | do.SoundAt():
                if self.player is not None:
                    self.player.carry_out(effect)
            case do.Keep(take):
                self.keeper.keep(take)
            case do.Forget(take_id):
                self.keeper.forget(take_id)
            case do.Export():
                self.verbs.files.export(effect)

    def _jobs(self) -> Jobs:
        if self.jobs is None:
            self.jobs = Jobs(self.model)
        return self.jobs

    def _start_the_rest(self) -> None:
        """After the first picture: the model, the sound, the takes of former days."""
        self._jobs()
        if self.player is not None:
            return
        self.player = Player()
        if self.player.output.silent_because:
            self.do(do.NoSound(self.player.output.silent_because))
            self.do(do.Say(self.player.output.silent_because, error=True))
        store = self.keeper.store
        self.background.run(store.load, lambda takes: [do.TakesLoaded(tuple(takes), store.damaged)])
        self.background.run(self.verbs.load_songbook)

    # --- what is seen ------------------------------------------------------------------------------------------------

    @property
    def places(self) -> Layout:
        """Where everything stands."""
        return self.furniture.places

    def _arrange(self) -> None:
        """Build anew what has another size, theme or place; open and close dialogs."""
        state, now = self.state, self.furniture
        before = now.dialog
        wanted = layout(self.surface.get_size(), state.ui_scale, takes_open=state.takes_open)
        theme = LIGHT if state.theme == "light" else DARK
        rebuilt = wanted != now.places or theme is not now.theme
        if rebuilt:
            forget()
            zoom = wanted.scale / now.places.scale
            self.state = state = replace(state, view=replace(state.view, step_width=state.view.step_width * zoom))
            pointer = now.pointer
            self.furniture = now = self._furnished(now.takes)
            now.pointer = pointer
        if rebuilt or state.dialog != (now.dialog.name if now.dialog else None):
            folder = state.folder or self.verbs.files.folder()
            about = before.about if before is not None and before.name == state.dialog else state
            now.dialog = Dialog(state.dialog, now.places, about, theme, folder) if state.dialog else None
            if now.dialog is not None and state.dialog == "songs":
                now.dialog.songs.show(self.verbs.songs(""))

    def _furnished(self, takes: TakesList) -> Furniture:
        state = self.state
        places = layout(self.surface.get_size(), state.ui_scale, takes_open=state.takes_open)
        theme = LIGHT if state.theme == "light" else DARK
        return Furniture(places, theme, build_buttons(places, theme), takes)

    # --- from the first frame to the last ----------------------------------------------------------------------------

    def _remember(self, seconds: float) -> None:
        self._unsaved += seconds
        if self._unsaved >= SAVE_SETTINGS:
            self._unsaved = 0.0
            self.save_settings()

    def save_settings(self) -> None:
        """Keep the settings, if they have changed."""
        settings: Settings = to_settings(self.state, self.surface.get_size())
        if settings != self.settings:
            self.settings = settings
            self.background.run(lambda: _write(settings, self.home / SETTINGS))

    def run(self) -> None:
        """Show the window until it is closed."""
        gc.freeze()  # the collector need not look at all that was imported, again and again for 60 ms
        clock = pygame.time.Clock()
        try:
            while self.open:
                self.frame(clock.tick(FRAMES_A_SECOND) / 1000)
        finally:
            self.close()

    def close(self) -> None:
        """Keep what is to be kept and end everything that runs beside the window."""
        if self.jobs is not None:
            self.do(do.Cancel())
            for event in self.jobs.poll():
                self.do(event)
        self.save_settings()
        self.keeper.tick(now=True)
        self.background.close()
        self.reading.close()
        if self.jobs is not None:
            self.jobs.close()
        if self.player is not None:
            self.player.close()
        pygame.display.quit()


def _open_display() -> None:
    """Start pygame's display. Raises pygame.error where nobody could see it, unless the environment asks for that."""
    if sys.platform == "linux":  # plain copies: five times as fast where OpenGL is computed by the processor, see docs
        os.environ.setdefault("SDL_FRAMEBUFFER_ACCELERATION", "0")
    pygame.display.init()
    if pygame.display.get_driver() == "offscreen" and "SDL_VIDEODRIVER" not in os.environ:
        pygame.display.quit()
        raise pygame.error("no screen was found")


def _write(settings: Settings, path: Path) -> None:
    """Keep settings; without a place to keep them the window goes on, and the takes say it."""
    with suppress(NanopianoError):
        save_settings(settings, path)


def open_window(
    file: Path | None = None,
    *,
    model: str | None = None,
    size: tuple[int, int] | None = None,
    theme: Literal["dark", "light"] | None = None,
) -> None:
    """Open the window, with a MIDI file if one is named, and return when it is closed.

    Raises pygame.error where there is no display.
    """
    window = Window(size, model=model, theme=theme)
    if file is not None:
        window.verbs.files.read(file)
    window.run()

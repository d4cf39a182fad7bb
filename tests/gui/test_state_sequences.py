"""Whatever the user does in whatever order, and whenever news comes: the state stays one that can be shown."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from state_tools import BAR, MADE, some_piece, some_take

from nanopiano.gui import actions as do
from nanopiano.gui.actions import Action
from nanopiano.gui.controls import SLIDERS, as_shown
from nanopiano.gui.faces import faces, popup_faces, tooltip
from nanopiano.gui.jobs import Event, Failed, Finished, Grown, NoModel, Ready, Request
from nanopiano.gui.state import AppState, Dialog
from nanopiano.gui.takes import Take
from nanopiano.gui.update import update
from nanopiano.gui.view import View
from nanopiano.model.sample import MAX_SEED

OLD = tuple(some_take(f"Old {day}", bars, day=day) for day, bars in ((1, 0), (2, 3), (3, 12)))
SWITCHES: list[do.Switch] = ["expressive", "theme", "mode", "colour_by", "takes_open", "loop"]
DIALOGS: list[Dialog] = ["more", "songs", "rename"]
COMPOSES = [do.Generate, do.Generate, do.Retry, do.ComposeAgain, do.GoOnFromHere]
BUTTONS: list[Action] = [
    do.NewPiece(), do.ShowPrompt(), do.Cancel(), do.PlayPause(), do.Stop(), do.Undo(), do.Mark(None), do.Toggle("loop"),
]  # fmt: skip
ASIDE: list[Action | Event] = [
    do.Save(Path("x.mid")), do.Show(None), do.NoSound("none"), do.Say("said"), do.TakesLoaded(OLD, 1), do.SetSeed(None),
    do.Look(View(), following=False), Ready("m", 0.1), NoModel("none"), Failed(0, "lost"), do.Surprise(3),
    *(do.Toggle(switch) for switch in SWITCHES), *(do.Show(dialog) for dialog in DIALOGS),
    *(do.SetScale(scale) for scale in (0.0, 1.5, 9.0)), *(do.SetSeed(seed) for seed in (-1, 0, MAX_SEED + 1)),
    *(do.Reset(name) for name in SLIDERS), *(do.Set(name, None) for name in SLIDERS),
]  # fmt: skip
steps = st.floats(-50, 300)


class Window(RuleBasedStateMachine):
    """A window without a window: all actions, and a composing process that tells what it likes."""

    def __init__(self) -> None:
        super().__init__()
        self.state = AppState()
        self.requests: list[Request] = []
        self.bars = 0  # of the piece that is being composed
        self.disk: dict[str, Take] = {}
        self.sounding = False
        self.act(do.TakesLoaded(OLD, 0))

    def act(self, action: Action | Event) -> None:
        before = len(self.requests)
        self.state, effects = update(self.state, action)
        for effect in effects:
            if isinstance(effect, do.StartJob):
                self.requests.append(effect.request)
                self.bars = effect.request.prompt.bars if effect.request.prompt else 0
            elif isinstance(effect, do.Keep):
                self.disk[effect.take.id] = effect.take
            elif isinstance(effect, do.Forget):
                del self.disk[effect.take]
            elif isinstance(effect, do.Sound):
                self.sounding = effect.verb == "play"
        assert len(self.requests) - before <= (1 if isinstance(action, do.Compose) else 0)
        if isinstance(action, do.TakesLoaded):
            self.disk = {take.id: take for take in action.takes} | self.disk

    # --- the user ----------------------------------------------------------------------------------------------------

    @rule(button=st.sampled_from(BUTTONS))
    def press(self, button: Action) -> None:
        self.act(button)

    @rule(kind=st.sampled_from(COMPOSES))
    def compose(self, kind: Callable[[int, str], do.Compose]) -> None:
        self.act(kind(len(self.requests), MADE))

    @rule(number=st.integers(0, 5), kind=st.sampled_from([do.Select, do.Select, do.Discard, do.Pin]))
    def take(self, number: int, kind: Callable[[str], Action]) -> None:
        if self.state.takes:
            self.act(kind(self.state.takes[-1 - number % len(self.state.takes)].id))

    @rule(one=steps, other=steps, bars=st.integers(-3, 3))
    def go_and_mark(self, one: float, other: float, bars: int) -> None:
        self.act(do.Seek(one))
        self.act(do.SeekBars(bars))
        self.act(do.Mark((one, other)))

    @rule(bars=st.integers(0, 12), kind=st.sampled_from(["song", "file"]), handle=st.integers(-2, 15))
    def prompt(self, bars: int, kind: Literal["song", "file"], handle: int) -> None:
        self.act(do.PromptGiven(some_piece(bars, 500.0, bars // 3), kind, "Prompt"))
        self.act(do.SetPromptBars(handle))

    @rule(name=st.sampled_from([*SLIDERS, "bpm", "bpm"]), places=st.integers(-300, 300), aside=st.sampled_from(ASIDE))
    def turn(self, name: str, places: int, aside: Action | Event) -> None:
        self.act(do.Nudge(name, places))
        self.act(aside)
        if self.state.takes:
            self.act(do.Rename(self.state.takes[0].id, str(places)))

    # --- what is told ------------------------------------------------------------------------------------------------

    @rule(position=st.floats(0, 300), playing=st.booleans())
    def heard(self, position: float, playing: bool) -> None:
        self.act(do.Heard(position, playing, False))

    @rule(more=st.integers(0, 3), back=st.sampled_from([0, 0, 0, 1]), end=st.sampled_from(["", "", "done", "failed"]))
    def news(self, more: int, back: int, end: str) -> None:
        """Tell of the last request, or of the one before."""
        if len(self.requests) <= back:
            return
        request = self.requests[-1 - back]
        fill, kept = request.bars, (request.prompt_bars or 0) * BAR
        self.bars += 0 if fill else more
        piece = some_piece(self.bars)
        region: tuple[int, int | None] = (kept, None) if fill is None else ((fill[0] - 1) * BAR, fill[1] * BAR)
        told: list[Event] = [Grown(request.number, piece, *region, piece.steps - 4, 0.5, 9)] if more else []
        if end == "done":
            cancelled = self.state.job is not None and self.state.job.cancelling
            told.append(Finished(request.number, piece, *region, 9.0, cancelled))
        elif end == "failed":
            told.append(Failed(request.number, "defect"))
        for event in told:
            before, job = self.state, self.state.job
            self.act(event)
            assert (self.state is before) == (job is None or job.request.number != request.number)

    # --- what always holds -------------------------------------------------------------------------------------------

    @invariant()
    def what_is_in_view_is_a_take_or_the_prompt(self) -> None:
        state = self.state
        assert state.current is None or state.take is not None
        assert (state.piece is None) == (state.take is None and state.prompt is None)

    @invariant()
    def takes_stand_in_order_and_each_once(self) -> None:
        ids = [take.id for take in self.state.takes]
        assert ids == sorted(set(ids))

    @invariant()
    def takes_have_names(self) -> None:
        assert all(take.name for take in self.state.takes)

    @invariant()
    def the_disk_holds_the_takes_and_nothing_else(self) -> None:
        assert self.disk == {take.id: take for take in self.state.takes}

    @invariant()
    def marked_bars_are_whole_and_within_the_piece(self) -> None:
        region, piece = self.state.region, self.state.piece
        if region is None:
            assert not self.state.loop
            return
        assert piece is not None
        assert region[0] % BAR == region[1] % BAR == 0
        assert 0 <= region[0] < max(piece.bars, 1) * BAR
        assert region[0] < region[1] <= self.state.bars * BAR

    @invariant()
    def the_playhead_is_not_before_the_beginning(self) -> None:
        assert self.state.playback.position >= 0

    @invariant()
    def what_shall_play_by_itself_grows_in_view(self) -> None:
        if self.state.playback.play_at is not None:
            assert self.state.growing

    @invariant()
    def what_is_not_there_is_not_played(self) -> None:
        assert self.state.piece is not None or not self.sounding

    @invariant()
    def the_slider_shows_the_tempo_of_what_is_in_view(self) -> None:
        take, prompt, slider = self.state.take, self.state.prompt, SLIDERS["bpm"]
        if take is not None or prompt is not None:
            assert self.state.controls.bpm == slider.nearest(take.piece.bpm if take else prompt.bpm if prompt else None)

    @invariant()
    def a_job_is_the_last_that_was_asked_for(self) -> None:
        state = self.state
        assert state.number == len(self.requests)
        if state.job is not None:
            assert state.job.request.number == state.number
            take = state.take_of(state.job.take)
            assert state.job.take is None or (take is not None and not take.finished)

    @invariant()
    def sliders_show_what_is_used(self) -> None:
        assert as_shown(self.state.controls) == self.state.controls

    @invariant()
    def the_seed_is_one(self) -> None:
        assert self.state.seed is None or 0 <= self.state.seed <= MAX_SEED

    @invariant()
    def a_prompt_has_bars_to_go_on_from(self) -> None:
        prompt = self.state.prompt
        assert prompt is None or 1 <= prompt.bars <= prompt.piece.bars

    @invariant()
    def every_request_can_be_composed(self) -> None:
        for request in self.requests[-1:]:
            assert request.prompt_bars is None or request.prompt_bars >= 1
            if request.bars is not None:
                assert request.prompt is not None
                assert 1 <= request.bars[0] <= request.bars[1]
                assert request.bars[0] <= max(request.prompt.bars, 1)

    @invariant()
    def everything_can_be_drawn(self) -> None:
        state = self.state
        shown = faces(state) | popup_faces(state)
        assert all(face.text or face.icon for face in shown.values())
        assert all(tooltip(name, state) is not None for name in shown)
        scene = state.scene()
        assert (scene is None) == (state.piece is None)


TestWindow = Window.TestCase
TestWindow.settings = settings(max_examples=60, stateful_step_count=50)

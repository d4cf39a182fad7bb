"""Whatever the user does in whatever order, and whenever news comes: the state stays one that can be shown."""

from collections.abc import Callable
from pathlib import Path

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
from nanopiano.gui.update import update
from nanopiano.gui.view import View
from nanopiano.model.sample import MAX_SEED

steps = st.floats(-50, 400)
names = st.sampled_from(list(SLIDERS))
OLD = tuple(some_take(f"Old {day}", bars, day=day) for day, bars in ((1, 0), (2, 3), (3, 12)))
SIMPLE: list[Action] = [
    do.NewPiece(), do.ShowPrompt(), do.Cancel(), do.PlayPause(), do.Stop(), do.Undo(), do.Mark(None),
    do.Save(Path("x.mid")), do.Show(None), do.NoSound("none"), do.Say("said"), do.TakesLoaded(OLD, 1),
    do.SetSeed(None), do.Look(View(), following=False),
]  # fmt: skip
COMPOSES = (do.Generate, do.Retry, do.ComposeAgain, do.GoOnFromHere)


class Window(RuleBasedStateMachine):
    """A window without a window: all actions, and a composing process that tells what it likes."""

    def __init__(self) -> None:
        super().__init__()
        self.state = AppState()
        self.requests: list[Request] = []
        self.bars = 0  # of the piece that is being composed
        self.disk: dict[str, object] = {}

    def act(self, action: Action | Event) -> None:
        before = len(self.requests)
        self.state, effects = update(self.state, action)
        for effect in effects:
            if isinstance(effect, do.StartJob):
                self.requests.append(effect.request)
                self.bars = (effect.request.prompt.bars if effect.request.prompt else 0) + 1
            elif isinstance(effect, do.Keep):
                self.disk[effect.take.id] = effect.take
            elif isinstance(effect, do.Forget):
                del self.disk[effect.take]
        assert len(self.requests) - before <= (1 if isinstance(action, do.Compose) else 0)
        if isinstance(action, do.TakesLoaded):
            self.disk |= {take.id: take for take in action.takes if take.id not in self.disk}

    # --- the user ----------------------------------------------------------------------------------------------------

    @rule(action=st.sampled_from(SIMPLE))
    def press(self, action: Action) -> None:
        self.act(action)

    @rule(name=names, move=st.integers(-300, 300) | st.none() | st.floats(-5, 5))
    def slide(self, name: str, move: float | int | None) -> None:
        self.act(do.Nudge(name, move) if isinstance(move, int) else do.Set(name, move))

    @rule(name=names)
    def reset(self, name: str) -> None:
        self.act(do.Reset(name))

    @rule(seed=st.integers(-2, MAX_SEED + 2))
    def seed(self, seed: int) -> None:
        self.act(do.SetSeed(seed))
        self.act(do.Surprise(abs(seed)))

    @rule(what=st.sampled_from(["expressive", "theme", "mode", "colour_by", "takes_open", "loop"]))
    def switch(self, what: do.Switch) -> None:
        self.act(do.Toggle(what))

    @rule(scale=st.floats(0, 4), dialog=st.sampled_from(["more", "songs", "rename"]))
    def look(self, scale: float, dialog: Dialog) -> None:
        self.act(do.SetScale(scale))
        self.act(do.Show(dialog))

    @rule(bars=st.integers(0, 12), kind=st.sampled_from(["song", "file"]), first_bar=st.integers(0, 3))
    def prompt(self, bars: int, kind: str, first_bar: int) -> None:
        self.act(do.PromptGiven(some_piece(bars, 500.0, first_bar), kind, "Prompt"))  # type: ignore[arg-type]

    @rule(bars=st.integers(-2, 15))
    def handle(self, bars: int) -> None:
        self.act(do.SetPromptBars(bars))

    @rule(kind=st.sampled_from(COMPOSES), seed=st.integers(0, 9))
    def compose(self, kind: Callable[[int, str], do.Compose], seed: int) -> None:
        self.act(kind(seed, MADE))

    @rule(step=steps, bars=st.integers(-3, 3))
    def seek(self, step: float, bars: int) -> None:
        self.act(do.Seek(step))
        self.act(do.SeekBars(bars))

    @rule(one=steps, other=steps)
    def mark(self, one: float, other: float) -> None:
        self.act(do.Mark((one, other)))

    @rule(number=st.integers(0, 20), kind=st.sampled_from([do.Select, do.Discard, do.Pin]))
    def take(self, number: int, kind: Callable[[str], Action]) -> None:
        if self.state.takes:
            self.act(kind(self.state.takes[number % len(self.state.takes)].id))

    @rule(number=st.integers(0, 20), name=st.text(max_size=5))
    def rename(self, number: int, name: str) -> None:
        if self.state.takes:
            self.act(do.Rename(self.state.takes[number % len(self.state.takes)].id, name))

    # --- what is told ------------------------------------------------------------------------------------------------

    @rule(position=st.floats(0, 400), playing=st.booleans(), waiting=st.booleans())
    def heard(self, position: float, playing: bool, waiting: bool) -> None:
        self.act(do.Heard(position, playing, waiting and playing))

    @rule(event=st.sampled_from([Ready("m", 0.1), NoModel("none"), Failed(0, "lost"), Failed(1, "defect")]))
    def model(self, event: Event) -> None:
        self.act(event)

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
        if more:
            self.act(Grown(request.number, piece, *region, piece.steps - 4, 0.5, 9))
        if end == "done":
            cancelled = self.state.job is not None and self.state.job.cancelling
            self.act(Finished(request.number, piece, *region, 9.0, cancelled))
        elif end == "failed":
            self.act(Failed(request.number, "defect"))

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
    def a_job_is_the_last_that_was_asked_for(self) -> None:
        state = self.state
        assert state.number == len(self.requests)
        if state.job is not None:
            assert state.job.request.number == state.number
            assert state.job.take is None or not (state.take_of(state.job.take) or OLD[0]).finished

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
TestWindow.settings = settings(max_examples=40, stateful_step_count=40)

"""Whatever the user does in whatever order, and whenever news comes: the state stays one that can be shown."""

from collections.abc import Callable
from pathlib import Path
from random import Random

from hypothesis import given, note, settings
from hypothesis import strategies as st
from state_tools import BAR, MADE, some_piece, some_take

from nanopiano.gui.state import actions as do
from nanopiano.gui.state.actions import Action
from nanopiano.gui.state.app_state import AppState, Dialog
from nanopiano.gui.state.controls import SLIDERS, as_shown
from nanopiano.gui.state.events import Event, Failed, Finished, Grown, NoModel, Ready, Request
from nanopiano.gui.state.takes import Take
from nanopiano.gui.state.update import update
from nanopiano.gui.state.view import View
from nanopiano.gui.window.faces import faces, popup_faces, tooltip
from nanopiano.model.sample import MAX_SEED

LENGTH = 200  # moves of a walk
OLD = tuple(some_take(f"Old {day}", bars, day=day) for day, bars in ((1, 0), (2, 3), (3, 12)))
SWITCHES: list[do.Switch] = ["expressive", "original", "theme", "mode", "colour_by", "takes_open", "loop"]
DIALOGS: list[Dialog] = ["more", "songs", "rename", "models"]
BUTTONS: list[Action] = [
    do.NewPiece(), do.ShowPrompt(), do.Cancel(), do.PlayPause(), do.Stop(), do.Undo(), do.Mark(None), do.Toggle("loop"),
]  # fmt: skip
ASIDE: list[Action | Event] = [
    do.Save(Path("x.mid"), None), do.Show(None), do.NoSound("none"), do.Say("said"), do.TakesLoaded(OLD, 1),
    do.SetSeed(None),
    do.Look(View(), following=False), Ready("m", 0.1), NoModel("m", "none"), Failed(0, "lost"), do.Surprise(3),
    *(do.Toggle(switch) for switch in SWITCHES), *(do.Show(dialog) for dialog in DIALOGS),
    *(do.SetScale(scale) for scale in (0.0, 1.5, 9.0)), *(do.SetSeed(seed) for seed in (-1, 0, MAX_SEED + 1)),
    *(do.Reset(name) for name in SLIDERS), *(do.Set(name, None) for name in SLIDERS),
]  # fmt: skip


class Walk:
    """A window without a window: a user who does anything, and a composing process that tells what it likes."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.state = AppState()
        self.requests: list[Request] = []
        self.bars = 0  # of the piece that is being composed
        self.disk: dict[str, Take] = {}
        self.sounding = False
        self.act(do.TakesLoaded(OLD, 0))

    def go(self, moves: int) -> None:
        """Make so many moves of any kind; those that matter most come most often."""
        kinds: dict[Callable[[], None], int] = {
            self.press: 4, self.compose: 3, self.hear_news: 7, self.choose: 4, self.go_and_mark: 2, self.open: 1,
            self.turn: 2, self.hear: 1,
        }  # fmt: skip
        for move in self.random.choices(list(kinds), list(kinds.values()), k=moves):
            move()

    def act(self, action: Action | Event) -> None:
        note(repr(action)[:100])
        before, asked = self.state, len(self.requests)
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
        if isinstance(action, do.TakesLoaded):
            self.disk = {take.id: take for take in action.takes} | self.disk
        assert len(self.requests) - asked <= (1 if isinstance(action, do.Compose) else 0)
        if isinstance(action, Grown | Finished) or (isinstance(action, Failed) and action.number):
            stale = before.job is None or before.job.request.number != action.number
            assert (self.state is before) == stale
        self.check()

    # --- the user ----------------------------------------------------------------------------------------------------

    def press(self) -> None:
        self.act(self.random.choice(BUTTONS))

    def compose(self) -> None:
        kind = self.random.choice([do.Generate, do.Generate, do.Retry, do.ComposeAgain, do.GoOnFromHere])
        self.act(kind(len(self.requests), MADE))

    def choose(self) -> None:
        if self.state.takes:
            take = self.random.choice([*self.state.takes, *self.state.takes[-2:]])
            kind = self.random.choice([do.Select, do.Select, do.Discard, do.Pin])
            self.act(kind(take.id))

    def go_and_mark(self) -> None:
        one, other = (self.random.uniform(-50, 300) for _ in range(2))
        self.act(do.Seek(one))
        self.act(do.SeekBars(self.random.randint(-3, 3)))
        self.act(do.Mark((one, other)))

    def open(self) -> None:
        bars = self.random.randint(0, 12)
        if self.random.random() < 0.5:
            self.act(do.PromptGiven(some_piece(bars, 500.0, bars // 3), "song", "Song"))
        else:
            self.act(do.PromptGiven(some_piece(bars, 9.0), "file", "File"))
        self.act(do.SetPromptBars(self.random.randint(-2, 15)))

    def turn(self) -> None:
        self.act(do.Nudge(self.random.choice([*SLIDERS, "bpm", "bpm"]), self.random.randint(-300, 300)))
        self.act(self.random.choice(ASIDE))
        if self.state.takes:
            self.act(do.Rename(self.random.choice(self.state.takes).id, self.random.choice(["", "Mine", "Old 2"])))

    # --- what is told ------------------------------------------------------------------------------------------------

    def hear(self) -> None:
        self.act(do.Heard(self.random.uniform(0, 300), self.sounding, False))

    def hear_news(self) -> None:
        """Be told of the last request, or of the one before."""
        back = self.random.choice([1, 1, 1, 2])
        if len(self.requests) < back:
            return
        request = self.requests[-back]
        fill, kept = request.bars, (request.prompt_bars or 0) * BAR
        region: tuple[int, int | None] = (kept, None) if fill is None else ((fill[0] - 1) * BAR, fill[1] * BAR)
        self.bars += 0 if fill else self.random.randint(0, 2)
        piece = some_piece(self.bars)
        kind = self.random.choice([Grown, Grown, Grown, Grown, Finished, Failed])
        if kind is Grown:
            self.act(Grown(request.number, piece, *region, piece.steps - 4, 0.5, 9))
        elif kind is Finished:
            cancelled = self.state.job is not None and self.state.job.cancelling
            self.act(Finished(request.number, piece, *region, 9.0, cancelled))
        else:
            self.act(Failed(request.number, "defect"))

    # --- what always holds -------------------------------------------------------------------------------------------

    def check(self) -> None:
        self.check_view()
        self.check_takes()
        self.check_marks()
        self.check_playing()
        self.check_job()
        self.check_controls()
        self.check_faces()

    def check_view(self) -> None:
        state, prompt = self.state, self.state.prompt
        assert state.current is None or state.take is not None
        assert (state.piece is None) == (state.take is None and prompt is None)
        assert prompt is None or 1 <= prompt.bars <= prompt.piece.bars

    def check_takes(self) -> None:
        ids = [take.id for take in self.state.takes]
        assert ids == sorted(set(ids))
        assert all(take.name for take in self.state.takes)
        assert self.disk == {take.id: take for take in self.state.takes}

    def check_marks(self) -> None:
        region, piece = self.state.region, self.state.piece
        if region is None:
            assert not self.state.loop
            return
        assert piece is not None
        assert region[0] % BAR == region[1] % BAR == 0
        assert 0 <= region[0] < max(piece.bars, 1) * BAR
        assert region[0] < region[1] <= self.state.bars * BAR

    def check_playing(self) -> None:
        state = self.state
        assert state.playback.position >= 0
        assert state.playback.play_at is None or state.growing
        assert state.piece is not None or not self.sounding

    def check_job(self) -> None:
        state, job = self.state, self.state.job
        assert state.number == len(self.requests)
        if job is not None:
            take = state.take_of(job.take)
            assert job.request.number == state.number
            assert job.take is None or (take is not None and not take.finished)
        for request in self.requests[-1:]:
            assert request.prompt_bars is None or request.prompt_bars >= 1
            if request.bars is not None:
                assert request.prompt is not None
                assert 1 <= request.bars[0] <= min(request.bars[1], max(request.prompt.bars, 1))

    def check_controls(self) -> None:
        state, take, prompt = self.state, self.state.take, self.state.prompt
        assert as_shown(state.controls) == state.controls
        assert state.seed is None or 0 <= state.seed <= MAX_SEED
        if take is not None or prompt is not None:
            bpm = take.piece.bpm if take else prompt.bpm if prompt else None
            assert state.controls.bpm == SLIDERS["bpm"].nearest(bpm)

    def check_faces(self) -> None:
        shown = faces(self.state) | popup_faces(self.state)
        assert all(face.text or face.icon for face in shown.values())
        for name in shown:
            tooltip(name, self.state)
        assert (self.state.scene() is None) == (self.state.piece is None)


@given(st.integers(0, 2**32))
@settings(max_examples=30)
def test_the_state_can_be_shown_whatever_happens(seed: int) -> None:
    Walk(seed).go(LENGTH)

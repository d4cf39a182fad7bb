"""Composing in a process of its own: the same music, as it comes, and whatever happens to it is said."""

import multiprocessing
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from shutil import copytree
from typing import NamedTuple

import numpy as np
import pytest
from model_tools import some_weights, write_model

from nanopiano.gui.beside.jobs import Jobs
from nanopiano.gui.state.events import Event, Failed, Finished, Grown, Judged, NoModel, Ready, Request
from nanopiano.model.composer import Composer
from nanopiano.model.config import SIZES
from nanopiano.model.ending import Length
from nanopiano.model.engine import Engine
from nanopiano.model.sample import Sampling
from nanopiano.music.grid import Grid
from nanopiano.music.piece import Piece

PATIENCE = 60.0  # seconds until a test gives up
LONG = Length(words=200_000)  # longer than any test waits
SONG = Piece.of([(step, 48 + step * 7 % 24, 6) for step in range(0, 128, 2)], title="Song")
LONG_SONG = Piece.of([(step, 48 + step * 7 % 24, 2) for step in range(0, 4000, 2)])


@pytest.fixture(scope="module")
def jobs(model_folder: Path) -> Iterator[Jobs]:
    """A composing process with a loaded model."""
    jobs = Jobs(str(model_folder))
    assert isinstance(until(jobs, lambda event: not isinstance(event, Grown))[-1], Ready)
    yield jobs
    jobs.close()


def until(jobs: Jobs, last: Callable[[Event], bool]) -> list[Event]:
    """Poll until such an event comes; return all events up to it."""
    events: list[Event] = []
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit:
        for event in jobs.poll():
            events.append(event)
            if last(event):
                return events
        time.sleep(0.001)
    raise AssertionError(f"waited in vain after {events}")


def ended(event: Event) -> bool:
    return isinstance(event, Finished | Failed)


def grown(event: Event) -> bool:
    return isinstance(event, Grown)


def request(number: int = 1, length: Length = LONG, prompt: Piece | None = None, **changes: object) -> Request:
    asked = Request(number, number, Sampling(), length, 100.0, prompt)
    return replace(asked, **changes)  # type: ignore[arg-type]


def finished(jobs: Jobs, asked: Request) -> Finished:
    """The end of a request that nothing disturbs; that of another, which it cancels, may come before."""
    jobs.start(asked)
    end = until(jobs, lambda event: ended(event) and not getattr(event, "cancelled", False))[-1]
    assert isinstance(end, Finished), end
    return end


def composing_processes() -> set[int]:
    return {child.pid for child in multiprocessing.active_children() if child.pid}


# --- the same music --------------------------------------------------------------------------------------------------


def test_a_new_piece_is_what_a_composer_composes(jobs: Jobs, engine: Engine) -> None:
    end = finished(jobs, request(1, Length(words=300)))
    assert (
        end.piece == Composer(engine).compose(length=Length(words=300), sampling=Sampling(), seed=1, bpm=100).finish()
    )
    assert (end.number, end.begin, end.end, end.cancelled) == (1, 0, None, False)
    assert end.words_per_second > 0


def test_a_continuation_is_what_a_composer_composes(jobs: Jobs, engine: Engine) -> None:
    length = Length(words=200)
    end = finished(jobs, request(2, length, SONG, prompt_bars=3))
    alone = Composer(engine).compose(SONG, prompt_bars=3, length=length, sampling=Sampling(), seed=2, bpm=100)
    assert end.piece == alone.finish()
    assert (end.begin, end.end) == (3 * 16, None)


def test_a_fill_is_what_a_composer_composes(jobs: Jobs, engine: Engine) -> None:
    end = finished(jobs, request(3, LONG, SONG, bars=(3, 5)))
    alone = Composer(engine).fill(replace(SONG, bpm=100.0), 3, 5, sampling=Sampling(), seed=3)
    assert end.piece == alone.finish()
    assert (end.begin, end.end) == (2 * 16, 5 * 16)


def test_how_original_a_piece_is_follows_its_end() -> None:
    jobs = Jobs()  # of the model in the package, which knows what it learnt from
    try:
        jobs.start(request(1, Length(words=100)))
        events = until(jobs, lambda event: isinstance(event, Judged))
        end = next(event for event in events if isinstance(event, Finished))
    finally:
        jobs.close()
    judged, composer = events[-1], Composer()
    found = composer.originality(end.piece, end.begin, end.end)
    assert isinstance(judged, Judged) and found is not None
    assert judged.share_of_12 == found.share_of_12
    assert judged.longest_passage_notes == (found.passage.n_notes if found.passage else 0)


# --- growing ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["new", "on", "fill"])
def story(jobs: Jobs, request: pytest.FixtureRequest) -> tuple[list[Grown], Finished]:
    """All that is told of a piece from the first note to the last."""
    asked = {
        "new": Request(10, 10, Sampling(), Length(words=800), 120.0),
        "on": Request(11, 11, Sampling(), Length(words=800), 120.0, SONG),
        "fill": Request(12, 12, Sampling(), LONG, 120.0, SONG, bars=(2, 6)),
    }[request.param]
    jobs.start(asked)
    *events, end = until(jobs, ended)
    assert isinstance(end, Finished)
    return [event for event in events if isinstance(event, Grown)], end


def test_a_piece_grows_before_it_is_finished(story: tuple[list[Grown], Finished]) -> None:
    steps, end = story
    assert steps
    assert len(steps[0].piece.clip(end.begin, end.end or 10**6))


def test_the_last_growth_is_the_whole_piece(story: tuple[list[Grown], Finished]) -> None:
    steps, end = story
    assert steps[-1].piece == end.piece


def test_what_was_told_stays_and_the_rest_begins_at_the_edge_or_later(story: tuple[list[Grown], Finished]) -> None:
    steps, end = story
    for step in steps:
        told = {tuple(row) for row in step.piece.notes.tolist()}
        rest = [row for row in end.piece.notes.tolist() if tuple(row) not in told]
        assert len(told) + len(rest) == len(end.piece)
        assert all(row[0] >= step.edge for row in rest)


def test_progress_never_goes_back(story: tuple[list[Grown], Finished]) -> None:
    steps, _ = story
    for values in zip(*((step.edge, step.share, step.n_words, len(step.piece)) for step in steps), strict=True):
        assert list(values) == sorted(values)


def test_every_growth_is_a_piece_in_canonical_form(story: tuple[list[Grown], Finished]) -> None:
    for step in story[0]:
        assert np.array_equal(step.piece.notes, step.piece.canonical().notes)


# --- cancelling ------------------------------------------------------------------------------------------------------


def test_what_was_composed_before_a_cancel_comes_back_at_once(jobs: Jobs) -> None:
    jobs.start(request(20))
    seen = until(jobs, grown)[-1]
    jobs.cancel()
    end = jobs.poll()[-1]
    assert isinstance(end, Finished) and isinstance(seen, Grown)
    assert end.cancelled
    assert len(end.piece) >= len(seen.piece) > 0


def test_after_a_cancel_no_more_is_told(jobs: Jobs) -> None:
    jobs.start(request(21))
    until(jobs, grown)
    jobs.cancel()
    jobs.poll()
    assert finished(jobs, request(22, Length(words=50))).number == 22
    assert not jobs.poll()


def test_a_cancel_before_the_first_note_ends_the_request_too(jobs: Jobs) -> None:
    jobs.start(request(23))
    jobs.cancel()
    end = jobs.poll()[-1]
    assert isinstance(end, Finished)
    assert end.cancelled


def test_to_cancel_nothing_does_nothing(jobs: Jobs) -> None:
    jobs.cancel()
    assert not jobs.poll()


def test_a_new_request_takes_the_place_of_the_one_that_runs(jobs: Jobs) -> None:
    jobs.start(request(24))
    until(jobs, grown)
    jobs.start(request(25, Length(words=50)))
    events = until(jobs, lambda event: ended(event) and event.number == 25)  # type: ignore[union-attr]
    ends = [event for event in events if isinstance(event, Finished)]
    assert [(end.number, end.cancelled) for end in ends] == [(24, True), (25, False)]


@pytest.mark.parametrize("wait", range(0, 20, 4))
def test_what_a_cancelled_request_comes_to_is_not_taken_for_the_next_ones(jobs: Jobs, wait: int) -> None:
    jobs.start(request(200, prompt=LONG_SONG, sampling=None))  # which fails, but only once it has read its prompt
    time.sleep(wait / 1000)  # whenever it is told to stop
    jobs.start(request(201, Length(words=50)))
    end = until(jobs, lambda event: ended(event) and event.number == 201)[-1]  # type: ignore[union-attr]
    assert isinstance(end, Finished) and not end.cancelled


# --- what goes wrong -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (request(30, prompt=SONG, bars=(10, 11)), "bars 10-11 are not in the piece: it has bars 1-9"),
        (request(31, bars=(1, 2)), "no piece of which bars could be composed again"),
        (request(32, prompt=Piece.of([(0, 60, 3)], grid=Grid(12))), "the piece has 12 steps a beat, the model 4"),
        (request(33, bpm=-1.0), "a tempo of -1 beats a minute is out of range"),
        (request(34, sampling=None), "composing stopped by a defect of nanopiano: .*AttributeError"),
    ],
)
def test_what_is_wrong_with_a_request_is_said(jobs: Jobs, asked: Request, message: str) -> None:
    jobs.start(asked)
    (event,) = until(jobs, ended)
    assert isinstance(event, Failed)
    assert event.number == asked.number
    assert "\n" not in event.message
    assert re.search(message, event.message)


# --- another model ---------------------------------------------------------------------------------------------------


def said(event: Event) -> bool:
    return isinstance(event, Ready | NoModel)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with other weights."""
    return write_model(tmp_path_factory.mktemp("other") / "other", SIZES["tiny"], some_weights(SIZES["tiny"], seed=1))


@pytest.fixture
def loaded(model_folder: Path) -> Iterator[Jobs]:
    """A composing process of one test, with a loaded model."""
    jobs = Jobs(str(model_folder))
    until(jobs, said)
    yield jobs
    jobs.close()


def test_another_model_composes_once_it_is_loaded(loaded: Jobs, other: Path) -> None:
    loaded.load(str(other))
    end = finished(loaded, request(1, Length(words=100)))
    alone = Composer(other).compose(length=Length(words=100), sampling=Sampling(), seed=1, bpm=100).finish()
    assert end.piece == alone


def test_it_is_told_which_model_is_loaded(loaded: Jobs, other: Path) -> None:
    loaded.load(str(other))
    (event,) = until(loaded, said)
    assert isinstance(event, Ready) and event.model == str(other)


def test_to_load_a_model_cancels_what_is_composed_and_gives_what_there_is(loaded: Jobs, other: Path) -> None:
    loaded.start(request(1))
    until(loaded, grown)
    loaded.load(str(other))
    *_, end, event = until(loaded, said)
    assert isinstance(end, Finished) and end.cancelled and len(end.piece) > 0
    assert isinstance(event, Ready)


def test_where_another_model_cannot_be_loaded_the_one_before_goes_on(loaded: Jobs, engine: Engine) -> None:
    loaded.load("nowhere")
    (event,) = until(loaded, said)
    assert isinstance(event, NoModel) and event.model == "nowhere" and "there is no model" in event.message
    alone = Composer(engine).compose(length=Length(words=50), sampling=Sampling(), seed=1, bpm=100).finish()
    assert finished(loaded, request(1, Length(words=50))).piece == alone


def test_a_model_takes_the_place_of_one_that_could_not_be_loaded(model_folder: Path) -> None:
    jobs = Jobs("nowhere")
    try:
        jobs.load(str(model_folder))
        first, second = until(jobs, lambda event: isinstance(event, Ready))
        assert isinstance(first, NoModel) and isinstance(second, Ready)
        assert finished(jobs, request(1, Length(words=50))).piece
    finally:
        jobs.close()


class Victim(NamedTuple):
    """A composing process to be harmed."""

    jobs: Jobs
    process: int

    def kill(self) -> None:
        os.kill(self.process, signal.SIGTERM)


@pytest.fixture
def victim(model_folder: Path) -> Iterator[Victim]:
    """A composing process of one test."""
    others = composing_processes()
    jobs = Jobs(str(model_folder))
    (mine,) = composing_processes() - others
    yield Victim(jobs, mine)
    jobs.close()


def damaged(folder: Path, model_folder: Path) -> Path:
    copytree(model_folder, folder)
    (folder / "model.onnx").write_bytes(b"nothing")
    return folder


@pytest.mark.parametrize(("harm", "why"), [(None, "there is no model"), (damaged, "model.onnx is damaged")])
def test_a_model_that_cannot_be_loaded_is_said_at_once_and_at_every_request(
    tmp_path: Path, model_folder: Path, harm: Callable[[Path, Path], Path] | None, why: str
) -> None:
    jobs = Jobs(str(harm(tmp_path / "harmed", model_folder) if harm else tmp_path / "none"))
    try:
        (event,) = until(jobs, lambda event: isinstance(event, NoModel))
        assert isinstance(event, NoModel)
        assert why in event.message
        jobs.start(request(1))
        (event,) = until(jobs, ended)
        assert isinstance(event, Failed)
        assert why in event.message
    finally:
        jobs.close()


def test_a_process_that_dies_while_it_composes_is_said_and_started_again(victim: Victim) -> None:
    victim.jobs.start(request(1))
    until(victim.jobs, grown)
    victim.kill()
    event = until(victim.jobs, ended)[-1]
    assert isinstance(event, Failed)
    assert event.number == 1
    assert "ended unexpectedly" in event.message
    assert finished(victim.jobs, request(2, Length(words=50))).number == 2


def test_a_process_that_dies_idle_is_said_and_started_again(victim: Victim) -> None:
    until(victim.jobs, lambda event: isinstance(event, Ready))
    victim.kill()
    event = until(victim.jobs, ended)[-1]
    assert isinstance(event, Failed)
    assert event.number == 0
    assert finished(victim.jobs, request(2, Length(words=50))).number == 2


def test_a_process_that_dies_while_it_loads_another_model_begins_anew_with_the_one_before(
    victim: Victim, other: Path, engine: Engine
) -> None:
    until(victim.jobs, said)
    os.kill(victim.process, signal.SIGSTOP)
    victim.jobs.load(str(other))
    os.kill(victim.process, signal.SIGKILL)
    event = until(victim.jobs, said)[-1]
    assert isinstance(event, NoModel) and event.model == str(other) and "ended unexpectedly" in event.message
    alone = Composer(engine).compose(length=Length(words=50), sampling=Sampling(), seed=2, bpm=100).finish()
    assert finished(victim.jobs, request(2, Length(words=50))).piece == alone


@pytest.mark.parametrize("loads_first", [True, False])
def test_a_process_that_died_begins_anew_with_the_model_that_is_chosen(
    victim: Victim, other: Path, loads_first: bool
) -> None:
    if loads_first:
        until(victim.jobs, said)
    victim.kill()
    until(victim.jobs, lambda event: isinstance(event, NoModel | Failed))
    victim.jobs.load(str(other))
    until(victim.jobs, lambda event: isinstance(event, Ready) and event.model == str(other))
    alone = Composer(other).compose(length=Length(words=50), sampling=Sampling(), seed=2, bpm=100).finish()
    assert finished(victim.jobs, request(2, Length(words=50))).piece == alone


def test_a_process_that_dies_before_its_model_is_there_is_said(victim: Victim) -> None:
    victim.kill()
    (event,) = until(victim.jobs, lambda event: isinstance(event, NoModel))
    assert isinstance(event, NoModel)
    assert "ended unexpectedly" in event.message


# --- the process -----------------------------------------------------------------------------------------------------


def test_closing_ends_the_process_even_while_it_composes(victim: Victim) -> None:
    victim.jobs.start(request(1))
    until(victim.jobs, grown)
    assert victim.process in composing_processes()
    victim.jobs.close()
    assert victim.process not in composing_processes()


def test_after_closing_nothing_more_is_told(victim: Victim) -> None:
    victim.jobs.start(request(1))
    victim.jobs.close()
    victim.jobs.close()
    assert not victim.jobs.poll()


CRASH = """
import os, signal, sys, time
from nanopiano.gui.beside.jobs import Jobs
from nanopiano.gui.state.events import Request
from nanopiano.model.ending import Length
from nanopiano.model.sample import Sampling

if __name__ == "__main__":
    jobs = Jobs(sys.argv[1])
    if sys.argv[2] == "Grown":
        jobs.start(Request(1, 1, Sampling(), Length(words=200_000), 120.0))
    while not any(type(event).__name__ == sys.argv[2] for event in jobs.poll()):
        time.sleep(0.001)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are a matter of POSIX")
@pytest.mark.parametrize("after", ["Ready", "Grown"])
def test_the_process_ends_when_the_window_crashes(tmp_path: Path, model_folder: Path, after: str) -> None:
    script = tmp_path / "window.py"
    script.write_text(CRASH)
    command = [sys.executable, str(script), str(model_folder), after]
    # The output is inherited, so it ends when the last process has gone.
    done = subprocess.run(command, stdout=subprocess.PIPE, timeout=PATIENCE, check=False)
    assert done.returncode == -signal.SIGKILL
    assert done.stdout == b""


def test_the_window_loads_no_engine_and_the_process_no_pygame() -> None:
    command = "import sys, nanopiano.gui.beside.jobs; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & {"onnxruntime", "pygame", "torch"}

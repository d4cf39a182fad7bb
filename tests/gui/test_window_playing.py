"""Play, stop, loop and what goes with them: the buttons, and what the transport does."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from window_tools import User, opened, some_song

from nanopiano.audio.transport import Transport
from nanopiano.gui.state import actions as do

SONG = some_song(12)
BAR = SONG.grid.bar_steps


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Iterator[User]:
    with opened(tmp_path_factory.mktemp("window") / "home", model_folder) as user:
        user.until(lambda: user.state.model)
        yield user


@pytest.fixture
def user(window: User) -> User:
    window.begin_anew()
    window.show(SONG)
    return window


def transport(user: User) -> Transport:
    assert user.window.player is not None
    return user.window.player.transport


def test_play_plays_from_the_playhead(user: User) -> None:
    user.window.do(do.Seek(2.0 * BAR))
    button = user.pixels(user.rect("play"))
    user.click("play")
    assert transport(user).playing and user.state.playback.playing
    user.until(lambda: user.state.playback.position > 2 * BAR + 1)
    assert (user.pixels(user.rect("play")) != button).any(), "it shows a pause now"


def test_the_same_button_pauses_and_the_playhead_stays(user: User) -> None:
    user.click("play")
    user.until(lambda: user.state.playback.position > 1)
    user.click("play")
    assert not transport(user).playing and not user.state.playback.playing
    user.until(lambda: _rests(user))
    assert user.state.playback.position > 1


def test_stop_goes_back_to_the_beginning(user: User) -> None:
    user.click("play")
    user.until(lambda: user.state.playback.position > 1)
    user.click("stop")
    assert not transport(user).playing
    user.until(lambda: user.state.playback.position == 0)
    assert not user.state.playback.playing


def test_the_time_runs_with_the_playhead(user: User) -> None:
    before = user.pixels(user.rect("time")), user.pixels(user.rect("bar"))
    user.window.do(do.Seek(9.5 * BAR))
    user.frames()
    assert (user.pixels(user.rect("time")) != before[0]).any() and (user.pixels(user.rect("bar")) != before[1]).any()


def test_start_goes_to_the_beginning_and_plays_on(user: User) -> None:
    user.window.do(do.Seek(6.0 * BAR))
    user.click("play")
    user.until(lambda: user.state.playback.position > 6 * BAR + 1)
    user.click("start")
    user.until(lambda: user.state.playback.position < BAR)
    assert user.state.playback.playing


def test_loop_repeats_the_marked_bars(user: User) -> None:
    user.window.do(do.Set("bpm", 240))
    user.drag(user.on_ruler(1.5 * BAR), user.on_ruler(1.7 * BAR))
    user.click("loop")
    assert transport(user).loop == (BAR, 2 * BAR)
    user.window.do(do.Seek(1.8 * BAR))
    user.click("play")
    user.until(lambda: user.state.playback.position < 1.5 * BAR)
    assert transport(user).playing and user.state.playback.position >= BAR
    user.move((1, 1))
    user.frames()
    user.click("loop")
    assert transport(user).loop is None


def test_a_click_elsewhere_while_playing_goes_on_from_there(user: User) -> None:
    user.click("play")
    user.until(lambda: user.state.playback.position > 1)
    user.click(user.on_roll(8 * BAR, 70))
    user.until(lambda: 8 * BAR - 2 < user.state.playback.position < 9 * BAR)
    assert user.state.playback.playing


@pytest.mark.parametrize("playing", [False, True])
def test_the_playhead_does_not_jump_back_to_where_it_was(user: User, playing: bool) -> None:
    user.window.do(do.Seek(8.0 * BAR))
    user.until(lambda: user.state.playback.position >= 8 * BAR)
    if playing:
        user.click("play")
    user.click(user.on_ruler(2.0 * BAR))
    limit, seen = time.monotonic() + 0.5, [user.state.playback.position]
    while time.monotonic() < limit or (playing and seen[-1] <= seen[0] + 1):  # it goes on, though the sound may be late
        user.frames(1)
        seen.append(user.state.playback.position)
        assert seen[-2] <= seen[-1] < 4 * BAR and time.monotonic() < limit + 5
    assert playing or seen[-1] <= seen[0] + 1


def test_after_stop_the_playhead_is_at_the_beginning_at_once(user: User) -> None:
    user.window.do(do.Seek(8.0 * BAR))
    user.click("play")
    user.until(lambda: user.state.playback.position > 8 * BAR + 2)
    user.click("stop")
    for _ in range(20):
        user.frames(1)
        assert user.state.playback.position == 0


def test_at_its_end_a_piece_stops_and_plays_from_the_beginning_next_time(user: User) -> None:
    user.window.do(do.Set("bpm", 240))
    user.window.do(do.Seek(SONG.steps - 2.0))
    user.click("play")
    user.until(lambda: not user.state.playback.playing)
    user.move((1, 1))
    user.frames()
    user.click("play")
    user.until(lambda: user.state.playback.playing and user.state.playback.position < BAR)


def test_another_take_keeps_the_playhead_so_that_they_can_be_compared(user: User) -> None:
    first = user.composed()
    second = user.composed()
    user.window.do(do.Seek(10.0))
    user.until(lambda: abs(user.state.playback.position - 10) < 0.5)
    user.click(user.of_take(first))
    user.frames(3)
    assert user.state.current == first.id != second.id
    assert abs(user.state.playback.position - 10) < 0.5


def test_without_a_piece_play_has_no_use(window: User) -> None:
    window.begin_anew()
    for name in ("play", "stop", "start", "loop"):
        window.click(name)
    assert not transport(window).playing and not window.state.playback.playing


def test_plain_playing_and_expression_are_not_the_same_to_the_transport(user: User) -> None:
    scores = []
    for _ in range(2):
        user.keys("E")
        scores.append(transport(user)._head.score.velocities.tolist())
    assert scores[0] != scores[1]


def _rests(user: User) -> bool:
    before = user.state.playback.position
    user.frames(5)
    return user.state.playback.position == before

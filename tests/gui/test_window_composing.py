"""The buttons that compose, each reached by its place on the screen, its effect seen in what the composer receives."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from window_tools import User, opened, some_song

from nanopiano.gui.state import actions as do
from nanopiano.gui.state.controls import Controls
from nanopiano.songbook import songs

MOST_WORDS = 10_000
SONG = some_song(12)


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Iterator[User]:
    with opened(tmp_path_factory.mktemp("window") / "home", model_folder) as user:
        user.until(lambda: user.state.model)
        yield user


@pytest.fixture
def user(window: User) -> User:
    window.begin_anew()
    window.window.do(do.Set("words", 50))
    return window


def test_generate_composes_a_new_piece_with_what_the_sliders_show(user: User) -> None:
    user.window.do(do.Set("temperature", 1.2))
    user.window.do(do.Set("bpm", 77))
    empty = user.pixels(user.notes_area)
    user.click("generate")
    asked = user.request
    assert asked.prompt is None and asked.bars is None and asked.bpm == 77
    assert asked.sampling.temperature == 1.2 and asked.sampling == user.state.controls.sampling
    assert asked.length.words == 50
    user.finished()
    assert user.take.kind == "new" and user.take.seed == asked.seed and user.take.finished
    assert user.status.startswith("Generation complete! ")
    assert (user.pixels(user.notes_area) != empty).any()


def test_the_button_in_the_empty_roll_composes_a_piece(user: User) -> None:
    user.click("invite")
    user.finished()
    assert len(user.requests) == 1 and len(user.take.piece)


def test_the_button_in_the_empty_roll_is_gone_once_there_is_music(user: User) -> None:
    user.composed()
    user.requests.clear()
    user.click("invite")
    user.frames()
    assert not user.requests


def test_while_it_composes_the_status_tells_how_far_it_is(user: User) -> None:
    user.window.do(do.Set("words", MOST_WORDS))
    user.click("generate")
    assert user.status.startswith("Generating …")
    user.until(lambda: user.state.growing)
    assert " words" in user.status and "%, bar " in user.status


def test_the_same_button_cancels_at_once_and_keeps_what_there_is(user: User) -> None:
    user.window.do(do.Set("words", MOST_WORDS))
    user.click("generate")
    user.until(lambda: user.state.growing and len(user.take.piece) > 20)
    user.move((1, 1))
    user.frames()
    user.click("generate")
    user.frames(2)
    assert not user.state.busy and len(user.requests) == 1
    assert not user.take.finished and len(user.take.piece) > 20
    assert user.status.startswith("Cancelled: what was composed is kept")


def test_progress_is_seen_in_the_button(user: User) -> None:
    user.window.do(do.Set("words", MOST_WORDS))
    user.click("generate")
    user.until(lambda: user.state.growing)
    first = user.pixels(user.rect("generate"))
    share = user.state.job.share if user.state.job else 1.0
    user.until(lambda: user.state.job is None or user.state.job.share > share + 0.05)
    assert (user.pixels(user.rect("generate")) != first).any()


def test_a_second_piece_can_be_asked_for_after_the_first(user: User) -> None:
    for _ in range(2):
        user.click("generate")
        user.finished()
    assert len(user.state.takes) == 2
    assert user.requests[0].seed != user.requests[1].seed


def test_continue_song_draws_a_song_and_shows_its_name(user: User) -> None:
    title, source = user.pixels(user.rect("title")), user.pixels(user.rect("source"))
    user.click("continue")
    user.frames()
    prompt = user.state.prompt
    assert prompt is not None and prompt.kind == "song"
    assert prompt.name in {song.title for song in songs()} and prompt.name in user.status
    assert (user.pixels(user.rect("title")) != title).any() and (user.pixels(user.rect("source")) != source).any()


def test_continue_song_draws_another_song_each_time(user: User) -> None:
    drawn = []
    for _ in range(4):
        user.click("continue")
        assert user.state.prompt is not None
        drawn.append(user.state.prompt.song)
    assert all(one != other for one, other in pairwise(drawn))


def test_generate_goes_on_from_the_song_and_leaves_its_beginning_alone(user: User) -> None:
    user.click("continue")
    prompt = user.state.prompt
    assert prompt is not None
    user.click("generate")
    assert user.request.prompt is prompt.piece and user.request.prompt_bars == prompt.bars
    user.finished()
    assert user.take.origin == prompt.name and user.take.begin == prompt.step
    kept, given = user.take.piece.notes, prompt.piece.notes
    assert np.array_equal(kept[kept[:, 0] < prompt.step][:, :2], given[given[:, 0] < prompt.step][:, :2])


def test_new_piece_forgets_the_song(user: User) -> None:
    user.click("continue")
    user.click("new")
    user.click("generate")
    assert user.request.prompt is None


def test_the_source_shows_the_prompt_again(user: User) -> None:
    user.show(SONG)
    user.click("generate")
    user.finished()
    user.click("source")
    assert user.state.current is None and user.state.piece is not None
    assert np.array_equal(user.state.piece.notes, SONG.notes)


def test_retry_tries_the_same_song_with_another_seed_and_the_sliders_of_now(user: User) -> None:
    user.show(SONG)
    user.click("generate")
    user.finished()
    user.window.do(do.Set("top_k", 5))
    user.click("retry")
    first, second = user.requests
    assert second.prompt is first.prompt and second.prompt_bars == first.prompt_bars
    assert second.seed != first.seed and second.sampling.top_k == 5
    user.finished()
    assert len(user.state.takes) == 2


def test_retry_tries_the_same_song_even_if_another_was_chosen_since(user: User) -> None:
    user.show(SONG)
    user.click("generate")
    user.finished()
    user.click("new")
    user.click("retry")
    assert user.request.prompt is SONG


def test_compose_again_composes_only_the_bars_marked_on_the_ruler(user: User) -> None:
    user.show(SONG)
    user.drag(user.on_ruler(2.5 * 16), user.on_ruler(4.5 * 16))
    assert user.state.region == (32, 80)
    user.click("again")
    assert user.request.prompt is not None and user.request.bars == (3, 5)
    user.finished()
    notes, given = user.take.piece.notes, SONG.notes
    assert user.take.kind == "again" and (user.take.begin, user.take.end) == (32, 80)
    kept, wanted = (rows[(rows[:, 0] < 32) | (rows[:, 0] >= 80)][:, :2] for rows in (notes, given))
    assert np.array_equal(kept, wanted)
    assert user.state.region == (32, 80), "the mark stays, to try once more"


def test_go_on_from_here_keeps_the_bars_before_the_playhead(user: User) -> None:
    user.show(SONG)
    user.click(user.on_ruler(5 * 16 + 3))
    user.click("on")
    assert user.request.prompt_bars == 5 and user.request.bars is None
    user.finished()
    assert user.take.kind == "on" and user.take.begin == 5 * 16
    assert not len(user.take.piece.notes) or user.take.name.endswith("from bar 6")


def test_surprise_moves_the_sliders_and_the_next_piece_has_them(user: User) -> None:
    for _ in range(5):
        user.click("surprise")
        user.move((1, 1))
    assert user.state.controls != Controls(volume=0.0, words=50)
    assert user.status.startswith("Surprise: ")
    user.click("generate")
    assert user.request.sampling == user.state.controls.sampling
    assert user.request.length.words == user.state.controls.words


def test_a_kept_seed_composes_the_same_piece_again(user: User) -> None:
    user.window.do(do.SetSeed(11))
    pieces = []
    for _ in range(2):
        user.click("generate")
        user.finished()
        pieces.append(user.take.piece.notes)
    assert [asked.seed for asked in user.requests] == [11, 11]
    assert len(pieces[0]) and np.array_equal(pieces[0], pieces[1])


@pytest.mark.parametrize("name", ["retry", "again", "on", "source"])
def test_a_button_without_use_does_nothing(user: User, name: str) -> None:
    before = user.state
    user.click(name)
    user.frames()
    assert not user.requests and user.state.current is None and not user.state.busy
    assert replace(user.state, playback=before.playback) == before


def test_playing_begins_while_the_piece_is_still_being_composed(user: User) -> None:
    user.window.do(do.Set("words", MOST_WORDS))
    user.click("generate")
    user.until(lambda: user.state.playback.playing or not user.state.busy)
    assert user.state.busy and user.state.playback.playing
    user.until(lambda: user.state.playback.position > 1)

"""Composing: what is written is always whole, fits what was asked for, and can be had again by its seed."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from model_tools import Mood, some_engine
from numpy.typing import NDArray
from strategies import Gap, gaps, pieces, sounding_pieces

from nanopiano.errors import InputError
from nanopiano.model.composer import Composer, Composition, Fill
from nanopiano.model.ending import Length
from nanopiano.model.engine import Engine
from nanopiano.model.sample import Sampling
from nanopiano.music.grid import Grid
from nanopiano.music.piece import DEFAULT_VELOCITY, Note, Piece
from nanopiano.music.vocab import END, START, vocabulary
from nanopiano.music.words import ids_to_piece, piece_to_ids, piece_to_text

SHORT = Length(words=60)
NEVER, ALWAYS = -50.0, 50.0
# Chords of about two notes and waits of about a beat.
LIVELY = {"sepxx": 4.0, **{f"n{pitch}": -1.0 for pitch in range(21, 109)}, "d4": 4.0, "d2": 3.0, "d8": 3.0}


@pytest.fixture(scope="module")
def composer(engine: Engine) -> Composer:
    """A composer with a small random model."""
    return Composer(engine)


def lively(**wanted: float) -> Composer:
    """A composer of lively music that wants some words more or less than others."""
    return Composer(Mood(**{**LIVELY, **wanted}))


def words_of(composition: Composition) -> list[int]:
    """All words, prompt included."""
    return [*composition.prompt.tolist(), *composition.new_ids]


def scale(n_notes: int) -> Piece:
    """A note every beat."""
    return Piece.of([(4 * note, 40 + note % 40, 4) for note in range(n_notes)])


# --- new pieces ------------------------------------------------------------------------------------------------------


def test_the_same_seed_composes_the_same_piece(composer: Composer) -> None:
    first, second = (composer.compose(length=SHORT, seed=5).finish() for _ in range(2))
    assert first == second


def test_other_seeds_compose_other_pieces(composer: Composer) -> None:
    pieces = {piece_to_text(composer.compose(length=SHORT, seed=seed).finish()) for seed in range(5)}
    assert len(pieces) == 5


def test_without_a_seed_one_is_drawn_that_composes_the_piece_again(composer: Composer) -> None:
    composition = composer.compose(length=SHORT)
    piece = composition.finish()
    assert composer.compose(length=SHORT, seed=composition.seed).finish() == piece


def test_temperature_0_composes_one_piece_whatever_the_seed(composer: Composer) -> None:
    likeliest = Sampling(temperature=0)
    first, second = (composer.compose(length=SHORT, sampling=likeliest, seed=seed).finish() for seed in (1, 2))
    assert first == second


samplings = st.builds(Sampling, temperature=st.sampled_from([0, 0.5, 1, 3]), top_k=st.sampled_from([None, 1, 5]))
lengths = st.builds(Length, words=st.integers(1, 60)) | st.builds(Length, bars=st.floats(1, 6))
moods = st.dictionaries(st.sampled_from(["END", "sepxx", "d1", "d16", "d128", "n21", "n108"]), st.floats(-60, 60))


@given(moods, lengths, samplings, st.booleans(), st.none() | sounding_pieces(), st.integers(0, 99))
def test_whatever_a_model_wants_its_words_are_those_of_a_piece(
    mood: dict[str, float], length: Length, sampling: Sampling, free: bool, prompt: Piece | None, seed: int
) -> None:
    composition = lively(**mood).compose(prompt, length=length, sampling=sampling, seed=seed, free_end=free)
    piece = composition.finish()
    assert words_of(composition) == piece_to_ids(piece).tolist()


@given(moods, st.integers(1, 40), st.none() | sounding_pieces(), st.integers(0, 99))
def test_whatever_a_model_wants_it_ends_on_a_bar_line_at_the_latest(
    mood: dict[str, float], bars: int, prompt: Piece | None, seed: int
) -> None:
    composition = lively(**mood).compose(prompt, length=Length(bars=bars), seed=seed)
    line = composition.writer.ending.begin + bars * 16 + 4 * 16  # type: ignore[union-attr]
    composition.finish()
    assert all(note.onset + note.length <= line for note in composition.piece if note not in (prompt or []))


def test_a_random_model_composes_2000_words(composer: Composer) -> None:
    composition = composer.compose(length=Length(words=2000), seed=1)
    assert composition.finish() == composition.piece
    assert composition.n_words >= 2000


def test_a_model_of_another_grid_composes_on_it() -> None:
    piece = (
        Composer(some_engine(steps_per_beat=12, vocab_fingerprint=vocabulary(12).fingerprint))
        .compose(length=SHORT)
        .finish()
    )
    assert (piece.grid, len(piece) > 0) == (Grid(12), True)


def test_a_composer_finds_its_model_by_path(model_folder: Path) -> None:
    assert len(Composer(model_folder, threads=1).compose(length=SHORT).finish()) > 0


# --- when a piece ends -----------------------------------------------------------------------------------------------


def test_end_comes_as_soon_as_it_may_if_a_model_wants_it() -> None:
    composition = lively(END=ALWAYS).compose(length=Length(words=20), seed=1)
    composition.finish()
    assert composition.n_words in (20, 22)  # END follows a note, and the 20th word may belong to a wait


def test_the_bars_asked_for_are_written_before_a_piece_ends() -> None:
    piece = lively(END=ALWAYS, d4=ALWAYS).compose(length=Length(bars=4), seed=1).finish()
    assert piece.onsets[-1] == 4 * 16


def test_the_seconds_asked_for_are_written_before_a_piece_ends() -> None:
    piece = lively(END=ALWAYS, d4=ALWAYS).compose(length=Length(seconds=11), bpm=60, seed=1).finish()
    assert (piece.onsets[-1], piece.bpm) == (11 * 4, 60)


def test_a_free_end_comes_when_the_model_wants_it() -> None:
    piece = lively(END=ALWAYS).compose(free_end=True, seed=1).finish()
    assert len(piece) == 1


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("length", [Length(bars=3), Length(words=40), Length(seconds=8)])
def test_a_model_that_never_ends_is_ended_within_its_length_and_four_bars(length: Length, seed: int) -> None:
    composition = lively(END=NEVER, d4=ALWAYS).compose(length=length, seed=seed)
    piece = composition.finish()
    words = piece_to_ids(piece).tolist()
    reached = 3 * 16 if length.words is None else ids_to_piece(words[: length.words + 1]).onsets.max()
    assert words[-1] == END
    assert reached <= piece.onsets[-1] < piece.steps <= reached + 6 * 16


class Places(Mood):
    """Wants END the more, the nearer the last note begins to a step of its choice, though never much."""

    def __init__(self, step: int, **wanted: float) -> None:
        super().__init__(**wanted)
        self.step = step

    def at(self, time: int) -> NDArray[np.float32]:
        logits = self.logits.copy()
        logits[END] = -20 - abs(time - self.step)
        return logits


@pytest.mark.parametrize("step", [48, 52, 64, 92, 104])
@pytest.mark.parametrize("temperature", [0, 1.05])
def test_a_piece_ends_where_the_model_finds_an_end_likeliest(step: int, temperature: float) -> None:
    composer = Composer(Places(step, **{**LIVELY, "d4": ALWAYS}))
    composition = composer.compose(length=Length(bars=3), sampling=Sampling(temperature=temperature), seed=1)
    piece = composition.finish()
    assert piece.onsets[-1] == step


def test_pieces_at_once_end_each_where_its_model_finds_an_end_likeliest() -> None:
    composer = Composer(Places(64, **{**LIVELY, "d4": ALWAYS}))
    assert [piece.finish().onsets[-1] for piece in composer.batch([1, 2, 3], length=Length(bars=3))] == [64, 64, 64]


def test_a_piece_that_is_stopped_while_its_end_is_looked_for_has_no_note_of_that_time() -> None:
    class Stopped(Places):
        def at(self, time: int) -> NDArray[np.float32]:
            if time > 70:
                raise KeyboardInterrupt
            return super().at(time)

    stopped, whole = (
        Composer(kind(60, **{**LIVELY, "d4": ALWAYS})).compose(length=Length(bars=3), seed=1)
        for kind in (Stopped, Places)
    )
    with pytest.raises(KeyboardInterrupt):
        stopped.finish()
    assert list(stopped.piece) == list(whole.finish().clip(0, 48)) != []


@pytest.mark.parametrize("seed", range(5))
def test_the_last_chord_is_no_fuller_than_others_if_a_model_is_ended(seed: int) -> None:
    piece = lively(END=NEVER).compose(length=Length(bars=4), seed=seed).finish()
    assert (piece.onsets == piece.onsets[-1]).sum() <= 12


def test_share_grows_to_one_and_words_are_counted_without_end(composer: Composer) -> None:
    composition = composer.compose(length=SHORT, seed=3)
    shares = [composition.share for _ in composition]
    assert shares == sorted(shares)
    assert composition.share == 1
    assert composition.n_words == len(composition.new_ids) - 1 == len(piece_to_ids(composition.piece)) - 2


# --- streaming and stopping ------------------------------------------------------------------------------------------


def test_every_new_note_is_told_once_in_order(composer: Composer) -> None:
    composition = composer.compose(length=SHORT, seed=2)
    assert list(composition) == list(composition.piece)


@pytest.mark.parametrize("n_notes", [0, 1, 5, 12])
def test_a_piece_that_is_stopped_is_whole(composer: Composer, n_notes: int) -> None:
    composition = composer.compose(length=SHORT, seed=2)
    told = list(islice(composition, n_notes))
    assert list(composition.piece) == told
    assert words_of(composition)[-1] != END


def test_a_stopped_piece_may_go_on(composer: Composer) -> None:
    composition = composer.compose(length=SHORT, seed=2)
    list(islice(composition, 5))
    assert composition.finish() == composer.compose(length=SHORT, seed=2).finish()


# --- several at once -------------------------------------------------------------------------------------------------


def test_pieces_composed_together_are_those_of_their_seeds() -> None:
    composer = Composer(some_engine())
    together = [composition.finish() for composition in composer.batch([7, 8, 9], length=SHORT)]
    alone = [composer.compose(length=SHORT, seed=seed).finish() for seed in (7, 8, 9)]
    assert together == alone


def test_pieces_composed_together_may_be_told_in_turns(composer: Composer) -> None:
    batch = composer.batch([1, 2, 3], scale(8), length=Length(words=40))
    told: list[list[Note]] = [[] for _ in batch]
    turns: list[Iterator[Note]] = [iter(composition) for composition in batch]
    for turn in (2, 0, 1, 1, 0, 2, 2):
        told[turn] += islice(turns[turn], 3)
    for row, rest in enumerate(turns):
        told[row] += rest
    assert told == [[note for note in composition.piece if note.onset >= 32] for composition in batch]


# --- going on from a prompt ------------------------------------------------------------------------------------------


@settings(max_examples=30)
@given(sounding_pieces(), st.none() | st.integers(1, 60), st.integers(0, 99))
def test_the_prompt_is_kept_and_new_music_begins_after_its_last_bar(piece: Piece, bars: int | None, seed: int) -> None:
    assume(bars is None or piece.onsets[0] < 16 * bars)
    composition = lively().compose(piece, prompt_bars=bars, length=Length(words=8), seed=seed)
    whole = composition.finish()
    all_bars = int(piece.onsets[-1]) // 16 + 1
    line = 16 * min(bars or all_bars, all_bars)
    assert list(whole.clip(0, line)) == list(piece.clip(0, line))
    assert len(whole.clip(line, whole.steps + 1)) >= 1


@pytest.mark.parametrize("silence", [10, 127, 128, 129, 400, 1000])
@pytest.mark.parametrize("length", [Length(words=1), Length(words=5), Length(bars=1)])
def test_a_silence_at_the_end_of_the_prompt_is_kept(silence: int, length: Length) -> None:
    piece = Piece.of([(0, 60, 4), (silence, 62, 4)])
    bars = -(-silence // 16)
    composition = lively().compose(piece, prompt_bars=bars, length=length, seed=1)
    new = next(iter(composition))
    assert new.onset >= 16 * bars
    assert composition.finish().clip(0, 16 * bars) == piece.clip(0, 16 * bars)


@pytest.mark.parametrize("n_notes", [60, 150, 700])
def test_a_prompt_longer_than_the_window_is_read(composer: Composer, n_notes: int) -> None:
    piece = scale(n_notes)
    whole = composer.compose(piece, length=SHORT, seed=1).finish()
    assert list(whole)[:n_notes] == list(piece)
    assert len(whole) > n_notes


def test_words_asked_for_are_new_words() -> None:
    composition = lively(END=ALWAYS).compose(scale(100), length=Length(words=10), seed=1)
    composition.finish()
    assert 10 <= composition.n_words <= 14


def test_the_output_keeps_tempo_title_and_metre_of_the_prompt(composer: Composer) -> None:
    prompt = Piece.of([(0, 60, 4)], bpm=88, title="Air", time_signature=(3, 4))
    piece = composer.compose(prompt, length=SHORT, seed=1).finish()
    assert (piece.bpm, piece.title, piece.time_signature) == (88, "Air", (3, 4))
    assert composer.compose(prompt, length=SHORT, bpm=99).finish().bpm == 99


@settings(max_examples=30)
@given(pieces(velocities=True).filter(len), st.none() | st.integers(1, 9), st.integers(0, 99))
def test_the_prompt_is_as_loud_as_it_was_and_new_notes_are_all_alike(
    prompt: Piece, bars: int | None, seed: int
) -> None:
    assume(bars is None or prompt.onsets[0] < 16 * bars)
    composition = lively().compose(prompt, prompt_bars=bars, length=Length(words=8), seed=seed)
    piece = composition.finish()
    assert piece.clip(0, composition.begin) == prompt.clip(0, composition.begin)
    assert set(piece.clip(composition.begin, piece.steps).notes[:, 3].tolist()) == {DEFAULT_VELOCITY}


def test_going_on_from_an_empty_piece_is_composing_a_new_one(composer: Composer) -> None:
    assert (
        composer.compose(Piece.of([]), length=SHORT, seed=4).finish() == composer.compose(length=SHORT, seed=4).finish()
    )


# --- filling a gap ---------------------------------------------------------------------------------------------------


def filled(gap: Gap, seed: int = 0, **wanted: float) -> Fill:
    """A finished fill of a gap."""
    fill = lively(**wanted).fill(gap.piece, gap.start // 16 + 1, gap.end // 16, seed=seed)
    fill.finish()
    return fill


def gaps_in_pieces() -> st.SearchStrategy[Gap]:
    """Gaps that begin within the piece."""
    return gaps().filter(lambda gap: gap.start < max(gap.piece.bars, 1) * 16)


@given(gaps_in_pieces(), moods, st.integers(0, 99))
def test_a_fill_leaves_the_notes_around_it_as_they_were(gap: Gap, mood: dict[str, float], seed: int) -> None:
    fill = filled(gap, seed, **mood)
    around = [*fill.piece.clip(0, gap.start), *fill.piece.clip(gap.end, fill.piece.steps + 1)]
    assert around == [*gap.parts.before, *gap.parts.after]


@given(gaps_in_pieces(), moods, st.integers(0, 99))
def test_a_fill_fits_its_gap(gap: Gap, mood: dict[str, float], seed: int) -> None:
    middle = filled(gap, seed, **mood).middle
    assert all(gap.start <= note.onset and note.onset + note.length <= gap.end for note in middle)


@given(gaps_in_pieces(), st.integers(0, 99))
def test_the_notes_of_a_fill_are_told_at_their_places(gap: Gap, seed: int) -> None:
    fill = lively().fill(gap.piece, gap.start // 16 + 1, gap.end // 16, seed=seed)
    assert list(fill) == list(fill.middle) == list(fill.piece.clip(gap.start, gap.end))


def test_a_fill_begins_where_its_gap_does(composer: Composer) -> None:
    fill = composer.fill(scale(40), 3, 4, seed=1)
    assert (fill.begin, fill.end) == (32, 64)


def test_the_notes_of_a_fill_are_told_at_their_places_late_in_a_long_piece() -> None:
    fill = lively().fill(scale(400), 50, 51, seed=1)
    assert list(fill) == list(fill.middle) == list(fill.piece.clip(49 * 16, 51 * 16))


@given(gaps_in_pieces(), st.integers(0, 99))
def test_a_fill_strikes_no_key_that_still_sounds(gap: Gap, seed: int) -> None:
    fill = filled(gap, seed, **{f"n{pitch}": 20.0 for pitch in np.unique(gap.piece.pitches)})
    for old in gap.parts.before:
        assert not any(new.pitch == old.pitch and new.onset < old.onset + old.length for new in fill.middle)


def test_a_fill_hears_keys_whose_strokes_the_prompt_left_out() -> None:
    crowd = [(step, 60 + voice, 1) for step in range(1, 64) for voice in range(4)]
    piece = Piece.of([(0, 40, 100), *crowd, (90, 72, 4)])
    fill = filled(Gap(piece, 64, 80), n40=ALWAYS)
    assert "n40" not in piece_to_text(fill.middle).split()
    assert Note(0, 40, 100) in list(fill.piece)


def test_a_long_note_of_a_fill_is_cut_where_the_gap_ends() -> None:
    fill = filled(Gap(scale(16), 16, 32), d128=ALWAYS, sepxx=NEVER)
    assert {note.onset + note.length for note in fill.middle} == {32}


@given(gaps_in_pieces(), st.integers(0, 99))
def test_the_share_of_a_fill_grows_from_0_to_1_with_the_time_in_its_gap(gap: Gap, seed: int) -> None:
    fill = lively().fill(gap.piece, gap.start // 16 + 1, gap.end // 16, seed=seed)
    assert fill.share == 0
    for note in fill:
        assert fill.share == (note.onset - gap.start) / (gap.end - gap.start)
    assert fill.share == 1


def test_a_random_model_fills(composer: Composer) -> None:
    fill = composer.fill(scale(400), 50, 52, seed=1)
    assert len(fill.finish()) >= 400 - 12
    assert len(fill.middle) > 0


def test_the_same_seed_fills_the_same_way(composer: Composer) -> None:
    first, second = (composer.fill(scale(40), 3, 4, seed=6).finish() for _ in range(2))
    assert first == second


@pytest.mark.parametrize("bars", [(0, 2), (3, 2), (11, 12), (-1, 1)])
def test_bars_that_are_not_in_the_piece_are_refused(bars: tuple[int, int]) -> None:
    with pytest.raises(InputError, match=rf"bars {bars[0]}-{bars[1]} are not in the piece: it has bars 1-10"):
        lively().fill(scale(40), *bars)


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": -1}, "seed -1 is out of range: expected 0 to 9223372036854775807"),
        ({"seed": 2**63}, "seed 9223372036854775808 is out of range"),
        ({"prompt_bars": 0}, "a prompt of 0 bars is out of range: expected 1 or more"),
        ({"prompt": None, "prompt_bars": 3}, "prompt_bars is 3, but there is no prompt"),
        ({"prompt": scale(4).shift(40), "prompt_bars": 1}, "the first bar has no notes: the music begins in bar 3"),
        ({"prompt": scale(4).shift(40), "prompt_bars": 2}, "the first 2 bars have no notes"),
        ({"bpm": 0}, "a tempo of 0 beats a minute is out of range"),
        ({"bpm": float("nan")}, "a tempo of nan beats a minute is out of range"),
        ({"prompt": Piece.of([], grid=Grid(12))}, "the piece has 12 steps a beat, the model 4"),
    ],
)
def test_what_is_out_of_range_is_refused_with_its_value(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as refusal:
        lively().compose(**{"prompt": scale(4), **options})
    assert message in str(refusal.value)


def test_a_seed_of_several_is_checked_too() -> None:
    with pytest.raises(InputError, match="seed -2 is out of range"):
        lively().batch([1, -2])


def test_an_unfinished_prompt_is_start_alone() -> None:
    assert lively().compose(length=SHORT).prompt.tolist() == [START]

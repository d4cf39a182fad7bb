"""Original music: no quotation of a training piece grows longer than is asked for, and there is always a word left."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from model_tools import Mood
from originality_tools import index_of, joined, piece_of, some_notes

from nanopiano.errors import InputError
from nanopiano.model.composer import Composer, Composition
from nanopiano.model.defaults import DEFAULT_SAMPLING
from nanopiano.model.ending import Length
from nanopiano.model.engine import Engine
from nanopiano.model.originality.index import save_index
from nanopiano.model.sample import Sampling
from nanopiano.music.piece import Piece
from nanopiano.music.words import piece_to_ids

LIKELIEST = Sampling(temperature=0)
LENGTH = Length(words=240)


def original(n_notes: int, sampling: Sampling = DEFAULT_SAMPLING) -> Sampling:
    return replace(sampling, original=n_notes)


@pytest.fixture(scope="module")
def learnt(engine: Engine) -> Composer:
    """A composer whose training music is what it composes with seeds 1 and 2, left to itself."""
    pieces = [Composer(engine).compose(length=LENGTH, seed=seed).finish().notes for seed in (1, 2)]
    composer = Composer(engine)
    composer.index = index_of(pieces)
    return composer


def longest(composer: Composer, composition: Composition, end: int | None = None) -> int:
    found = composer.originality(composition.piece, composition.begin, end)
    assert found is not None
    return found.passage.n_notes if found.passage else 0


def test_left_to_itself_it_quotes(learnt: Composer) -> None:
    composition = learnt.compose(length=LENGTH, seed=1)
    assert longest(learnt, composition) == 0
    composition.finish()
    assert longest(learnt, composition) == len(composition.piece)


@pytest.mark.parametrize("n_notes", [9, 12, 16, 40])
def test_no_quotation_is_longer_than_asked_for(learnt: Composer, n_notes: int) -> None:
    composition = learnt.compose(length=LENGTH, sampling=original(n_notes), seed=1)
    composition.finish()
    assert n_notes - 1 <= longest(learnt, composition) <= n_notes


def test_up_to_there_the_piece_is_what_it_would_have_been(learnt: Composer) -> None:
    free = learnt.compose(length=LENGTH, seed=1).finish()
    kept = learnt.compose(length=LENGTH, sampling=original(20), seed=1).finish()
    assert np.array_equal(kept.notes[:19], free.notes[:19])
    assert kept != free


def test_the_same_seed_makes_the_same_original_piece(learnt: Composer) -> None:
    first, second = (learnt.compose(length=LENGTH, sampling=original(12), seed=2).finish() for _ in range(2))
    assert first == second


def test_original_words_are_those_of_a_piece(learnt: Composer) -> None:
    composition = learnt.compose(length=LENGTH, sampling=original(9), seed=1)
    piece = composition.finish()
    assert [*composition.prompt.tolist(), *composition.new_ids] == piece_to_ids(piece).tolist()
    assert composition.n_words >= 240


def test_a_continuation_breaks_off_a_quotation_that_the_prompt_began(engine: Engine) -> None:
    song = some_piece_of_16ths()
    composer = Composer(engine)
    likely = composer.compose(song, length=LENGTH, sampling=LIKELIEST).finish()
    composer.index = index_of([likely.notes])
    composition = composer.compose(song, length=LENGTH, sampling=original(14, LIKELIEST))
    composition.finish()
    assert longest(composer, composition) == 14


def test_a_fill_breaks_off_a_quotation_that_stands_before_it(engine: Engine) -> None:
    song = some_piece_of_16ths()
    composer = Composer(engine)
    likely = composer.fill(song, 3, 4, sampling=LIKELIEST).finish()
    composer.index = index_of([likely.clip(0, 64).notes])
    free, kept = (composer.fill(song, 3, 4, sampling=sampling) for sampling in (LIKELIEST, original(14, LIKELIEST)))
    free.finish()
    kept.finish()
    found = [composer.originality(fill.piece, fill.start, fill.end) for fill in (free, kept)]
    assert [f.passage.n_notes > 14 for f in found if f and f.passage] == [True, False]


def some_piece_of_16ths() -> Piece:
    """Six bars."""
    return Piece.of([(step, 60 + (7 * step) % 17, 1) for step in range(6 * 16)])


def test_where_all_pitches_would_quote_one_is_taken_all_the_same() -> None:
    common = some_notes(1, 12)
    ways_on = [joined(common, np.array([[0, pitch, 1, 80]], dtype=np.int32), gap=1) for pitch in range(21, 109)]
    prompt = piece_of(common + np.array([63 - common[-1, 0], 0, 0, 0], dtype=np.int32))
    composer = Composer(Mood(d1=50))
    composer.index = index_of(ways_on)
    composition = composer.compose(prompt, length=Length(words=40), sampling=original(9), seed=1)
    assert composition.begin == 64
    assert composition.finish().clip(64, 65).notes.size


def test_original_music_needs_an_index(engine: Engine) -> None:
    with pytest.raises(InputError, match="no index of the music that it learnt from"):
        Composer(engine).compose(sampling=original(16))


@pytest.mark.parametrize("n_notes", [-1, 0, 8])
def test_a_limit_that_all_music_passes_is_refused(n_notes: int) -> None:
    with pytest.raises(InputError, match=f"original is {n_notes}: expected 9 notes or more"):
        original(n_notes)


def test_a_composer_finds_the_index_of_its_model(model_folder: Path) -> None:
    composer = Composer(model_folder)
    assert composer.index is None and composer.originality(some_piece_of_16ths()) is None
    try:
        save_index(index_of([some_piece_of_16ths().notes]), model_folder)
        found = Composer(model_folder).originality(some_piece_of_16ths())
    finally:
        (model_folder / "passages.npz").unlink()
    assert found is not None and found.passage is not None and found.passage.n_notes == 96

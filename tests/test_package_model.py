"""The model of the package, as a user meets it."""

import json

import numpy as np
import pytest

from nanopiano.model.composer import Composer, Composition
from nanopiano.model.ending import Length
from nanopiano.model.originality.index import INDEX_FILE
from nanopiano.model.store import find_model
from nanopiano.music.listen import hear
from nanopiano.music.piece import Piece
from nanopiano.music.words import piece_to_ids
from nanopiano.songbook import find_song


@pytest.fixture(scope="module")
def composer() -> Composer:
    return Composer(threads=1)


@pytest.fixture(scope="module")
def composition(composer: Composer) -> Composition:
    composition = composer.compose(length=Length(words=300), seed=1)
    composition.finish()
    return composition


def longest_silence_bars(piece: Piece) -> float:
    ends = np.maximum.accumulate(piece.onsets + piece.lengths)
    return float(np.max(piece.onsets[1:] - ends[:-1])) / piece.grid.bar_steps


def test_a_new_piece_has_the_words_asked_for(composition: Composition) -> None:
    assert composition.n_words >= 300


def test_a_new_piece_has_no_silence_of_two_bars(composition: Composition) -> None:
    assert longest_silence_bars(composition.piece) < 2


def test_a_new_piece_uses_more_than_one_register(composition: Composition) -> None:
    assert np.ptp(composition.piece.pitches) > 12


def test_the_same_seed_gives_the_same_piece(composer: Composer, composition: Composition) -> None:
    assert composer.compose(length=Length(words=300), seed=1).finish() == composition.piece


def test_two_seeds_at_once_give_what_each_gives_alone(composer: Composer) -> None:
    together = composer.batch([1, 2], length=Length(words=60))
    alone = [composer.compose(length=Length(words=60), seed=seed).finish() for seed in (1, 2)]
    assert [piece.finish() for piece in together] == alone


def test_what_a_word_is_told_does_not_depend_on_how_many_pieces_there_are(composer: Composer) -> None:
    ids = piece_to_ids(find_song("joplin-maple-leaf-rag").piece())[:120]
    heard = hear(ids)
    alone, two = composer.engine.cache(1), composer.engine.cache(2)
    for at, word in enumerate(ids.astype(np.int64)):
        time, sounding = heard.time[at : at + 1], heard.sounding[at : at + 1]
        single = alone.step(np.array([word]), time, sounding)[0]
        pair = two.step(np.repeat(word, 2), np.repeat(time, 2), np.repeat(sounding, 2, axis=0))
        np.testing.assert_array_equal(pair, [single, single])


def test_a_song_goes_on_after_its_prompt(composer: Composer) -> None:
    song = find_song("joplin-maple-leaf-rag").piece()
    longer = composer.compose(song, prompt_bars=4, length=Length(bars=4), seed=1).finish()
    prompt = song.canonical().clip(0, 4 * 16)
    assert np.array_equal(longer.clip(0, 4 * 16).notes[:, :2], prompt.notes[:, :2])
    assert longer.bars >= 8


def test_bars_between_others_are_composed_anew_and_the_others_stay(composer: Composer) -> None:
    song = find_song("joplin-maple-leaf-rag").piece().canonical()
    filled = composer.fill(song, 9, 10, seed=1).finish()
    assert np.array_equal(filled.clip(10 * 16, song.steps).notes, song.clip(10 * 16, song.steps).notes)
    assert len(filled.clip(8 * 16, 10 * 16)) > 0


def test_the_card_tells_the_loss_and_the_data() -> None:
    folder = find_model("small")
    facts = json.loads((folder / "config.json").read_text())
    card = (folder / "card.md").read_text("utf-8")
    assert f"{facts['training']['val_nats_per_word']:.4f} nats per word" in card
    assert "OpenScore/Lieder" in card


def test_the_model_tells_what_it_learnt_from(composer: Composer, composition: Composition) -> None:
    assert (find_model("small") / INDEX_FILE).stat().st_size < 5_000_000
    found = composer.originality(composition.piece)
    assert found is not None and found.human is not None and found.human.pieces > 100
    assert found.passages_of_12 == len(composition.piece) - 11

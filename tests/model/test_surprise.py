"""What keeps new music from becoming dull: when the drawing gets warmer, and by how much."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanopiano.errors import InputError
from nanopiano.model.compose import Writer
from nanopiano.model.composer import Composer
from nanopiano.model.ending import Length
from nanopiano.model.sample import Sampling, probabilities
from nanopiano.model.score import word_nats
from nanopiano.model.surprise import HORIZON, Surprise, prompt_nats
from nanopiano.music.listen import hear
from nanopiano.music.piece import Piece
from nanopiano.music.words import piece_to_ids

LEAST = 0.5  # nats a word
NATS = st.lists(st.floats(0, 10), max_size=200)


@pytest.fixture(scope="module")
def composer() -> Composer:
    return Composer(threads=1)


def heard(nats: list[float], sampling: Sampling) -> Surprise:
    surprise = Surprise(sampling)
    for one in nats:
        surprise.hear(-one)
    return surprise


@given(NATS)
def test_without_a_least_surprise_nothing_gets_warmer(nats: list[float]) -> None:
    assert heard(nats, Sampling()).warmth == 1


@given(NATS)
def test_the_temperature_stays_or_rises_and_never_by_more_than_half(nats: list[float]) -> None:
    assert 1 <= heard(nats, Sampling(min_surprise=LEAST)).warmth <= 1.5


def test_music_that_surprises_enough_is_drawn_as_asked() -> None:
    assert heard([LEAST] * 300, Sampling(min_surprise=LEAST)).warmth == pytest.approx(1)
    assert heard([2 * LEAST] * 300, Sampling(min_surprise=LEAST)).warmth == 1


def test_the_longer_nothing_surprises_the_warmer_it_gets() -> None:
    warmths = [heard([0.0] * number, Sampling(min_surprise=LEAST)).warmth for number in range(0, 400, 20)]
    assert warmths == sorted(warmths) and warmths[0] == 1 and warmths[-1] > 1.49


def test_words_of_long_ago_count_no_more() -> None:
    assert heard([0.0] * 300 + [LEAST] * 5 * HORIZON, Sampling(min_surprise=LEAST)).warmth < 1.01


def test_a_low_temperature_asks_for_less() -> None:
    assert Surprise(Sampling(temperature=0.5, min_surprise=LEAST)).least == LEAST / 2
    assert Surprise(Sampling(temperature=1.5, min_surprise=LEAST)).least == LEAST
    assert heard([0.0] * 300, Sampling(temperature=0, min_surprise=LEAST)).warmth == 1


def test_what_follows_a_dull_prompt_may_be_as_dull() -> None:
    surprise = Surprise(Sampling(min_surprise=LEAST))
    surprise.read_prompt(np.full(20_000, 0.1))
    assert surprise.warmth == 1 and surprise.least == pytest.approx(0.1, abs=0.01)


def test_a_prompt_that_surprises_changes_nothing() -> None:
    surprise = Surprise(Sampling(min_surprise=LEAST))
    surprise.read_prompt(np.full(500, 2.0))
    assert surprise.least == surprise.lately == LEAST


def test_warmth_flattens_the_chances() -> None:
    logits, allowed = np.array([3.0, 1.0, 0.0], dtype=np.float32), np.ones(3, dtype=bool)
    warm = probabilities(logits, allowed, Sampling(temperature=0.8), 2.0)
    assert warm == pytest.approx(probabilities(logits, allowed, Sampling(temperature=1.6)))


def test_the_surprise_of_a_prompt_is_the_nats_of_its_words(composer: Composer) -> None:
    ids = piece_to_ids(Piece.of([(4 * n, 60 + 5 * n % 12, 3) for n in range(40)]))[:-1]
    facts = hear(ids)
    logits = composer.engine.cache().read(ids[None].astype(np.int64), facts.time[None], facts.sounding[None])[0]
    assert prompt_nats(logits, ids) == pytest.approx(word_nats(composer.engine, ids), abs=1e-5)
    assert prompt_nats(logits[-10:], ids) == pytest.approx(word_nats(composer.engine, ids)[-9:], abs=1e-5)


def test_a_dull_prompt_that_only_returns_is_not_dull(composer: Composer) -> None:
    pitches = np.random.default_rng(0).integers(48, 84, 48).tolist()
    twice = [(2 * number, pitch, 2) for number, pitch in enumerate([*pitches, *pitches])]
    ids = piece_to_ids(Piece.of(twice))[:-1]
    writer = Writer(composer.vocab, ids, Sampling(min_surprise=LEAST), 1, begin=192)
    writer.know_prompt(np.r_[np.full(len(ids) // 2 + 40, LEAST), np.zeros(len(ids) - len(ids) // 2 - 41)])
    assert writer.surprise.least == pytest.approx(LEAST)


def test_a_piece_that_must_surprise_is_less_often_dull(composer: Composer) -> None:
    def dull(least: float) -> float:
        """The share of words for which the 64 before have under 0.3 nats each."""
        sampling = Sampling(temperature=0.8, min_surprise=least)
        piece = composer.compose(length=Length(words=1200), sampling=sampling, seed=3).finish()
        nats = word_nats(composer.engine, piece_to_ids(piece))
        return float((np.convolve(nats, np.full(HORIZON, 1 / HORIZON), "valid") < 0.3).mean())

    assert dull(0.8) < dull(0.0) / 2


@pytest.mark.parametrize("least", [-0.1, 2.5, float("nan")])
def test_a_least_surprise_out_of_range_is_refused(least: float) -> None:
    with pytest.raises(InputError, match=r"min-surprise is .*: expected a number from 0 to 2"):
        Sampling(min_surprise=least)

"""Themes that return are known, and helped on as much as one likes."""

from dataclasses import replace

import numpy as np
import pytest

from nanopiano.errors import InputError
from nanopiano.model.compose import Writer
from nanopiano.model.composer import Composer
from nanopiano.model.defaults import DEFAULT_SAMPLING
from nanopiano.model.ending import Length
from nanopiano.model.returns import FIRST_WORDS, SURE_WORDS, Returns
from nanopiano.model.sample import Sampling, probabilities
from nanopiano.model.surprise import HORIZON
from nanopiano.music.piece import Piece
from nanopiano.music.words import Ids, piece_to_ids


@pytest.fixture(scope="module")
def composer() -> Composer:
    return Composer(threads=1)


def returning(words: list[int], times: list[int]) -> list[int]:
    """Which words go on with a return."""
    returns, found = Returns(bar_steps=16, n_words=SURE_WORDS), []
    for number, (word, time) in enumerate(zip(words, times, strict=True)):
        if word == returns.next:
            found.append(number)
        returns.hear(word, time)
    return found


THEME, OTHER = list(range(5, 65)), list(range(100, 180))


@pytest.mark.parametrize(("steps_a_word", "found"), [(1, list(range(172, 200))), (0.25, [])])
def test_a_theme_returns_after_four_bars_and_more(steps_a_word: float, found: list[int]) -> None:
    words = [*THEME, *OTHER, *THEME]
    assert returning(words, [int(steps_a_word * number) for number in range(len(words))]) == found


def test_a_theme_that_comes_for_the_third_time_does_not_return_but_circles() -> None:
    words = [*THEME, *OTHER, *THEME, *OTHER[::-1], *THEME]
    assert max(returning(words, [4 * number for number in range(len(words))])) < 200


def after_a_theme_has_begun_again() -> Returns:
    """Returns that know which word comes next."""
    returns = Returns(bar_steps=16, n_words=FIRST_WORDS)
    for number, word in enumerate([*THEME, *OTHER, *THEME[: FIRST_WORDS + 1]]):
        returns.hear(word, number)
    return returns


def test_a_theme_is_so_many_times_as_likely_to_go_on() -> None:
    logits, everything = np.random.default_rng(1).normal(size=225).astype(np.float32), np.ones(225, dtype=bool)
    returns = after_a_theme_has_begun_again()
    learnt = probabilities(logits, everything, Sampling())
    helped = probabilities(returns.helped(logits, 5.0), everything, Sampling())
    word = THEME[FIRST_WORDS + 1]
    others = np.arange(225) != word
    assert returns.next == word
    assert helped[word] / helped[0] == pytest.approx(5 * learnt[word] / learnt[0], rel=1e-5)
    assert helped[others] / helped[0] == pytest.approx(learnt[others] / learnt[0], rel=1e-5)


def test_the_logits_that_are_helped_stay_as_they_were() -> None:
    logits = np.zeros(225, dtype=np.float32)
    after_a_theme_has_begun_again().helped(logits, 5.0)
    assert not logits.any()


def test_new_music_is_not_helped() -> None:
    logits, returns = np.ones(225, dtype=np.float32), Returns(bar_steps=16, n_words=FIRST_WORDS)
    for number, word in enumerate([*THEME, *OTHER]):
        returns.hear(word, number)
        assert returns.helped(logits, 5.0) is logits


def far_returns(ids: Ids) -> int:
    """How many words go on with a return."""
    returns, found, time = Returns(bar_steps=16, n_words=SURE_WORDS), 0, 0
    for number, word in enumerate(ids.tolist()):
        found += word == returns.next
        time += int(word) - 92 if number and ids[number - 1] == 2 else 0
        returns.hear(word, time)
    return found


def test_themes_come_back_more_often_the_more_they_are_helped(composer: Composer) -> None:
    def found(times: float) -> int:
        sampling = replace(DEFAULT_SAMPLING, returns=times)
        pieces = composer.batch([1, 2, 3, 4], length=Length(words=1200), sampling=sampling)
        return sum(far_returns(piece_to_ids(composition.finish())) for composition in pieces)

    assert found(20.0) > 2 * found(1.0) + 50


def test_a_word_that_is_helped_surprises_as_much_as_the_model_says(composer: Composer) -> None:
    pitches = np.random.default_rng(0).integers(48, 84, 52).tolist()
    pitches[48:] = pitches[:4]  # the theme begins again, after six bars
    ids = piece_to_ids(Piece.of([(2 * number, pitch, 2) for number, pitch in enumerate(pitches)]))[:-1]
    writer = Writer(composer.vocab, ids, Sampling(min_surprise=0.5, returns=1000), 1, begin=104)
    logits, before = np.zeros(len(composer.vocab), dtype=np.float32), writer.surprise.lately
    n_allowed = int(writer.listener.allowed().sum())
    writer.not_before = None
    wanted = writer.begun.next
    writer.choose(logits)
    assert writer.ids == [wanted]
    assert writer.surprise.lately == pytest.approx(before + (np.log(n_allowed) - before) / HORIZON)


@pytest.mark.parametrize("times", [0.9, 1001, float("nan")])
def test_returns_out_of_range_are_refused(times: float) -> None:
    with pytest.raises(InputError, match=r"returns is .*: expected a number from 1 to 1000"):
        Sampling(returns=times)

"""Mask, temperature, top-k, top-p, min-p: in this order, and never a word that is masked."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from nanopiano.errors import InputError
from nanopiano.model.sample import Sampling, draw, log_chance, probabilities

EVERYTHING = np.ones(5, dtype=bool)


def chances_of(*chances: float, allowed: NDArray[np.bool_] = EVERYTHING, **options: Any) -> list[float]:
    """What sampling makes of words with these chances."""
    logits = np.log(np.array(chances)).astype(np.float32)
    return [round(float(chance), 4) for chance in probabilities(logits, allowed, Sampling(**options))]


samplings = st.builds(
    Sampling,
    temperature=st.just(0.0) | st.floats(0.01, 10),
    top_k=st.none() | st.integers(1, 8),
    top_p=st.floats(0.01, 1),
    min_p=st.floats(0, 0.99),
)
logits_and_masks = st.integers(1, 8).flatmap(
    lambda n: st.tuples(
        st.lists(st.floats(-30, 30, width=32), min_size=n, max_size=n).map(lambda x: np.array(x, dtype=np.float32)),
        st.lists(st.booleans(), min_size=n, max_size=n).filter(any).map(np.array),
    )
)


@given(logits_and_masks, samplings)
def test_chances_sum_to_one(case: tuple[NDArray[np.float32], NDArray[np.bool_]], sampling: Sampling) -> None:
    assert probabilities(*case, sampling).sum() == pytest.approx(1)


@given(logits_and_masks, samplings, st.integers(0, 2**32))
def test_a_masked_word_is_never_drawn(
    case: tuple[NDArray[np.float32], NDArray[np.bool_]], sampling: Sampling, seed: int
) -> None:
    logits, allowed = case
    chances = probabilities(logits, allowed, sampling)
    assert not chances[~allowed].any()
    assert allowed[draw(chances, np.random.default_rng(seed))]


@given(logits_and_masks, samplings)
def test_the_likeliest_word_is_always_kept(
    case: tuple[NDArray[np.float32], NDArray[np.bool_]], sampling: Sampling
) -> None:
    logits, allowed = case
    best = int(np.where(allowed, logits, -np.inf).argmax())
    assert probabilities(logits, allowed, sampling)[best] > 0


@given(logits_and_masks)
def test_temperature_0_takes_the_likeliest_word(case: tuple[NDArray[np.float32], NDArray[np.bool_]]) -> None:
    logits, allowed = case
    chances = probabilities(logits, allowed, Sampling(temperature=0, top_p=0.5))
    assert chances[np.where(allowed, logits, -np.inf).argmax()] == 1


@given(logits_and_masks, st.floats(0.1, 10))
def test_top_k_1_takes_the_likeliest_word(
    case: tuple[NDArray[np.float32], NDArray[np.bool_]], temperature: float
) -> None:
    likeliest = probabilities(*case, Sampling(temperature=0))
    np.testing.assert_array_equal(probabilities(*case, Sampling(temperature=temperature, top_k=1)), likeliest)


def test_without_options_chances_are_as_learnt() -> None:
    assert chances_of(0.5, 0.2, 0.1, 0.1, 0.1) == [0.5, 0.2, 0.1, 0.1, 0.1]


def test_the_mask_comes_before_all_else() -> None:
    allowed = np.array([False, True, True, True, False])
    assert chances_of(0.5, 0.2, 0.1, 0.1, 0.1, allowed=allowed) == [0, 0.5, 0.25, 0.25, 0]
    assert chances_of(0.5, 0.2, 0.1, 0.1, 0.1, allowed=allowed, top_k=1) == [0, 1, 0, 0, 0]


def test_temperature_sharpens_or_flattens() -> None:
    assert chances_of(0.8, 0.2, 1e-30, 1e-30, 1e-30, temperature=0.5) == [0.9412, 0.0588, 0, 0, 0]
    assert chances_of(0.8, 0.2, 1e-30, 1e-30, 1e-30, temperature=2) == [0.6667, 0.3333, 0, 0, 0]


def test_top_k_keeps_the_k_likeliest_words() -> None:
    assert chances_of(0.1, 0.4, 0.1, 0.2, 0.2, top_k=3) == [0, 0.5, 0, 0.25, 0.25]


def test_top_k_keeps_k_words_even_among_equals() -> None:
    assert chances_of(0.2, 0.2, 0.2, 0.2, 0.2, top_k=2) == [0.5, 0.5, 0, 0, 0]


def test_top_k_may_exceed_the_words() -> None:
    assert chances_of(0.2, 0.2, 0.2, 0.2, 0.2, top_k=500) == 5 * [0.2]


def test_top_p_keeps_the_likeliest_words_that_reach_the_share() -> None:
    assert chances_of(0.1, 0.4, 0.1, 0.3, 0.1, top_p=0.6) == [0, 0.5714, 0, 0.4286, 0]


def test_top_p_counts_what_top_k_left() -> None:
    # Of 0.4 and 0.2 alone the first has two thirds: enough. Of all words it would not have been.
    assert chances_of(0.4, 0.2, 0.2, 0.1, 0.1, top_k=2, top_p=0.65) == [1, 0, 0, 0, 0]


def test_top_p_counts_what_temperature_made() -> None:
    assert chances_of(0.4, 0.3, 0.1, 0.1, 0.1, temperature=0.2, top_p=0.75) == [1, 0, 0, 0, 0]


def test_min_p_is_a_share_of_the_likeliest() -> None:
    assert chances_of(0.4, 0.3, 0.19, 0.06, 0.05, min_p=0.5) == [0.5714, 0.4286, 0, 0, 0]


def test_min_p_counts_what_temperature_made() -> None:
    assert chances_of(0.4, 0.3, 0.19, 0.06, 0.05, temperature=0.1, min_p=0.5) == [1, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": -0.1}, "temperature is -0.1: expected a number from 0 to 10"),
        ({"temperature": 10.5}, "temperature is 10.5"),
        ({"temperature": float("nan")}, "temperature is nan"),
        ({"temperature": float("inf")}, "temperature is inf"),
        ({"top_p": 0}, "top-p is 0: expected a number above 0 to 1"),
        ({"top_p": 1.5}, "top-p is 1.5"),
        ({"top_p": float("nan")}, "top-p is nan"),
        ({"min_p": -0.5}, "min-p is -0.5: expected a number from 0 to below 1"),
        ({"min_p": 1}, "min-p is 1"),
        ({"min_p": float("nan")}, "min-p is nan"),
        ({"top_k": 0}, "top-k is 0: expected a whole number from 1 up, or 'all'"),
        ({"top_k": -3}, "top-k is -3"),
    ],
)
def test_an_option_out_of_range_is_refused_with_its_value(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as refusal:
        Sampling(**options)
    assert message in str(refusal.value)


@given(logits_and_masks)
def test_a_log_chance_is_the_logarithm_of_what_the_model_learnt(words: tuple[list[float], list[bool]]) -> None:
    logits, allowed = np.array(words[0], dtype=np.float32), np.array(words[1])
    chances = probabilities(logits, allowed, Sampling())
    for word in np.flatnonzero(allowed):
        assert np.exp(log_chance(logits, allowed, int(word))) == pytest.approx(chances[word], abs=1e-6)


def test_words_are_drawn_as_often_as_their_chances_say() -> None:
    rng = np.random.default_rng(1)
    chances = np.array([0.0, 0.5, 0.0, 0.3, 0.2, 0.0])
    counts = np.bincount([draw(chances, rng) for _ in range(4000)], minlength=6)
    np.testing.assert_allclose(counts / 4000, chances, atol=0.03)


def test_the_same_generator_draws_the_same_words() -> None:
    chances = np.full(10, 0.1)
    first, second = ([draw(chances, rng) for _ in range(20)] for rng in map(np.random.default_rng, (7, 7)))
    assert first == second

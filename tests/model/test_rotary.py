"""Queries and keys are turned by angles of which only differences matter."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from nanopiano.model.rotary import Rotary

HEAD_SIZE = 32
spots = st.tuples(st.integers(0, 5_000), st.integers(0, 50_000))  # a word index and a time in steps


def turned(x: NDArray[np.float32], spot: tuple[int, int], hear_time: bool = True) -> NDArray[np.float32]:
    """A query or key of one head, turned as the network does."""
    index, time = (np.array([value]) for value in spot)
    cos, sin = (table[0] for table in Rotary(HEAD_SIZE, hear_time).tables(index, time))
    a, b = np.split(x, 2)
    return np.concatenate([a * cos - b * sin, b * cos + a * sin])


def some_head(seed: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal(HEAD_SIZE).astype(np.float32)


@given(spots, spots, st.integers(0, 1_000_000), st.integers(0, 4_000_000))
def test_only_differences_matter(query: tuple[int, int], key: tuple[int, int], later: int, longer: int) -> None:
    q, k = some_head(0), some_head(1)
    here = turned(q, query) @ turned(k, key)
    moved = [(index + later, time + longer) for index, time in (query, key)]
    assert turned(q, moved[0]) @ turned(k, moved[1]) == pytest.approx(here, abs=2e-4)


@given(st.integers(0, 100_000), st.lists(st.integers(0, 400_000), min_size=1, max_size=4))
def test_one_word_is_turned_as_in_a_table_of_many(index: int, times: list[int]) -> None:
    rotary = Rotary(HEAD_SIZE)
    time = np.array(times)
    cos, sin = (np.zeros((len(times), HEAD_SIZE // 2), dtype=np.float32) for _ in range(2))
    rotary.turn(index, time, cos, sin)
    tables = rotary.tables(np.full((1, len(times)), index), time[None])
    np.testing.assert_array_equal(np.stack([cos, sin]), np.stack([table[0] for table in tables]))


def test_half_of_the_pairs_turn_with_time() -> None:
    rotary = Rotary(HEAD_SIZE)
    (here, _), (later, _) = (rotary.tables(np.array([3]), np.array([time])) for time in (5, 6))
    assert (here == later).sum() == HEAD_SIZE // 4
    assert (here[0, HEAD_SIZE // 4 :] != later[0, HEAD_SIZE // 4 :]).all()


@pytest.mark.parametrize("bar_steps", [16, 48])
def test_time_that_turns_by_bars_comes_round_after_each_part_of_a_bar(bar_steps: int) -> None:
    rotary = Rotary(64, bar_steps=bar_steps)
    time = np.array([0, bar_steps // 8, bar_steps // 4, bar_steps // 2, bar_steps, 3 * bar_steps])
    cos, _ = rotary.tables(np.zeros(len(time), dtype=np.int64), time)
    come_round = (cos[:, 16:] > 1 - 1e-6).sum(axis=1)  # pairs that stand where they began
    assert come_round.tolist() == [16, 1, 2, 3, 4, 9]  # after three bars those that part them in three as well


def test_without_time_all_pairs_turn_with_the_word_index() -> None:
    rotary = Rotary(HEAD_SIZE, hear_time=False)
    (here, _), (later, _), (next_word, _) = (
        rotary.tables(np.array([index]), np.array([time])) for index, time in ((3, 5), (3, 900), (4, 5))
    )
    np.testing.assert_array_equal(here, later)
    assert (here != next_word).all()


def test_no_two_pairs_turn_alike_without_time() -> None:
    cos, _ = Rotary(HEAD_SIZE, hear_time=False).tables(np.array([1]), np.array([0]))
    assert len(np.unique(cos)) == HEAD_SIZE // 2

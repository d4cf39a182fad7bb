"""However small a collection is, some works are held out, and most are not."""

from hypothesis import given
from hypothesis import strategies as st

from nanopiano.corpus.split import VAL, one_in_for, split_of

collections = st.integers(2, 80).flatmap(
    lambda size: st.sets(st.text("abcdefgh", min_size=3, max_size=8), min_size=size, max_size=size)
)


def held_out(keys: set[str]) -> set[str]:
    one_in = one_in_for(keys)
    return {key for key in keys if split_of(key, one_in) == VAL}


@given(collections)
def test_one_work_at_least_is_held_out_and_never_more_than_half(keys: set[str]) -> None:
    assert 1 <= len(held_out(keys)) <= len(keys) / 2


@given(collections.filter(lambda keys: len(keys) >= 16))
def test_of_sixteen_works_two_at_least_are_held_out(keys: set[str]) -> None:
    assert len(held_out(keys)) >= 2


def test_of_many_works_about_a_twentieth_is_held_out() -> None:
    keys = {f"song {number}" for number in range(500)}
    assert 25 <= len(held_out(keys)) <= 75


def test_what_is_held_out_depends_on_the_works_alone() -> None:
    keys = [f"song {number}" for number in range(30)]
    assert one_in_for(keys) == one_in_for(keys[::-1])


def test_one_work_has_no_split() -> None:
    assert one_in_for(["alone"]) == 20

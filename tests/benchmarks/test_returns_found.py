"""Returns are found where they are."""

import benchmark_tools  # noqa: F401  first: it says where benchmarks are
import numpy as np
from returns import LEAST, returns_of

THEME = np.arange(100, 100 + 2 * LEAST, dtype=np.uint16)
OTHER = np.arange(200, 250, dtype=np.uint16)


def test_a_theme_that_comes_back_is_one_return_of_all_its_words() -> None:
    assert list(returns_of(np.concatenate([THEME, OTHER, THEME, OTHER[9::-1]]))) == [(98, 48, 0)]


def test_a_theme_that_comes_for_the_third_time_is_found_where_it_stood_last() -> None:
    found = list(returns_of(np.concatenate([THEME, OTHER[:9], THEME, OTHER[10:30], THEME])))
    assert found == [(57, 48, 0), (125, 48, 57)]


def test_fewer_words_are_no_return() -> None:
    assert not list(returns_of(np.concatenate([THEME, OTHER, THEME[: LEAST - 1], OTHER[::-1]])))

"""In which order bars are played."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanopiano.errors import InputError
from nanopiano.score.playing import MOST_PASSES, Marks, order_of


def order(*bars: str) -> str:
    """The order of the bars a, b, c..., given as their marks: repeats, endings, $ (segno), O > (coda), F (fine)."""
    marks = [
        Marks(
            forward="|:" in bar,
            backward=2 * (":|" in bar),
            endings={int(sign) for sign in bar if sign.isdecimal()},
            jump="dacapo" if "DC" in bar else "dalsegno" if "DS" in bar else "",
            segno="$" in bar,
            coda="O" in bar,
            to_coda=">" in bar,
            fine="F" in bar,
        )
        for bar in bars
    ]
    return "".join("abcdefghij"[number] for number in order_of(marks))


@pytest.mark.parametrize(
    ("bars", "expected"),
    [
        (("", "", ""), "abc"),
        (("", ":|", ""), "ababc"),
        (("", "|:", ":|", ""), "abcbcd"),
        (("", ":|", "", ":|"), "ababcdcd"),
        (("|:", "1 :|", "2", ""), "abacd"),
        (("|:", "1 :|", ""), "abac"),
        (("|:", "1 :|", "2 :|", "3", ""), "abacade"),
        (("|:", "13 :|", "24 :|", ""), "abacabacd"),
        (("|:", "12 :|", ""), "ababac"),
        (("|:", "1 :|", "2", "", ":|"), "abacdede"),
        (("|:", "1 :|", "2", "|:", "1 :|", "2"), "abacdedf"),
        (("", "F", "", "DC"), "abcdab"),
        (("", "F :|", "DC"), "ababcab"),
        (("", "$", "F", "DS"), "abcdbc"),
        (("", ">", "", "DC", "O"), "abcdabe"),
        (("|:", "1 :|", "2 F", "DC"), "abacdac"),
    ],
)
def test_repeats_endings_and_jumps(bars: tuple[str, ...], expected: str) -> None:
    assert order(*bars) == expected


MARKS = st.builds(
    Marks,
    forward=st.booleans(),
    backward=st.sampled_from([0, 2, 3, 10**9]),
    endings=st.sets(st.integers(1, 3), max_size=2),
    jump=st.sampled_from(["", "dacapo", "dalsegno"]),
    segno=st.booleans(),
    coda=st.booleans(),
    to_coda=st.booleans(),
    fine=st.booleans(),
)


@given(st.lists(MARKS, max_size=8))
def test_every_mess_of_marks_comes_to_an_end(marks: list[Marks]) -> None:
    try:
        found = order_of(marks)
    except InputError as error:
        assert "more than 64 times" in str(error)
    else:
        assert len(found) <= MOST_PASSES * len(marks) and all(0 <= bar < len(marks) for bar in found)


def test_more_repeats_than_can_be_meant_are_refused_and_nothing_is_cut_off() -> None:
    assert order_of([Marks(backward=100), Marks()]) == [0] * 100 + [1]
    with pytest.raises(InputError, match="more than 64 times"):
        order_of([Marks(backward=200), Marks()])

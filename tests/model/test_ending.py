"""A piece ends after its length was reached, and on a bar line at the latest."""

from typing import Any

import numpy as np
import pytest

from nanopiano.errors import InputError
from nanopiano.model.ending import Ending, Length, Place
from nanopiano.music.grid import Grid
from nanopiano.music.listen import Listener
from nanopiano.music.vocab import duration_id, vocabulary


def allowed(text: str, length: Length, **options: Any) -> set[str]:
    """The words that may come next in a piece that was begun with `text`."""
    listener = Listener(vocabulary())
    ending = Ending(listener, length, 120.0, options.pop("begin", 0), **options)
    words = text.split()
    for n_words, word in enumerate([*words, None]):
        mask = listener.allowed()
        if n_words:
            ending.restrict(mask, n_words - 1)  # START does not count
        if word is not None:
            listener.feed(listener.vocab.id_of[word])
    return {listener.vocab.words[number] for number in np.flatnonzero(mask)}


def longest(words: set[str]) -> str:
    """The longest duration among words."""
    return max(words, key=lambda word: int(word[1:]))


# --- lengths ---------------------------------------------------------------------------------------------------------


def test_words_say_no_steps() -> None:
    assert Length(words=100).steps(Grid(), 120.0) is None


def test_bars_are_four_beats_each() -> None:
    assert (Length(bars=2).steps(Grid(), 120.0), Length(bars=1.5).steps(Grid(12), 90.0)) == (32, 72)


def test_seconds_need_the_tempo() -> None:
    assert (Length(seconds=10).steps(Grid(), 60.0), Length(seconds=10).steps(Grid(), 120.0)) == (40, 80)


def test_a_length_is_at_least_a_step() -> None:
    assert Length(seconds=1).steps(Grid(), 4.0) == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "give one of words, bars and seconds, not none of them"),
        ({"words": 5, "bars": 2}, "not words and bars"),
        ({"words": 0}, "a length of 0 words is out of range: expected 1 to 1,000,000"),
        ({"words": 1_000_001}, "a length of 1000001 words is out of range"),
        ({"bars": 0.5}, "a length of 0.5 bars is out of range: expected 1 to 125,000"),
        ({"seconds": float("nan")}, "a length of nan seconds is out of range"),
        ({"seconds": float("inf")}, "a length of inf seconds is out of range"),
        ({"seconds": -3}, "a length of -3 seconds is out of range"),
    ],
)
def test_a_length_out_of_range_is_refused_with_its_value(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as refusal:
        Length(**given)
    assert message in str(refusal.value)


# --- before the length is reached ------------------------------------------------------------------------------------


def test_end_is_masked_until_the_words_are_written() -> None:
    assert "END" not in allowed("START n60 d4", Length(words=3))
    assert "END" in allowed("START n60 d4 n59 d4", Length(words=3))


def test_end_is_masked_until_the_bars_are_written() -> None:
    assert "END" not in allowed("START sepxx d15 n60 d16", Length(bars=1))
    assert "END" in allowed("START sepxx d16 n60 d1", Length(bars=1))


def test_bars_are_counted_from_where_new_music_begins() -> None:
    assert "END" not in allowed("START sepxx d40 n60 d4", Length(bars=1), begin=32)
    assert "END" in allowed("START sepxx d48 n60 d4", Length(bars=1), begin=32)


def test_a_free_end_may_come_at_any_time() -> None:
    assert "END" in allowed("START n60 d4", Length(words=500), free=True)


def test_share_is_how_much_of_the_length_is_written() -> None:
    listener = Listener(vocabulary())
    words, bars = (Ending(listener, length, 120.0, 8) for length in (Length(words=10), Length(bars=2)))
    assert (words.share(5), words.share(50), bars.share(5)) == (0.5, 1.0, 0.0)
    listener.time = 24
    assert bars.share(5) == 0.5
    listener.time = 99
    assert bars.share(5) == 1.0


# --- after it: four bars or a tenth to come to an end, then the next bar line ----------------------------------------


def test_a_note_ends_by_the_closing_line() -> None:
    # One bar and four more: the line is at step 80.
    assert longest(allowed("START sepxx d70 n60", Length(bars=1))) == "d10"


def test_a_long_piece_gets_a_tenth_more() -> None:
    # 100 bars and ten more: the line is at step 1760.
    waits = " ".join(13 * ["sepxx d128"])
    assert longest(allowed(f"START {waits} sepxx d86 n60", Length(bars=100))) == "d10"


def test_the_closing_line_is_a_bar_line() -> None:
    # A second and four bars end at step 72; the next bar line is at 80.
    assert longest(allowed("START sepxx d70 n60", Length(seconds=1))) == "d10"


def test_a_wait_that_may_not_be_the_end_stays_before_the_line() -> None:
    assert longest(allowed("START sepxx", Length(bars=1))) == "d79"


def test_a_wait_after_a_note_may_lead_to_the_line() -> None:
    assert longest(allowed("START sepxx d70 n60 d4 sepxx", Length(bars=1))) == "d128"


def test_a_wait_that_leads_to_the_line_means_end() -> None:
    listener = Listener(vocabulary())
    ending = Ending(listener, Length(bars=1), 120.0, 0)
    for word in ["START", "sepxx", "d70", "n60", "d4"]:
        listener.feed(listener.vocab.id_of[word])
    ending.restrict(listener.allowed(), 4)
    listener.feed(listener.vocab.id_of["sepxx"])
    assert [steps for steps in range(1, 129) if ending.ends_with(duration_id(steps))] == list(range(10, 129))


def test_no_word_of_another_kind_means_end() -> None:
    listener = Listener(vocabulary())
    ending = Ending(listener, Length(bars=1), 120.0, 0)
    for word in ["START", "sepxx", "d79", "n60"]:
        listener.feed(listener.vocab.id_of[word])
    assert not ending.ends_with(duration_id(128))


def test_a_piece_counted_in_words_closes_when_it_is_four_bars_and_a_tenth_over() -> None:
    over = "START n60 d4 n59 d4 sepxx d63 n60 d4"
    assert longest(allowed(f"{over} sepxx d8 n60", Length(words=4))) == "d9"  # 71 is over 64: the line is at 80
    assert longest(allowed(f"{over} n59", Length(words=4))) == "d128"  # 63 is not
    assert longest(allowed(f"{over} sepxx d8 n60", Length(words=10))) == "d128"  # too few words


@pytest.mark.parametrize("written", [3, 4])
def test_a_closing_line_never_leaves_nothing_to_say(written: int) -> None:
    # An odd number of words falls due between a wait and its length, one step before a bar line.
    words = ["START", "n60", "d1", "sepxx", "d64", "n60", "d1", "sepxx", "d15", "n60", "d1", "sepxx"]
    assert allowed(" ".join(words), Length(words=len(words) - written))


def test_when_every_key_sounds_a_piece_may_end_before_its_length() -> None:
    chord = " ".join(f"n{pitch} d9" for pitch in range(108, 20, -1))
    assert allowed(f"START {chord} sepxx d1", Length(words=1000)) == {"END"}


# --- the best end ----------------------------------------------------------------------------------------------------


def best_of(*places: tuple[str, float]) -> int:
    """Which of several places, each the words since the one before and the log chance of END, is the best."""
    listener = Listener(vocabulary())
    ending = Ending(listener, Length(words=1), 120.0, 0)
    for number, (words, log_chance) in enumerate(places):
        for word in words.split():
            listener.feed(listener.vocab.id_of[word])
        ending.weigh(log_chance, Place(number, number))
    assert ending.best is not None
    return ending.best.n_words


def test_the_best_end_is_where_end_is_likeliest() -> None:
    assert best_of(("n60 d4", -3.0), ("sepxx d4 n60 d4", -2.0), ("sepxx d4 n60 d4", -2.5)) == 1


def test_an_end_on_which_something_rings_for_a_beat_is_better() -> None:
    assert best_of(("n60 d4", -9.0), ("sepxx d4 n60 d3", -1.0)) == 0
    assert best_of(("n60 d3", -1.0), ("sepxx d4 n60 d4", -9.0)) == 1


def test_where_nothing_rings_for_a_beat_the_likeliest_is_the_best() -> None:
    assert best_of(("n60 d1", -9.0), ("sepxx d4 n60 d2", -1.0), ("sepxx d4 n60 d3", -5.0)) == 1


def test_of_equal_ends_the_last_is_the_best() -> None:
    assert best_of(("n60 d4", -3.0), ("sepxx d4 n60 d4", -3.0)) == 1


def test_the_best_end_is_looked_for_from_the_length_on() -> None:
    listener = Listener(vocabulary())
    ending = Ending(listener, Length(words=4), 120.0, 0)
    looking = []
    for n_words in range(6):
        ending.restrict(listener.allowed(), n_words)
        looking.append(ending.looking)
    assert looking == [False, False, False, False, True, True]

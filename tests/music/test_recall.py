"""What is recalled is what followed the last time, word by word or all at once."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nanopiano.music.recall import LENGTHS, Memory, recall
from nanopiano.music.vocab import START
from nanopiano.music.words import Ids

few_words = st.lists(st.integers(1, 4), max_size=200).map(lambda words: np.array(words, dtype=np.uint16))


@given(few_words)
def test_a_sequence_read_at_once_recalls_what_is_recalled_word_by_word(ids: Ids) -> None:
    memory = Memory()
    assert recall(ids).tolist() == [memory.feed(word) for word in ids.tolist()]


@given(few_words)
def test_what_is_recalled_followed_the_latest_place_where_the_last_words_stood(ids: Ids) -> None:
    words = ids.tolist()
    for at, told in enumerate(recall(ids).tolist()):
        for length, word in zip(LENGTHS, told, strict=True):
            run = words[at + 1 - length : at + 1] if at + 1 >= length else None
            before = [end for end in range(length - 1, at) if words[end + 1 - length : end + 1] == run]
            assert word == (words[before[-1] + 1] if before else START)


def test_a_theme_is_recalled_however_long_ago_it_was() -> None:
    theme = np.arange(5, 69, dtype=np.uint16)
    between = np.random.default_rng(0).integers(93, 200, 20_000).astype(np.uint16)
    told = recall(np.concatenate([theme, between, theme]))[-len(theme) :]
    assert told[31:-1].tolist() == [[word] * len(LENGTHS) for word in theme[32:].tolist()]


def test_new_music_recalls_nothing() -> None:
    assert (recall(np.arange(200, dtype=np.uint16)) == START).all()


@given(few_words, st.integers(0, 200))
def test_what_comes_later_changes_nothing_that_was_recalled(ids: Ids, n_words: int) -> None:
    assert recall(ids[:n_words]).tolist() == recall(ids)[:n_words].tolist()

"""What is recalled is what came next the last time, word by word or all at once."""

from zlib import crc32

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from strategies import Gap, gaps, legal_ids

from nanopiano.music.fill import fill_answer, fill_prompt
from nanopiano.music.listen import hear
from nanopiano.music.piece import Piece
from nanopiano.music.recall import LENGTHS, Memory, recall
from nanopiano.music.vocab import START, WAIT
from nanopiano.music.words import Ids, piece_to_ids
from nanopiano.songbook import find_song

few_words = st.lists(st.sampled_from([(2, 93), (2, 94), (10, 93), (12, 94)]), max_size=100).map(
    lambda events: np.array(events, dtype=np.uint16).reshape(-1)
)
MELODY = [
    (0, 60, 2),
    (2, 64, 2),
    (4, 67, 4),
    (8, 65, 2),
    (10, 62, 3),
    (13, 59, 1),
    (14, 60, 2),
    (16, 72, 4),
    (20, 71, 4),
]


def recalled(ids: Ids) -> list[list[int]]:
    """What is told after each word, all at once."""
    return recall(ids, hear(ids).time, True, 16).tolist()  # type: ignore[no-any-return]


def word_by_word(ids: Ids) -> list[list[int]]:
    """What a memory tells after each word."""
    memory = Memory(True, 16)
    return [memory.feed(*read) for read in zip(ids.tolist(), hear(ids).time.tolist(), strict=True)]


@given(few_words)
def test_a_sequence_read_at_once_recalls_what_is_recalled_word_by_word(ids: Ids) -> None:
    assert recalled(ids) == word_by_word(ids)


@given(st.integers(0, 2**32), st.booleans())
def test_themes_that_come_back_changed_are_recalled_alike_at_once_and_word_by_word(seed: int, gap: bool) -> None:
    ids = themes(seed, gap)
    assert recalled(ids) == word_by_word(ids)


@given(st.integers(0, 2**32), st.integers(1, 1000))
def test_what_comes_after_a_gap_does_not_know_what_fills_it(seed: int, n_words: int) -> None:
    ids = themes(seed, gap=True)
    assert recalled(ids[:n_words]) == recalled(ids)[:n_words]


@given(st.integers(0, 2**32), st.integers(1, 400))
def test_a_memory_that_is_copied_goes_on_as_the_first_would_have(seed: int, n_words: int) -> None:
    ids = themes(seed, gap=False)
    reads = list(zip(ids.tolist(), hear(ids).time.tolist(), strict=True))
    first, n = Memory(True, 16), min(n_words, len(reads) - 1)
    for read in reads[:n]:
        first.feed(*read)
    second = first.copy()
    for number in range(40):  # the first goes elsewhere
        first.feed([WAIT, 93, 60 + number % 20, 97][number % 4], reads[n - 1][1] + number // 4)
    assert [second.feed(*read) for read in reads[n:]] == recalled(ids)[n:]


@given(legal_ids(most_words=300))
def test_any_words_are_recalled_alike_at_once_and_word_by_word(ids: Ids) -> None:
    assert recalled(ids) == word_by_word(ids)


@given(gaps(), st.integers(0, 400))
def test_what_fills_a_gap_is_recalled_alike_at_once_and_word_by_word(gap: Gap, n_words: int) -> None:
    ids = filled(gap)[: n_words + 1]
    assert recalled(ids) == word_by_word(ids)


@given(few_words)
def test_what_is_recalled_followed_the_latest_place_where_the_last_words_stood(ids: Ids) -> None:
    words = ids.tolist()
    for at, told in enumerate(recalled(ids)):
        for length, word in zip(LENGTHS, told, strict=False):
            run = words[at + 1 - length : at + 1] if at + 1 >= length else None
            before = [end for end in range(length - 1, at) if words[end + 1 - length : end + 1] == run]
            assert word == (words[before[-1] + 1] if before else START)


def test_a_theme_is_recalled_however_long_ago_it_was() -> None:
    theme = np.arange(5, 69, dtype=np.uint16)
    between = np.random.default_rng(0).integers(93, 200, 20_000).astype(np.uint16)
    ids = np.concatenate([theme, between, theme])
    told = recall(ids, np.zeros(len(ids), dtype=np.int64), False, 16)[-len(theme) :]
    assert told[31:-1].tolist() == [[word] * len(LENGTHS) for word in theme[32:].tolist()]


def test_a_theme_in_another_key_is_recalled_in_that_key() -> None:
    ids = piece_to_ids(Piece.of([*MELODY, *[(onset + 160, pitch + 5, steps) for onset, pitch, steps in MELODY]]))
    told, answers = recalled(ids), ids[1:].tolist()
    last = range(len(ids) - 7, len(ids) - 2)  # the end of the theme is new
    assert [told[at][len(LENGTHS)] for at in last] == [answers[at] for at in last]
    assert all(told[at][1] == START for at in last), "as it stands it was not heard before"


def test_what_comes_along_with_a_theme_comes_along_where_a_note_of_it_was_changed() -> None:
    again = [(onset + 160, pitch, steps) for onset, pitch, steps in MELODY]
    again[7] = (176, 73, 4)
    ids = piece_to_ids(Piece.of([*MELODY, *again]))
    told, answers = recalled(ids), ids[1:].tolist()
    at = len(ids) - 4  # after the wait to the last note
    assert answers[at] == ids[-3]
    assert told[at][7:10] == [answers[at]] * 3
    assert told[at][3] == told[at][6] == START, "the last 32 words were not heard before"


def test_a_bass_that_comes_back_under_other_music_brings_what_stood_above_it() -> None:
    bass = [(4 * beat, pitch, 4) for beat, pitch in enumerate([40, 47, 45, 42, 44, 38])]
    above = [(4 * beat, 70 + beat % 3, 4) for beat in range(6)]
    other = [(onset + 96, 81 - 2 * number % 5, steps) for number, (onset, _, steps) in enumerate(above)]
    ids = piece_to_ids(Piece.of([*bass, *above, *[(onset + 96, pitch, steps) for onset, pitch, steps in bass], *other]))
    told = recalled(ids)
    at = [number for number, word in enumerate(ids.tolist()) if word == ids[-3]][-1] - 3  # before the last chord
    assert told[at][9] == above[5][1] - 21 + 5
    assert told[at][7] == START


def test_a_rhythm_that_comes_back_at_its_place_in_the_bar_brings_what_stood_there() -> None:
    onsets, pitches = [0, 3, 4, 8, 11, 12, 14, 16, 19, 20, 24], [60, 64, 62, 67, 65, 69, 60, 72, 59, 71, 55]
    theme = [(onset, pitch, 1) for onset, pitch in zip(onsets, pitches, strict=True)]
    other = [(onset + 64, 90 - number * number % 7, 1) for number, (onset, *_) in enumerate(theme)]
    ids = piece_to_ids(Piece.of([*theme, *other]))
    at = len(ids) - 5  # the last wait
    assert ids[at] == WAIT
    assert recalled(ids)[at][-1] == ids[at + 1]
    late = piece_to_ids(Piece.of([*theme, *[(onset + 1, *rest) for onset, *rest in other]]))
    assert recalled(late)[at][-1] == START, "elsewhere in the bar it is another rhythm"


def test_what_is_told_of_a_rag_is_what_models_have_learnt_from() -> None:
    ids = piece_to_ids(find_song("joplin-maple-leaf-rag").piece())
    told = np.array(recalled(ids))
    right = (told[:-1] == ids[1:, None]).sum(axis=0)
    assert right.tolist() == [4843, 4627, 4508, 4197, 4902, 4652, 4309, 5449, 5066, 4927, 4088]
    assert crc32(told.astype("<u2").tobytes()) == 2366560437


def test_new_music_recalls_nothing() -> None:
    assert (recall(np.arange(5, 93, dtype=np.uint16), np.zeros(88, dtype=np.int64), False, 16) == START).all()


@given(gaps(), st.integers(0, 400))
def test_what_comes_later_changes_nothing_that_was_recalled(gap: Gap, n_words: int) -> None:
    ids = filled(gap)
    assert recalled(ids[: n_words + 1]) == recalled(ids)[: n_words + 1]


def filled(gap: Gap) -> Ids:
    """The words that ask for the music of a gap, and those that answer."""
    prompt = fill_prompt(gap.parts, gap.start, gap.end)
    return np.concatenate([prompt, fill_answer(gap.parts.middle, gap.start)])


def themes(seed: int, gap: bool) -> Ids:
    """Words of a piece whose few themes come back moved and varied, or with some of its bars to fill and filled."""
    rng = np.random.default_rng(seed)
    motifs = []
    for n_notes in rng.integers(3, 12, rng.integers(1, 4)):
        onsets, pitches = np.cumsum(rng.integers(0, 4, n_notes)), rng.integers(45, 70, n_notes)
        motifs.append(list(zip(onsets.tolist(), pitches.tolist(), rng.integers(1, 12, n_notes).tolist(), strict=True)))
    notes, begin = [], 0
    for _ in range(rng.integers(3, 14)):
        motif, semitones = motifs[rng.integers(len(motifs))], int(rng.integers(-20, 30)) * int(rng.random() < 0.6)
        varied = rng.random(len(motif)) < 0.1
        notes += [(o + begin, p + semitones + int(vary), d) for (o, p, d), vary in zip(motif, varied, strict=True)]
        begin += motif[-1][0] + int(rng.choice([0, 4, 8, 16, 150]))
    piece = Piece.of(notes).canonical()
    start = int(rng.integers(0, begin + 1)) // 16
    return filled(Gap(piece, 16 * start, 16 * (start + int(rng.integers(1, 6))))) if gap else piece_to_ids(piece)

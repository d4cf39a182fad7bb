"""Writers give the canonical words; readers take more, count what they mend, and refuse the rest by place and word."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import legal_ids, pieces, untidy_pieces

from nanopiano.errors import InputError
from nanopiano.music.piece import Piece
from nanopiano.music.vocab import vocabulary
from nanopiano.music.words import (
    Ids,
    canonical_ids_to_notes,
    ids_to_piece,
    ids_to_text,
    piece_to_ids,
    piece_to_text,
    text_to_piece,
)


def read(text: str) -> list[tuple[int, int, int]]:
    """Onset, pitch and length of what is read without a repair."""
    piece, repairs = text_to_piece(text)
    assert not repairs
    return [note[:3] for note in piece]


@given(pieces())
def test_a_piece_goes_through_ids_and_back(piece: Piece) -> None:
    assert ids_to_piece(piece_to_ids(piece)) == piece


@given(pieces())
def test_a_piece_goes_through_text_and_back_without_repairs(piece: Piece) -> None:
    assert text_to_piece(piece_to_text(piece)) == (piece, {})


@given(legal_ids())
def test_any_legal_words_are_the_words_of_the_piece_they_say(ids: Ids) -> None:
    np.testing.assert_array_equal(piece_to_ids(ids_to_piece(ids)), ids)


@given(pieces())
def test_the_fast_reader_of_canonical_ids_reads_what_the_slow_one_reads(piece: Piece) -> None:
    np.testing.assert_array_equal(canonical_ids_to_notes(piece_to_ids(piece)), piece.notes)


@given(untidy_pieces())
def test_words_are_written_in_canonical_form(piece: Piece) -> None:
    np.testing.assert_array_equal(piece_to_ids(piece), piece_to_ids(piece.canonical()))


@given(pieces(), st.data())
def test_notes_of_one_step_are_read_in_any_order(piece: Piece, data: st.DataObject) -> None:
    words = piece_to_text(piece).split()[1:-1]
    events = [" ".join(words[i : i + 2]) for i in range(0, len(words), 2)]
    chords: list[list[str]] = [[]]
    for event in events:
        chords += [[event], []] if event.startswith("sepxx") else []
        if not event.startswith("sepxx"):
            chords[-1].append(event)
    shuffled = [event for chord in chords for event in data.draw(st.permutations(chord))]
    assert text_to_piece(" ".join(["START", *shuffled, "END"])) == (piece, {})


def test_notes_and_waits_are_written_as_the_grammar_says() -> None:
    piece = Piece.of([(2, 60, 5), (2, 62, 3), (4, 65, 4)])
    assert piece_to_text(piece) == "START sepxx d2 n62 d3 n60 d5 sepxx d2 n65 d4 END"


def test_the_example_of_the_original_is_read() -> None:
    assert read("START n60 d5 n62 d3 sepxx d2 n65 d4 END") == [(0, 62, 3), (0, 60, 5), (2, 65, 4)]


@pytest.mark.parametrize(
    ("steps", "words"),
    [(1, "d1"), (128, "d128"), (129, "d128 sepxx d1"), (256, "d128 sepxx d128"), (300, "d128 sepxx d128 sepxx d44")],
)
def test_a_wait_is_written_in_as_few_words_as_it_takes(steps: int, words: str) -> None:
    assert piece_to_text(Piece.of([(steps, 60, 4)])) == f"START sepxx {words} n60 d4 END"


def test_an_empty_piece_is_start_and_end() -> None:
    assert piece_to_text(Piece.of([])) == "START END"
    assert read("START END") == []


@pytest.mark.parametrize("text", ["n60 d4 END", "START n60 d4", "n60 d4", "\n START\t n60\r\n d4  END \n"])
def test_start_end_and_the_kind_of_white_space_do_not_matter(text: str) -> None:
    assert read(text) == [(0, 60, 4)]


@pytest.mark.parametrize(
    ("text", "same", "repair"),
    [
        ("START sepxx d200 n60 d4 END", "START sepxx d128 sepxx d72 n60 d4 END", "waits_split"),
        ("START sepxx d5 sepxx d6 n60 d4 END", "START sepxx d11 n60 d4 END", "waits_merged"),
        ("START n60 d4 sepxx d5 sepxx d128 n60 d4 END", "START n60 d4 sepxx d128 sepxx d5 n60 d4 END", "waits_merged"),
        ("START n60 d129 END", "START n60 d128 END", "notes_cut"),
        ("START n60 d4 n60 d9 END", "START n60 d9 END", "notes_repeated"),
        ("START n60 d4 sepxx d4 END", "START n60 d4 END", "last_wait_dropped"),
    ],
)
def test_what_can_be_mended_is_read_and_counted(text: str, same: str, repair: str) -> None:
    piece, repairs = text_to_piece(text)
    assert (piece_to_text(piece), repairs) == (same, {repair: 1})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "there are no words to read"),
        (" \n ", "there are no words to read"),
        ("START n60 d4 n109 d4", "word 4: 'n109' is no word"),
        ("START n60 d0", "word 3: 'd0' is no word"),
        ("START n60 4", "word 3: '4' is no word"),
        ("START N60 d4", "word 2: 'N60' is no word"),
        ("START n60 d" + 40 * "1", "word 3: 'd11111111111111111111111...' is no word"),
        ("START n60 d٤", "word 3: 'd٤' is no word"),
        ("n60 d4 d5", "word 3: 'd5' where a pitch, sepxx or END must stand"),
        ("n60 d4 d500", "word 3: 'd500' where a pitch, sepxx or END must stand"),
        ("START START", "word 2: 'START' where a pitch, sepxx or END must stand"),
        ("START n60 n62 d4", "word 3: 'n62' where a duration must stand"),
        ("START n60 END", "word 3: 'END' where a duration must stand"),
        ("START n60 d4 END n62", "word 5: 'n62' after END"),
        ("START n60 d4 sepxx", "word 4: 'sepxx' is the last word, where a duration must follow it"),
        ("START FILL n60 d4", "word 2: 'FILL' where a pitch, sepxx or END must stand"),
        ("GAP d4 FILL n60 d4 FILL", "word 6: 'FILL' where a pitch, sepxx or END must stand"),
        ("GAP d4 FILL n60 d4 GAP d4", "word 6: 'GAP' where a pitch, sepxx or END must stand"),
        ("GAP d4 n60 d4 GAP d4 FILL", "word 5: 'GAP' where a pitch, sepxx or END must stand"),
        ("GAP d4 FILL sepxx d4 n60 d4", "a note after FILL begins at step 4, but the gap ends at step 4"),
        ("START sepxx d999999999 sepxx d999999999 n60 d1", "the piece would last 1999999998 steps"),
    ],
)
def test_what_is_no_word_or_stands_where_it_cannot_is_refused_by_place_and_word(text: str, message: str) -> None:
    with pytest.raises(InputError) as refusal:
        text_to_piece(text)
    assert message in str(refusal.value)


def test_the_place_of_a_word_is_counted_from_one() -> None:
    words = ["START"] + 7 * ["n60", "d4"] + ["sepxx", "d5"][1:]
    with pytest.raises(InputError, match=r"^word 16: 'd5' where a pitch, sepxx or END must stand$"):
        text_to_piece(" ".join(words))


@pytest.mark.parametrize("number", [-1, 221])
def test_an_id_outside_the_vocabulary_is_refused(number: int) -> None:
    with pytest.raises(InputError, match=f"id {number} is outside the vocabulary of 221 words"):
        ids_to_piece([0, number, 1])


def test_a_gap_without_fill_is_a_wait() -> None:
    assert read("START n60 d4 GAP d16 n62 d4") == [(0, 60, 4), (16, 62, 4)]


def test_a_fill_is_put_together() -> None:
    text = "START n60 d4 sepxx d8 GAP d8 n64 d4 FILL n62 d2 sepxx d4 n62 d1 END"
    assert read(text) == [(0, 60, 4), (8, 62, 2), (12, 62, 1), (16, 64, 4)]


def test_a_note_of_a_fill_is_cut_at_the_end_of_the_gap() -> None:
    assert read("START GAP d8 n64 d4 FILL sepxx d6 n60 d30 END") == [(6, 60, 2), (8, 64, 4)]


@given(pieces())
def test_text_is_the_words_of_the_ids(piece: Piece) -> None:
    vocab = vocabulary()
    assert [vocab.id_of[word] for word in piece_to_text(piece).split()] == piece_to_ids(piece).tolist()
    assert ids_to_text(piece_to_ids(piece)) == piece_to_text(piece)

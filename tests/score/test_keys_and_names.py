"""Keys and the spelling of notes."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import pieces

from nanopiano.music.piece import Piece
from nanopiano.score.keys import Key, find_key
from nanopiano.score.spelling import alteration, letter, octave, spell
from nanopiano.songbook import find_song

MAJOR_CADENCE = [(60, 64, 67), (65, 69, 72), (67, 71, 74), (60, 64, 67)]
MINOR_CADENCE = [(57, 60, 64), (62, 65, 69), (64, 68, 71), (57, 60, 64)]


def chords(some: Sequence[tuple[int, ...]], up: int = 0) -> Piece:
    return Piece.of([(4 * n, pitch + up, 4) for n, chord in enumerate(some) for pitch in chord])


def names(piece: Piece, key: Key | None = None) -> str:
    """The names from the first note on, the highest of a step first: `Ab` `C` `F#`."""
    found = spell(piece, key or find_key(piece)).tolist()
    return " ".join(letter(name) + "#" * alteration(name) + "b" * -alteration(name) for name in found)


@pytest.mark.parametrize("up", range(12))
def test_a_cadence_is_in_its_key_whatever_the_key(up: int) -> None:
    fifths = (7 * up + 5) % 12 - 5
    assert find_key(chords(MAJOR_CADENCE, up)) == Key(fifths, minor=False)
    assert find_key(chords(MINOR_CADENCE, up)) == Key(fifths, minor=True)


@pytest.mark.parametrize(
    ("song", "key"),
    [
        ("joplin-maple-leaf-rag", Key(-4, minor=False)),
        ("chopin-op-6-2", Key(4, minor=True)),
        ("beethoven-op-18-1-1", Key(-1, minor=False)),
        ("beethoven-op-59-2-1", Key(1, minor=True)),
        ("haydn-op-1-1-1", Key(-2, minor=False)),
        ("clara-schumann-op-1-3", Key(2, minor=False)),
    ],
)
def test_pieces_whose_title_names_the_key_are_in_it(song: str, key: Key) -> None:
    assert find_key(find_song(song).piece()) == key


def test_the_leading_note_of_a_minor_key_is_raised_and_not_the_next_one_lowered() -> None:
    assert names(chords(MINOR_CADENCE)).split()[6:9] == ["B", "G#", "E"]
    assert names(chords(MINOR_CADENCE, up=-1)).split()[6:9] == ["A#", "F##", "D#"]  # in G sharp minor


def test_a_seventh_chord_on_the_tonic_has_a_flat_seventh() -> None:
    assert names(chords([*MAJOR_CADENCE, (60, 64, 67, 70), (65, 69, 72)])).split()[12] == "Bb"


@given(pieces(), st.integers(-5, 6), st.booleans())
def test_every_name_says_the_pitch(piece: Piece, fifths: int, minor: bool) -> None:
    for pitch, name in zip(piece.pitches.tolist(), spell(piece, Key(fifths, minor)).tolist(), strict=True):
        place = dict(zip("CDEFGAB", (0, 2, 4, 5, 7, 9, 11), strict=True))[letter(name)]
        assert 12 * (octave(pitch, name) + 1) + place + alteration(name) == pitch
        assert -1 <= alteration(name) <= 2


def test_b_sharp_and_c_flat_belong_to_the_octave_of_their_letter() -> None:
    assert octave(60, 12) == 3 and octave(59, -7) == 4

"""Which hand plays what."""

from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from strategies import pieces

from nanopiano.music.hands import MOVING, SPLITS, Hands, _totals, _way, right_hand
from nanopiano.music.piece import Piece
from nanopiano.songbook import find_song


def hands(*chords: tuple[int, ...], length: int = 4) -> str:
    """The hands of chords that follow one another, from the highest note of each down: R or L."""
    piece = Piece.of([(length * n, pitch, length) for n, chord in enumerate(chords) for pitch in chord])
    return "".join("R" if right else "L" for right in right_hand(piece.notes))


def test_a_melody_over_chords_is_the_right_hands() -> None:
    assert hands((76, 55, 52, 48), (77, 55, 53, 47), (79, 55, 52, 48)) == "RLLL" * 3


def test_chords_over_a_bass_are_the_right_hands() -> None:
    assert hands((72, 67, 64, 36), (71, 67, 65, 31)) == "RRRL" * 2


def test_octaves_stay_in_one_hand() -> None:
    assert hands((84, 72, 52, 48), (86, 74, 53, 50), (88, 76, 55, 52)) == "RRLL" * 3


def test_a_hand_that_holds_a_low_key_does_not_reach_for_a_high_one() -> None:
    piece = Piece.of([(0, 36, 16), (4, 57, 4), (8, 60, 4), (12, 64, 4)])
    assert right_hand(piece.notes).tolist() == [False, True, True, True]


def test_a_part_that_climbs_stays_in_its_hand() -> None:
    chords = [(60 + 12 + n, 48 + n) for n in range(12)]
    assert hands(*chords) == "RL" * 12


def test_music_far_up_is_shared_where_it_parts() -> None:
    assert hands((96, 93, 76, 72), (98, 93, 77, 74), (96, 93, 76, 72)) == "RRLL" * 3


def test_hands_of_a_real_rag_are_never_further_apart_than_a_tenth_in_most_steps() -> None:
    notes = find_song("joplin-maple-leaf-rag").piece().notes
    right = right_hand(notes)
    wide = []
    for step in np.unique(notes[:, 0]):
        struck = notes[:, 0] == step
        for hand in (struck & right, struck & ~right):
            if hand.any():
                wide.append(np.ptp(notes[hand, 1]) > 16)
    assert np.mean(wide) < 0.01


def test_no_notes_no_hands() -> None:
    assert right_hand(Piece.of([]).notes).shape == (0,)


@given(st.lists(st.lists(st.integers(0, 9), min_size=4, max_size=4), min_size=1, max_size=5))
def test_no_way_is_cheaper_than_the_cheapest(rows: list[list[int]]) -> None:
    costs = np.full((len(rows), len(SPLITS)), 1e6)
    costs[:, :4] = rows

    def price(way: tuple[int, ...]) -> float:
        return float(sum(costs[n, split] for n, split in enumerate(way)) + MOVING * np.abs(np.diff(way)).sum())

    best = min(price(way) for way in product(range(4), repeat=len(rows)))
    way = _way(_totals(np.empty((0, len(SPLITS))), [*costs]), np.empty(0, dtype=np.intp))
    assert price(tuple(way.tolist())) == best


@given(pieces(), st.data())
def test_the_hands_of_a_piece_that_grows_are_those_of_the_whole(piece: Piece, data: st.DataObject) -> None:
    hands = Hands()
    cut = data.draw(st.integers(0, len(piece)))
    for notes in (piece.notes[:cut], piece.notes, np.delete(piece.notes, slice(cut // 2, cut), axis=0), piece.notes):
        assert hands.right(notes).tolist() == right_hand(notes).tolist()

"""Sets of pieces beside each other: cuts, distances, densities, and the comparison as a whole."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import sounding_pieces

from nanopiano.errors import InputError
from nanopiano.measures.catalogue import MEASURES
from nanopiano.measures.compare import Comparison, compare
from nanopiano.measures.cuts import bars_struck, first_bars, first_words
from nanopiano.measures.distances import (
    densities,
    distances_between,
    distances_within,
    kl_divergence,
    overlapped_area,
)
from nanopiano.measures.figures import Amount, measured
from nanopiano.music.piece import Piece
from nanopiano.music.words import piece_to_ids
from nanopiano.songbook import songs

SONGS = [song.piece() for song in songs()[:24]]


@given(sounding_pieces(), st.integers(1, 60))
def test_the_first_words_are_the_beginning_and_no_more(piece: Piece, words: int) -> None:
    cut = first_words(piece, words)
    assert len(piece_to_ids(cut)) <= words + 2
    begun = piece.shift(-(int(piece.onsets[0]) // 16 * 16))
    assert np.array_equal(cut.notes[:, :3], begun.notes[: len(cut), :3])
    whole = first_words(piece, 10_000)
    assert np.array_equal(whole.notes[:, :3], begun.notes[:, :3])


def test_a_piece_that_is_struck_in_the_last_bar_asked_for_is_long_enough() -> None:
    piece = Piece.of([(0, 60, 4), (16, 62, 64), (47, 64, 4)])
    assert bars_struck(piece) == 3
    assert first_bars(piece, 4) is None
    two = first_bars(piece, 2)
    assert two is not None and list(two) == list(piece)[:2]


def test_distances_are_euclidean() -> None:
    figures = np.array([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]])
    assert distances_within(figures).tolist() == [5, 1, pytest.approx(18**0.5)]
    assert distances_between(figures[:1], figures).tolist() == [[0, 5, 1]]


samples = st.lists(st.floats(0, 100), min_size=2, max_size=30).map(np.array)


@given(samples, samples)
def test_densities_are_whole_and_what_they_share_is_a_share(first: np.ndarray, second: np.ndarray) -> None:
    one, other = densities(first, second)
    assert one.sum() == pytest.approx(1) and other.sum() == pytest.approx(1)
    assert 0 <= overlapped_area(one, other) <= 1 + 1e-9
    assert kl_divergence(one, other) > -1e-9


@given(samples)
def test_a_distribution_shares_all_with_itself(sample: np.ndarray) -> None:
    one, other = densities(sample, np.repeat(sample, 2))
    assert overlapped_area(one, other) == pytest.approx(1)
    assert kl_divergence(one, other) == pytest.approx(0, abs=1e-9)


def test_the_area_under_two_normal_densities_is_the_known_one() -> None:
    rng = np.random.default_rng(1)
    one, other = densities(rng.normal(50, 5, 40_000), rng.normal(60, 5, 40_000))
    assert overlapped_area(one, other) == pytest.approx(0.3173, abs=0.02)  # 2 * P(z > 1)
    assert kl_divergence(one, other) == pytest.approx(2, abs=0.2)  # (10 / 5)^2 / 2


def compared(new: list[Piece], old: list[Piece]) -> Comparison:
    amount = Amount(words=400, bars=4)
    return compare(measured(new, amount), measured(old, amount))


def test_music_is_more_like_itself_than_like_noise() -> None:
    rng = np.random.default_rng(2)
    draws = [(rng.integers(0, 200, 150), rng.integers(21, 109, 150), np.full(150, 2)) for _ in range(8)]
    noise = [Piece.of(np.stack(columns, axis=1).tolist()) for columns in draws]
    like, unlike = compared(SONGS[:8], SONGS[8:]), compared(noise, SONGS[8:])
    assert like.area > unlike.area + 0.2
    consistency = {row.measure.name: row for row in unlike.rows}["scale_consistency"]
    assert consistency.likeness.divergence > 1 > consistency.yardstick.divergence


def test_the_yardstick_does_not_depend_on_what_was_generated() -> None:
    first, second = compared(SONGS[:6], SONGS[8:]), compared(SONGS[2:8], SONGS[8:])
    assert first.human_area == second.human_area
    assert first.area != second.area


def test_what_is_told_can_be_written_as_json() -> None:
    facts = json.loads(json.dumps(compared(SONGS[:6], SONGS[6:]).to_json(), allow_nan=False))
    assert set(facts["measures"]) == {measure.name for measure in MEASURES}
    assert facts["generated"] == {"pieces": 6, "stuck": 0, "silent": 0}
    assert facts["measures"]["pitch_class_histogram"]["shared"] > 0.5
    assert len(facts["measures"]["note_length_transition"]["human"]["mean"]) == 81
    assert isinstance(facts["measures"]["polyphony"]["generated"]["mean"], float)


def test_short_pieces_are_left_out_of_what_depends_on_length_and_empty_ones_of_all() -> None:
    short, empty = Piece.of([(0, 60, 4), (8, 64, 4)]), Piece.of([])
    rows = {row.measure.name: row for row in compared([*SONGS[:6], short, empty], SONGS[6:]).rows}
    assert len(rows["pitch_range"].generated) == 6
    assert len(rows["polyphony"].generated) == 7


def test_too_few_pieces_are_refused() -> None:
    with pytest.raises(InputError, match="3 generated pieces are long enough"):
        compared(SONGS[:3], SONGS[6:])
    with pytest.raises(InputError, match="0 human pieces are long enough"):
        compared(SONGS[:6], [])


def test_figures_of_chosen_pieces_may_come_twice() -> None:
    figures = measured(SONGS[:3], Amount())
    twice = figures.chosen(np.array([2, 2]))
    assert twice.by_name["polyphony"].tolist() == [figures.by_name["polyphony"][2].tolist()] * 2
    assert twice.faulty["pieces"] == 2

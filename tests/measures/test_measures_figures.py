"""Measures on pieces small enough to be reckoned by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import sounding_pieces

from nanopiano.measures import form, pitch, rhythm
from nanopiano.measures.catalogue import MEASURES, faults
from nanopiano.music.grid import HIGHEST_PITCH, LOWEST_PITCH
from nanopiano.music.piece import Piece

BAR = 16
CHORDS = Piece.of([(BAR * bar, pitch + bar % 2, BAR) for bar in range(4) for pitch in (48, 55, 64)])


def bar_of(begin: int, pitches: list[int], length: int = 4) -> list[tuple[int, int, int]]:
    """Notes in a row from a bar line on."""
    return [(BAR * begin + length * place, pitch, length) for place, pitch in enumerate(pitches)]


@given(sounding_pieces())
def test_every_figure_is_a_finite_number_of_the_size_that_is_told(piece: Piece) -> None:
    for measure in MEASURES:
        figures = measure.figures(piece)
        assert figures.shape == (measure.size,) and np.isfinite(figures).all(), measure.name


@given(sounding_pieces())
def test_histograms_are_shares_of_a_whole(piece: Piece) -> None:
    several = len(np.unique(piece.onsets)) > 1
    for measure in MEASURES:
        if measure.histogram:
            figures = measure.figures(piece)
            assert figures.min() >= 0
            assert figures.sum() == pytest.approx(1) or (not several and not figures.any())


@given(sounding_pieces(), st.integers(-11, 11))
def test_no_figure_depends_on_the_key(piece: Piece, semitones: int) -> None:
    low, high = piece.pitches.min() + semitones, piece.pitches.max() + semitones
    if low < LOWEST_PITCH or high > HIGHEST_PITCH:
        return
    for measure in MEASURES:
        counts = pitch.pitch_class_counts(piece)
        if measure.of is pitch.pitch_class_histogram and np.count_nonzero(counts == counts.max()) > 1:
            continue  # of equally common pitch classes the first from C on is taken
        np.testing.assert_allclose(measure.figures(piece.transpose(semitones)), measure.figures(piece), atol=1e-12)


def test_pitch_classes_are_counted_from_the_commonest() -> None:
    shares = pitch.pitch_class_histogram(Piece.of(bar_of(0, [62, 69, 74, 62])))
    assert shares[0] == 0.75 and shares[7] == 0.25


def test_intervals_are_those_of_the_highest_notes_and_wide_ones_count_as_octaves() -> None:
    shares = pitch.interval_histogram(Piece.of([*bar_of(0, [60, 62, 90, 60]), *bar_of(0, [30, 33, 36, 30])]))
    assert shares[pitch.WIDEST_INTERVAL + 2] == shares[0] == shares[-1] == pytest.approx(1 / 3)


def test_entropy_within_bars_and_within_phrases() -> None:
    piece = Piece.of([*bar_of(0, [60, 72]), *bar_of(1, [62, 74]), *bar_of(2, [64, 76]), *bar_of(3, [65, 77])])
    assert pitch.pitch_class_entropy_1(piece) == 0
    assert pitch.pitch_class_entropy_4(piece) == 2
    assert pitch.pitch_class_entropy(piece) == 2


def test_bars_without_notes_have_no_entropy() -> None:
    assert pitch.pitch_class_entropy_1(Piece.of([(0, 60, 4), (4, 61, 4), (3 * BAR, 60, 4), (3 * BAR + 4, 61, 4)])) == 1


def test_notes_a_beat_time_between_onsets_and_mean_length() -> None:
    piece = Piece.of([(0, 60, 4), (0, 64, 8), (8, 62, 6)])
    assert rhythm.note_density(piece) == 0.75
    assert rhythm.onset_interval(piece) == 2
    assert rhythm.note_length(piece) == 1.5


def test_lengths_fall_into_classes_up_to_their_bounds() -> None:
    piece = Piece.of([(20 * place, 60, length) for place, length in enumerate([1, 2, 3, 4, 5, 16, 17])])
    assert (rhythm.note_length_histogram(piece) * 7).round().tolist() == [1, 1, 1, 1, 1, 0, 0, 1, 1]


def test_length_pairs_are_of_the_upper_voice() -> None:
    piece = Piece.of([*bar_of(0, [72, 71, 69, 67]), (0, 40, 1), (4, 40, 1)])
    shares = rhythm.note_length_transition(piece).reshape(rhythm.N_LENGTH_CLASSES, -1)
    assert shares[3, 3] == 1


def test_the_same_onsets_in_every_bar_are_a_perfect_groove() -> None:
    assert rhythm.groove_consistency(CHORDS) == 1
    assert rhythm.groove_consistency(Piece.of([(0, 60, 4), (BAR + 1, 60, 4)])) == 1 - 2 / BAR


def test_the_longest_silence_may_stand_before_the_first_note() -> None:
    assert rhythm.longest_silence(Piece.of([(24, 60, 8), (36, 60, 2)])) == 1.5
    assert rhythm.longest_silence(Piece.of([(0, 60, 40), (8, 64, 2), (20, 67, 2)])) == 0


def test_a_bar_returns_only_note_for_note() -> None:
    bars = [[60, 62, 64, 65], [67, 65, 64, 62], [60, 62, 64, 65], [60, 62, 64, 66]]
    piece = Piece.of([note for place, bar in enumerate(bars) for note in bar_of(place, bar)])
    assert form.bars_that_return(piece) == 0.25
    assert form.bars_that_return(CHORDS) == 0.5


def test_likeness_of_bars_is_what_they_share_of_all_their_notes() -> None:
    near, two, four = form.self_similarity(Piece.of([*bar_of(0, [60, 62, 64]), *bar_of(1, [60, 62, 67])]))
    assert near == 0.5 and two == four == 0
    assert form.self_similarity(CHORDS).tolist() == [0, 1, 0]


def test_the_longest_repetition_keeps_rhythm_and_does_not_overlap_itself() -> None:
    theme, other = bar_of(0, [60, 62, 64, 67]), bar_of(1, [71, 74, 77, 79])
    assert form.longest_repetition(Piece.of([*theme, *other, *bar_of(2, [60, 62, 64, 67])])) == 4
    slower = [(32 + 5 * place, key, length) for place, (_, key, length) in enumerate(theme)]
    assert form.longest_repetition(Piece.of([*theme, *other, *slower])) == 1
    assert form.longest_repetition(Piece.of(bar_of(0, [60] * 4))) == 2
    assert form.longest_repetition(Piece.of([(0, 60, 4)])) == 0


@given(st.integers(2, 40))
def test_one_note_over_and_over_repeats_half_of_itself(notes: int) -> None:
    assert form.longest_repetition(Piece.of([(place, 60, 1) for place in range(notes)])) >= notes // 2 / 4


def test_events_in_a_row_are_alike_in_wait_pitch_and_length() -> None:
    assert form.longest_run(Piece.of([(4 * place, 60, 4) for place in range(1, 7)])) == 6
    assert form.longest_run(Piece.of([(4 * place, 60, 4 - place % 2) for place in range(6)])) == 1
    assert form.longest_run(Piece.of([(place * (place + 1), 60, 1) for place in range(6)])) == 1


def test_empty_bars_are_not_the_same_bar() -> None:
    assert form.same_bars_in_a_row(Piece.of([(0, 60, 4), (9 * BAR, 62, 4)])) == 1
    assert form.same_bars_in_a_row(Piece.of([(bar * BAR, 60, 4) for bar in range(3)])) == 3


def test_faults_are_told() -> None:
    assert faults(CHORDS) == []
    assert faults(Piece.of([(place, 60, 1) for place in range(10)])) == ["stuck"]
    assert faults(Piece.of([note for bar in range(5) for note in bar_of(bar, [60, 64, 67])])) == ["stuck"]
    assert faults(Piece.of([(0, 60, 4), (2 * BAR, 62, 4)])) == ["silent"]


def test_an_even_spread_has_the_most_bits() -> None:
    assert pitch.entropy(np.ones(12)) == pytest.approx(math.log2(12))

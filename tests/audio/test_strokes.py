"""What is played of a piece, and when."""

import numpy as np
from audio_tools import score
from hypothesis import given
from hypothesis import strategies as st
from strategies import pieces, sounding_pieces

from nanopiano.audio.score import Score, score_of
from nanopiano.music.grid import Grid
from nanopiano.music.piece import Piece


def scale(bars: int) -> Piece:
    return Piece.of([(2 * place, 60 + place % 12, 2) for place in range(8 * bars)])


@given(pieces(velocities=True))
def test_a_plain_score_says_what_is_written(piece: Piece) -> None:
    said = score_of(piece, expressive=False)
    rows = np.stack([said.onsets, said.pitches, said.ends - said.onsets, said.velocities], axis=1)
    assert np.array_equal(rows, piece.notes)
    assert said.complete and said.end == piece.steps and len(said.pace) == 0


@given(sounding_pieces(), st.integers(0, 300), st.integers(0, 300))
def test_a_growing_performance_keeps_what_was_played(piece: Piece, first: int, more: int) -> None:
    early, late = score_of(piece, edge=first), score_of(piece, edge=first + more)
    n = len(early.onsets)
    assert not early.complete and early.end == first
    assert np.array_equal(early.onsets, late.onsets[:n]) and np.array_equal(early.pitches, late.pitches[:n])
    assert np.array_equal(early.velocities, late.velocities[:n])
    assert np.array_equal(early.pace, late.pace[:first])


@given(sounding_pieces())
def test_a_performance_begins_no_note_early_and_none_a_step_late(piece: Piece) -> None:
    for edge in (None, piece.steps // 2):
        said = score_of(piece, edge=edge)
        assert (np.diff(said.onsets) >= 0).all()
        assert ((said.onsets % 1) < 0.5).all()
        assert (said.ends > said.onsets).all()


def test_the_softer_notes_of_a_chord_come_a_little_after_the_melody() -> None:
    said = score_of(Piece.of([(0, 60, 4), (0, 64, 4), (0, 72, 4)]))
    late = said.onsets * Grid().seconds(1, 120)
    assert said.pitches[0] == 72 and late[0] == 0.0
    assert (late[1:] > 0.003).all() and (late[1:] < 0.03).all()


def test_a_complete_piece_slows_down_at_its_end_and_only_there() -> None:
    whole, growing = score_of(scale(12)), score_of(scale(12), edge=scale(12).steps)
    last = 12 * 16 - 2
    assert np.array_equal(whole.pace[: last - 24], growing.pace[: last - 24])
    assert (np.diff(whole.pace[last - 24 : last]) < 0).all() and whole.pace[last] < 0.75 < growing.pace[last]


def test_what_is_slower_is_softer() -> None:
    piece = scale(12)
    assert score_of(piece).velocities[-1] < score_of(piece, edge=piece.steps).velocities[-1]


def test_the_tempo_of_a_performance_is_the_tempo_asked_for() -> None:
    growing = score_of(scale(40), edge=40 * 16)
    assert abs(growing.even(40 * 16) / (40 * 16) - 1) < 0.002
    assert np.ptp(growing.pace) < 0.03


def test_loudness_that_is_written_is_played() -> None:
    piece = Piece.of([(0, 60, 4, 33), (4, 62, 4, 101), (8, 64, 4, 80)])
    assert score_of(piece).velocities[:2].tolist() == [33, 101]


@given(sounding_pieces(), st.floats(0, 2000))
def test_even_time_and_steps_are_inverses(piece: Piece, step: float) -> None:
    said = score_of(piece)
    assert abs(said.step(said.even(step)) - step) < 1e-6
    assert abs(said.evens(np.array([step]))[0] - said.even(step)) < 1e-9


def test_an_empty_piece_has_an_empty_score() -> None:
    for said in (score_of(Piece.of([])), score_of(Piece.of([]), edge=0), Score.empty(), score(edge=0)):
        assert len(said.onsets) == 0 and said.end == 0.0

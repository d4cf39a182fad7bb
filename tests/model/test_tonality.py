"""Which notes are foreign to the music around them, and how much rarer they are made."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanopiano.errors import InputError
from nanopiano.model.compose import Writer
from nanopiano.model.composer import Composer
from nanopiano.model.defaults import DEFAULT_SAMPLING
from nanopiano.model.ending import Length
from nanopiano.model.sample import Sampling, log_chance, probabilities
from nanopiano.model.surprise import HORIZON
from nanopiano.model.tonality import FIRST_BARS, NEAR_BARS, Tonality
from nanopiano.music.fill import fill_prompt, part
from nanopiano.music.piece import Piece
from nanopiano.music.vocab import FIRST_DURATION, FIRST_PITCH, WAIT, duration_id, pitch_id
from nanopiano.music.words import piece_to_ids

BAR = 16
C_MAJOR = (0, 2, 4, 5, 7, 9, 11)


@pytest.fixture(scope="module")
def composer() -> Composer:
    return Composer(threads=1)


def heard(notes: list[tuple[int, int]]) -> Tonality:
    """A Tonality after notes (step, pitch)."""
    tonality = Tonality(BAR)
    for step, pitch in notes:
        tonality.hear(pitch - 21, step)
    return tonality


def foreign_classes(tonality: Tonality, time: int) -> set[int]:
    keys = np.flatnonzero(tonality.foreign(time))
    classes = {int(key + 21) % 12 for key in keys}
    assert len(keys) == sum((key + 21) % 12 in classes for key in range(88)), "every octave or none"
    return classes


SCALE = [(4 * number, 60 + C_MAJOR[number % 7]) for number in range(28)]


def test_in_a_scale_the_other_notes_are_foreign() -> None:
    assert foreign_classes(heard(SCALE), 112) == {1, 3, 6, 8, 10}


def test_a_note_that_was_heard_four_bars_ago_is_not_foreign_and_then_it_is() -> None:
    tonality = heard([(0, 61), *((step, 60) for step in range(4, 80, 4))])
    assert 1 not in foreign_classes(tonality, NEAR_BARS * BAR)
    assert 1 in foreign_classes(tonality, NEAR_BARS * BAR + 1)


def test_the_last_time_counts_that_a_note_was_heard() -> None:
    assert 1 not in foreign_classes(heard([(0, 61), (60, 73), (76, 60)]), 100)


def test_what_is_heard_later_counts_though_an_earlier_note_is_heard_after_it() -> None:
    assert 1 not in foreign_classes(heard([(0, 60), (200, 61), (204, 60), (100, 61)]), 210)


def test_music_that_rests_or_holds_its_notes_stays_in_its_key() -> None:
    assert foreign_classes(heard(SCALE), 1000) == {1, 3, 6, 8, 10}


def test_what_was_never_heard_is_foreign_early_on() -> None:
    assert foreign_classes(heard([(0, 60), (32, 60)]), 40) == set(range(1, 12))


def test_the_bars_are_those_that_the_help_tells() -> None:
    assert (NEAR_BARS, FIRST_BARS) == (4, 2)


def test_nothing_is_foreign_to_silence() -> None:
    assert not Tonality(BAR).foreign(1000).any()


def test_nothing_is_foreign_to_the_first_two_bars_from_the_first_note_on() -> None:
    beginning = [(100 + step, 60) for step in range(0, FIRST_BARS * BAR, 4)]
    assert not heard(beginning).foreign(100 + FIRST_BARS * BAR).any()
    assert heard([*beginning, (100 + FIRST_BARS * BAR, 60)]).foreign(100 + FIRST_BARS * BAR).sum() == 80


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(21, 108)), min_size=1, max_size=60), st.integers(0, 500))
def test_no_note_of_the_last_four_bars_is_ever_foreign(notes: list[tuple[int, int]], time: int) -> None:
    tonality = heard(sorted(notes))
    near = {pitch % 12 for step, pitch in notes if 0 <= time - step <= NEAR_BARS * BAR}
    assert not near & foreign_classes(tonality, time)


def test_foreign_notes_are_so_many_times_as_likely_against_all_other_words() -> None:
    logits, everything = np.random.default_rng(1).normal(size=225).astype(np.float32), np.ones(225, dtype=bool)
    tonality = heard(SCALE)
    learnt = probabilities(logits, everything, Sampling())
    coloured = probabilities(tonality.coloured(logits, 0.25, 112), everything, Sampling())
    foreign = np.zeros(225, dtype=bool)
    foreign[FIRST_PITCH:FIRST_DURATION] = tonality.foreign(112)
    assert coloured[foreign] / coloured[0] == pytest.approx(0.25 * learnt[foreign] / learnt[0], rel=1e-5)
    assert coloured[~foreign] / coloured[0] == pytest.approx(learnt[~foreign] / learnt[0], rel=1e-5)


def test_as_learnt_means_the_very_same_logits() -> None:
    logits = np.zeros(225, dtype=np.float32)
    assert heard(SCALE).coloured(logits, 1.0, 112) is logits


def test_the_logits_that_are_coloured_stay_as_they_were() -> None:
    logits = np.zeros(225, dtype=np.float32)
    heard(SCALE).coloured(logits, 0.5, 112)
    assert not logits.any()


def test_a_prompt_is_heard(composer: Composer) -> None:
    ids = piece_to_ids(Piece.of([(step, pitch, 4) for step, pitch in SCALE]))[:-1]
    writer = Writer(composer.vocab, ids, Sampling(chromatic=0.5), 1, begin=112)
    assert foreign_classes(writer.tonality, 112) == {1, 3, 6, 8, 10}


def test_a_fill_hears_what_comes_after_it(composer: Composer) -> None:
    sharps = [(step + 128, 61 + number % 2 * 2, 4) for number, step in enumerate(range(0, 64, 4))]
    piece = Piece.of([*((step, pitch, 4) for step, pitch in SCALE), *sharps])
    ids = fill_prompt(part(piece, 64, 128), 64, 128, most_each_side=252)
    writer = Writer(composer.vocab, ids, Sampling(chromatic=0.5), 1)
    assert writer.listener.time == 64
    assert foreign_classes(writer.tonality, 64) == {6, 8, 10}


@pytest.mark.parametrize(("bars_ago", "drawn"), [(5, 60), (3, 61)])
def test_a_note_is_drawn_against_another_unless_it_is_foreign(composer: Composer, bars_ago: int, drawn: int) -> None:
    notes = [(step, pitch, 2) for step, pitch in SCALE] + [(112 - bars_ago * BAR, 61, 2)]
    ids = np.append(piece_to_ids(Piece.of(sorted(notes)))[:-1], [WAIT, duration_id(4)]).astype(np.uint16)
    writer = Writer(composer.vocab, ids, Sampling(temperature=0, chromatic=0.5), 1, begin=112)
    logits = np.full(len(composer.vocab), -9, dtype=np.float32)
    logits[[pitch_id(60), pitch_id(61)]] = 0.0, 0.3
    lately = writer.surprise.lately
    writer.choose(logits)
    assert writer.ids == [pitch_id(drawn)]
    learnt = log_chance(logits, np.ones(len(logits), dtype=bool), writer.ids[0])
    assert writer.surprise.lately == pytest.approx(lately + (-learnt - lately) / HORIZON, abs=1e-3)


def test_lengths_are_drawn_as_learnt(composer: Composer) -> None:
    ids = np.append(piece_to_ids(Piece.of([(step, pitch, 4) for step, pitch in SCALE]))[:-1], [WAIT]).astype(np.uint16)
    writer = Writer(composer.vocab, ids, Sampling(temperature=0, chromatic=0.01), 1, begin=112)
    logits = np.zeros(len(composer.vocab), dtype=np.float32)
    logits[duration_id(4)] = 0.1
    writer.choose(logits)
    assert writer.ids == [duration_id(4)]


def test_a_piece_uses_fewer_pitch_classes_the_rarer_foreign_notes_are(composer: Composer) -> None:
    def used(times: float) -> int:
        sampling = replace(DEFAULT_SAMPLING, chromatic=times)
        pieces = composer.batch([1, 2, 3], length=Length(words=300), sampling=sampling)
        return sum(len(set((begun.finish().pitches % 12).tolist())) for begun in pieces)

    assert used(0.02) + 3 < used(5.0)


@pytest.mark.parametrize("times", [0.0, 10.5, float("nan")])
def test_a_share_of_chromatic_notes_out_of_range_is_refused(times: float) -> None:
    with pytest.raises(InputError, match=r"chromatic is .*: expected a number from 0.01 to 10"):
        Sampling(chromatic=times)

"""Our figures beside those that MusPy gives for the same pieces; `scripts/muspy_figures.py` made them."""

import json
from pathlib import Path
from typing import Any

import pytest

from nanopiano.measures import pitch, rhythm
from nanopiano.music.piece import Piece

MADE = json.loads(Path(__file__).with_name("muspy.json").read_text("utf-8"))["pieces"]
MEASURES: list[Any] = [
    *(pitch.pitch_range, pitch.n_pitches_used, pitch.n_pitch_classes_used, pitch.pitch_entropy),
    *(pitch.pitch_class_entropy, pitch.scale_consistency, pitch.polyphony, pitch.polyphony_rate),
    *(rhythm.empty_beat_rate, rhythm.empty_bar_rate, rhythm.groove_consistency),
]
PAIRS = [(measure, name) for measure in MEASURES for name in MADE if measure.__name__ in MADE[name]["muspy"]]


def made(name: str) -> Piece:
    return Piece.of(MADE[name]["notes"])


@pytest.mark.parametrize("name", MADE)
def test_the_pieces_are_measured_as_they_were_by_muspy(name: str) -> None:
    assert sorted(note[:3] for note in made(name)) == sorted(map(tuple, MADE[name]["notes"]))


@pytest.mark.parametrize(("measure", "name"), PAIRS, ids=lambda value: getattr(value, "__name__", value))
def test_a_measure_agrees_with_muspy(measure: Any, name: str) -> None:
    assert measure(made(name)) == pytest.approx(MADE[name]["muspy"][measure.__name__], abs=1e-12)


def test_no_measure_is_compared_on_pieces_that_are_all_alike() -> None:
    for measure in MEASURES:
        assert len({MADE[name]["muspy"][measure.__name__] for other, name in PAIRS if other is measure}) > 2

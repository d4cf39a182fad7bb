"""The measures by which sets of pieces are compared, in the order of the table."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nanopiano.measures import form, pitch, rhythm
from nanopiano.music.piece import Piece


@dataclass(frozen=True)
class Measure:
    """One figure of a piece with notes, or several that belong together (a histogram)."""

    of: Callable[[Piece], float | NDArray[np.float64]]
    unit: str = ""
    size: int = 1  # figures a piece
    by_length: bool = False  # whether more music alone changes it: then the first bars are measured
    histogram: bool = False  # whether its figures are shares that sum to 1

    @property
    def name(self) -> str:
        """What tables and JSON call it."""
        return self.of.__name__

    def figures(self, piece: Piece | None) -> NDArray[np.float64]:
        """Return the figures of a piece, float64 [size]; NaN if there is none."""
        if piece is None:
            return np.full(self.size, np.nan)
        return np.atleast_1d(np.asarray(self.of(piece), dtype=np.float64))


MEASURES = (
    Measure(pitch.pitch_range, "semitones", by_length=True),
    Measure(pitch.n_pitches_used, by_length=True),
    Measure(pitch.n_pitch_classes_used, by_length=True),
    Measure(pitch.pitch_entropy, "bits", by_length=True),
    Measure(pitch.pitch_class_entropy, "bits", by_length=True),
    Measure(pitch.pitch_class_entropy_1, "bits"),
    Measure(pitch.pitch_class_entropy_4, "bits"),
    Measure(pitch.scale_consistency, by_length=True),
    Measure(pitch.pitch_class_histogram, size=12, histogram=True),
    Measure(pitch.interval_histogram, size=2 * pitch.WIDEST_INTERVAL + 1, histogram=True),
    Measure(pitch.polyphony, "keys"),
    Measure(pitch.polyphony_rate),
    Measure(rhythm.note_density, "notes a beat"),
    Measure(rhythm.onset_interval, "beats"),
    Measure(rhythm.note_length, "beats"),
    Measure(rhythm.note_length_histogram, size=rhythm.N_LENGTH_CLASSES, histogram=True),
    Measure(rhythm.note_length_transition, size=rhythm.N_LENGTH_CLASSES**2, histogram=True),
    Measure(rhythm.groove_consistency),
    Measure(rhythm.empty_beat_rate),
    Measure(rhythm.empty_bar_rate),
    Measure(form.bars_that_return, by_length=True),
    Measure(form.self_similarity, size=len(form.LAGS), by_length=True),
    Measure(form.longest_repetition, "beats", by_length=True),
)

FAULTS = ("stuck", "silent")
MOST_RUN = 8  # of one event
MOST_SAME_BARS = 4  # in a row
MOST_SILENCE = 1.0  # bars


def faults(piece: Piece) -> list[str]:
    """Return what is wrong with a piece beyond doubt: "stuck", "silent", both or nothing.

    Stuck: an event comes more than 8 times in a row, or a bar more than 4 times. Silent: nothing sounds for over a bar.
    """
    stuck = form.longest_run(piece) > MOST_RUN or form.same_bars_in_a_row(piece) > MOST_SAME_BARS
    silent = rhythm.longest_silence(piece) > MOST_SILENCE
    return ["stuck"] * stuck + ["silent"] * silent

"""Which notes: pitches, scales, harmony, steps of the upper voice. Every measure takes a piece with notes.

Those that MusPy has too are defined as there (Dong et al. 2020, "MusPy: a toolkit for symbolic music generation",
ISMIR) and agree with its figures (`tests/measures`).
"""

import numpy as np
from numpy.typing import NDArray

from nanopiano.measures.cuts import bars_struck
from nanopiano.music.grid import LOWEST_PITCH, N_KEYS
from nanopiano.music.piece import Piece
from nanopiano.music.roll import piece_to_roll

Shares = NDArray[np.float64]  # of a whole: they sum to 1

# The twelve major scales, bool [12, 12]; each natural minor scale has the notes of one of them.
SCALES = np.array([np.roll(np.isin(np.arange(12), [0, 2, 4, 5, 7, 9, 11]), root) for root in range(12)])
WIDEST_INTERVAL = 12  # semitones that have a place of their own in the histogram


def pitch_range(piece: Piece) -> float:
    """Semitones between the lowest and the highest note (Yang and Lerch 2020, "PR"; MusPy)."""
    return float(np.ptp(piece.pitches))


def n_pitches_used(piece: Piece) -> float:
    """Different pitches (Yang and Lerch 2020, "PC"; MusPy)."""
    return float(len(np.unique(piece.pitches)))


def n_pitch_classes_used(piece: Piece) -> float:
    """Different pitch classes, 1 to 12 (Dong et al. 2018, "MuseGAN", "UPC"; MusPy)."""
    return float(len(np.unique(piece.pitches % 12)))


def pitch_entropy(piece: Piece) -> float:
    """Entropy of the shares of pitches, in bits (MusPy)."""
    return entropy(np.bincount(piece.pitches - LOWEST_PITCH, minlength=N_KEYS))


def pitch_class_entropy(piece: Piece) -> float:
    """Entropy of the shares of pitch classes, in bits: 0 for one, 3.58 for twelve alike (Wu and Yang 2020; MusPy)."""
    return entropy(pitch_class_counts(piece))


def pitch_class_entropy_1(piece: Piece) -> float:
    """Entropy of pitch classes within a bar, in bits, mean over bars with notes.

    Wu and Yang 2020, "The Jazz Transformer on the front line", ISMIR, section 5: how clear the harmony of a moment is.
    """
    return _entropy_of_windows(piece, 1)


def pitch_class_entropy_4(piece: Piece) -> float:
    """The same within four bars in a row (Wu and Yang 2020): how clear the key of a phrase is."""
    return _entropy_of_windows(piece, 4)


def scale_consistency(piece: Piece) -> float:
    """Share of notes in the major or natural minor scale that fits best.

    Mogren 2016, "C-RNN-GAN", NeurIPS workshop on constructive machine learning; MusPy.
    """
    counts = pitch_class_counts(piece)
    return float((SCALES @ counts).max() / counts.sum())


def polyphony(piece: Piece) -> float:
    """Mean number of keys sounding, over the steps in which one sounds (MusPy; Mogren 2016 has a coarser one)."""
    sounding = _sounding(piece)
    return float(sounding.sum() / np.count_nonzero(sounding))


def polyphony_rate(piece: Piece) -> float:
    """Share of steps in which two keys or more sound (Dong et al. 2018, "polyphonicity"; MusPy with threshold 1)."""
    sounding = _sounding(piece)
    return np.count_nonzero(sounding > 1) / len(sounding)


def pitch_class_histogram(piece: Piece) -> Shares:
    """Shares of the pitch classes counted up from the commonest one, so that keys do not matter; [12].

    Yang and Lerch 2020, "PCH", has them from C on.
    """
    counts = pitch_class_counts(piece)
    shares: Shares = np.roll(counts, -int(counts.argmax())) / counts.sum()
    return shares


def interval_histogram(piece: Piece) -> Shares:
    """Shares of the steps of the upper voice (the highest note of each onset), an octave down to one up; [25].

    Wider ones count as octaves. After Yang and Lerch 2020, "PI" (their mean interval) and the melodic interval
    histogram of jSymbolic (McKay et al. 2018, ISMIR). Zero for a single onset.
    """
    steps = np.clip(np.diff(piece.pitches[upper_voice(piece)]), -WIDEST_INTERVAL, WIDEST_INTERVAL)
    counts = np.bincount(steps + WIDEST_INTERVAL, minlength=2 * WIDEST_INTERVAL + 1)
    shares: Shares = counts / max(counts.sum(), 1)
    return shares


def upper_voice(piece: Piece) -> NDArray[np.int64]:
    """Return where the highest note of each onset stands among the notes of a canonical piece."""
    return np.unique(piece.onsets, return_index=True)[1]


def pitch_class_counts(piece: Piece) -> NDArray[np.float64]:
    """Return how many notes each pitch class has, C first; float64 [12]."""
    return np.bincount(piece.pitches % 12, minlength=12).astype(np.float64)


def entropy(counts: NDArray[np.generic]) -> float:
    """Return the entropy of what was counted, in bits."""
    shares = counts[counts > 0] / counts.sum()  # type: ignore[operator]
    return float(-(shares * np.log2(shares)).sum())


def _entropy_of_windows(piece: Piece, bars: int) -> float:
    """Mean entropy over all windows of `bars` bars that have notes, one beginning at each bar; a short piece is one."""
    n_bars = bars_struck(piece)
    per_bar = np.zeros((n_bars, 12))
    np.add.at(per_bar, (piece.onsets // piece.grid.bar_steps, piece.pitches % 12), 1)
    sums = np.lib.stride_tricks.sliding_window_view(per_bar, min(bars, n_bars), axis=0).sum(axis=-1)
    return float(np.mean([entropy(window) for window in sums if window.any()]))


def _sounding(piece: Piece) -> NDArray[np.int64]:
    """Keys sounding at each step, int64 [steps]."""
    counts: NDArray[np.int64] = np.count_nonzero(piece_to_roll(piece), axis=1)
    return counts

"""When: density, note lengths, grooves, silence. Every measure takes a piece with notes."""

import numpy as np
from numpy.typing import NDArray

from nanopiano.measures.cuts import bars_struck
from nanopiano.measures.pitch import Shares, upper_voice
from nanopiano.music.piece import Piece

# Upper bounds of the classes of note lengths, in beats; longer notes have a class of their own.
LENGTH_CLASSES = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0)
N_LENGTH_CLASSES = len(LENGTH_CLASSES) + 1


def note_density(piece: Piece) -> float:
    """Notes a beat, up to the end of the last bar struck (Yang and Lerch 2020, "NC", note count, by time)."""
    beats = bars_struck(piece) * piece.grid.bar_steps / piece.grid.steps_per_beat
    return len(piece) / beats


def onset_interval(piece: Piece) -> float:
    """Mean time from an onset to the next, in beats (Yang and Lerch 2020, "IOI"). Zero for a single onset."""
    onsets = np.unique(piece.onsets)
    return float(np.ptp(onsets) / max(len(onsets) - 1, 1) / piece.grid.steps_per_beat)


def note_length(piece: Piece) -> float:
    """Mean length of a note, in beats (jSymbolic, McKay et al. 2018, there in seconds)."""
    return float(piece.lengths.mean() / piece.grid.steps_per_beat)


def note_length_histogram(piece: Piece) -> Shares:
    """Shares of the classes of note lengths: up to a 16th, 8th, dotted 8th ... whole, longer; [9].

    Yang and Lerch 2020, "NLH", with classes of their own.
    """
    return np.bincount(_length_classes(piece), minlength=N_LENGTH_CLASSES) / len(piece)


def note_length_transition(piece: Piece) -> Shares:
    """Shares of the pairs of length classes of notes in a row in the upper voice, [81] (Yang and Lerch 2020, "NLTM").

    Zero for a single onset.
    """
    classes = _length_classes(piece)[upper_voice(piece)]
    pairs = np.bincount(classes[:-1] * N_LENGTH_CLASSES + classes[1:], minlength=N_LENGTH_CLASSES**2)
    shares: Shares = pairs / max(pairs.sum(), 1)
    return shares


def groove_consistency(piece: Piece) -> float:
    """How alike the onsets of a bar and of the next one are: share of the bar's steps that agree, mean over bars.

    Wu and Yang 2020 ("grooving pattern similarity", there over all pairs of bars); neighbours as in MusPy.
    One for a single bar.
    """
    bar_steps = piece.grid.bar_steps
    struck: NDArray[np.bool_] = np.zeros(piece.bars * bar_steps, dtype=bool)
    struck[piece.onsets] = True
    grooves = struck.reshape(-1, bar_steps)
    return float((grooves[1:] == grooves[:-1]).mean()) if len(grooves) > 1 else 1.0


def empty_beat_rate(piece: Piece) -> float:
    """Share of beats in which nothing sounds (Dong et al. 2018, "Pypianoroll", ISMIR late-breaking; MusPy)."""
    return _empty_share(piece, piece.grid.steps_per_beat)


def empty_bar_rate(piece: Piece) -> float:
    """Share of bars in which nothing sounds (Dong et al. 2018, "MuseGAN", AAAI, "EB"; MusPy: empty measure rate)."""
    return _empty_share(piece, piece.grid.bar_steps)


def longest_silence(piece: Piece) -> float:
    """Return the longest time in which nothing sounds, before the first note too, in bars."""
    ends = np.maximum.accumulate(piece.onsets + piece.lengths)
    gaps = np.append(piece.onsets[:1], piece.onsets[1:] - ends[:-1])
    return max(int(gaps.max()), 0) / piece.grid.bar_steps


def _length_classes(piece: Piece) -> NDArray[np.int64]:
    return np.searchsorted(LENGTH_CLASSES, piece.lengths / piece.grid.steps_per_beat)


def _empty_share(piece: Piece, size: int) -> float:
    """Share of stretches of `size` steps in which nothing sounds, up to the end of the last note."""
    sounds: NDArray[np.bool_] = np.zeros(-(-piece.steps // size), dtype=bool)
    for onset, length in zip(piece.onsets.tolist(), piece.lengths.tolist(), strict=True):
        sounds[onset // size : (onset + length - 1) // size + 1] = True
    return float(1 - sounds.mean())

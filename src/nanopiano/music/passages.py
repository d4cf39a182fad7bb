"""Passages: runs of notes in canonical order, told by their differences in pitch and onset, so that keys do not matter.

A passage is looked for by the fingerprints of every four notes in a row. A fingerprint is one number of 64 and no note
can be read off it; but eight in a row tell one passage of 12 notes from nearly every other. Fingerprints of short runs
are how copies of documents are found (Schleimer, Wilkerson and Aiken, Winnowing: Local Algorithms for Document
Fingerprinting, 2003); all of them are kept here, small ones instead of few, so that a passage is found with its length.
"""

import numpy as np
from numpy.typing import NDArray

from nanopiano.music.piece import NoteArray

PASSAGE_NOTES = 12  # of the passages that are counted
SHORTEST_NOTES = 9  # of a passage that is found
FINGERPRINT_NOTES = 4  # that a fingerprint covers
FINGERPRINT_BITS = 6

Fingerprints = NDArray[np.uint8]

# Any odd numbers without a pattern; with others every index would have to be built anew.
_FACTORS = np.array(
    [
        [0x9E3779B97F4A7C15, 0xD1B54A32D192ED03],
        [0xAEF17502108EF2D9, 0xF1357AEA2E62A9C5],
        [0xC2B2AE3D27D4EB4F, 0x8CB92BA72F3D8DD7],
    ],
    dtype=np.uint64,
)


def fingerprints(windows: NDArray[np.integer]) -> Fingerprints:
    """Return the fingerprints of runs of four notes, integers [n, 4, 2] of onset (steps) and pitch -> uint8 [n].

    The differences are added up with factors, and the sum is mixed as in SplitMix64 (Steele, Lea and Flood 2014).
    """
    differences = np.diff(windows.astype(np.int64), axis=1).astype(np.uint64)
    sums: NDArray[np.uint64] = (differences * _FACTORS).sum(axis=(1, 2))
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        sums = (sums ^ (sums >> np.uint64(shift))) * np.uint64(factor)
    return (sums >> np.uint64(64 - FINGERPRINT_BITS)).astype(np.uint8)


def piece_fingerprints(notes: NoteArray) -> Fingerprints:
    """Return the fingerprint of every four in a row of canonical `notes`, int32 [n, 4] -> uint8 [max(n - 3, 0)]."""
    if len(notes) < FINGERPRINT_NOTES:
        return np.empty(0, dtype=np.uint8)
    windows = np.lib.stride_tricks.sliding_window_view(notes[:, :2], FINGERPRINT_NOTES, axis=0)
    return fingerprints(windows.swapaxes(1, 2))

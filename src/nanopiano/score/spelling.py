"""How notes are spelled: G sharp or A flat.

Names stand on the line of fifths (... B flat, F, C, G, D, A, E, B, F sharp ...), each pitch class at every twelfth
place. The first stage of ps13 (Meredith 2006, "The ps13 pitch spelling algorithm", Journal of New Music Research 35(2),
121-159) decides: every pitch class may be the tonic of the moment and would spell the note as the harmonic chromatic
scale on it does, five fifths below it to six above; these votes are weighed by how often that tonic is struck nearby.
Where ps13 takes the name of the first note for given, the key of the piece says here how a tonic itself is spelled.
"""

import numpy as np
from numpy.typing import NDArray

from nanopiano.music.piece import Piece
from nanopiano.score.keys import Key

BEFORE, AFTER = 10, 42  # notes of context, the values that Meredith found best
LOWEST_NAME = -8  # F flat; what would be lower, all double flats, is easier to read by its other name
HIGHEST_NAME = 12  # B sharp; beyond it only the leading note of a minor key and that of its dominant
TO_RAISED_FOURTH = 6  # fifths from the tonic up
LETTERS = "FCGDAEB"  # from place -1 on


def spell(piece: Piece, key: Key) -> NDArray[np.int64]:
    """Return the name of every note as its place on the line of fifths (C is 0, F sharp 6, E flat -3), int [n]."""
    classes = piece.pitches.astype(np.int64) % 12
    struck = np.zeros((len(classes) + 1, 12))
    struck[1:] = np.cumsum(np.eye(12)[classes], axis=0)
    index = np.arange(len(classes))
    nearby = struck[np.minimum(index + AFTER, len(classes))] - struck[np.maximum(index - BEFORE, 0)]  # [n, 12]
    tonics = _place(np.arange(12), key.tonic)
    names = _place(classes[:, None], tonics[None, :])  # [n, 12]: what each tonic would call the note
    highest = max(HIGHEST_NAME, key.tonic + TO_RAISED_FOURTH) if key.minor else HIGHEST_NAME
    names -= 12 * (names > highest)
    names += 12 * (names < LOWEST_NAME)
    votes = np.zeros((len(classes), highest - LOWEST_NAME + 1))
    votes -= 1e-3 * np.abs(np.arange(LOWEST_NAME, highest + 1) - key.tonic)  # the nearest where tonics are at one
    for tonic in range(12):
        votes[index, names[:, tonic] - LOWEST_NAME] += nearby[:, tonic]
    found: NDArray[np.int64] = LOWEST_NAME + votes.argmax(axis=1)
    return found


def letter(name: int) -> str:
    """Return the letter of a name: C for C flat, C and C sharp."""
    return LETTERS[(name + 1) % 7]


def alteration(name: int) -> int:
    """Return by how many semitones a name is raised (sharps) or lowered (flats, negative)."""
    return (name + 1) // 7


def octave(pitch: int, name: int) -> int:
    """Return the octave of a pitch under this name: 4 is the one from middle C up, also for B sharp and C flat."""
    return (pitch - alteration(name)) // 12 - 1


def _place(classes: NDArray[np.int64], tonic: NDArray[np.int64] | int) -> NDArray[np.int64]:
    """Return the place of pitch classes from five fifths below to six above the place of `tonic`."""
    lowest = np.asarray(tonic) - 5
    return np.asarray(lowest + (7 * classes - lowest) % 12)

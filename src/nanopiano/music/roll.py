"""Piece <-> piano roll: uint8 [steps, 88], 1 where a note begins, 2 where it is held, 0 for silence."""

import numpy as np
from numpy.typing import NDArray

from nanopiano.music.grid import LOWEST_PITCH, N_KEYS, Grid
from nanopiano.music.piece import DEFAULT_VELOCITY, Piece

SILENCE, BEGINS, HELD = 0, 1, 2

Roll = NDArray[np.uint8]  # [steps, 88]


def piece_to_roll(piece: Piece) -> Roll:
    """Return the roll of a piece in canonical form, as long as its last note, uint8 [steps, 88]."""
    piece = piece.canonical()
    roll = np.zeros((piece.steps, N_KEYS), dtype=np.uint8)
    for onset, pitch, length, _ in piece.notes.tolist():
        roll[onset, pitch - LOWEST_PITCH] = BEGINS
        roll[onset + 1 : onset + length, pitch - LOWEST_PITCH] = HELD
    return roll


def roll_to_piece(roll: Roll, grid: Grid | None = None) -> Piece:
    """Return the piece of a roll. A key held without a stroke before it is read as struck there."""
    sounds = roll != SILENCE
    before = np.zeros_like(sounds)
    before[1:] = sounds[:-1]
    begins = (roll == BEGINS) | (sounds & ~before)
    notes = []
    for key in np.flatnonzero(sounds.any(axis=0)).tolist():
        # A note ends where its key falls silent or is struck again, whichever comes first.
        ends = np.append(np.flatnonzero(begins[:, key] | ~sounds[:, key]), len(roll))
        for onset in np.flatnonzero(begins[:, key]).tolist():
            end = int(ends[np.searchsorted(ends, onset + 1)])
            notes.append((onset, key + LOWEST_PITCH, end - onset, DEFAULT_VELOCITY))
    return Piece.of(notes, grid=grid or Grid())

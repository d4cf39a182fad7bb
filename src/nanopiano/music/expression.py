"""Loudness by rule: what a pianist does without being asked, for pieces that say nothing about it."""

import numpy as np
from numpy.typing import NDArray

from nanopiano.music.piece import DEFAULT_VELOCITY, Piece

# In MIDI velocity; chosen so that the mean stays near the flat 80.
ACCOMPANIMENT = 68
MELODY = 16  # the highest sounding note
BAR, HALF_BAR, BEAT, OFF_BEAT = 5, 3, 1, -2  # metrical accents
ARCH = 6  # from the ends of a phrase to its middle
PHRASE_BARS = 4
HIGH_LOUD = 0.1  # a key up


def with_expression(piece: Piece) -> Piece:
    """Return the piece in canonical form, shaped by rule the velocities that say nothing: those of 80.

    Any other velocity is somebody's own and stays. The same piece always gives the same.

    The melody (the highest note sounding) stands out, strong beats are accented, phrases of four bars swell and fade,
    higher notes are louder. Phrases and height after the rules "phrase arch" and "high loud" in Friberg, Bresin and
    Sundberg, "Overview of the KTH rule system for musical performance", Advances in Cognitive Psychology 2 (2006)
    145-161; melody after Goebl, "Melody lead in piano performance", J. Acoust. Soc. Am. 110 (2001) 563-572; metre after
    Sloboda, "The communication of musical metre in piano performance", Q. J. Exp. Psychol. 35A (1983) 377-396. How
    much of each is our own choice.
    """
    piece = piece.canonical()
    if not len(piece):
        return piece
    loudness = (
        ACCOMPANIMENT
        + MELODY * _is_melody(piece)
        + _accents(piece)
        + ARCH * np.sin(np.pi * (piece.onsets % _phrase(piece)) / _phrase(piece))
        + HIGH_LOUD * (piece.pitches - 60)
    )
    notes = piece.notes.copy()
    silent = notes[:, 3] == DEFAULT_VELOCITY
    notes[silent, 3] = np.clip(np.rint(loudness[silent]), 1, 127)
    return piece.with_notes(notes)


def _is_melody(piece: Piece) -> NDArray[np.bool_]:
    """Return for each note whether no higher one sounds when it begins, bool [n]."""
    upwards = piece.notes[np.argsort(piece.pitches, kind="stable")]
    onsets, pitches, lengths, _ = upwards.T
    steps = np.arange(lengths.sum()) + np.repeat(onsets - lengths.cumsum() + lengths, lengths)
    highest = np.zeros(piece.steps, dtype=np.int32)
    highest[steps] = np.repeat(pitches, lengths)  # of the notes at a step, the last one stays: the highest
    return np.asarray(piece.pitches == highest[piece.onsets])


def _accents(piece: Piece) -> NDArray[np.int64]:
    """Return the accent of each note by its place in the bar, int [n]."""
    bar, beat = piece.grid.bar_steps, piece.grid.steps_per_beat
    places = [piece.onsets % steps == 0 for steps in (bar, bar // 2, beat)]
    return np.select(places, [BAR, HALF_BAR, BEAT], OFF_BEAT)


def _phrase(piece: Piece) -> int:
    return PHRASE_BARS * piece.grid.bar_steps

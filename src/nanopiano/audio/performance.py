"""A performance by rule: what a pianist does with tempo, loudness and chords without being asked."""

import numpy as np
from numpy.typing import NDArray

from nanopiano.music.expression import PHRASE_BARS, with_expression
from nanopiano.music.piece import DEFAULT_VELOCITY, Piece

BREATH = 0.025  # how much faster the middle of a phrase is than its mean, about
FINAL_PACE = 0.66  # at the last stroke of a piece
SLOWING_BARS = 1.5  # in which a piece slows down
SHORTEST_BARS = 4  # a shorter piece does not slow down
SLOWER_SOFTER = 0.4  # the power of the pace that velocity follows
LEAD = 0.0008  # seconds that a note comes after the melody for each velocity that it is softer
LONGEST_LEAD = 0.4  # steps


def pace_of(piece: Piece, end: int, complete: bool) -> NDArray[np.float64]:
    """Return how fast each step before `end` is played, 1 being the tempo, float64 [end].

    Phrases begin and end a little slower than their middle ("phrase arch", Friberg, Bresin and Sundberg, Advances in
    Cognitive Psychology 2 (2006) 145-161). A complete piece slows down at its end as a runner stops: the cube of the
    pace falls evenly (Friberg and Sundberg, J. Acoust. Soc. Am. 105 (1999) 1469-1484). Only the last bars depend on
    where the end is, and only if the piece is complete.
    """
    bar = piece.grid.bar_steps
    place = (np.arange(end) + 0.5) % (PHRASE_BARS * bar) / (PHRASE_BARS * bar)
    pace = 1 + BREATH * (np.sin(np.pi * place) - 2 / np.pi)
    if complete and end >= SHORTEST_BARS * bar:
        last = int(piece.onsets.max())
        slowing = int(SLOWING_BARS * bar)
        done = np.clip((np.arange(end) + 0.5 - (last - slowing)) / slowing, 0, 1)
        pace *= np.cbrt(1 - (1 - FINAL_PACE**3) * done)
    return pace


def shaped(piece: Piece, pace: NDArray[np.float64]) -> Piece:
    """Return the canonical piece with loudness by rule, for the notes that say nothing of theirs.

    To `music.expression` comes that what is slower is softer (Todd, "The dynamics of dynamics", J. Acoust. Soc. Am. 91
    (1992) 3540-3550).
    """
    notes = with_expression(piece).notes.copy()
    softer = pace[piece.onsets] ** SLOWER_SOFTER
    notes[:, 3] = np.clip(np.rint(notes[:, 3] * softer), 1, 127)
    said = piece.notes[:, 3] != DEFAULT_VELOCITY
    notes[said, 3] = piece.notes[said, 3]
    return piece.with_notes(notes)


def lead_of_melody(piece: Piece) -> NDArray[np.float64]:
    """Return how much later each note of a canonical piece begins than written, float64 [n], in steps.

    The louder note of a chord is there first, because its key goes down faster (Goebl, J. Acoust. Soc. Am. 110 (2001)
    563-572). The loudest stays in its place, so that nothing comes before its step.
    """
    if not len(piece):
        return np.zeros(0)
    velocity = piece.notes[:, 3]
    starts = np.flatnonzero(np.diff(piece.onsets, prepend=-1))
    loudest = np.maximum.reduceat(velocity, starts)
    softer = np.repeat(loudest, np.diff(starts, append=len(velocity))) - velocity
    second = piece.bpm * piece.grid.steps_per_beat / 60  # in steps
    return np.asarray(np.minimum(LEAD * second * softer, LONGEST_LEAD))

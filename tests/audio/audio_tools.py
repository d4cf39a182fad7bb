"""Scores to play and ways to look at sound."""

import numpy as np
from numpy.typing import NDArray

from nanopiano.audio.samples import RATE, Piano
from nanopiano.audio.score import Score, score_of
from nanopiano.audio.transport import Transport
from nanopiano.music.piece import Piece

PIANO = Piano(live=False)  # decodes what is asked for, and keeps it
Sound = NDArray[np.float32]  # [frames, 2]
STEP = RATE / 8  # frames at 120 beats a minute


def score(*notes: tuple[int, ...], edge: int | None = None) -> Score:
    """The strokes of notes (onset, pitch, length, velocity) as they are written."""
    return score_of(Piece.of(notes), expressive=False, edge=edge)


def played(transport: Transport, frames: float, block: int = 1024) -> Sound:
    """The next frames, rendered block by block."""
    whole, rest = divmod(round(frames), block)
    return np.concatenate([transport.render(n) for n in [block] * whole + [rest] * (rest > 0)])


def play(transport: Transport, what: Score, steps: float, block: int = 1024) -> Sound:
    """A score from its beginning."""
    transport.set_score(what)
    transport.play()
    return played(transport, steps * STEP, block)


def bends(sound: NDArray[np.floating]) -> NDArray[np.floating]:
    """How sharply the wave bends at each frame: a click stands out."""
    return np.abs(np.diff(sound, 2, axis=0)).max(axis=-1) if sound.ndim > 1 else np.abs(np.diff(sound, 2))


def decibel(sound: NDArray[np.floating]) -> float:
    """The root mean square in dB of full scale."""
    return float(20 * np.log10(np.sqrt((sound.astype(np.float64) ** 2).mean()) + 1e-12))

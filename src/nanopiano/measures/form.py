"""What returns: bars like earlier ones, literal repetitions, and music that is stuck. All take a piece with notes."""

from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from nanopiano.measures.cuts import bars_struck
from nanopiano.music.piece import Piece

LAGS = (1, 2, 4)  # bars between the bars compared
Bar = frozenset[tuple[int, int, int]]  # place in the bar, pitch, length of each note


def bars_of(piece: Piece) -> list[Bar]:
    """Return what is struck in each bar, up to the last that has a note."""
    bars: list[set[tuple[int, int, int]]] = [set() for _ in range(bars_struck(piece))]
    for onset, pitch, length in piece.notes[:, :3].tolist():
        bars[onset // piece.grid.bar_steps].add((onset % piece.grid.bar_steps, pitch, length))
    return [frozenset(bar) for bar in bars]


def bars_that_return(piece: Piece) -> float:
    """Share of the bars with notes that stood in the piece before, note for note.

    After Yu et al. 2022, "Museformer", NeurIPS, who count the notes that two bars share; here it is all of them.
    """
    bars = [bar for bar in bars_of(piece) if bar]
    return 1 - len(set(bars)) / len(bars)


def self_similarity(piece: Piece) -> NDArray[np.float64]:
    """How much a bar shares with the one 1, 2 and 4 bars later: common notes by all notes of both, mean; [3].

    Yu et al. 2022, "Museformer", NeurIPS (its curve over all distances). Zero where there is no such bar.
    """
    bars = bars_of(piece)
    return np.array([_likeness(bars[:-lag], bars[lag:]) for lag in LAGS])


def longest_repetition(piece: Piece) -> float:
    """The longest passage that comes twice, note for note and not overlapping itself, in beats.

    It begins with a note and lasts until the first step where the two differ. A pattern and its translation by time
    alone, without holes, as in Meredith, Lemstroem and Wiggins 2002 (SIA, Journal of New Music Research 31).
    """
    strokes = _strokes(piece)
    number = {stroke: index for index, stroke in enumerate(dict.fromkeys(strokes), start=1)}
    onsets = np.unique(piece.onsets)
    rows = np.zeros(bars_struck(piece) * piece.grid.bar_steps, dtype=np.int64)  # what is struck at each step
    rows[onsets] = [number[stroke] for stroke in strokes]
    next_onset = np.append(onsets, len(rows))[np.searchsorted(onsets, np.arange(len(rows)))]
    longest = 0
    for lag in range(1, len(rows)):
        begins, ends = _runs(rows[lag:] == rows[:-lag])
        longest = max(longest, min(int((ends - next_onset[begins]).max(initial=0)), lag))
    return longest / piece.grid.steps_per_beat


def longest_run(piece: Piece) -> int:
    """Return how often at most the same event (a wait, then notes with their lengths) comes in a row."""
    waits = np.diff(np.unique(piece.onsets), prepend=0).tolist()
    return _longest_group(list(zip(waits, _strokes(piece), strict=True)))


def same_bars_in_a_row(piece: Piece) -> int:
    """Return how many bars in a row at most are the same, note for note; empty ones do not count."""
    return _longest_group([bar or index for index, bar in enumerate(bars_of(piece))])


def _strokes(piece: Piece) -> list[tuple[int, ...]]:
    """What is struck at each onset: pitches and lengths, highest first."""
    firsts = np.unique(piece.onsets, return_index=True)[1]
    return [tuple(notes[:, 1:3].ravel().tolist()) for notes in np.split(piece.notes, firsts[1:])]


def _likeness(firsts: list[Bar], seconds: list[Bar]) -> float:
    pairs = [(a, b) for a, b in zip(firsts, seconds, strict=True) if a or b]
    return float(np.mean([len(a & b) / len(a | b) for a, b in pairs])) if pairs else 0.0


def _runs(flags: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where flags that are set in a row begin, and where they end (one past the last)."""
    edges = np.flatnonzero(np.diff(flags, prepend=False, append=False))
    return edges[0::2], edges[1::2]


def _longest_group(things: list[object]) -> int:
    return max(len(list(group)) for _, group in groupby(things))

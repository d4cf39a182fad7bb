"""Asking for the music of a gap: `START before (GAP d)+ after FILL middle END`."""

from typing import NamedTuple

import numpy as np

from nanopiano.errors import InputError
from nanopiano.music.piece import Piece
from nanopiano.music.vocab import END, FILL, GAP, START, vocabulary
from nanopiano.music.words import Ids, note_ids, wait_ids


class Parts(NamedTuple):
    """A piece parted by the onsets of its notes; all three keep their places in time."""

    before: Piece
    middle: Piece
    after: Piece


def part(piece: Piece, start: int, end: int) -> Parts:
    """Part a piece at the steps [start, end); a middle note that would run past the end is cut there."""
    if not 0 <= start < end:
        raise InputError(f"a gap from step {start} to step {end} is empty: its end must come after its start")
    piece = piece.canonical()
    middle = piece.clip(start, end).notes.copy()
    middle[:, 2] = np.minimum(middle[:, 2], end - middle[:, 0])
    return Parts(piece.clip(0, start), piece.with_notes(middle), piece.clip(end, max(end, piece.steps) + 1))


def fill_prompt(parts: Parts, start: int, end: int, most_each_side: int | None = None) -> Ids:
    """Return the words that ask for the middle, up to and with FILL; uint16 [T].

    With `most_each_side` only the nearest words of each side are kept, the earlier side from a bar line on; that bar
    line then becomes step 0, so that places in the bar stay what they were.
    """
    before, after = parts.before, parts.after
    vocab = vocabulary(before.grid.steps_per_beat)
    tail = np.concatenate([wait_ids(_first(after, end) - end, vocab), note_ids(after.notes, _first(after, end), vocab)])
    begin = 0
    if most_each_side is not None:
        begin = _nearest_bar_line(before, start, most_each_side)
        before = before.clip(begin, start)
        tail = tail[: most_each_side // 2 * 2]
    head = note_ids(before.notes, begin, vocab)
    last = int(before.onsets[-1]) if len(before) else begin
    gap = wait_ids(start - last, vocab) + wait_ids(end - start, vocab, GAP)
    return np.concatenate([[START], head, gap, tail, [FILL]]).astype(np.uint16)


def _nearest_bar_line(before: Piece, start: int, most_words: int) -> int:
    """Return the first bar line from which on the notes before `start` take at most `most_words` words."""
    longest, bar = before.grid.longest, before.grid.bar_steps
    onsets = np.append(before.onsets, start)
    words = 2 * -(-np.diff(onsets, prepend=0) // longest)  # of the wait before each onset
    words[:-1] += 2  # of the note itself
    too_many = np.flatnonzero(np.cumsum(words[::-1])[::-1] > most_words)
    if not len(too_many):
        return 0
    last_left_out = int(onsets[too_many[-1]])
    return min((last_left_out // bar + 1) * bar, start // bar * bar)


def fill_answer(middle: Piece, start: int) -> Ids:
    """Return the words of the middle, END included; uint16 [T]."""
    vocab = vocabulary(middle.grid.steps_per_beat)
    return np.concatenate([note_ids(middle.notes, start, vocab), [END]]).astype(np.uint16)


def _first(piece: Piece, otherwise: int) -> int:
    return int(piece.onsets[0]) if len(piece) else otherwise

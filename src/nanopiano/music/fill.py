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
    head = note_ids(before.notes, 0, vocab)
    tail = np.concatenate([wait_ids(_first(after, end) - end, vocab), note_ids(after.notes, _first(after, end), vocab)])
    begin = 0
    if most_each_side is not None:
        bar = before.grid.bar_steps
        while len(head) > most_each_side and begin + bar <= start:
            begin += bar
            head = note_ids(before.clip(begin, start).notes, begin, vocab)
        tail = tail[: most_each_side // 2 * 2]
    last = _last_onset(before, begin)
    wait = wait_ids(start - last, vocab)
    return np.concatenate([[START], head, wait, wait_ids(end - start, vocab, GAP), tail, [FILL]]).astype(np.uint16)


def fill_answer(middle: Piece, start: int) -> Ids:
    """Return the words of the middle, END included; uint16 [T]."""
    vocab = vocabulary(middle.grid.steps_per_beat)
    return np.concatenate([note_ids(middle.notes, start, vocab), [END]]).astype(np.uint16)


def _first(piece: Piece, otherwise: int) -> int:
    return int(piece.onsets[0]) if len(piece) else otherwise


def _last_onset(piece: Piece, begin: int) -> int:
    return max(int(piece.onsets[-1]), begin) if len(piece) else begin

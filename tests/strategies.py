"""Strategies of hypothesis: pieces of every kind, and words drawn through the grammar."""

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

from nanopiano.music.fill import Parts, part
from nanopiano.music.grid import HIGHEST_PITCH, LOWEST_PITCH, Grid
from nanopiano.music.listen import Listener
from nanopiano.music.piece import DEFAULT_VELOCITY, Piece
from nanopiano.music.vocab import END, FIRST_DURATION, FIRST_PITCH, START, Vocabulary, vocabulary
from nanopiano.music.words import Ids

Row = tuple[int, int, int, int]


@st.composite
def rows(draw: st.DrawFn, grid: Grid | None = None, velocities: bool = True) -> list[Row]:
    """Notes in any order, among them repeated, overlapping and too long ones, and silences longer than a word."""
    grid = grid or Grid()
    keys = draw(st.lists(st.integers(LOWEST_PITCH, HIGHEST_PITCH), min_size=1, max_size=5, unique=True))
    note = st.tuples(
        st.integers(0, 40) | st.integers(0, 5 * grid.longest),
        st.sampled_from(keys),
        st.integers(1, 12) | st.integers(1, grid.longest + 20),
        st.integers(1, 127) if velocities else st.just(DEFAULT_VELOCITY),
    )
    return draw(st.lists(note, max_size=24))


def untidy_pieces(grid: Grid | None = None) -> st.SearchStrategy[Piece]:
    """Pieces that are not in canonical form."""
    return rows(grid).map(lambda notes: Piece(np.array(notes, dtype=np.int32).reshape(-1, 4), grid=grid or Grid()))


def pieces(grid: Grid | None = None, *, velocities: bool = False) -> st.SearchStrategy[Piece]:
    """Pieces in canonical form; all notes as loud as words leave them unless `velocities`."""
    return rows(grid, velocities).map(lambda notes: Piece.of(notes, grid=grid or Grid()))


def sounding_pieces() -> st.SearchStrategy[Piece]:
    """Pieces in canonical form with at least one note."""
    return pieces().filter(len)


class Gap(NamedTuple):
    """A piece and the steps where its gap begins and ends."""

    piece: Piece
    start: int
    end: int

    @property
    def parts(self) -> Parts:
        return part(self.piece, self.start, self.end)


@st.composite
def gaps(draw: st.DrawFn) -> Gap:
    """A piece with a gap of whole bars, which may lie past its end."""
    piece = draw(pieces())
    bar = piece.grid.bar_steps
    start = draw(st.integers(0, 4) | st.integers(0, piece.bars + 1))
    return Gap(piece, start * bar, (start + draw(st.integers(1, 3) | st.integers(1, 20))) * bar)


@st.composite
def legal_ids(draw: st.DrawFn, prompt: Ids | None = None, vocab: Vocabulary | None = None, most_words: int = 40) -> Ids:
    """Words drawn through `Listener.allowed` after `prompt` (or START), brought to END after about `most_words`."""
    listener = Listener(vocab or vocabulary())
    ids = [START] if prompt is None else prompt.tolist()
    for number in ids:
        listener.feed(number)
    for _ in range(draw(st.integers(1, most_words))):
        choices = np.flatnonzero(listener.allowed())
        ids.append(int(choices[draw(st.integers(0, len(choices) - 1))]))
        listener.feed(ids[-1])
        if listener.ended:
            break
    while not listener.ended:
        mask = listener.allowed()
        ids.append(END if mask[END] else FIRST_PITCH + int(np.flatnonzero(mask[FIRST_PITCH:])[0]))
        listener.feed(ids[-1])
    return np.array(ids, dtype=np.uint16)


def is_note(ids: Ids) -> np.ndarray:
    """Which words are pitches, bool [T]."""
    return (ids >= FIRST_PITCH) & (ids < FIRST_DURATION)

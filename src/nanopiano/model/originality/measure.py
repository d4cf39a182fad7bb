"""How original a piece is: the longest passage that it shares with training, and the share of its passages there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nanopiano.errors import InputError
from nanopiano.model.originality.follow import Follower
from nanopiano.model.originality.index import Human, Index, Places, Spot
from nanopiano.music.passages import PASSAGE_NOTES, SHORTEST_NOTES
from nanopiano.music.piece import NoteArray, Piece


@dataclass(frozen=True)
class Passage:
    """The longest passage of a piece that stands in training as well."""

    n_notes: int
    spot: Spot  # one place where it stands there
    n_pieces: int  # training pieces that hold it
    file_bars: tuple[int, int]  # where it stands in the piece; bars count from 1

    def tell(self) -> str:
        """Return how long it is and where in the piece it stands, for people."""
        return f"{self.n_notes} notes in {_bars(self.file_bars)}"

    def tell_where(self) -> str:
        """Return where in training it stands, for people."""
        title, composer, bars = self.spot
        others = f", and {self.n_pieces - 1:,} other piece{'s' * (self.n_pieces > 2)}" if self.n_pieces > 1 else ""
        return f"{composer}: {title} ({_bars(bars)}){others}".removeprefix(": ")


@dataclass(frozen=True)
class Originality:
    """What was found about the music of a piece."""

    passage: Passage | None  # None if none of at least `SHORTEST_NOTES` notes is shared
    passages_of_12: int  # passages of 12 notes in the music
    shared_of_12: int  # how many of them occur in training
    human: Human | None

    @property
    def share_of_12(self) -> float:
        """The share of the passages of 12 notes that occur in training, 0 to 1; 0 if there are none."""
        return self.shared_of_12 / max(self.passages_of_12, 1)

    def to_json(self) -> dict[str, Any]:
        """Return the figures; a longest passage of 0 notes means that none of at least `SHORTEST_NOTES` is shared."""
        found, human = self.passage, self.human
        return {
            "longest_passage_notes": found.n_notes if found else 0,
            "piece": found.spot.title if found else None,
            "bars": list(found.spot.bars) if found else None,
            "share_of_12": self.share_of_12,
            "human_share_of_12": human.share_of_12[1] if human else None,
            "composer": found.spot.composer if found else None,
            "pieces": found.n_pieces if found else 0,
            "file_bars": list(found.file_bars) if found else None,
            "passages_of_12": self.passages_of_12,
            "human_share_of_12_range": [human.share_of_12[0], human.share_of_12[2]] if human else None,
            "human_longest_passage_notes": human.longest_passage_notes[1] if human else None,
            "human_longest_passage_notes_range": (
                [human.longest_passage_notes[0], human.longest_passage_notes[2]] if human else None
            ),
            "human_pieces": human.pieces if human else 0,
            "human_notes": human.most_notes if human else None,
        }

    def line(self) -> str:
        """Return all of it in one line for people."""
        longest = f"shares no {SHORTEST_NOTES} notes in a row with any training piece"
        if self.passage is not None:
            longest = f"longest passage also in training: {self.passage.tell()}, {self.passage.tell_where()}"
        line = f"{longest}; {self.share_of_12:.1%} of its passages of {PASSAGE_NOTES} notes are in training"
        return line if self.human is None else f"{line} ({self.human.which}: {self.human.tell()})"


def originality(index: Index, piece: Piece, start: int = 0, end: int | None = None) -> Originality:
    """Return how original the music of `piece` in steps [start, end) is (to its end if None).

    Passages with at least one note of that music count, with at most 11 notes before and after it: so a quotation that
    runs over the seam of a continuation or of a fill is seen. Raises InputError if the grids differ.
    """
    if piece.grid.steps_per_beat != index.steps_per_beat:
        raise InputError(
            f"the piece has {piece.grid.steps_per_beat} steps a beat, the index of training {index.steps_per_beat}"
        )
    notes = piece.canonical().notes
    after = int(notes[:, 0].max(initial=0)) + 1 if end is None else end
    first, last = (int(place) for place in notes[:, 0].searchsorted([start, after]))
    begin = max(first - PASSAGE_NOTES + 1, 0)
    heard = notes[begin : last + PASSAGE_NOTES - 1] if first < last else notes[:0]
    found = _longest(index, heard, range(first - begin, last - begin))
    n_passages = max(len(heard) - PASSAGE_NOTES + 1, 0)
    return Originality(found.passage(index, heard, piece.grid.bar_steps), n_passages, found.shared, index.human)


@dataclass
class _Found:
    """What was found while following notes."""

    shared: int = 0  # passages of 12 notes that occur in training
    n_notes: int = 0  # of the longest passage
    last: int = 0  # the number of its last note
    places: Places = field(default_factory=lambda: np.empty(0, dtype=np.int64))  # where it ends in training

    def passage(self, index: Index, notes: NoteArray, bar_steps: int) -> Passage | None:
        """Return the longest passage, described."""
        if not self.n_notes:
            return None
        first_bar, last_bar = (notes[[self.last - self.n_notes + 1, self.last], 0] // bar_steps + 1).tolist()
        n_pieces = len(np.unique(index.pieces_at(self.places)))
        spot = index.spot(int(self.places[0]), self.n_notes)
        return Passage(self.n_notes, spot, n_pieces, (first_bar, last_bar))


def _longest(index: Index, notes: NoteArray, new: range) -> _Found:
    """Follow `notes` and return what is shared; the longest passage must hold one of the notes numbered `new`."""
    follower, found = Follower(index), _Found()
    for number, (onset, pitch) in enumerate(notes[:, :2].tolist()):
        follower.hear(onset, pitch)
        n_notes = follower.longest
        found.shared += n_notes >= PASSAGE_NOTES
        if n_notes > found.n_notes and number >= new.start and number - n_notes + 1 < new.stop:
            found.n_notes, found.last = n_notes, number
            found.places = follower.places[follower.lengths == n_notes]
    return found


def _bars(bars: tuple[int, int]) -> str:
    return f"bar {bars[0]}" if bars[0] == bars[1] else f"bars {bars[0]}-{bars[1]}"

"""Following music note by note through the training pieces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nanopiano.model.originality.index import KEY_MASK, Index
from nanopiano.music.passages import FINGERPRINT_BITS, FINGERPRINT_NOTES, SHORTEST_NOTES, fingerprints


class Follower:
    """Hears notes in canonical order; knows where in training the last ones stand as well, and how many of them.

    Every place is followed for itself, so a run of notes from several pieces is never taken for one passage.
    """

    def __init__(self, index: Index) -> None:
        self.index = index
        self.places = np.empty(0, dtype=np.int64)  # [m], ascending: where passages stand that end with the last note
        self.lengths = np.empty(0, dtype=np.int64)  # [m]: their notes
        self.longest = 0  # notes of the longest of them; 0 where none of at least nine ends with the last note
        self._last: list[tuple[int, int]] = []  # onset and pitch of the last three notes
        self._key = 0  # the last six fingerprints
        self._n_notes = 0

    def hear(self, onset: int, pitch: int) -> None:
        """Take in the next note."""
        self._n_notes += 1
        window = [*self._last, (onset, pitch)]
        self._last = window[-FINGERPRINT_NOTES + 1 :]
        if self._n_notes >= FINGERPRINT_NOTES:
            self._key = (self._key << FINGERPRINT_BITS | int(fingerprints(np.array([window]))[0])) & KEY_MASK
        if self._n_notes >= SHORTEST_NOTES:
            self._look_up()

    def going_on(self, onset: int, pitches: NDArray[np.int64], n_notes: int) -> NDArray[np.bool_]:
        """Return which `pitches` at `onset` would make a passage of `n_notes` or more still longer; bool [pitches]."""
        if self.longest < n_notes:
            return np.zeros(len(pitches), dtype=bool)
        followed = self.index.going_on(self.places[self.lengths >= n_notes])
        windows = np.empty((len(pitches), FINGERPRINT_NOTES, 2), dtype=np.int64)
        windows[:, :-1] = self._last
        windows[:, -1, 0], windows[:, -1, 1] = onset, pitches
        return np.isin(fingerprints(windows), followed)

    def _look_up(self) -> None:
        places = self.index.places(self._key)
        lengths = np.full(len(places), SHORTEST_NOTES)
        if len(self.places) and len(places):
            before = np.minimum(self.places.searchsorted(places - 1), len(self.places) - 1)
            goes_on = self.places[before] == places - 1
            lengths[goes_on] = self.lengths[before[goes_on]] + 1
        self.places, self.lengths, self.longest = places, lengths, int(lengths.max(initial=0))

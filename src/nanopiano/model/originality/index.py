"""The index of a model's training music: `passages.npz` in its folder, with fingerprints, titles and bar numbers."""

from __future__ import annotations

import io
import json
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nanopiano.errors import InputError
from nanopiano.files import write_atomically
from nanopiano.music.passages import FINGERPRINT_BITS, FINGERPRINT_NOTES, SHORTEST_NOTES, Fingerprints

INDEX_FILE = "passages.npz"
FORMAT = 1
KEY_FINGERPRINTS = SHORTEST_NOTES - FINGERPRINT_NOTES + 1  # those of the shortest passage, looked up at once
KEY_MASK = (1 << KEY_FINGERPRINTS * FINGERPRINT_BITS) - 1
PLACE_BITS = 64 - KEY_FINGERPRINTS * FINGERPRINT_BITS

Places = NDArray[np.int64]
Percentiles = tuple[float, float, float]
MEASURED = ("longest_passage_notes", "share_of_12")  # of human pieces


@dataclass(frozen=True)
class Human:
    """What was measured of human pieces that were held out, each beside the index: the 10th, 50th, 90th percentile."""

    pieces: int
    longest_passage_notes: Percentiles
    share_of_12: Percentiles
    most_notes: int | None  # of each piece, from its first on; None: all, in the indexes of before December 2026

    @property
    def which(self) -> str:
        """Which pieces, for people."""
        return f"human pieces held out{f', {self.most_notes} notes of each' if self.most_notes else ''}"

    def tell(self) -> str:
        """Return the medians, and what nine pieces in ten stay within, for people."""
        (_, notes, most_notes), (_, share, most) = self.longest_passage_notes, self.share_of_12
        usual = f"longest passage {notes:.0f} notes, share {share:.1%}"
        return f"{usual}; nine in ten at most {most_notes:.0f} notes, {most:.1%}"


class Spot(NamedTuple):
    """Where in training a passage stands; bars count from 1."""

    title: str
    composer: str
    bars: tuple[int, int]


@dataclass(frozen=True)
class Index:
    """The fingerprints of all training pieces, one after another, and what leads from there to a piece and a bar.

    A place is the number of a fingerprint; it stands for the last of the four notes that the fingerprint covers.
    """

    steps_per_beat: int
    pieces: list[tuple[str, str]]  # title, composer
    notes: NDArray[np.int32]  # [pieces]: how many a piece has
    bars: NDArray[np.int32]  # [pieces]: bars in which notes of the piece may begin
    notes_in_bar: NDArray[np.uint16]  # [all bars]: notes that begin there
    fingerprints: Fingerprints  # [places]
    human: Human | None

    @cached_property
    def first_place(self) -> Places:
        """Where the fingerprints of each piece begin, and where all end; int64 [pieces + 1]."""
        return np.concatenate([[0], np.cumsum(np.maximum(self.notes.astype(np.int64) - FINGERPRINT_NOTES + 1, 0))])

    @cached_property
    def table(self) -> NDArray[np.uint64]:
        """Every key of six fingerprints in a row of one piece with the place of the last, sorted; uint64 [keys]."""
        early = KEY_FINGERPRINTS - 1  # fingerprints of a piece with too few before them
        n_keys = max(len(self.fingerprints) - early, 0)
        entries = np.zeros(n_keys, dtype=np.uint64)
        for ahead in range(KEY_FINGERPRINTS):
            entries <<= np.uint64(FINGERPRINT_BITS)
            entries |= self.fingerprints[ahead : ahead + n_keys]
        entries <<= np.uint64(PLACE_BITS)
        entries |= np.arange(early, early + n_keys, dtype=np.uint64)
        starts = self.first_place[:-1, None] + np.arange(early)
        across = starts[starts < self.first_place[1:, None]] - early
        entries = np.delete(entries, across[(across >= 0) & (across < n_keys)])
        entries.sort()
        return entries

    def places(self, key: int) -> Places:
        """Return where a key stands: the places of its last fingerprints, ascending."""
        bounds = np.array([key << PLACE_BITS, key << PLACE_BITS | (1 << PLACE_BITS) - 1], dtype=np.uint64)
        first, last = self.table.searchsorted(bounds)
        return (self.table[first:last] & np.uint64((1 << PLACE_BITS) - 1)).astype(np.int64)

    def pieces_at(self, places: Places) -> Places:
        """Return the numbers of the pieces at `places`."""
        return self.first_place.searchsorted(places, side="right") - 1

    def going_on(self, places: Places) -> Fingerprints:
        """Return the fingerprints that follow on `places` within their pieces."""
        after = places + 1
        return self.fingerprints[after[self.first_place[self.first_place.searchsorted(after)] > after]]

    def spot(self, place: int, n_notes: int) -> Spot:
        """Return where the passage of `n_notes` stands that ends at `place`."""
        piece = int(self.pieces_at(np.array([place]))[0])
        last = place - int(self.first_place[piece]) + FINGERPRINT_NOTES - 1
        first_bar = int(self.bars[:piece].sum())
        ends = np.cumsum(self.notes_in_bar[first_bar : first_bar + int(self.bars[piece])], dtype=np.int64)
        first_and_last = ends.searchsorted([last - n_notes + 1, last], side="right") + 1
        return Spot(*self.pieces[piece], (int(first_and_last[0]), int(first_and_last[1])))

    def to_bytes(self) -> bytes:
        """Return the file: a zip of arrays, facts as JSON in one of them; the same index gives the same bytes."""
        facts = {
            "format": FORMAT,
            "steps_per_beat": self.steps_per_beat,
            "pieces": self.pieces,
            "human": self.human and asdict(self.human),
        }
        bits = np.unpackbits(self.fingerprints[:, None], axis=1)[:, -FINGERPRINT_BITS:]
        file = io.BytesIO()
        np.savez_compressed(
            file,
            facts=np.frombuffer(json.dumps(facts, ensure_ascii=False).encode(), dtype=np.uint8),
            notes=self.notes,
            bars=self.bars,
            notes_in_bar=self.notes_in_bar,
            fingerprints=np.packbits(bits),
        )
        return file.getvalue()


def save_index(index: Index, folder: Path) -> None:
    """Write the index into a model folder. Raises NanopianoError."""
    write_atomically(folder / INDEX_FILE, index.to_bytes())


def load_index(folder: Path) -> Index | None:
    """Return the index of a model folder, None if it has none. Raises InputError for a damaged one."""
    path = folder / INDEX_FILE
    if not path.is_file():
        return None
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as arrays:
            return _from_arrays(arrays)
    except Exception as error:  # zip, NumPy and JSON raise kinds of their own
        why = " ".join(str(error).split())
        raise InputError(f"{path} is damaged ({why}): export the model again with --corpus, or remove it") from error


def _from_arrays(arrays: Any) -> Index:
    """Return the index that the arrays of its file make. Raises ValueError and others if they do not fit."""
    facts = json.loads(arrays["facts"].tobytes())
    if facts["format"] != FORMAT:
        raise ValueError(f"format {facts['format']}, this program reads {FORMAT}")
    notes, bars = arrays["notes"].astype(np.int32), arrays["bars"].astype(np.int32)
    notes_in_bar = arrays["notes_in_bar"].astype(np.uint16)
    n_places = int(np.maximum(notes.astype(np.int64) - FINGERPRINT_NOTES + 1, 0).sum())
    bits = np.unpackbits(arrays["fingerprints"])
    if len(bits) < n_places * FINGERPRINT_BITS or not len(facts["pieces"]) == len(notes) == len(bars):
        raise ValueError("its parts do not fit together")
    if bars.sum() != len(notes_in_bar) or notes.sum() != notes_in_bar.sum(dtype=np.int64):
        raise ValueError("its bars do not hold its notes")
    found = np.packbits(bits[: n_places * FINGERPRINT_BITS].reshape(-1, FINGERPRINT_BITS), axis=1)[:, 0]
    pieces = [(str(title), str(composer)) for title, composer in facts["pieces"]]
    fingerprints = found >> np.uint8(8 - FINGERPRINT_BITS)
    return Index(int(facts["steps_per_beat"]), pieces, notes, bars, notes_in_bar, fingerprints, _human(facts["human"]))


def _human(facts: dict[str, Any] | None) -> Human | None:
    if facts is None:
        return None
    longest, share = ((float(low), float(mid), float(high)) for low, mid, high in (facts[name] for name in MEASURED))
    most_notes = facts.get("most_notes")
    return Human(int(facts["pieces"]), longest, share, None if most_notes is None else int(most_notes))

"""Packed batches: what a worker lays down of the pieces it read, and how it is read again.

A packed batch is a line of JSON (a record for each piece, kept or refused, in order), then the ids of the kept ones,
uint16 little-endian. It is a file of its own, or lies in the file of a part with many others.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nanopiano.corpus.packed import ID_TYPE
from nanopiano.music.words import Ids

Record = dict[str, Any]


def pack(records: Sequence[Record], ids: Sequence[Ids]) -> bytes:
    """Return the bytes of a packed batch; a refused piece has no ids."""
    return json.dumps(records).encode() + b"\n" + b"".join(piece.astype(ID_TYPE).tobytes() for piece in ids)


class PackedBatch(NamedTuple):
    """Where a packed batch lies."""

    file: Path
    begin: int  # bytes
    size: int  # bytes

    @classmethod
    def whole(cls, file: Path) -> "PackedBatch":
        """Return the batch that has a file of its own."""
        return cls(file, 0, file.stat().st_size)

    def records(self) -> list[Record]:
        """Return what is known of each piece; the ids are not read."""
        with self.file.open("rb") as file:
            file.seek(self.begin)
            return list(json.loads(file.readline()))

    def read(self) -> tuple[list[Record], Ids]:
        """Return what is known of each piece, and the ids of all kept ones, one piece after the other."""
        head, _, body = self.bytes().partition(b"\n")
        return list(json.loads(head)), np.frombuffer(body, dtype=ID_TYPE)

    def bytes(self) -> bytes:
        """Return the batch as it is."""
        with self.file.open("rb") as file:
            file.seek(self.begin)
            return file.read(self.size)

"""Find the pieces that are there already: of equal hashes the first in the order of the input stays."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from nanopiano.corpus.batch import PackedBatch, Record
from nanopiano.corpus.judge import DUPLICATE
from nanopiano.music.words import Ids

HASH_BYTES = 16
BUCKETS = 16  # by four bits of the hash: only one bucket at a time is sorted, and takes memory for that

Batches = Callable[[], Iterable[PackedBatch]]  # all batches of the input, in order, as often as it is called


def pieces_of(batches: Batches) -> Iterator[tuple[Record, Ids]]:
    """Yield every record with its ids in order, those of duplicates refused by now.

    All that grows with the input are 25 bytes a piece, and the names of the pieces that have copies.
    """
    first = first_of_its_kind(_hashes(batches()))
    copied = np.zeros(len(first), dtype=bool)
    copied[first[first != np.arange(len(first))]] = True
    name_of: dict[int, str] = {}
    place = 0
    for batch in batches():
        records, ids = batch.read()
        begin = 0
        for record in records:
            if "refused" in record:
                yield record, ids[:0]
                continue
            if copied[place]:
                name_of[place] = record["name"]
            end = begin + record["length"]
            if first[place] != place:
                of = name_of[int(first[place])]
                copy = {"name": record["name"], "refused": DUPLICATE, "detail": f"the same music as {of}", "of": of}
                yield copy, ids[:0]
            else:
                del record["hash"]
                yield record, ids[begin:end]
            begin, place = end, place + 1


def first_of_its_kind(hashes: bytes | bytearray) -> NDArray[np.int64]:
    """Return for each hash of 16 bytes the place of the first one equal to it; int64 [n]."""
    pairs = np.frombuffer(hashes, dtype=np.uint64).reshape(-1, 2)
    bucket_of = np.frombuffer(hashes, dtype=np.uint8)[::HASH_BYTES] % BUCKETS
    first = np.empty(len(pairs), dtype=np.int64)
    for bucket in range(BUCKETS):
        places = np.flatnonzero(bucket_of == bucket)
        first[places] = places[_first_of_equal(pairs[places])]
    return first


def _first_of_equal(pairs: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return for each row of [n, 2] the place of the first row equal to it; int64 [n]."""
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))  # stable: equal ones stay in their order
    in_order = pairs[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (in_order[1:] != in_order[:-1]).any(axis=1)
    first = np.empty(len(order), dtype=np.int64)
    first[order] = order[np.maximum.accumulate(np.where(new, np.arange(len(order)), 0))]
    return first


def _hashes(batches: Iterable[PackedBatch]) -> bytearray:
    """Return the hashes of all pieces that were not refused, one after the other."""
    hashes = bytearray()
    for batch in batches:
        hashes += b"".join(bytes.fromhex(record["hash"]) for record in batch.records() if "refused" not in record)
    return hashes

"""Join the parts of a build, in the order of the input, into shards, indexes and a report."""

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from nanopiano.corpus.judge import DUPLICATE, Rules
from nanopiano.corpus.packed import CORPUS_FILE, FORMAT, ID_TYPE
from nanopiano.corpus.page import report_page
from nanopiano.corpus.prepare import Record
from nanopiano.corpus.report import Report, Tally
from nanopiano.corpus.split import SPLITS, split_of
from nanopiano.errors import InputError, NanopianoError
from nanopiano.files import write_atomically
from nanopiano.music.vocab import vocabulary
from nanopiano.music.words import Ids

SHARD_WORDS = 2**26  # 128 MiB a shard
REFUSED_FILE = "refused.jsonl"


class SplitWriter:
    """Writes the shards and the index of one split, piece by piece."""

    def __init__(self, folder: Path, name: str, files: ExitStack) -> None:
        self._folder, self._name, self._files = folder, name, files
        self._index = files.enter_context((folder / f"{name}.jsonl").open("wb"))
        self._shard: BinaryIO | None = None
        self.shards: list[dict[str, Any]] = []  # file and words of each
        self.pieces = 0

    def add(self, record: Record, ids: Ids) -> None:
        """Append a piece; none is cut in two by the end of a shard."""
        if self._shard is None or self.shards[-1]["words"] + len(ids) > SHARD_WORDS:
            self._next_shard()
        assert self._shard is not None
        place = {"shard": len(self.shards) - 1, "offset": self.shards[-1]["words"]}
        self._shard.write(ids.tobytes())
        self._index.write(_line(record | place))
        self.shards[-1]["words"] += len(ids)
        self.pieces += 1

    def _next_shard(self) -> None:
        if self._shard is not None:
            self._shard.close()
        file = f"{self._name}-{len(self.shards):05d}.bin"
        self._shard = self._files.enter_context((self._folder / file).open("wb"))
        self.shards.append({"file": file, "words": 0})


def join_parts(parts: Sequence[Path], out: Path, work: Path, rules: Rules, items: int) -> Report:
    """Write the corpus of `parts` to `out`; `work` takes files not yet whole. Raises InputError if nothing is kept."""
    first = first_of_its_kind(_hashes(parts))
    tally = Tally(rules)
    whole = work / "whole"
    shutil.rmtree(whole, ignore_errors=True)
    whole.mkdir()
    with ExitStack() as files:
        writers = {name: SplitWriter(whole, name, files) for name in SPLITS}
        refused = files.enter_context((whole / REFUSED_FILE).open("wb"))
        for record, ids in _pieces(parts, first):
            if "refused" in record:
                tally.refuse(record)
                refused.write(_line(record))
            else:
                mended = record.pop("mended")
                split = split_of(record["key"], rules.val_one_in)
                tally.keep(split, record, mended, ids)
                writers[split].add(record, ids)
    report = tally.report()
    if report.read != items:
        raise NanopianoError(f"{report.read} of {items} pieces were read: the input changed meanwhile, build again")
    if not report.kept:
        raise InputError(f"no piece was kept of {items}: {report.refused_in_words()}")
    _finish(whole, out, writers, rules, report)
    return report


def first_of_its_kind(hashes: bytes | bytearray) -> NDArray[np.int64]:
    """Return for each hash of 16 bytes the place of the first one equal to it; int64 [n]."""
    pairs = np.frombuffer(hashes, dtype=np.uint64).reshape(-1, 2)
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))  # stable: equal ones stay in their order
    sorted_pairs = pairs[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (sorted_pairs[1:] != sorted_pairs[:-1]).any(axis=1)
    first = np.empty(len(order), dtype=np.int64)
    first[order] = order[np.maximum.accumulate(np.where(new, np.arange(len(order)), 0))]
    return first


def _hashes(parts: Sequence[Path]) -> bytearray:
    """Return the hashes of all pieces that were not refused; 16 bytes a piece are all that grows with the corpus."""
    hashes = bytearray()
    for part in parts:
        with part.open("rb") as file:
            records = json.loads(file.readline())
        hashes += b"".join(bytes.fromhex(record["hash"]) for record in records if "refused" not in record)
    return hashes


def _pieces(parts: Sequence[Path], first: NDArray[np.int64]) -> Iterator[tuple[Record, Ids]]:
    """Yield every record with its ids in order, those of duplicates refused by now."""
    copied = set(np.unique(first[first != np.arange(len(first))]).tolist())
    name_of: dict[int, str] = {}
    place = 0
    for part in parts:
        head, _, body = part.read_bytes().partition(b"\n")
        ids = np.frombuffer(body, dtype=ID_TYPE)
        begin = 0
        for record in json.loads(head):
            if "refused" in record:
                yield record, ids[:0]
                continue
            if place in copied:
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


def _finish(whole: Path, out: Path, writers: dict[str, SplitWriter], rules: Rules, report: Report) -> None:
    """Move what is whole to its place, the file that makes it a corpus last."""
    facts = {
        "format": FORMAT,
        "vocabulary": vocabulary(rules.steps_per_beat).fingerprint,
        "steps_per_beat": rules.steps_per_beat,
        "id_type": ID_TYPE.str,
        "splits": {
            name: {"pieces": writer.pieces, "words": report.splits[name]["words"], "shards": writer.shards}
            for name, writer in writers.items()
        },
    }
    write_atomically(whole / "report.json", _pretty(asdict(report)))
    write_atomically(whole / "report.md", report_page(report).encode())
    write_atomically(whole / CORPUS_FILE, _pretty(facts))
    for path in sorted(whole.iterdir(), key=lambda path: (path.name == CORPUS_FILE, path.name)):
        with path.open("rb+") as file:
            os.fsync(file.fileno())  # or a power cut could leave the name without the content
        path.replace(out / path.name)


def _line(record: Record) -> bytes:
    return json.dumps(record, ensure_ascii=False).encode() + b"\n"


def _pretty(facts: dict[str, Any]) -> bytes:
    return json.dumps(facts, ensure_ascii=False, indent=1).encode() + b"\n"

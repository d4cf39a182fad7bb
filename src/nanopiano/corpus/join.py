"""Join packed batches, in the order of the input, into shards, indexes and a report."""

import json
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from nanopiano.corpus.batch import Record
from nanopiano.corpus.duplicates import Batches, pieces_of
from nanopiano.corpus.judge import Rules
from nanopiano.corpus.packed import CORPUS_FILE, FORMAT, ID_TYPE
from nanopiano.corpus.page import report_page
from nanopiano.corpus.report import Report, Tally
from nanopiano.corpus.split import SPLITS, split_of
from nanopiano.corpus.unfinished import put_in_place
from nanopiano.errors import InputError
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


def join_batches(
    batches: Batches, out: Path, work: Path, rules: Rules, watch: Callable[[int], object] = lambda _: None
) -> Report:
    """Write the corpus of `batches` to `out`; `work` takes files not yet whole, `watch` is told of every piece.

    Raises InputError if nothing is kept.
    """
    tally = Tally(rules)
    whole = work / "whole"
    shutil.rmtree(whole, ignore_errors=True)
    whole.mkdir()
    with ExitStack() as files:
        writers = {name: SplitWriter(whole, name, files) for name in SPLITS}
        refused = files.enter_context((whole / REFUSED_FILE).open("wb"))
        for record, ids in pieces_of(batches):
            if "refused" in record:
                tally.refuse(record)
                refused.write(_line(record))
            else:
                mended = record.pop("mended")
                split = split_of(record["key"], rules.val_one_in)
                tally.keep(split, record, mended, ids)
                writers[split].add(record, ids)
            watch(1)
    report = tally.report()
    if not report.kept:
        raise InputError(f"no piece was kept of {report.read}: {report.refused_in_words()}")
    _finish(whole, out, writers, rules, report)
    return report


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
        put_in_place(path, out / path.name)


def _line(record: Record) -> bytes:
    return json.dumps(record, ensure_ascii=False).encode() + b"\n"


def _pretty(facts: dict[str, Any]) -> bytes:
    return json.dumps(facts, ensure_ascii=False, indent=1).encode() + b"\n"

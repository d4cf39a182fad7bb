"""A part of a corpus: what one of several machines read of the input, to be merged with what the others read.

A part is a folder: `pieces.bin` holds its packed batches one after the other, `part.json` says which part of what it
is, and how long each batch. Fingerprints of the pieces travel in the batches, so duplicates are found in the merge.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nanopiano import __version__
from nanopiano.corpus.batch import PackedBatch
from nanopiano.corpus.packed import CORPUS_FILE
from nanopiano.corpus.share import Share
from nanopiano.corpus.unfinished import PART_FILE, WORK_FOLDER, put_in_place
from nanopiano.errors import InputError
from nanopiano.files import write_atomically

FORMAT = 1
PIECES_FILE = "pieces.bin"


@dataclass(frozen=True)
class Input:
    """What all parts of one corpus have in common."""

    items: int  # pieces of the whole input
    listing: str  # SHA-256 of their names and sizes
    batch: int  # pieces of a batch
    rules: dict[str, float]
    vocabulary: str  # fingerprint
    version: str = __version__  # of nanopiano: another one may read a file otherwise


@dataclass(frozen=True)
class Part:
    """A part on disk."""

    folder: Path
    share: Share
    input: Input
    refused: dict[str, int]  # pieces by reason; duplicates are not known yet
    sizes: list[int]  # bytes of each batch
    sha256: str  # of `pieces.bin`
    seal: str  # SHA-256 of all the rest in `part.json`

    @classmethod
    def open(cls, folder: Path) -> "Part":
        """Read `part.json`. Raises InputError if the folder holds no whole part of this format."""
        try:
            facts = json.loads((folder / PART_FILE).read_bytes())
            seal = facts.pop("seal")
        except OSError as error:
            raise InputError(f"{folder} {_what_else(folder)}") from error
        except (ValueError, KeyError, TypeError, AttributeError):
            raise InputError(f"{folder / PART_FILE} is damaged: copy the part anew, or build it anew") from None
        if seal != _seal(facts):
            raise InputError(f"{folder / PART_FILE} is damaged: copy the part anew, or build it anew")
        if facts["format"] != FORMAT:
            raise InputError(f"{folder} is of format {facts['format']}, this version reads {FORMAT}: build it anew")
        share, of = Share(*facts["share"]), Input(**facts["input"])
        return cls(folder, share, of, facts["refused"], facts["sizes"], facts["sha256"], seal)

    @property
    def read(self) -> int:
        """The number of pieces that were read."""
        return self.share.items(self.input.items, self.input.batch)

    def batches(self) -> Iterator[PackedBatch]:
        """Yield its batches in order."""
        begin = 0
        for size in self.sizes:
            yield PackedBatch(self.folder / PIECES_FILE, begin, size)
            begin += size

    def check(self) -> None:
        """Read all of `pieces.bin` once. Raises InputError unless it is as it was written."""
        path, needed = self.folder / PIECES_FILE, sum(self.sizes)
        size = path.stat().st_size if path.is_file() else None
        if size != needed:
            found = "is missing" if size is None else f"has {size:,} bytes, {needed:,} are needed"
            raise InputError(f"{path} {found}: copy the part anew, or build it anew")
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != self.sha256:
                raise InputError(f"{path} is damaged (its SHA-256 is another): copy the part anew, or build it anew")


def write_part(batches: Iterable[PackedBatch], share: Share, of: Input, work: Path, out: Path) -> Part:
    """Write the part of these batches to `out`; `work` takes what is not yet whole. Raises OSError."""
    digest, sizes, refused = hashlib.sha256(), [], Counter[str]()
    with (work / PIECES_FILE).open("wb") as file:
        for batch in batches:
            packed = batch.bytes()
            file.write(packed)
            digest.update(packed)
            sizes.append(len(packed))
            refused.update(record["refused"] for record in batch.records() if "refused" in record)
    facts: dict[str, Any] = {
        "format": FORMAT,
        "share": list(share),
        "input": asdict(of),
        "refused": dict(refused),
        "sizes": sizes,
        "sha256": digest.hexdigest(),
    }
    put_in_place(work / PIECES_FILE, out / PIECES_FILE)
    write_atomically(out / PART_FILE, json.dumps(facts | {"seal": _seal(facts)}).encode() + b"\n")
    return Part.open(out)


def _seal(facts: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _what_else(folder: Path) -> str:
    """Return what a folder without `part.json` is, and what to do."""
    if not folder.exists():
        return "does not exist: name the folders that corpus build --shard made"
    if (folder / WORK_FOLDER).is_dir():
        return "is not finished: give its corpus build --shard again, which goes on where it stopped"
    if (folder / CORPUS_FILE).is_file():
        return "is a whole corpus, not a part of one: there is nothing to merge"
    return f"holds no part of a corpus (no {PART_FILE}): name the folders that corpus build --shard made"

"""Prepare ordinary text for the plain network, in the files that nanoGPT reads.

`train.bin` and `val.bin` hold token ids, uint16 little-endian, document after document, each ended by the token that
ends a text (after nanoGPT's data/openwebtext/prepare.py). Which documents are for validation is decided by a hash of
the document alone: a copy of it never stands on both sides, and none changes sides when the set grows.
"""

import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from nanopiano.corpus.hub.bytepairs import BytePairs
from nanopiano.corpus.place import beside, check_place, clear, move_to_place
from nanopiano.corpus.split import SPLITS, split_of
from nanopiano.errors import InputError, NanopianoError
from nanopiano.files import write_atomically

FORMAT = 1
TEXT_FILE = "text.json"
VAL_ONE_IN = 2000  # documents; nanoGPT's share
BATCH_LETTERS = 2**22  # encoded at once: enough for all cores, little enough for memory


@dataclass(frozen=True)
class TextReport:
    """What lies in a folder of text; `text.json` there."""

    format: int
    source: str
    vocabulary_size: int
    vocabulary: str  # SHA-256 of its tokens with their ids
    end_of_text: int  # id
    id_type: str
    val_one_in: int
    empty: int  # documents without a letter, left out
    splits: dict[str, dict[str, int]]  # documents and tokens of each


def prepare_text(
    documents: Iterable[Any],
    pairs: BytePairs,
    out: Path,
    *,
    source: str,
    val_one_in: int = VAL_ONE_IN,
    watch: Callable[[int], None] = lambda _: None,
) -> TextReport:
    """Encode documents into the new folder `out`; `watch` is told how many there were after each batch.

    Raises InputError if `out` is taken or a split stays empty, NanopianoError if the disk is full; then nothing stays.
    """
    check_place(out)
    if val_one_in < 2:
        raise InputError(f"val_one_in is {val_one_in}: it must be 2 or more")
    work = beside(out, ".part")
    clear(work, [*(f"{name}.bin" for name in SPLITS), TEXT_FILE])
    try:
        work.mkdir(parents=True)
        counts, empty = _write(documents, pairs, work, val_one_in, watch)
        _check_splits(counts, val_one_in)
        report = TextReport(FORMAT, source, pairs.size, pairs.fingerprint, pairs.end, "<u2", val_one_in, empty, counts)
        write_atomically(work / TEXT_FILE, json.dumps(asdict(report), indent=1).encode() + b"\n")
        move_to_place(work, out)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise NanopianoError(f"cannot write {error.filename or work}: {why}") from None
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return report


def _write(
    documents: Iterable[Any], pairs: BytePairs, folder: Path, val_one_in: int, watch: Callable[[int], None]
) -> tuple[dict[str, dict[str, int]], int]:
    """Write both files; returns documents and tokens of each split, and how many documents were empty."""
    counts = {name: {"documents": 0, "tokens": 0} for name in SPLITS}
    seen = empty = 0
    with (folder / "train.bin").open("wb") as train, (folder / "val.bin").open("wb") as val:
        files: dict[str, IO[bytes]] = dict(zip(SPLITS, (train, val), strict=True))
        for batch in _batches(documents):
            texts = [document for document in batch if document]
            seen, empty = seen + len(batch), empty + len(batch) - len(texts)
            for text, ids in zip(texts, pairs.encode(texts), strict=True):
                split = split_of(text, val_one_in)
                files[split].write(ids.tobytes())
                counts[split]["documents"] += 1
                counts[split]["tokens"] += len(ids)
            watch(seen)
    return counts, empty


def _batches(documents: Iterable[Any]) -> Iterator[list[str]]:
    """Yield documents in lists of about as many letters; what is no text counts as empty."""
    batch: list[str] = []
    letters = 0
    for document in documents:
        batch.append(document if isinstance(document, str) else "")
        letters += len(batch[-1]) + 1
        if letters >= BATCH_LETTERS:
            yield batch
            batch, letters = [], 0
    if batch:
        yield batch


def _check_splits(counts: dict[str, dict[str, int]], val_one_in: int) -> None:
    documents = sum(split["documents"] for split in counts.values())
    if not documents:
        raise InputError("no document holds a text: name the column with the texts with --column")
    for name, split in counts.items():
        if not split["documents"]:
            raise InputError(
                f"of {documents:,} documents none fell to {name}, with one in {val_one_in:,} for validation: "
                "give a smaller --val-one-in, or more documents"
            )

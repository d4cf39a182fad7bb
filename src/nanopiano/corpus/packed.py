"""Read a packed corpus: ids in memory-mapped shards, facts about each piece in an index."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nanopiano.corpus.split import SPLITS
from nanopiano.errors import InputError
from nanopiano.music.vocab import Vocabulary, vocabulary
from nanopiano.music.words import Ids

FORMAT = 1
CORPUS_FILE = "corpus.json"  # written last: a folder without it is no corpus
ID_TYPE = np.dtype("<u2")


@dataclass(frozen=True)
class Split:
    """The pieces of one split; all arrays have one element a piece."""

    index: Path
    shards: list[NDArray[np.uint16]]  # memory-mapped
    shard: NDArray[np.int32]  # which shard the piece lies in
    offset: NDArray[np.int64]  # where it begins there, in words
    lengths: NDArray[np.int64]  # words, START and END included
    notes: NDArray[np.int64]
    lowest: NDArray[np.int16]  # MIDI number of the lowest note
    highest: NDArray[np.int16]  # MIDI number of the highest note
    line_at: NDArray[np.int64] = field(repr=False)  # where the piece's line begins in the index, in bytes

    def __len__(self) -> int:
        return len(self.lengths)

    def ids(self, i: int) -> Ids:
        """Return the words of piece `i`, START to END, as a slice of the memory map; uint16 [length]."""
        begin = int(self.offset[i])
        shard = self.shards[int(self.shard[i])]
        return shard[begin : begin + int(self.lengths[i])]

    def facts(self, i: int) -> dict[str, Any]:
        """Return what the index says about piece `i`: name, title, composer, source, licence, kind, key, numbers."""
        with self.index.open("rb") as file:
            file.seek(int(self.line_at[i]))
            return dict(json.loads(file.readline()))


@dataclass(frozen=True)
class Corpus:
    """A packed corpus on disk."""

    folder: Path
    vocab: Vocabulary
    facts: dict[str, Any]  # what `corpus.json` says

    @classmethod
    def open(cls, folder: Path | str, vocab: Vocabulary | None = None) -> "Corpus":
        """Open a corpus, to be used with `vocab` (that of its own grid if None).

        Raises InputError if the folder holds no whole corpus or one of another vocabulary.
        """
        folder = Path(folder)
        facts = _read_facts(folder)
        vocab = vocab or vocabulary(facts["steps_per_beat"])
        if facts["vocabulary"] != vocab.fingerprint:
            raise InputError(
                f"the corpus in {folder} has the vocabulary {facts['vocabulary']} ({facts['steps_per_beat']} steps a "
                f"beat), this model {vocab.fingerprint} ({vocab.grid.steps_per_beat}): build the corpus anew for it"
            )
        return cls(folder, vocab, facts)

    def split(self, name: str) -> Split:
        """Return the split "train" or "val". Raises InputError if a shard or its index is not what it should be."""
        if name not in SPLITS:
            raise InputError(f"there is no split {name!r}: a corpus has {' and '.join(SPLITS)}")
        facts = self.facts["splits"][name]
        index = self.folder / f"{name}.jsonl"
        columns = _read_index(index, facts["pieces"])
        return Split(index, [_map_shard(self.folder, shard) for shard in facts["shards"]], **columns)


def _read_facts(folder: Path) -> dict[str, Any]:
    path = folder / CORPUS_FILE
    try:
        facts = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"{folder} holds no corpus ({CORPUS_FILE}: {error.strerror}): build one first") from error
    except ValueError as error:
        raise InputError(f"{path} is damaged ({error}): build the corpus anew") from error
    if not isinstance(facts, dict) or facts.get("format") != FORMAT:
        found = facts.get("format") if isinstance(facts, dict) else None
        raise InputError(f"{path} is of format {found!r}, this version reads {FORMAT}: build the corpus anew")
    return facts


def _map_shard(folder: Path, shard: dict[str, Any]) -> NDArray[np.uint16]:
    path, words = folder / shard["file"], int(shard["words"])
    size = path.stat().st_size if path.is_file() else None
    if size != words * ID_TYPE.itemsize:
        found = "is missing" if size is None else f"has {size} bytes"
        raise InputError(f"{path} {found}, {words * ID_TYPE.itemsize} are needed: build the corpus anew")
    return np.memmap(path, dtype=ID_TYPE, mode="r")


def _read_index(path: Path, pieces: int) -> dict[str, NDArray[Any]]:
    """Read the numbers of all pieces, one line in memory at a time."""
    names = ("shard", "offset", "length", "notes", "lowest", "highest")
    table = np.empty((pieces, len(names) + 1), dtype=np.int64)
    row, at = 0, 0
    try:
        with path.open("rb") as file:
            for row, line in enumerate(file):
                record = json.loads(line)
                table[row] = [*(record[name] for name in names), at]
                at += len(line)
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise InputError(f"{path} is damaged at line {row + 1} ({error}): build the corpus anew") from error
    if pieces and row + 1 != pieces:
        raise InputError(f"{path} has {row + 1} lines, {pieces} are needed: build the corpus anew")
    shard, offset, lengths, notes, lowest, highest, line_at = table.T.copy()
    return {
        "shard": shard.astype(np.int32),
        "offset": offset,
        "lengths": lengths,
        "notes": notes,
        "lowest": lowest.astype(np.int16),
        "highest": highest.astype(np.int16),
        "line_at": line_at,
    }

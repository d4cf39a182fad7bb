"""Count what a build keeps and refuses, and tell it: as JSON and as a page to read."""

import hashlib
from collections import Counter
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from nanopiano.corpus.batch import Record
from nanopiano.corpus.judge import REASONS, Rules
from nanopiano.corpus.split import SPLITS, TRAIN, VAL
from nanopiano.music.grid import LOWEST_PITCH, N_KEYS
from nanopiano.music.vocab import FIRST_DURATION, FIRST_PITCH
from nanopiano.music.words import Ids

EXAMPLES = 20  # refusals of each kind that the report names; `refused.jsonl` has all
GROUPS = ("source", "licence", "kind")


@dataclass(frozen=True)
class Report:
    """What a build did; plain numbers and text, so that `asdict` is its JSON."""

    rules: dict[str, float]
    read: int  # pieces
    kept: int
    refused: dict[str, int]  # by reason
    examples: dict[str, list[dict[str, str]]]  # the first refusals of each reason: name and detail
    splits: dict[str, dict[str, int]]  # pieces, works, words, notes, steps of each
    works_in_both: int  # must be 0
    mended: dict[str, int]
    groups: dict[str, dict[str, int]]  # pieces kept by source, licence, kind
    histograms: dict[str, dict[str, int]]  # notes by pitch and by length in steps, pieces by number of notes

    def refused_in_words(self) -> str:
        """Return the reasons with their counts and the first example, on one line."""
        counts = ", ".join(f"{count} {reason}" for reason, count in self.refused.items() if count)
        example = next((found[0] for found in self.examples.values() if found), None)
        return counts + (f" (first: {example['name']}: {example['detail']})" if example else "")


class Tally:
    """Counts piece by piece; all that grows with the corpus are eight bytes a piece, to tell works apart."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._refused: Counter[str] = Counter()
        self._examples: dict[str, list[dict[str, str]]] = {reason: [] for reason in REASONS}
        self._splits = {name: Counter[str]() for name in SPLITS}
        self._works = {name: bytearray() for name in SPLITS}
        self._mended: Counter[str] = Counter()
        self._groups = {group: Counter[str]() for group in GROUPS}
        self._sizes: Counter[int] = Counter()
        self._pitches = np.zeros(N_KEYS, dtype=np.int64)
        self._lengths = np.zeros(rules.grid.longest, dtype=np.int64)

    def refuse(self, record: Record) -> None:
        """Count a refusal."""
        reason = record["refused"]
        self._refused[reason] += 1
        if len(self._examples[reason]) < EXAMPLES:
            self._examples[reason].append({"name": record["name"], "detail": record["detail"]})

    def keep(self, split: str, record: Record, mended: dict[str, int], ids: Ids) -> None:
        """Count a piece that is kept."""
        self._splits[split].update(pieces=1, words=len(ids), notes=record["notes"], steps=record["steps"])
        self._works[split] += hashlib.sha256(record["key"].encode()).digest()[:8]
        self._mended.update(mended)
        for group, counts in self._groups.items():
            counts[record[group] or "not said"] += 1
        self._sizes[record["notes"].bit_length()] += 1
        heads, durations = ids[1:-1:2].astype(np.int64), ids[2:-1:2].astype(np.int64)
        struck = heads >= FIRST_PITCH
        self._pitches += np.bincount(heads[struck] - FIRST_PITCH, minlength=N_KEYS)
        self._lengths += np.bincount(durations[struck] - FIRST_DURATION, minlength=len(self._lengths))

    def report(self) -> Report:
        """Return what was counted."""
        works = {name: np.unique(np.frombuffer(hashes, dtype=np.uint64)) for name, hashes in self._works.items()}
        kept = sum(counts["pieces"] for counts in self._splits.values())
        return Report(
            rules=asdict(self._rules),
            read=kept + self._refused.total(),
            kept=kept,
            refused={reason: self._refused[reason] for reason in REASONS},
            examples=self._examples,
            splits={
                name: {"pieces": counts["pieces"], "works": len(works[name])}
                | {unit: counts[unit] for unit in ("words", "notes", "steps")}
                for name, counts in self._splits.items()
            },
            works_in_both=len(np.intersect1d(works[TRAIN], works[VAL])),
            mended=dict(sorted(self._mended.items())),
            groups={group: dict(counts.most_common()) for group, counts in self._groups.items()},
            histograms={
                "notes_by_pitch": _counted(self._pitches, LOWEST_PITCH),
                "notes_by_length": _counted(self._lengths, 1),
                "pieces_by_notes": {f"{2**bits // 2}..{2**bits - 1}": n for bits, n in sorted(self._sizes.items())},
            },
        )


def _counted(counts: NDArray[np.int64], first: int) -> dict[str, int]:
    return {str(number): count for number, count in enumerate(counts.tolist(), start=first)}

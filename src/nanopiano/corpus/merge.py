"""Merge the parts that several machines built into the corpus that one machine would have built, byte for byte.

Batch n of the input lies in part n mod N + 1, so the parts are read in turn, batch by batch, and joined as those of a
build are: the same order, hence the same duplicates, shards and report.
"""

import shutil
import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise, zip_longest
from pathlib import Path

from tqdm import tqdm

from nanopiano.corpus.batch import PackedBatch
from nanopiano.corpus.join import join_batches
from nanopiano.corpus.judge import Rules
from nanopiano.corpus.part import Part
from nanopiano.corpus.report import Report
from nanopiano.corpus.unfinished import check_free, throw_away, work_folder
from nanopiano.errors import InputError, NanopianoError
from nanopiano.music.vocab import vocabulary

MOST_NAMED = 10  # missing parts that a sentence names


def merge_parts(folders: Sequence[Path], out: Path, *, progress: bool = True) -> Report:
    """Merge the parts in `folders`, in any order, into the corpus `out`; returns its report. The parts stay.

    Raises InputError if the parts are not all parts of one corpus, each once and whole, or nothing is kept, or `out`
    holds something else; NanopianoError if the disk is full or read-only.
    """
    try:
        parts = sorted((Part.open(folder) for folder in folders), key=lambda part: part.share)
        check_together(parts)
        check_free(out, "merge")
        for part in tqdm(parts, desc="checking", unit="part", file=sys.stderr, disable=not progress, delay=1):
            part.check()
        return _merge(parts, out, progress)
    except OSError as error:
        where = error.filename or out
        raise NanopianoError(
            f"cannot merge: {where}: {error.strerror}; mend that, then give the same command again"
        ) from error


def check_together(parts: Sequence[Part]) -> None:
    """Raise InputError unless `parts`, sorted, are all the parts of one corpus that this version makes, each once."""
    if not parts:
        raise InputError("no part to merge: name the folders that corpus build --shard made")
    first = parts[0]
    for part in parts[1:]:
        _check_pair(first, part)
    for before, after in pairwise(parts):
        if before.share == after.share:
            raise InputError(f"{before.folder} and {after.folder} are both part {after.share}: name each part once")
    there = {part.share.number for part in parts}
    missing = [str(number) for number in range(1, first.share.of + 1) if number not in there]
    if missing:
        names = ", ".join(missing[:MOST_NAMED]) + (" and others" if len(missing) > MOST_NAMED else "")
        raise InputError(
            f"part {names} of {first.share.of} is missing: name all parts, or build it with --shard "
            f"{missing[0]}/{first.share.of}"
        )
    expected = vocabulary(int(first.input.rules["steps_per_beat"])).fingerprint
    if first.input.vocabulary != expected:
        raise InputError(
            f"{first.folder} has the vocabulary {first.input.vocabulary}, this version of nanopiano {expected}: build "
            "the parts anew"
        )


def _check_pair(first: Part, part: Part) -> None:
    """Raise InputError unless two parts are of one corpus."""
    one, other = f"{first.folder} ({first.share})", f"{part.folder} ({part.share})"
    if part.share.of != first.share.of:
        raise InputError(f"{one} and {other} are parts of different numbers of parts: build them with one N")
    for what in ("version", "vocabulary"):
        values = getattr(first.input, what), getattr(part.input, what)
        if values[0] != values[1]:
            raise InputError(f"{one} and {other} are of another {what}, {values[0]} and {values[1]}: build one anew")
    for rule, value in first.input.rules.items():
        if part.input.rules.get(rule) != value:
            raise InputError(
                f"{one} was built with --{rule.replace('_', '-')} {value}, {other} with {part.input.rules.get(rule)}: "
                "build one of them anew"
            )
    if part.input != first.input:
        counts = f"{first.input.items:,} and {part.input.items:,} pieces"
        why = counts if part.input.items != first.input.items else "as many pieces, other names, sizes or texts"
        raise InputError(
            f"{one} and {other} were built from different inputs ({why}): build them from the same folders"
        )


def _merge(parts: Sequence[Part], out: Path, progress: bool) -> Report:
    of = parts[0].input
    work = work_folder(
        out, "merge", {"parts": [part.seal for part in parts]}
    )  # whatever an interrupted merge left there is written anew
    try:
        with tqdm(total=of.items, desc="joining", unit="piece", file=sys.stderr, disable=not progress) as bar:
            rules = Rules(**of.rules)  # type: ignore[arg-type]
            report = join_batches(lambda: _in_turn(parts), out, work, rules, bar.update)
    except InputError:
        throw_away(work)
        raise
    shutil.rmtree(work)
    return report


def _in_turn(parts: Sequence[Part]) -> Iterator[PackedBatch]:
    """Yield all batches in the order of the input: one of each part, and again."""
    for turn in zip_longest(*(part.batches() for part in parts)):
        yield from (batch for batch in turn if batch is not None)

"""A corpus of somebody's own music: few files, so few are refused, and some are held out however few there are."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from nanopiano.corpus.build import build_corpus
from nanopiano.corpus.judge import Rules
from nanopiano.corpus.packed import Corpus
from nanopiano.corpus.report import Report
from nanopiano.corpus.split import TRAIN, VAL, one_in_for
from nanopiano.errors import InputError
from nanopiano.train.pace import Say

# Gentler than for a corpus of the world's files: whoever names a folder has chosen what is in it.
MIN_NOTES, MIN_ON_GRID = 16, 0.7
LIKELY_ONE_IN = 8  # what fits most collections of some ten files; another number costs a second reading


def collect(paths: Sequence[Path], out: Path, steps_per_beat: int, say: Say, *, progress: bool = True) -> Corpus:
    """Return the corpus in the folder `out`, built from `paths` if it is not there yet.

    Which works are held out is decided by the hashes of their keys; how many, by their number. Raises InputError if
    fewer than two can be used, NanopianoError as `build_corpus` does.
    """
    if out.exists():
        return Corpus.open(out)
    one_in, building = LIKELY_ONE_IN, out.with_name(out.name + ".part")
    while True:
        rules = Rules(MIN_NOTES, MIN_ON_GRID, val_one_in=one_in, steps_per_beat=steps_per_beat)
        report = build_corpus(paths, building, rules=rules, progress=progress and one_in == LIKELY_ONE_IN)
        works = _works(Corpus.open(building))
        if len(works) > 1 and one_in_for(works) == one_in:
            break
        shutil.rmtree(building)
        if len(works) < 2:
            raise InputError(
                f"{_usable(report)}; at least two works are needed, one to learn from and one to be held out: add music"
            )
        one_in = one_in_for(works)
    building.replace(out)
    say(_usable(report))
    return Corpus.open(out)


def _works(corpus: Corpus) -> set[str]:
    splits = [corpus.split(name) for name in (TRAIN, VAL)]
    return {str(split.facts(number)["key"]) for split in splits for number in range(len(split))}


def _usable(report: Report) -> str:
    refused = f", refused: {report.refused_in_words()}" if report.kept < report.read else ""
    return f"{report.kept:,} of {report.read:,} pieces can be used{refused}"

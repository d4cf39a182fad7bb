"""Corpora for the tests of recipe.py, plain.py and original.py, whose modules are found once this one is imported."""

import sys
from pathlib import Path

here = Path(__file__).parent
sys.path[:0] = [str(here.parents[1] / "benchmarks"), str(here.parent / "train")]

from train_tools import PiecesAtHand, some_corpus, some_piece  # noqa: E402

__all__ = ["PiecesAtHand", "some_corpus", "some_piece"]

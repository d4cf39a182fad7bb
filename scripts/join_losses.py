"""One curve for a model that came in several runs: `python scripts/join_losses.py BEFORE RUN FOLDER`.

Writes losses.csv and losses.png into FOLDER, the exported model: the rows of the model BEFORE, with which RUN began,
and those of RUN behind them, their steps and words counted on.
"""

import argparse
import csv
from pathlib import Path

from nanopiano.model.store import find_model
from nanopiano.train.report import Rows, write_losses


def rows_of(folder: Path) -> Rows:
    """Return the rows of a losses.csv; what an evaluation has no figure of is left out."""
    with (folder / "losses.csv").open(encoding="utf-8", newline="") as file:
        return [{name: float(figure) for name, figure in row.items() if figure} for row in csv.DictReader(file)]


def joined(before: Rows, after: Rows) -> Rows:
    """Return all rows, with the steps and the words of `after` counted on from the last of `before`."""
    last = before[-1]
    counted = [row | {name: int(row[name] + last[name]) for name in ("step", "words")} for row in after]
    return [row | {name: int(row[name]) for name in ("step", "words")} for row in before] + counted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", help="a model's name or folder")
    parser.add_argument("run", type=Path)
    parser.add_argument("folder", type=Path)
    args = parser.parse_args()
    write_losses(joined(rows_of(find_model(args.before)), rows_of(args.run)), args.folder)


if __name__ == "__main__":
    main()

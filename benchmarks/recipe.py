"""Which changes to the recipe lower the loss? One row for each variant, all on the same words.

    python benchmarks/recipe.py VARIANT... --corpus CORPUS [--words 1000000] [--seed 1] [--rows runs/recipe/rows.jsonl]

The network is `small` at half width (3 layers of 192, 3 heads of 64, one of keys and values), trained on windows of 512
words, not compiled. A variant is a name of `recipes.variants.VARIANTS`, or several joined by '+'. A row that the file
of rows holds already is not computed again, so an interrupted queue goes on. Losses are those of a fixed fifth of the
validation pieces, in windows of 1,024 words that overlap by half. `--table` prints the rows as Markdown.
"""

import argparse
import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import torch
from recipes.learning import measure
from recipes.variants import VARIANTS, recipe

from nanopiano.corpus.packed import Corpus, Split

COLUMNS = ("variant", "words", "seed", "parameters", "nats/word", "nats/note", "to base", "words/s")


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows measured so far."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def queue(names: list[str], corpus: Corpus, path: Path, words: int, seed: int) -> None:
    """Measure what is not yet measured; every row is on disk as soon as it is done."""
    path.parent.mkdir(parents=True, exist_ok=True)
    recipes = [recipe(name, words, seed) for name in names]
    for made in recipes:
        key = {"variant": made.name, "words": words, "seed": seed}
        if any(all(row[name] == value for name, value in key.items()) for row in read_rows(path)):
            continue
        print(f"{made.name}, {words:,} words, seed {seed}", flush=True)
        row = {**key, **measure(made, corpus), "date": date.today().isoformat()}
        with path.open("a") as file:
            file.write(json.dumps(row) + "\n")
        print(f"  {row['nats_per_word']:.4f} nats/word, {row['nats_per_note']:.4f} a note", flush=True)


def error_of(row: dict[str, Any], base: dict[str, Any], words: dict[str, int]) -> float:
    """Return the standard error of the difference in nats per word to the base row, pieces being drawn (a ratio)."""
    numbers = list(row["by_piece"])
    differences = np.array([row["by_piece"][number] - base["by_piece"][number] for number in numbers])
    lengths = np.array([words[number] for number in numbers])
    rest = differences - lengths * differences.sum() / lengths.sum()
    return float(np.sqrt(len(numbers)) * rest.std() / lengths.sum())


def table(rows: list[dict[str, Any]], pieces: Split) -> str:
    """Return the rows as Markdown, each with its difference to `base` of the same words and seed."""
    lines = [f"| {' | '.join(COLUMNS)} |", f"|{'---|' * len(COLUMNS)}"]
    words = {str(number): int(length) - 1 for number, length in enumerate(pieces.lengths)}
    bases = {(row["words"], row["seed"]): row for row in rows if row["variant"] == "base"}
    for row in rows:
        change, base = "", bases.get((row["words"], row["seed"]))
        if base and row is not base:
            change = f"{row['nats_per_word'] - base['nats_per_word']:+.4f} ± {error_of(row, base, words):.4f}"
        lines.append(
            f"| {row['variant']} | {row['words'] / 1e6:g}M | {row['seed']} | {row['parameters'] / 1e6:.2f}M "
            f"| {row['nats_per_word']:.4f} | {row['nats_per_note']:.4f} | {change} "
            f"| {row['words_per_cpu_second']:,.0f} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("variants", nargs="*")
    parser.add_argument("--corpus", type=Path, default=Path("runs/corpus"))
    parser.add_argument("--words", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=Path, default=Path("runs/recipe/rows.jsonl"))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--table", action="store_true")
    args = parser.parse_args()
    for part in (part for name in args.variants for part in name.split("+")):
        if part not in VARIANTS:
            parser.error(f"there is no variant {part}: expected some of {', '.join(VARIANTS)}")
    torch.set_num_threads(args.threads)
    corpus = Corpus.open(args.corpus)
    if args.table:
        print(table(read_rows(args.rows), corpus.split("val")))
    else:
        queue(args.variants, corpus, args.rows, args.words, args.seed)


if __name__ == "__main__":
    main()

"""The original's recipe beside ours, on the original's own corpus.

    python benchmarks/original.py prepare --texts seed.jsonl.xz --out runs/original
    python benchmarks/original.py learn --out runs/original --size small [--recipe ours] [--words 30000000]
    python benchmarks/original.py table --out runs/original

`prepare` packs the texts; songs whose `song_group` leaves 7 when divided by 25 are validation. `learn` trains, for a
size, `original-SIZE` (nanoGPT's plain network with learnt positions over windows of 200 words, AdamW) and `ours-SIZE`
(`nanopiano train` as it stands), both on the same number of words, transposed alike, without gaps; a checkpoint every
five minutes, and the same call goes on; `--recipe` trains one of the two, so that two calls use two cores. `table`
prints, of the runs that there are, losses on the whole validation split, not transposed, as Markdown; the curves, on
every tenth song of it, it draws into `curves.png`.
"""

import json
import lzma
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from plain import PLAIN_WINDOW, OurTrainer, PlainTrainer, Runs, history, learn, parser_of, words_to_reach

from nanopiano.corpus.build import build_corpus
from nanopiano.corpus.judge import Rules
from nanopiano.corpus.packed import Corpus
from nanopiano.corpus.split import TRAIN, VAL, split_of
from nanopiano.files import write_atomically
from nanopiano.train.loop import Trainer
from nanopiano.train.options import TrainOptions

SIZES = ("small", "base")
RECIPES = ("original", "ours")
EVALUATIONS = 8  # in a run
ONE_SONG_IN = 10  # of those that an evaluation scores: the split holds 1.3M words, minutes on a core
LEAST_RISES = 20  # a short run warms up for no more than a twentieth
CHECKPOINT_SECONDS = 300.0
WORDS = 30_000_000
WHOLE = "whole.json"  # in a run's folder


class OriginalTrainer(PlainTrainer):
    """The original's recipe."""

    one_in = ONE_SONG_IN


class TenthTrainer(OurTrainer):
    """Ours."""

    one_in = ONE_SONG_IN


def is_held_out(record: dict[str, Any]) -> bool:
    """Return whether a song of the original's corpus is for validation."""
    return bool(int(record["song_group"]) % 25 == 7)


def key_of(record: dict[str, Any], rules: Rules) -> str:
    """Return a key of the song's group that `nanopiano corpus build` sends to the split it belongs to."""
    wanted, salt = VAL if is_held_out(record) else TRAIN, 0
    while split_of(f"song_group {record['song_group']} {salt}", rules.val_one_in) != wanted:
        salt += 1
    return f"song_group {record['song_group']} {salt}"


def prepare(texts: Path, out: Path) -> None:
    """Pack the corpus; everything that can be read is kept, exact duplicates once."""
    rules = Rules(min_notes=1, min_on_grid=0.0, max_hours=1000.0)
    out.mkdir(parents=True, exist_ok=True)
    lines = out / "seed.jsonl"
    with lzma.open(texts, "rt", encoding="utf-8") as source, lines.open("w", encoding="utf-8") as target:
        for line in source:
            record = json.loads(line)
            target.write(json.dumps({**record, "key": key_of(record, rules)}) + "\n")
    build_corpus([lines], out / "corpus", workers=1, rules=rules)
    lines.unlink()


def options_of(size: str, words: int, compiled: str) -> TrainOptions:
    """Return how a run of a size is made, but for what makes it the original's."""
    every = max(words // EVALUATIONS, 1)
    return TrainOptions(
        size=size,
        total_words=words,
        eval_words=every,
        warmup_words=min(TrainOptions.warmup_words, words // LEAST_RISES),
        save_seconds=CHECKPOINT_SECONDS,
        fill_rate=0.0,
        compile=compiled,
    )


def score_all(trainer: Trainer, corpus: Corpus) -> None:
    """Write the loss of a run that is at its end on the whole validation split, unless it was."""
    kept = trainer.run / WHOLE
    if kept.exists() and json.loads(kept.read_text())["words"] == trainer.progress.words:
        return
    trainer.val_pieces = corpus.split(VAL)
    loss = trainer._validate()
    facts = {"words": trainer.progress.words, "per_word": loss.per_word, "per_note": loss.per_note}
    write_atomically(kept, json.dumps(facts).encode())


def table(out: Path) -> str:
    """Return the last losses of all runs, and what ours needed to reach the original's."""
    lines = [
        "| size | recipe | words | nats/word | nats/note | words to the original's last loss |",
        "|---|---|---|---|---|---|",
    ]
    for size in SIZES:
        goal = None
        for recipe in RECIPES:
            run = out / f"{recipe}-{size}"
            if not (run / WHOLE).exists():
                continue
            rows, whole = history(run), json.loads((run / WHOLE).read_text())
            goal = goal or rows[-1]["val_nats_per_word"]
            lines.append(
                f"| {size} | {recipe} | {whole['words'] / 1e6:.2f}M | {whole['per_word']:.4f} "
                f"| {whole['per_note']:.4f} | {words_to_reach(rows, goal) / 1e6:.2f}M |"
            )
    return "\n".join(lines)


def draw(out: Path) -> None:
    """Draw validation nats per word over words seen, one curve a run."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  slow to import
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(xlabel="words seen, in millions", ylabel="validation nats per word")
    for run in sorted(out.glob("*-*/checkpoint.safetensors")):
        rows = history(run.parent)
        words = [row["words"] / 1e6 for row in rows]
        axes.plot(words, [row["val_nats_per_word"] for row in rows], marker=".", label=run.parent.name)
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(out / "curves.png", dpi=120)


def main(arguments: list[str] | None = None) -> None:
    parser = parser_of(__doc__, WORDS)
    parser.add_argument("what", choices=("prepare", "learn", "table"))
    parser.add_argument("--texts", type=Path, help="the original's texts, seed.jsonl.xz")
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--recipe", choices=RECIPES, nargs="+", default=RECIPES)
    args = parser.parse_args(arguments)
    torch.set_num_threads(args.threads)
    if args.what == "prepare":
        if args.texts is None:
            parser.error("prepare needs --texts")
        prepare(args.texts, args.out)
    elif args.what == "learn":
        ours = options_of(args.size, args.words, args.compile)
        original = replace(ours, length=PLAIN_WINDOW)
        both: Runs = {"original": (OriginalTrainer, original), "ours": (TenthTrainer, ours)}
        runs: Runs = {f"{recipe}-{args.size}": both[recipe] for recipe in args.recipe}
        corpus = Corpus.open(args.out / "corpus")
        for trainer in learn(args.out, corpus, runs):
            score_all(trainer, corpus)
    elif not list(args.out.glob(f"*/{WHOLE}")):
        parser.error(f"no run in {args.out} is done: begin with `learn`, or name another --out")
    else:
        print(table(args.out))
        draw(args.out)


if __name__ == "__main__":
    main()

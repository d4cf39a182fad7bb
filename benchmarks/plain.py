"""How much does our recipe save? nanoGPT's plain network and AdamW beside ours.

    python benchmarks/plain.py --corpus CORPUS --out runs/plain [--size half] [--words 3000000]

Three runs, each resumed if it was interrupted: `plain`, a GPT-2-like network of the same width and depth with nanoGPT's
settings, in windows of 200 words; `same`, our network and recipe on the first third of the very same batches; `ours`,
on as many words in longer windows. Losses are those of a fixed part of the validation pieces. Prints, as Markdown, the
losses, and after how many words ours reached what the plain network reached at the end. With `--speed`: the words a
second of training steps alone.
"""

import argparse
import tempfile
import time
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from nanopiano.corpus.packed import Corpus
from nanopiano.model.config import PLAIN, ModelConfig
from nanopiano.train.checkpoint import load_tensors
from nanopiano.train.data import EveryNth
from nanopiano.train.loop import Trainer
from nanopiano.train.options import TrainOptions
from nanopiano.train.plain_gpt import PlainGPT

PLAIN_WINDOW = 200  # words
ONE_PIECE_IN = 5  # of the validation pieces
ADAMW_LR, ADAMW_DECAY = 1e-3, 0.1
LEAST_SHARE = 0.1  # of the learning rate, at the end

Runs = dict[str, tuple[type[Trainer], TrainOptions]]  # the run's name, and how it is made


class OurTrainer(Trainer):
    """`nanopiano train`, validating on a part of the pieces."""

    one_in = ONE_PIECE_IN

    def _open(self, corpus: Corpus, resume: bool) -> None:
        self.val_pieces = EveryNth(self.val_pieces, self.one_in)
        super()._open(corpus, resume)


def plain_shape(config: ModelConfig) -> ModelConfig:
    """Of the same width and depth, as nanoGPT makes it."""
    return replace(config, **PLAIN, n_kv_head=config.n_head, window=PLAIN_WINDOW)


class PlainTrainer(OurTrainer):
    """nanoGPT's recipe: AdamW for everything, a cosine to a tenth."""

    def make_network(self) -> nn.Module:
        return PlainGPT(plain_shape(self.config), self.options.dropout)

    def make_optimizers(self) -> list[torch.optim.Optimizer]:
        matrices = [parameter for parameter in self.network.parameters() if parameter.ndim >= 2]
        others = [parameter for parameter in self.network.parameters() if parameter.ndim < 2]
        groups = [{"params": matrices, "weight_decay": ADAMW_DECAY}, {"params": others, "weight_decay": 0.0}]
        return [torch.optim.AdamW(groups, lr=ADAMW_LR, betas=(0.9, 0.95))]

    def lr_share(self) -> float:
        done = self.progress.words / self.options.total_words
        rise = (self.progress.words + 1) / max(self.options.warmup_words, 1)
        fall = LEAST_SHARE + (1 - LEAST_SHARE) * (0.5 + 0.5 * float(np.cos(np.pi * min(done, 1.0))))
        return min(rise, fall, 1.0)


@dataclass(frozen=True)
class HalfOptions(TrainOptions):
    """Half the width of `small`: what an hour on one core has room for."""

    def config(self, vocab: Any) -> ModelConfig:
        return replace(super().config(vocab), n_head=3, n_kv_head=1, n_embd=192)


def runs_of(options: TrainOptions) -> Runs:
    """Return how each run is made."""
    third = replace(options, total_words=options.total_words // 3)
    return {
        "plain": (PlainTrainer, replace(options, length=PLAIN_WINDOW)),
        "same": (OurTrainer, replace(third, length=PLAIN_WINDOW)),
        "ours": (OurTrainer, third),
    }


def history(run: Path) -> list[dict[str, float]]:
    """Return the evaluations of a run."""
    return list(load_tensors(run / "checkpoint.safetensors")[1]["history"])


def words_to_reach(rows: list[dict[str, float]], loss: float) -> float:
    """Return after how many words the loss was reached, on straight lines between evaluations; inf if it was not."""
    before = None
    for row in rows:
        if row["val_nats_per_word"] <= loss:
            if before is None:
                return row["words"]
            part = (before["val_nats_per_word"] - loss) / (before["val_nats_per_word"] - row["val_nats_per_word"])
            return before["words"] + part * (row["words"] - before["words"])
        before = row
    return float("inf")


def words_per_second(trainer: Trainer, n_steps: int = 12) -> float:
    """Return the speed of training steps alone, batches included, after a few that may compile."""
    steps = trainer._batches()
    for _ in range(3):
        trainer._step(next(steps))
    words, began = trainer.progress.words, time.process_time()
    for _ in range(n_steps):
        trainer._step(next(steps))
    return (trainer.progress.words - words) * torch.get_num_threads() / (time.process_time() - began)


def table(out: Path, names: list[str], reference: str) -> str:
    """Return the last losses, and the words needed for the last loss of the reference, as Markdown."""
    goal = history(out / reference)[-1]["val_nats_per_word"]
    lines = [f"| run | words | nats/word | nats/note | words to {goal:.4f} |", "|---|---|---|---|---|"]
    for name in names:
        rows = history(out / name)
        last, needed = rows[-1], words_to_reach(rows, goal)
        lines.append(
            f"| {name} | {last['words'] / 1e6:.2f}M | {last['val_nats_per_word']:.4f} "
            f"| {last['val_nats_per_note']:.4f} | {needed / 1e6:.2f}M |"
        )
    return "\n".join(lines)


def parser_of(description: str | None, words: int) -> argparse.ArgumentParser:
    """Return a parser of what all comparisons of runs ask."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--words", type=int, default=words, help="words that every run sees")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--compile", choices=("auto", "yes", "no"), default="auto")
    return parser


def learn(out: Path, corpus: Corpus, runs: Runs) -> list[Trainer]:
    """Bring every run to its end, one after another, each from where it stands; return them."""
    trainers = []
    for name, (kind, options) in runs.items():
        said = partial(print, f"{name}:", flush=True)
        resume = (out / name / "checkpoint.safetensors").exists()
        trainer = kind(corpus, out / name, options, resume=resume, say=said)
        trainer.learn()
        trainers.append(trainer)
    return trainers


def speeds(corpus: Corpus, runs: Runs) -> str:
    """Return words per second of processor time of each run, as Markdown."""
    lines = ["| run | words/s of processor time |", "|---|---|"]
    for name, (kind, options) in runs.items():
        with tempfile.TemporaryDirectory() as folder:
            trainer = kind(corpus, Path(folder), options, say=lambda _: None)
            lines.append(f"| {name} | {words_per_second(trainer):,.0f} |")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    parser = parser_of(__doc__, 3_000_000)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--size", default="half", help="half (of the width of small, windows of 512), small or base")
    parser.add_argument("--speed", action="store_true", help="measure words a second only")
    args = parser.parse_args(arguments)
    torch.set_num_threads(args.threads)
    corpus = Corpus.open(args.corpus)
    shape: dict[str, Any] = {"size": args.size, "compile": args.compile}
    if args.size == "half":
        shape |= {"size": "small", "length": 512}
    options = (HalfOptions if args.size == "half" else TrainOptions)(
        total_words=args.words, eval_words=max(args.words // 6, 1), fill_rate=0.0, **shape
    )
    runs = runs_of(options)
    if args.speed:
        print(speeds(corpus, runs))
        return
    learn(args.out, corpus, runs)
    print(table(args.out, list(runs), "plain"))


if __name__ == "__main__":
    main()

"""Our training loop beside nanoGPT's way, on the same plain GPT-2 shape and the same batches, in one run.

    python benchmarks/nanogpt_loop.py --corpus CORPUS [--size small] [--steps 200] [--length 256] [--threads 1]

Three processes, one after another: nanoGPT's way, a bare loop with AdamW for everything, a rate that falls as a cosine
to a tenth, and its batches made beforehand; our loop with the same network, optimizer and rates; and our loop as it
stands (`nanopiano train --plain`: Muon for the matrices). All begin with the same weights. Prints, as Markdown, words a
second of processor time in steps alone, the highest memory, and the loss on a fifth of the validation pieces.
"""

import argparse
import json
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from plain import ADAMW_DECAY, ADAMW_LR, LEAST_SHARE, ONE_PIECE_IN, OurTrainer, PlainTrainer

from nanopiano.corpus.packed import Corpus
from nanopiano.music.vocab import vocabulary
from nanopiano.train.data import IGNORED, BatchMaker, EveryNth, WindowPlan
from nanopiano.train.device import forward_pass
from nanopiano.train.loop import Trainer
from nanopiano.train.networks import new_network
from nanopiano.train.options import TrainOptions
from nanopiano.train.validate import Loss, validate

IDLE_STEPS = 5  # at the beginning, which may compile, are not timed
CPU = torch.device("cpu")


class SameTrainer(PlainTrainer):
    """Our loop with nanoGPT's optimizer and rates, on the network of `--plain`."""

    make_network = OurTrainer.make_network


def bare(corpus: Corpus, _: Path, options: TrainOptions) -> dict[str, Any]:
    """Train nanoGPT's way: a batch, the loss, gradients, a step, and nothing else."""
    torch.manual_seed(options.seed)
    config = options.config(vocabulary())
    pieces = corpus.split("train")
    plan = WindowPlan(pieces, options.length, options.batch_words, 0.0, options.most_semitones, options.seed)
    maker = BatchMaker(pieces, plan, config)
    made = [maker.batch(windows) for windows in plan.epoch(0)[: steps_of(options)]]
    batches = [(torch.from_numpy(batch.ids), torch.from_numpy(batch.targets)) for batch in made]
    network: torch.nn.Module = new_network(config)
    forward: Callable[..., torch.Tensor] = forward_pass(network, CPU, options.precision, options.compile)
    groups = [
        {"params": [p for p in network.parameters() if p.ndim >= 2], "weight_decay": ADAMW_DECAY},
        {"params": [p for p in network.parameters() if p.ndim < 2], "weight_decay": 0.0},
    ]
    adamw = torch.optim.AdamW(groups, lr=ADAMW_LR, betas=(0.9, 0.95))
    n_words, losses, watch = 0, [], Stopwatch()
    for step, (ids, targets) in enumerate(batches):
        watch.begin(step, n_words)
        share = min((n_words + 1) / options.warmup_words, cosine(n_words / options.total_words))
        for group in adamw.param_groups:
            group["lr"] = ADAMW_LR * share
        logits = forward(ids)
        loss = F.cross_entropy(logits.flatten(0, 1).float(), targets.flatten(), ignore_index=IGNORED)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), options.clip)
        adamw.step()
        adamw.zero_grad(set_to_none=True)
        losses.append(float(loss.detach()))
        n_words += int((targets != IGNORED).sum())
    watch.end(n_words)
    network.eval()
    found = validate(forward, EveryNth(corpus.split("val"), ONE_PIECE_IN), config, options.length, CPU)
    return facts(watch, losses, found)


def cosine(done: float) -> float:
    return LEAST_SHARE + (1 - LEAST_SHARE) * (0.5 + 0.5 * float(np.cos(np.pi * min(done, 1.0))))


def ours(kind: type[Trainer], corpus: Corpus, folder: Path, options: TrainOptions) -> dict[str, Any]:
    """Train by our loop: the same steps, timed alone."""
    trainer = kind(corpus, folder, options, say=lambda _: None)
    losses, watch, batches = [], Stopwatch(), trainer._batches()
    for step in range(steps_of(options)):
        watch.begin(step, trainer.progress.words)
        losses.append(trainer._step(next(batches)))
    watch.end(trainer.progress.words)
    return facts(watch, losses, trainer._validate())


def same(corpus: Corpus, folder: Path, options: TrainOptions) -> dict[str, Any]:
    return ours(SameTrainer, corpus, folder, options)


def muon(corpus: Corpus, folder: Path, options: TrainOptions) -> dict[str, Any]:
    return ours(OurTrainer, corpus, folder, options)


WAYS: dict[str, Callable[[Corpus, Path, TrainOptions], dict[str, Any]]] = {
    "nanoGPT's way, AdamW": bare,
    "our loop, the same AdamW": same,
    "our loop, Muon (`train --plain`)": muon,
}


class Stopwatch:
    """Counts words and processor seconds of all steps but the first few."""

    def begin(self, step: int, n_words: int) -> None:
        if step == IDLE_STEPS:
            self.words, self.began = n_words, time.process_time()

    def end(self, n_words: int) -> None:
        self.speed = (n_words - self.words) * torch.get_num_threads() / (time.process_time() - self.began)
        self.n_words = n_words


def facts(watch: Stopwatch, losses: list[float], loss: Loss) -> dict[str, Any]:
    return {
        "words": watch.n_words,
        "speed": watch.speed,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
        "training": float(np.mean(losses[-20:])),
        "validation": loss.per_word,
    }


def steps_of(options: TrainOptions) -> int:
    return options.total_words // options.batch_words


def child(way: str, corpus: Path, options: TrainOptions, threads: int, answer: Path) -> None:
    torch.set_num_threads(threads)
    with tempfile.TemporaryDirectory() as folder:
        answer.write_text(json.dumps(WAYS[way](Corpus.open(corpus), Path(folder), options)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--size", default="small")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--length", type=int, default=256, help="words a window, and positions learned")
    parser.add_argument("--batch-words", type=int, default=4096)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--compile", choices=("auto", "yes", "no"), default="no")
    args = parser.parse_args()
    total = args.steps * args.batch_words
    options = replace(
        TrainOptions(plain=True, size=args.size, length=args.length, batch_words=args.batch_words, fill_rate=0.0),
        total_words=total, eval_words=total, warmup_words=total // 10, compile=args.compile,
    )  # fmt: skip
    print("| way | words | words/s of processor time | to nanoGPT's | peak memory | training loss | validation |")
    print("|---|---|---|---|---|---|---|")
    first = None
    for way in WAYS:
        with tempfile.TemporaryDirectory() as folder:
            answer = Path(folder, "answer.json")
            process = multiprocessing.get_context("spawn").Process(
                target=child, args=(way, args.corpus, options, args.threads, answer)
            )
            process.start()
            process.join()
            found = json.loads(answer.read_text())
        first = first or found
        print(
            f"| {way} | {found['words']:,} | {found['speed']:,.0f} | {found['speed'] / first['speed']:.3f} "
            f"| {found['megabytes']:,.0f} MB | {found['training']:.4f} | {found['validation']:.4f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()

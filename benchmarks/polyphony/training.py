"""One member of an ensemble: a run that can be killed at any moment and goes on from where it was saved."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from nanopiano.errors import InputError
from nanopiano.train.average import Average
from nanopiano.train.checkpoint import (
    Progress,
    load_checkpoint,
    load_tensors,
    read_json,
    save_checkpoint,
    save_tensors,
)
from nanopiano.train.data import IGNORED
from nanopiano.train.device import uses_bfloat16
from nanopiano.train.optim import lr_share, optimizers
from polyphony.batches import Batch, Rolls, plan_of, training_batch
from polyphony.network import PolyGPT
from polyphony.recipe import Recipe
from polyphony.scoring import per_frame, word_loss, word_nats

OLDER = {"hear_moved": False, "blend_words": 0}  # what runs do that do not say it

WARMUP_STEPS = 20
FAST_BFLOAT16 = uses_bfloat16(torch.device("cpu"), "auto")


class Member:
    """Network, average of its weights, optimizers and data; `best.safetensors` is the average validation likes best."""

    def __init__(self, run: Path, recipe: Recipe, seed: int, train: Rolls, val: Rolls, val_frames: list[int]) -> None:
        self.run, self.recipe, self.seed = run, recipe, seed
        self.train_rolls, self.val_rolls, self.val_frames = train, val, val_frames
        torch.manual_seed(seed)
        self.network = PolyGPT(recipe)
        self.average = Average(self.network, recipe.average_words)
        self.optimizers = optimizers(self.network, recipe.matrix_lr, recipe.table_lr, recipe.weight_decay)
        self.peaks = [[group["lr"] for group in optimizer.param_groups] for optimizer in self.optimizers]
        self.plan = plan_of(train, recipe, seed)
        self.progress = self._open()

    def _open(self) -> Progress:
        facts = json.loads(json.dumps({**asdict(self.recipe), "seed": self.seed, "torch": torch.__version__}))
        self.run.mkdir(parents=True, exist_ok=True)
        stored = self.run / "recipe.json"
        if stored.exists() and OLDER | read_json(stored) != facts:
            raise InputError(f"{self.run} holds a run of another recipe: name another folder with --out")
        stored.write_text(json.dumps(facts, indent=2) + "\n", "utf-8")
        if not self.checkpoint.exists():
            return Progress()
        return load_checkpoint(self.checkpoint, self.network, self.optimizers, self.average)

    @property
    def checkpoint(self) -> Path:
        """Where the run stands on disk."""
        return self.run / "checkpoint.safetensors"

    @property
    def finished(self) -> bool:
        """Whether the run has seen all its words."""
        return self.progress.words >= self.recipe.total_words

    @property
    def seconds(self) -> float:
        """Seconds spent up to the last evaluation, evaluations included."""
        return self.progress.history[-1]["seconds"] if self.progress.history else 0.0

    def best(self) -> PolyGPT:
        """Return the network that validation liked best."""
        network = PolyGPT(self.recipe)
        network.load_state_dict(load_tensors(self.run / "best.safetensors")[0])
        return network.eval()

    def learn(self, say: Callable[[str], None]) -> None:
        """Train to the end, saving now and then."""
        progress, recipe = self.progress, self.recipe
        saved, began = time.monotonic(), time.monotonic() - self.seconds
        batches = self._batches()
        while not self.finished:
            progress.losses.append(self._step(next(batches)))
            if self.finished or progress.words // recipe.eval_words > progress.evaluated_words // recipe.eval_words:
                say(self._evaluate(began))
            if self.finished or time.monotonic() - saved > recipe.save_seconds:
                save_checkpoint(self.checkpoint, self.network, self.optimizers, progress, self.average)
                saved = time.monotonic()

    def _batches(self) -> Iterator[Batch]:
        """Yield the batches from where the run stands."""
        skip, epoch = self.progress.step, 0
        while True:
            plan = self.plan.epoch(epoch)
            for number, windows in list(enumerate(plan))[skip:]:
                rng = np.random.default_rng([self.seed, epoch, number])
                yield training_batch(self.train_rolls, windows, self.recipe, rng)
            skip = max(skip - len(plan), 0)
            epoch += 1

    def _step(self, batch: Batch) -> float:
        """Learn from a batch; return its nats per word."""
        progress = self.progress
        torch.manual_seed(self.seed + (progress.step << 20))  # a resumed run drops out what it would have
        self._set_lr()
        n_words = int((batch.targets != IGNORED).sum())
        with torch.autocast("cpu", torch.bfloat16, enabled=FAST_BFLOAT16):
            logits = self.network(*batch.read)
        loss = word_loss(logits, batch).sum() / n_words
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        progress.step += 1
        progress.words += n_words
        self.average.follow(n_words, progress.words)
        return float(loss.detach())

    def _set_lr(self) -> None:
        recipe = self.recipe
        warmup = WARMUP_STEPS * recipe.batch_words
        share = lr_share(self.progress.words, warmup, recipe.total_words, recipe.decay_share)
        for optimizer, peaks in zip(self.optimizers, self.peaks, strict=True):
            for group, peak in zip(optimizer.param_groups, peaks, strict=True):
                group["lr"] = peak * share

    def _evaluate(self, began: float) -> str:
        """Score validation by the average of the weights, keep it if it is the best so far, and say so."""
        progress = self.progress
        with self.average.in_place():
            self.network.eval()
            figure = per_frame(word_nats(self.network, self.val_rolls), self.val_frames)
            self.network.train()
            seconds, learnt = time.monotonic() - began, float(np.mean(progress.losses))
            row = {"words": progress.words, "seconds": seconds, "train_per_word": learnt, "val_per_frame": figure}
            better = figure < progress.best
            if better:
                progress.best = figure
                save_tensors(dict(self.network.state_dict()), self.run / "best.safetensors", row)
        progress.history.append(row)
        progress.losses, progress.evaluated_words = [], progress.words
        return (
            f"{progress.words / 1e6:.2f}M words, {seconds:.0f} s: training {learnt:.4f} nats/word, "
            f"validation {figure:.4f} nats/frame{'  (best)' if better else ''}"
        )

"""The training loop: one run is one folder, and can be killed at any moment and resumed exactly."""

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from nanopiano.corpus.packed import Corpus
from nanopiano.errors import InputError, NanopianoError
from nanopiano.train.average import Average
from nanopiano.train.begin import begin_from
from nanopiano.train.checkpoint import Progress, load_checkpoint, read_json, save_checkpoint, save_tensors
from nanopiano.train.data import IGNORED, Batch, BatchMaker, Pieces, WindowPlan
from nanopiano.train.device import find_device, forward_pass
from nanopiano.train.gpt import GPT
from nanopiano.train.optim import lr_share, optimizers
from nanopiano.train.options import TrainOptions
from nanopiano.train.pace import Pace, Say
from nanopiano.train.report import write_losses
from nanopiano.train.validate import Loss, tensors, validate


def train(
    corpus: Path,
    run: Path,
    options: TrainOptions,
    *,
    resume: bool = False,
    init_from: Path | None = None,
    say: Say | None = None,
) -> Loss:
    """Train on a packed corpus into the folder `run` until `total_words` were seen; return the validation loss.

    A new run begins with the weights of the model in the folder `init_from`, if one is given; a resumed one passes it
    over. Raises InputError for a corpus, a run or a model that cannot be used.
    """
    return Trainer(Corpus.open(corpus), run, options, resume=resume, init_from=init_from, say=say).learn()


class Trainer:
    """A run: network, optimizers, data and progress."""

    train_pieces: Pieces
    val_pieces: Pieces

    def __init__(
        self,
        corpus: Corpus,
        run: Path,
        options: TrainOptions,
        *,
        resume: bool = False,
        init_from: Path | None = None,
        say: Say | None = None,
    ) -> None:
        self.options, self.run, self.config = options, run, options.config(corpus.vocab)
        self.say: Say = say or (lambda line: print(line, file=sys.stderr, flush=True))  # noqa: T201
        self.device = find_device(options.device)
        torch.manual_seed(options.seed)
        self.network = self.make_network()
        self.begun_from: dict[str, Any] | None = None  # the model whose weights the run began with
        if init_from is not None and not self.checkpoint.exists():
            self.begun_from = begin_from(self.network, self.config, init_from)
        self.network = self.network.to(self.device)
        self.average = Average(self.network, options.average_words) if options.average_words else None
        self.optimizers = self.make_optimizers()
        self.peaks = [[group["lr"] for group in optimizer.param_groups] for optimizer in self.optimizers]
        self.progress = Progress()
        self.whole = True  # whether weights and progress belong together
        self.train_pieces, self.val_pieces = corpus.split("train"), corpus.split("val")
        for split, pieces in (("training", self.train_pieces), ("validation", self.val_pieces)):
            if not len(pieces.lengths):
                raise InputError(f"the corpus in {corpus.folder} holds no {split} piece: build it from more music")
        most, seed = options.most_semitones, options.seed
        self.plan = WindowPlan(self.train_pieces, options.length, options.batch_words, options.fill_rate, most, seed)
        self.maker = BatchMaker(self.train_pieces, self.plan, self.config)
        self._open(corpus, resume)
        self.forward = forward_pass(self.network, self.device, options.precision, options.compile)

    # What a run of another recipe replaces (benchmarks/plain.py): the network, its optimizers, their schedule.

    def make_network(self) -> nn.Module:
        """Return a new network, called as `GPT` is."""
        return GPT(self.config, self.options.dropout)

    def make_optimizers(self) -> list[torch.optim.Optimizer]:
        """Return the optimizers, each group at its peak learning rate."""
        options = self.options
        assert isinstance(self.network, GPT)
        return optimizers(self.network, options.matrix_lr, options.table_lr, options.weight_decay)

    def lr_share(self) -> float:
        """Return the learning rate of the next step as a share of its peak."""
        options = self.options
        return lr_share(self.progress.words, options.warmup_words, options.total_words, options.decay_share)

    @property
    def checkpoint(self) -> Path:
        """Where the run stands on disk."""
        return self.run / "checkpoint.safetensors"

    def _open(self, corpus: Corpus, resume: bool) -> None:
        if self.checkpoint.exists():
            if not resume:
                raise InputError(f"{self.run} already holds a run: add --resume to go on, or name another folder")
            self._tell_changes()
            self.begun_from = read_json(self.run / "run.json").get("begun_from")
            self.progress = load_checkpoint(self.checkpoint, self.network, self.optimizers, self.average)
        report = read_json(corpus.folder / "report.json")
        about = {"splits": report.get("splits"), **report.get("groups", {})}
        facts = {**asdict(self.options), "torch": torch.__version__, "corpus": about, "begun_from": self.begun_from}
        try:
            self.run.mkdir(parents=True, exist_ok=True)
            (self.run / "run.json").write_text(json.dumps(facts, indent=2) + "\n", "utf-8")
            (self.run / "config.json").write_text(json.dumps(self.config.to_json(), indent=2) + "\n", "utf-8")
        except OSError as error:
            raise NanopianoError(f"cannot write into {self.run}: {error.strerror}") from error

    def _tell_changes(self) -> None:
        stored = read_json(self.run / "run.json")
        for name, value in asdict(self.options).items():
            if stored.get(name, value) != value:
                self.say(f"resuming with {name} {value} (it was {stored[name]})")

    def save(self) -> None:
        """Write a checkpoint."""
        save_checkpoint(self.checkpoint, self.network, self.optimizers, self.progress, self.average)

    def learn(self) -> Loss:
        """Train to the end; return the validation loss.

        Ctrl-C keeps a checkpoint before it goes on its way, the one before if it struck when weights and progress did
        not belong together.
        """
        words = int(self.train_pieces.lengths.sum())
        n_parameters = sum(parameter.numel() for parameter in self.network.parameters())
        self.say(f"{n_parameters:,} parameters on {self.device}, {words:,} words to learn from")
        try:
            return self.train()
        except KeyboardInterrupt:
            if self.whole:
                self.save()
            self.say(f"stopped at step {self.progress.step}; go on with --resume")
            raise

    def train(self) -> Loss:
        """Train until `total_words` were seen, or the run had already seen them."""
        progress, options = self.progress, self.options
        pace = Pace(progress)
        saved = time.monotonic()
        loss = None
        for batches in self._batches():
            if progress.words >= options.total_words:
                break
            progress.losses.append(self._step(batches))
            pace.step(self.say, options.total_words)
            finished = progress.words >= options.total_words
            if finished or progress.words // options.eval_words > progress.evaluated_words // options.eval_words:
                loss = self._evaluate()
                pace.rest()
            if finished or time.monotonic() - saved > options.save_seconds:
                self.save()
                saved = time.monotonic()
            self.whole = True
        return loss or self._validate()

    def _batches(self) -> Iterator[list[Batch]]:
        """Yield the batches of every step from where the run stands."""
        per_step = self.options.accumulate
        skip, epoch = self.progress.step * per_step, 0
        while True:
            plan = self.plan.epoch(epoch)
            n_used = max(len(plan) // per_step, 1) * per_step
            for first in range(min(skip, n_used), n_used, per_step):
                yield [self.maker.batch(windows) for windows in plan[first : first + per_step]]
            skip = max(skip - n_used, 0)
            epoch += 1

    def _step(self, batches: list[Batch]) -> float:
        """Learn from the batches of one step; return their nats per word."""
        progress = self.progress
        torch.manual_seed(self.options.seed + (progress.step << 20))  # a resumed run drops out what it would have
        self._set_lr()
        n_words = sum(batch.n_words for batch in batches)
        nats = 0.0
        for batch in batches:
            ids, targets, *heard = tensors(batch, self.device)
            logits = self.forward(ids, *heard).float()
            loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="sum")
            (loss / n_words).backward()  # type: ignore[no-untyped-call]
            nats += float(loss.detach())
        if not np.isfinite(nats):
            raise NanopianoError(f"the loss is {nats} at step {progress.step}: try a lower learning rate")
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.options.clip)
        self.whole = False
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        progress.step += 1
        progress.words += n_words
        if self.average is not None:
            self.average.follow(n_words, progress.words)
        return nats / n_words

    def _set_lr(self) -> None:
        share = self.lr_share()
        for optimizer, peaks in zip(self.optimizers, self.peaks, strict=True):
            for group, peak in zip(optimizer.param_groups, peaks, strict=True):
                group["lr"] = peak * share

    def _validate(self) -> Loss:
        self.network.eval()
        loss = validate(self.forward, self.val_pieces, self.config, self.options.length, self.device)
        self.network.train()
        return loss

    def _evaluate(self) -> Loss:
        """Validate the weights, and their mean where one is kept; return the lower loss."""
        progress = self.progress
        loss = self._validate()
        row: dict[str, Any] = {
            "step": progress.step,
            "words": progress.words,
            "train_nats_per_word": float(np.mean(progress.losses)),
            "val_nats_per_word": loss.per_word,
            "val_nats_per_note": loss.per_note,
        }
        remark = self._keep_if_best(loss, row)
        self.say(f"step {progress.step}  validation {loss.per_word:.4f} nats/word, {loss.per_note:.4f} a note{remark}")
        if self.average is not None:
            with self.average.in_place():
                mean = self._validate()
                row["average_nats_per_word"] = mean.per_word
                remark = self._keep_if_best(mean, row)
            self.say(f"  their average {mean.per_word:.4f} nats/word, {mean.per_note:.4f} a note{remark}")
            loss = min(loss, mean)
        progress.history.append(row)
        progress.losses, progress.evaluated_words = [], progress.words
        write_losses(progress.history, self.run)
        return loss

    def _keep_if_best(self, loss: Loss, row: dict[str, Any]) -> str:
        """Write the network's present weights if none were better, and return what is to be said of it."""
        if loss.per_word >= self.progress.best:
            return ""
        self.progress.best = loss.per_word
        facts = {**row, "val_nats_per_word": loss.per_word, "val_nats_per_note": loss.per_note, "val_words": loss.words}
        save_tensors(dict(self.network.state_dict()), self.run / "best.safetensors", facts)
        return "  (best so far)"

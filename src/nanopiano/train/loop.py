"""The training loop: one run is one folder, and can be killed at any moment and resumed exactly."""

import contextlib
import json
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from nanopiano.corpus.packed import Corpus
from nanopiano.errors import InputError
from nanopiano.model.config import ModelConfig, named_size
from nanopiano.train.checkpoint import Progress, load_checkpoint, save_checkpoint, save_tensors
from nanopiano.train.data import IGNORED, Batch, BatchMaker, WindowPlan
from nanopiano.train.gpt import GPT
from nanopiano.train.optim import lr_share, optimizers
from nanopiano.train.report import write_losses
from nanopiano.train.validate import Loss, Network, tensors, validate


@dataclass(frozen=True)
class TrainOptions:
    """Everything that decides what a run computes; written beside its weights as `run.json`."""

    size: str = "small"
    total_words: int = 30_000_000  # targets seen; the learning rate reaches zero there
    length: int = 1024  # words a window: twice the attention window, so that dropped keys are met in training
    batch_words: int = 4096
    accumulate: int = 1  # batches a step
    matrix_lr: float = 0.02
    table_lr: float = 0.004
    weight_decay: float = 0.01
    warmup_words: int = 200_000
    decay_share: float = 0.5
    clip: float = 1.0
    fill_rate: float = 0.25
    most_semitones: int = 6
    eval_words: int = 3_000_000
    seed: int = 1
    device: str = "auto"
    precision: str = "auto"  # float32, bfloat16, or auto: bfloat16 where the processor multiplies it
    compile: str = "auto"  # yes, no, or auto: yes where a compiler is at hand
    hear_place: bool = True
    hear_sounding: bool = True
    hear_time: bool = True

    def config(self) -> ModelConfig:
        """Return the shape of the network."""
        return named_size(
            self.size, hear_place=self.hear_place, hear_sounding=self.hear_sounding, hear_time=self.hear_time
        )


class Trainer:
    """A run: network, optimizers, data and progress."""

    def __init__(self, corpus: Corpus, run: Path, options: TrainOptions, resume: bool = False) -> None:
        self.options, self.run = options, run
        self.config = options.config()
        self.device = _device(options.device)
        torch.manual_seed(options.seed)
        self.network = GPT(self.config).to(self.device)
        self.optimizers = optimizers(self.network, options.matrix_lr, options.table_lr, options.weight_decay)
        self.peaks = [[group["lr"] for group in optimizer.param_groups] for optimizer in self.optimizers]
        self.progress = Progress()
        self.train_pieces, self.val_pieces = corpus.split("train"), corpus.split("val")
        if not len(self.train_pieces.lengths):
            raise InputError(f"{corpus.folder} holds no training piece: build it from more music")
        most = options.most_semitones
        self.plan = WindowPlan(
            self.train_pieces, options.length, options.batch_words, options.fill_rate, most, options.seed
        )
        self.maker = BatchMaker(self.train_pieces, self.plan, self.config)
        self._open(resume)
        self.forward = _forward(self.network, options, self.device)

    def _open(self, resume: bool) -> None:
        checkpoint = self.run / "checkpoint.safetensors"
        if resume and checkpoint.exists():
            stored = json.loads((self.run / "run.json").read_text())
            mine = asdict(self.options)
            changed = [name for name in mine if name in stored and stored[name] != mine[name]]
            for name in changed:
                print(f"resuming with {name} {mine[name]} (it was {stored[name]})", file=sys.stderr)
            self.progress = load_checkpoint(checkpoint, self.network, self.optimizers)
        elif checkpoint.exists():
            raise InputError(f"{self.run} already holds a run: add --resume to go on, or name another folder")
        self.run.mkdir(parents=True, exist_ok=True)
        facts = {**asdict(self.options), "torch": torch.__version__}
        (self.run / "run.json").write_text(json.dumps(facts, indent=2) + "\n")
        (self.run / "config.json").write_text(json.dumps(self.config.to_json(), indent=2) + "\n")

    def train(self, save_seconds: float = 240.0, say: Callable[[str], None] | None = None) -> Loss | None:
        """Train until `total_words` were seen; return the last validation loss."""
        say = say or (lambda line: print(line, file=sys.stderr, flush=True))
        progress, options = self.progress, self.options
        loss = None
        next_eval = (progress.words // options.eval_words + 1) * options.eval_words
        began, saved, said = time.monotonic(), time.monotonic(), time.monotonic()
        words_said = progress.words
        for batches in self._steps():
            progress.losses.append(self._step(batches))
            now = time.monotonic()
            progress.seconds += now - began
            began = now
            if now - said > 10:
                recent = float(np.mean(progress.losses[-50:]))
                speed = (progress.words - words_said) / (now - said)
                share = 100 * progress.words / options.total_words
                say(f"step {progress.step}  {share:.1f}%  loss {recent:.4f}  {speed:.0f} words/s")
                said, words_said = now, progress.words
            done = progress.words >= options.total_words
            if progress.words >= next_eval or done:
                next_eval += options.eval_words
                loss = self._evaluate(say)
                began = said = time.monotonic()
                words_said = progress.words
            if done or now - saved > save_seconds:
                save_checkpoint(self.run / "checkpoint.safetensors", self.network, self.optimizers, progress)
                saved = now
            if done:
                break
        return loss

    def _steps(self) -> Any:
        """Yield the batches of every step from where the run stands."""
        per_step = self.options.accumulate
        epoch, batches = 0, self.plan.epoch(0)
        skip = self.progress.step * per_step
        while True:
            per_epoch = max(len(batches) // per_step, 1) * per_step
            if skip < per_epoch:
                for first in range(skip, per_epoch, per_step):
                    yield [self.maker.batch(windows) for windows in batches[first : first + per_step]]
            skip = max(skip - per_epoch, 0)
            epoch += 1
            batches = self.plan.epoch(epoch)

    def _step(self, batches: list[Batch]) -> float:
        options, progress = self.options, self.progress
        share = lr_share(progress.words, options.warmup_words, options.total_words, options.decay_share)
        for optimizer, peaks in zip(self.optimizers, self.peaks, strict=True):
            for group, peak in zip(optimizer.param_groups, peaks, strict=True):
                group["lr"] = peak * share
        n_words = sum(batch.n_words for batch in batches)
        nats = 0.0
        for batch in batches:
            ids, targets, place, sounding, cos, sin = tensors(batch, self.device)
            logits = self.forward(ids, place, sounding, cos, sin)
            loss = F.cross_entropy(
                logits.float().flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="sum"
            )
            (loss / n_words).backward()  # type: ignore[no-untyped-call]
            nats += float(loss.detach())
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), options.clip)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        progress.step += 1
        progress.words += n_words
        return nats / n_words

    def _evaluate(self, say: Callable[[str], None]) -> Loss:
        loss = validate(self.forward, self.val_pieces, self.config, self.options.length, self.device)
        progress = self.progress
        row = {
            "step": progress.step,
            "words": progress.words,
            "train_nats_per_word": float(np.mean(progress.losses)),
            "val_nats_per_word": loss.per_word,
            "val_nats_per_note": loss.per_note,
        }
        progress.history.append(row)
        progress.losses = []
        write_losses(progress.history, self.run)
        better = loss.words > 0 and loss.per_word < progress.best
        if better or not loss.words:
            progress.best = loss.per_word
            save_tensors(dict(self.network.state_dict()), self.run / "best.safetensors", {**row, "val_words": loss.words})
        say(f"step {progress.step}  validation {loss.per_word:.4f} nats/word, {loss.per_note:.4f} nats/note"
            + ("  (best so far)" if better else ""))
        return loss


def _device(name: str) -> torch.device:
    if name != "auto":
        return torch.device(name)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _forward(network: GPT, options: TrainOptions, device: torch.device) -> Network:
    """Return the network, compiled and in mixed precision where asked for or worth it."""
    has_compiler = device.type == "cuda" or any(map(shutil.which, ("cc", "gcc", "clang", "cl")))
    run: Any = network
    if options.compile == "yes" or (options.compile == "auto" and has_compiler):
        torch._dynamo.config.cache_size_limit = 64  # a few batch shapes, for training and validation each
        run = torch.compile(network, dynamic=False)
    fast_bfloat16 = device.type == "cuda" or torch.cpu._is_avx512_bf16_supported()
    if options.precision == "bfloat16" or (options.precision == "auto" and fast_bfloat16):

        def mixed(*inputs: torch.Tensor) -> torch.Tensor:
            with torch.autocast(device.type, torch.bfloat16):
                return run(*inputs)  # type: ignore[no-any-return]

        return mixed
    return run  # type: ignore[no-any-return]


def train(corpus: Path, run: Path, options: TrainOptions, *, resume: bool = False) -> Loss | None:
    """Train on a packed corpus into the folder `run`; Ctrl-C keeps a checkpoint. Returns the last validation loss."""
    trainer = Trainer(Corpus.open(corpus), run, options, resume)
    print(f"{trainer.network.n_parameters:,} parameters on {trainer.device}, "
          f"{int(trainer.train_pieces.lengths.sum()):,} training words", file=sys.stderr)
    with contextlib.ExitStack() as stack:
        stack.callback(lambda: None)
        try:
            return trainer.train()
        except KeyboardInterrupt:
            save_checkpoint(run / "checkpoint.safetensors", trainer.network, trainer.optimizers, trainer.progress)
            raise

"""The training loop: one run is one folder, and can be killed at any moment and resumed exactly."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from nanopiano.corpus.packed import Corpus
from nanopiano.errors import InputError, NanopianoError
from nanopiano.files import write_atomically
from nanopiano.train.average import Average
from nanopiano.train.begin import begin_from, shape_of
from nanopiano.train.checkpoint import Progress, load_checkpoint, read_json, save_checkpoint, save_tensors
from nanopiano.train.data import IGNORED, Batch, BatchMaker, Pieces, WindowPlan
from nanopiano.train.device import find_device, forward_pass, lacking, uses_bfloat16
from nanopiano.train.interrupt import ctrl_c_held_back
from nanopiano.train.loading import Step, load
from nanopiano.train.lock import alone_in, check_free
from nanopiano.train.networks import Network, new_network
from nanopiano.train.optim import lr_share, optimizers
from nanopiano.train.options import TrainOptions
from nanopiano.train.pace import Pace, Say
from nanopiano.train.processes import ALONE, Processes
from nanopiano.train.record import another_corpus, changes, options_of, run_facts, session
from nanopiano.train.sharding import all_whole
from nanopiano.train.validate import Loss, tensors, validate
from nanopiano.train.watch import Unwatched, Watch


def train(
    corpus: Path,
    run: Path,
    options: TrainOptions,
    *,
    resume: bool = False,
    init_from: Path | None = None,
    processes: Processes = ALONE,
    say: Say | None = None,
    watch: Watch | None = None,
) -> Loss:
    """Train on a packed corpus into the folder `run` until `total_words` were seen; return the validation loss.

    A new run begins with the weights of the model in the folder `init_from`, if one is given; a resumed one passes it
    over. Of many `processes` (see `join_processes`) all call this alike, and the first one speaks and writes. `watch`
    shows the run; without one its losses are shown. Raises InputError for a corpus, a run or a model that cannot be
    used, or if another process is at work in `run`, or it holds something else.
    """
    check_free(run)
    begin: dict[str, Any] = {"resume": resume, "init_from": init_from, "processes": processes}
    with alone_in(run) if processes.is_writer else nullcontext():
        return Trainer(Corpus.open(corpus), run, options, **begin, say=say, watch=watch).learn()


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
        processes: Processes = ALONE,
        say: Say | None = None,
        watch: Watch | None = None,
    ) -> None:
        self.options, self.run = options, run
        self.make_config(corpus, init_from)
        options = self.options
        self.processes = processes
        self.say = processes.voice(say or (lambda line: print(line, file=sys.stderr, flush=True)))  # noqa: T201
        self.watch = (watch or Watch(run, self.say)) if processes.is_writer else Unwatched(run, self.say)
        self.device = processes.device(find_device(options.device))
        torch.manual_seed(options.seed)
        self.network = self.make_network()
        self.begun_from: dict[str, Any] | None = None  # the model whose weights the run began with
        if init_from is not None and not self.checkpoint.exists():
            self.begun_from = self.begin(init_from)
        self.network = processes.place(self.network, self.device, options.parallel)
        self.average = Average(self.network, options.average_words) if options.average_words else None
        self.optimizers = self.make_optimizers()
        self.peaks = [[group["lr"] for group in optimizer.param_groups] for optimizer in self.optimizers]
        self.progress = Progress()
        self.whole = True  # whether weights and progress belong together
        self.read(corpus)
        self._open(corpus, resume or processes.restarted)
        self.forward = forward_pass(processes.joined(self.network), self.device, options.precision, options.compile)

    # What a run of another kind replaces (train/text.py, benchmarks/plain.py): shape, data, network, recipe.

    def make_config(self, corpus: Corpus, init_from: Path | None) -> None:
        """Set the shape of the network, and the options as it wants them."""
        self.options, self.config = shape_of(self.options, corpus.vocab, self.run, init_from)

    def begin(self, init_from: Path) -> dict[str, Any]:
        """Give the network the weights to begin with; return what stands of them in the run."""
        return begin_from(self.network, self.config, init_from)

    def read(self, corpus: Corpus) -> None:
        """Open both splits and plan what is read when."""
        self.train_pieces, self.val_pieces = corpus.split("train"), corpus.split("val")
        for split, pieces in (("training", self.train_pieces), ("validation", self.val_pieces)):
            if not len(pieces.lengths):
                raise InputError(f"the corpus in {corpus.folder} holds no {split} piece: build it from more music")
        options = self.options
        most, seed = options.most_semitones, options.seed
        self.plan = WindowPlan(self.train_pieces, options.length, options.batch_words, options.fill_rate, most, seed)
        self.maker = BatchMaker(self.train_pieces, self.plan, self.config)

    def vocabulary(self, corpus: Corpus) -> str:
        """Return the fingerprint of the words of a corpus."""
        return corpus.vocab.fingerprint

    def facts(self, corpus: Corpus) -> dict[str, Any]:
        """Return what decides what the run computes."""
        return run_facts(self.options, corpus)

    def make_network(self) -> nn.Module:
        """Return a new network, called as `GPT` is."""
        return new_network(self.config, self.options.dropout)

    def make_optimizers(self) -> list[torch.optim.Optimizer]:
        """Return the optimizers, each group at its peak learning rate."""
        options = self.options
        assert isinstance(self.network, Network)
        dtype = torch.bfloat16 if uses_bfloat16(self.device, options.precision) else torch.float32
        rates = options.matrix_lr, options.table_lr, options.weight_decay
        return optimizers(self.network, *rates, self.processes, dtype)

    def lr_share(self) -> float:
        """Return the learning rate of the next step as a share of its peak."""
        options = self.options
        return lr_share(self.progress.words, options.warmup_words, options.total_words, options.decay_share)

    @property
    def checkpoint(self) -> Path:
        """Where the run stands on disk."""
        return self.run / "checkpoint.safetensors"

    def _open(self, corpus: Corpus, resume: bool) -> None:
        facts = self.facts(corpus)
        earlier: dict[str, Any] = {}  # what run.json said
        if self.checkpoint.exists():
            if not resume:
                raise InputError(f"{self.run} already holds a run: add --resume to go on, or name another folder")
            self._check_vocabulary(corpus)
            earlier = read_json(self.run / "run.json")
            for change in changes(earlier, facts):
                self.say(f"resuming with {change}")
            self.begun_from = earlier.get("begun_from")
            self.progress = load_checkpoint(self.checkpoint, self.network, self.optimizers, self.average)
        elif resume and self.begun_from is None and (begun := options_of(self.run).get("begun_from")):
            raise InputError(
                f"the run in {self.run} began with the weights of {begun['model']} and has no checkpoint yet: give "
                "--init-from again"
            )
        self._agree()
        if another_corpus(earlier, facts):
            self.progress.best = float("inf")  # a loss on one corpus says nothing of another
            self.save()  # before run.json names the new one, so that a run that is killed does not forget it
        if not self.processes.is_writer:
            return
        now = session(self.options, self.device, self.progress.words)
        facts |= {"begun_from": self.begun_from, "sessions": [*earlier.get("sessions", []), now]}
        try:
            self.run.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise NanopianoError(f"cannot write into {self.run}: {error.strerror}") from error
        for name, what in (("run.json", facts), ("config.json", self.config.to_json())):
            write_atomically(self.run / name, (json.dumps(what, indent=2) + "\n").encode())

    def _check_vocabulary(self, corpus: Corpus) -> None:
        stored, mine = read_json(self.run / "config.json").get("vocab_fingerprint"), self.vocabulary(corpus)
        if stored != mine:
            raise InputError(
                f"the run in {self.run} has the vocabulary {stored}, the corpus {mine}: resume with the corpus that it "
                "learnt from"
            )

    def _agree(self) -> None:
        """Raise InputError unless all processes read the same corpus and stand at the same step."""
        for what, number in (("corpus", int(self.train_pieces.lengths.sum())), ("run", self.progress.step)):
            if self.processes.sum(number) != self.processes.size * number:
                raise InputError(f"not every process finds the same {what}: all machines need to see the same folders")

    def save(self) -> None:
        """Write a checkpoint; of many processes all must call this, and one writes."""
        write = self.processes.is_writer
        save_checkpoint(self.checkpoint, self.network, self.optimizers, self.progress, self.average, write=write)

    def learn(self) -> Loss:
        """Train to the end; return the validation loss.

        Ctrl-C keeps a checkpoint before it goes on its way.
        """
        words = int(self.train_pieces.lengths.sum())
        n_parameters = sum(parameter.numel() for parameter in self.network.parameters())
        where = f"{self.device}{self.processes.remark}"
        self.say(f"{n_parameters:,} parameters on {where}, {words:,} words to learn from")
        if self.options.compile == "auto" and (what := lacking(self.device)):
            self.say(f"{what} is not at hand: the network is not compiled and learns more slowly")
        self.watch.begin(self.progress)
        try:
            return self.train()
        except KeyboardInterrupt:
            if self.whole:
                self.save()
            self.say(f"stopped at step {self.progress.step}; go on with --resume")
            raise
        finally:
            self.watch.close()

    def train(self) -> Loss:
        """Train until `total_words` were seen, or the run had already seen them."""
        progress, options = self.progress, self.options
        pace = Pace(progress)
        saved = time.monotonic()
        loss = None
        if self._is_due():  # the run was stopped before its evaluation, or in it
            loss = self._evaluate()
            self.save()
        for batches in self._batches():
            if progress.words >= options.total_words:
                break
            self._step(batches)
            self.watch.stepped(progress, self.lr_share())
            pace.step(self.say, options.total_words)
            if self._is_due():
                loss = self._evaluate()
                pace.rest()
            finished = progress.words >= options.total_words
            if self.processes.any(finished or time.monotonic() - saved > options.save_seconds):
                self.save()
                saved = time.monotonic()
        return loss or self._validate()

    def _is_due(self) -> bool:
        """Whether the weights are to be evaluated now."""
        progress, options = self.progress, self.options
        rounds, before = (words // options.eval_words for words in (progress.words, progress.evaluated_words))
        return rounds > before or progress.evaluated_words < progress.words >= options.total_words

    def _batches(self) -> Iterator[list[Batch]]:
        """Yield the batches of every step from where the run stands, of many processes this one's share of each."""
        return load(self.maker, self._steps(), self.processes.rank, self.processes.size, self.options.loaders)

    def _steps(self) -> Iterator[Step]:
        """Yield the windows of every step from where the run stands."""
        per_step = self.options.accumulate
        skip, epoch = self.progress.step * per_step, 0
        while True:
            plan = self.plan.epoch(epoch)
            n_used = max(len(plan) // per_step, 1) * per_step
            for first in range(min(skip, n_used), n_used, per_step):
                yield plan[first : first + per_step]
            skip = max(skip - n_used, 0)
            epoch += 1

    def _step(self, batches: list[Batch]) -> float:
        """Learn from the batches of one step; note and return their nats per word."""
        progress, processes = self.progress, self.processes
        # A resumed run drops out what it would have; of many processes each drops out for itself.
        torch.manual_seed(self.options.seed + (progress.step << 20) + processes.rank)
        self._set_lr()
        n_words = int(processes.sum(sum(batch.n_words for batch in batches)))
        nats = 0.0
        for number, batch in enumerate(batches, start=1):
            ids, targets, *heard = tensors(batch, self.device)
            with processes.part(last=number == len(batches)):
                logits = self.forward(ids, *heard).float()
                loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="sum")
                # The mean of the processes' gradients is to be that of one process, which has all words.
                (loss / (n_words / processes.size)).backward()  # type: ignore[no-untyped-call]
            nats += float(loss.detach())
        nats = processes.sum(nats)
        if not np.isfinite(nats):
            raise NanopianoError(f"the loss is {nats} at step {progress.step}: try a lower learning rate")
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.options.clip)
        with ctrl_c_held_back():
            self.whole = False
            for optimizer in self.optimizers:
                optimizer.step()
                optimizer.zero_grad(set_to_none=True)
            progress.step += 1
            progress.words += n_words
            progress.losses.append(nats / n_words)
            if self.average is not None:
                self.average.follow(n_words, progress.words)
            self.whole = True
        return nats / n_words

    def _set_lr(self) -> None:
        share = self.lr_share()
        for optimizer, peaks in zip(self.optimizers, self.peaks, strict=True):
            for group, peak in zip(optimizer.param_groups, peaks, strict=True):
                group["lr"] = peak * share

    def _validate(self) -> Loss:
        self.network.eval()
        loss = validate(self.forward, self.val_pieces, self.config, self.options.length, self.device, self.processes)
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
        self.say(f"step {progress.step}  validation {loss}{remark}")
        if self.average is not None:
            with self.average.in_place():
                mean = self._validate()
                row["average_nats_per_word"] = mean.per_word
                remark = self._keep_if_best(mean, row)
            self.say(f"  their average {mean}{remark}")
            loss = min(loss, mean)
        progress.history.append(row)
        try:
            self.watch.evaluated(progress, all_whole(self.network.state_dict(), keep=self.processes.is_writer))
        except KeyboardInterrupt:
            progress.history.pop()  # a resumed run evaluates anew
            raise
        progress.losses, progress.evaluated_words = [], progress.words
        return loss

    def _keep_if_best(self, loss: Loss, row: dict[str, Any]) -> str:
        """Write the network's present weights if none were better, and return what is to be said of it."""
        if not loss.per_word < self.progress.best:  # nor is what is no number
            return ""
        facts = {**row, "val_nats_per_word": loss.per_word, "val_nats_per_note": loss.per_note, "val_words": loss.words}
        weights = all_whole(self.network.state_dict(), keep=self.processes.is_writer)
        if self.processes.is_writer:
            save_tensors(weights, self.run / "best.safetensors", facts)
        self.progress.best = loss.per_word  # now that they are kept, whenever Ctrl-C comes
        return "  (best so far)"

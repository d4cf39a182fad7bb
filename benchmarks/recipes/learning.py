"""Training and scoring of one recipe: the loop of the product without its checkpoints, with what the variants need."""

import time
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from nanopiano.corpus.packed import Corpus
from nanopiano.errors import NanopianoError
from nanopiano.train.average import Average
from nanopiano.train.data import IGNORED, Window, WindowPlan
from nanopiano.train.device import uses_bfloat16
from nanopiano.train.muon import Muon
from nanopiano.train.optim import lr_share
from recipes.data import Examples, held_out, mixed
from recipes.network import Heard, LabNetwork
from recipes.variants import Recipe

ONE_PIECE_IN = 5  # of the validation split
SCORED_LENGTH = 1024  # words a window; twice the attention window where that is longer, 2,048 at most
SAY_SECONDS = 20.0
FAST_BFLOAT16 = uses_bfloat16(torch.device("cpu"), "auto")


def optimizers_of(network: LabNetwork, made: Recipe) -> list[torch.optim.Optimizer]:
    """Return AdamW for tables, head and scalars, and Muon for the matrices in the blocks, as the product does."""
    options, optim = made.options, made.optim
    apart = {id(p) for name, p in network.named_parameters() if name.endswith((".values.weight", ".taps"))}
    matrices = (
        [] if optim.adamw_only else [p for p in network.blocks.parameters() if p.ndim == 2 and id(p) not in apart]
    )
    head = [network.head.weight] if network.head.weight is not network.words.weight else []
    scalars = [p for p in network.parameters() if p.ndim == 1]
    others = {id(p) for p in (*head, *scalars, *matrices)}
    groups = [
        {"params": [p for p in network.parameters() if id(p) not in others], "lr": options.table_lr},
        {"params": head, "lr": options.table_lr * optim.head_lr},
        {"params": scalars, "lr": options.table_lr, "weight_decay": 0.0},
    ]
    adamw = torch.optim.AdamW(
        [group for group in groups if group["params"]],
        weight_decay=options.weight_decay,
        betas=(0.9, optim.table_beta2),
        eps=1e-10,
    )
    if not matrices:
        return [adamw]
    decay = options.weight_decay if optim.muon_decay is None else optim.muon_decay
    muon = Muon(
        matrices,
        lr=options.matrix_lr,
        weight_decay=decay,
        momentum=optim.momentum,
        ns_steps=optim.ns_steps,
        dtype=torch.bfloat16 if FAST_BFLOAT16 else torch.float32,
    )
    return [adamw, muon]


def share_of(made: Recipe, words: int) -> float:
    """Return the learning rate after `words` as a share of its peak."""
    options = made.options
    share = lr_share(words, options.warmup_words, options.total_words, options.decay_share)
    if words < options.warmup_words:
        return share
    if made.optim.shape == "cosine":
        return 0.5 - 0.5 * float(np.cos(np.pi * share))
    return 1 - float(np.sqrt(1 - share)) if made.optim.shape == "sqrt" else share  # sqrt: Hägele et al. 2024


def loss_of(network: LabNetwork, heard: Heard, targets: Tensor, reduction: str = "sum") -> Tensor:
    """Return the nats of a batch, in bfloat16 where the product computes them so."""
    with torch.autocast("cpu", torch.bfloat16, enabled=FAST_BFLOAT16):
        logits = network(heard)
    return F.cross_entropy(logits.float().flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction=reduction)


class Learner:
    """A recipe at work: network, optimizers, batches, what was seen."""

    def __init__(self, made: Recipe, corpus: Corpus) -> None:
        self.made, self.val = made, corpus.split("val")
        options, pieces = made.options, mixed(corpus.split("train"), made.reading.source_power, made.options.seed)
        torch.manual_seed(options.seed)
        self.network = LabNetwork(made.config, made.switches)
        self.optimizers = optimizers_of(self.network, made)
        self.peaks = [[group["lr"] for group in optimizer.param_groups] for optimizer in self.optimizers]
        self.average = Average(self.network, int(made.optim.average)) if made.optim.average else None
        self.plan = WindowPlan(
            pieces, options.length, options.batch_words, options.fill_rate, options.most_semitones, options.seed
        )
        self.examples = Examples(pieces, self.plan, made.config, made.reading)
        self.words = 0
        self.losses: list[float] = []

    def learn(self) -> None:
        """Train to the end."""
        epoch, began = 0, time.monotonic()
        said = began
        while True:
            for windows in self.plan.epoch(epoch):
                if self.words >= self.made.options.total_words:
                    return
                self._step(windows)
                if time.monotonic() - said > SAY_SECONDS:
                    said = time.monotonic()
                    pace = self.words / (said - began)
                    print(f"  {self.words:,} words  {np.mean(self.losses[-30:]):.4f}  {pace:.0f} words/s", flush=True)
            epoch += 1

    def _step(self, windows: list[Window]) -> None:
        share = share_of(self.made, self.words)
        for optimizer, rates in zip(self.optimizers, self.peaks, strict=True):
            for group, peak in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = peak * share
        heard, targets = self.examples.batch(windows)
        n_words = int((targets != IGNORED).sum())
        loss = loss_of(self.network, heard, targets) / n_words
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.made.options.clip)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.words += n_words
        self.losses.append(float(loss.detach()))
        if not np.isfinite(self.losses[-1]):
            raise NanopianoError(f"{self.made.name}: the loss is {self.losses[-1]} after {self.words:,} words")
        if self.average is not None:
            self.average.follow(n_words, self.words)

    def score(self) -> dict[int, float]:
        """Return the nats of every held-out piece of the part that is scored."""
        numbers = list(range(0, len(self.val), ONE_PIECE_IN))
        nats = dict.fromkeys(numbers, 0.0)
        length = max(SCORED_LENGTH, min(2 * self.made.config.window, 2 * SCORED_LENGTH))
        self.network.eval()
        with torch.no_grad():
            for heard, targets, owners in held_out(self.val, numbers, length, self.made.reading):
                rows = loss_of(self.network, heard, targets, "none").view(targets.shape).double().sum(1)
                for owner, row in zip(owners, rows.tolist(), strict=True):
                    nats[owner] += row
        self.network.train()
        return nats


def measure(made: Recipe, corpus: Corpus) -> dict[str, Any]:
    """Train a recipe and return its row."""
    learner = Learner(made, corpus)
    began, worked = time.monotonic(), time.process_time()
    learner.learn()
    seconds, worked = time.monotonic() - began, time.process_time() - worked
    nats = learner.score()
    words = sum(int(learner.val.lengths[number]) - 1 for number in nats)
    notes = sum(int(learner.val.notes[number]) for number in nats)
    row = {
        "nats_per_word": sum(nats.values()) / words,
        "nats_per_note": sum(nats.values()) / notes,
        "train_nats_per_word": float(np.mean(learner.losses[-40:])),
        "parameters": sum(p.numel() for p in learner.network.parameters()),
        "words_per_second": learner.words / seconds,
        "words_per_cpu_second": learner.words / worked,
        "steps": len(learner.losses),
        "val_words": words,
        "val_notes": notes,
        "by_piece": {str(number): value for number, value in nats.items()},
    }
    if learner.average is not None:
        with learner.average.in_place():
            row["averaged_nats_per_word"] = sum(learner.score().values()) / words
    return row

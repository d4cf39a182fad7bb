"""Loss over a whole split, in order: every word once, with half a window or more before it."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from nanopiano.model.config import ModelConfig
from nanopiano.model.rotary import Rotary
from nanopiano.music.grid import N_KEYS
from nanopiano.music.listen import hear
from nanopiano.music.recall import recall
from nanopiano.music.vocab import FIRST_DURATION, FIRST_PITCH
from nanopiano.music.words import Ids
from nanopiano.train.data import IGNORED, Batch, Pieces
from nanopiano.train.processes import ALONE, Processes

ROWS = 4

Network = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor], Tensor]


class Row(NamedTuple):
    """At most a window of words, the word after each, and what is heard after each."""

    ids: Ids
    targets: NDArray[np.int64]
    time: NDArray[np.int64]
    sounding: NDArray[np.uint8]
    recalled: NDArray[np.int64]


class Loss(NamedTuple):
    """Nats over a whole split, and what they are divided by."""

    nats: float
    words: int
    notes: int

    @property
    def per_word(self) -> float:
        """Nats per word, END counted and START not."""
        return self.nats / max(self.words, 1)

    @property
    def per_note(self) -> float:
        """Nats per note: comparable between vocabularies."""
        return self.nats / self.notes if self.notes else 0.0

    def __str__(self) -> str:
        note = f", {self.per_note:.4f} a note" if self.notes else ""  # ordinary text has none
        return f"{self.per_word:.4f} nats/word{note}"


def tensors(batch: tuple[NDArray[Any], ...], device: torch.device) -> tuple[Tensor, ...]:
    """Return a batch as tensors on `device`."""
    return tuple(torch.from_numpy(np.ascontiguousarray(array)).to(device, non_blocking=True) for array in batch)


def validate(
    forward: Network,
    pieces: Pieces,
    config: ModelConfig,
    length: int,
    device: torch.device,
    processes: Processes = ALONE,
) -> Loss:
    """Return the loss over all pieces, each word counted once; windows of `length` words overlap by half.

    Of many processes each takes every n-th piece, and all return the same.
    """
    total = torch.zeros((), dtype=torch.float64)
    words = notes = 0
    with torch.no_grad():
        for batch in _batches(pieces, config, length, processes):
            ids, targets, *told = tensors(batch, device)
            logits = forward(ids, *told).float()
            nats = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="sum")
            total += nats.double().cpu()
            words += batch.n_words
            notes += int(((batch.targets >= FIRST_PITCH) & (batch.targets < FIRST_DURATION)).sum())
    return Loss(processes.sum(float(total)), int(processes.sum(words)), int(processes.sum(notes)))


def _batches(pieces: Pieces, config: ModelConfig, length: int, processes: Processes) -> Iterator[Batch]:
    rows: list[Row] = []
    shares = [range(rank, len(pieces.lengths), processes.size) for rank in range(processes.size)]
    for number in shares[processes.rank]:
        rows += _rows(pieces.ids(number), config, length)
        while len(rows) >= ROWS:
            yield _batch(rows[:ROWS], config, length)
            rows = rows[ROWS:]
    if rows:
        yield _batch(rows, config, length)
    # A network in parts is called by all processes or by none: who has fewer batches computes some more, of nothing.
    n_batches = [-(-sum(len(_starts(int(pieces.lengths[n]), length)) for n in share) // ROWS) for share in shares]
    for _ in range(max(n_batches) - n_batches[processes.rank]):
        yield _batch([], config, length)


def _starts(n_words: int, length: int) -> range:
    """Return where windows begin; each counts the words after its first half, which the one before has counted."""
    new = length // 2
    return range(0, max(n_words - 1 - (length - new), 1), new)


def _rows(ids: Ids, config: ModelConfig, length: int) -> Iterator[Row]:
    heard = hear(ids)
    recalled = np.zeros((len(ids), 0), dtype=np.int64)
    if config.hear_recall:
        recalled = recall(ids, heard.time, config.hear_moved, config.bar_steps)
    context = length - length // 2
    for start in _starts(len(ids), length):
        here = slice(start, min(start + length, len(ids) - 1))
        targets = ids[here.start + 1 : here.stop + 1].astype(np.int64)
        if start:
            targets[:context] = IGNORED
        yield Row(ids[here], targets, heard.time[here], heard.sounding[here], recalled[here])


def _batch(rows: list[Row], config: ModelConfig, length: int) -> Batch:
    ids = np.zeros((ROWS, length), dtype=np.int64)
    targets = np.full((ROWS, length), IGNORED, dtype=np.int64)
    time = np.zeros((ROWS, length), dtype=np.int64)
    sounding = np.zeros((ROWS, length, N_KEYS), dtype=np.uint8)
    recalled = np.zeros((ROWS, length, config.n_recalled), dtype=np.int64)
    for number, row in enumerate(rows):
        here = number, slice(len(row.ids))
        ids[here], targets[here], time[here] = row.ids, row.targets, row.time
        sounding[here], recalled[here] = row.sounding, row.recalled
    index = np.broadcast_to(np.arange(length), (ROWS, length))
    cos, sin = Rotary.of(config).tables(index, time)
    return Batch(ids, targets, time % config.bar_steps, sounding, recalled, cos, sin)

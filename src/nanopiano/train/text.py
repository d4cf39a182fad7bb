"""Learning ordinary text with the plain network, from what `corpus text` writes: nanoGPT's own task.

Windows begin anywhere in the stream of tokens. A batch is a function of (seed, number), so that a run goes on exactly.
"""

import json
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import nn

from nanopiano.corpus.hub.text import FORMAT, TEXT_FILE
from nanopiano.errors import InputError
from nanopiano.model.config import SIZES
from nanopiano.train.begin import is_gpt2
from nanopiano.train.checkpoint import load_tensors, read_json
from nanopiano.train.lock import alone_in, check_free
from nanopiano.train.loop import Trainer
from nanopiano.train.options import TrainOptions
from nanopiano.train.pace import Say
from nanopiano.train.plain_gpt import PlainGPT
from nanopiano.train.processes import ALONE, Processes
from nanopiano.train.record import fingerprint_of
from nanopiano.train.validate import Loss, tensors
from nanopiano.train.watch import Watch

VAL_TOKENS = 1_000_000  # of the validation split are read, at most


@dataclass(frozen=True)
class TextConfig:
    """The shape of a plain network that knows byte pairs (see `plain_gpt.Shape`); `config.json` of its run."""

    n_layer: int
    n_head: int
    n_embd: int
    window: int
    vocab_size: int
    vocab_fingerprint: str
    end_of_text: int  # the token that ends a text

    def to_json(self) -> dict[str, Any]:
        """Return the config as it is written."""
        return asdict(self)

    @classmethod
    def from_json(cls, facts: dict[str, Any]) -> "TextConfig":
        """Return the config that `facts` describe. Raises InputError."""
        known: dict[str, Any] = {field.name: facts.get(field.name) for field in fields(cls)}
        kinds = {"vocab_fingerprint": str}
        wrong = [name for name, value in known.items() if type(value) is not kinds.get(name, int)]
        if wrong:
            raise InputError(f"config.json: {wrong[0]} is {json.dumps(known[wrong[0]])}: is this a run on text?")
        return cls(**known)


class TextSplit(NamedTuple):
    """The tokens of one split, document after document."""

    tokens: NDArray[np.uint16]  # memory-mapped

    @property
    def lengths(self) -> NDArray[np.int64]:
        """How many there are, as if they were one piece."""
        return np.array([len(self.tokens)])


class TextBatch(NamedTuple):
    """B windows of T tokens, and the token after each; int64 [B, T]."""

    ids: NDArray[np.int64]
    targets: NDArray[np.int64]

    @property
    def n_words(self) -> int:
        """How many targets there are."""
        return self.targets.size


class TextCorpus:
    """What `corpus text` wrote. Raises InputError for a folder that is not whole."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.facts = folder, read_json(folder / TEXT_FILE)
        if self.facts.get("format") != FORMAT:
            found = self.facts.get("format")
            raise InputError(f"{folder / TEXT_FILE} is of format {found!r}, this version reads {FORMAT}")

    def split(self, name: str) -> TextSplit:
        """Return the split "train" or "val"."""
        path, n_tokens = self.folder / f"{name}.bin", self.facts["splits"][name]["tokens"]
        if not path.is_file() or path.stat().st_size != 2 * n_tokens:
            raise InputError(f"{path} does not hold the {n_tokens:,} tokens that {TEXT_FILE} tells of: prepare it anew")
        return TextSplit(np.memmap(path, dtype="<u2", mode="r"))


def is_text(corpus: Path) -> bool:
    """Whether a folder holds ordinary text."""
    return (corpus / TEXT_FILE).is_file()


def train_text(
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
    """As `loop.train`, for text; returns nats per token. A GPT-2 to begin with keeps its words. Raises InputError."""
    if not options.plain and init_from is None and not resume:
        raise InputError(f"{corpus} holds ordinary text: only the plain network learns it, so add --plain")
    check_free(run)
    if watch is not None:
        watch.pieces = None  # text composes none
    begin: dict[str, Any] = {"resume": resume, "init_from": init_from, "processes": processes}
    with alone_in(run) if processes.is_writer else nullcontext():
        return TextTrainer(TextCorpus(corpus), run, replace(options, plain=True), **begin, say=say, watch=watch).learn()


def learnt_text(run: Path) -> bool:
    """Whether a folder holds a run on ordinary text."""
    path = run / "config.json"
    return path.is_file() and "end_of_text" in read_json(path)


def read_text_run(run: Path) -> tuple[TextConfig, PlainGPT, dict[str, Any], dict[str, Any]]:
    """Return shape, best weights, what is known of them, and the options of a run on text. Raises InputError."""
    config = TextConfig.from_json(read_json(run / "config.json"))
    tensors, facts = load_tensors(run / "best.safetensors")
    network = PlainGPT(config)
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        raise InputError(f"{run} holds a network of another shape than its config.json says") from error
    return config, network, facts, read_json(run / "run.json")


class TextTrainer(Trainer):
    """A run on text."""

    config: Any  # a TextConfig
    train_pieces: Any  # a TextSplit
    val_pieces: Any
    forward: Any

    def __init__(self, corpus: TextCorpus, *args: Any, **how: Any) -> None:
        super().__init__(corpus, *args, **how)  # type: ignore[arg-type]  # whatever asks the corpus is replaced below

    def make_config(self, corpus: Any, init_from: Path | None) -> None:
        """Shape the network by the options, or like the GPT-2 that it begins, or began, with."""
        facts, size = corpus.facts, SIZES[self.options.size]
        words = (facts["vocabulary_size"], facts["vocabulary"], facts["end_of_text"])
        self.config = TextConfig(size.n_layer, size.n_head, size.n_embd, self.options.length, *words)
        if self.checkpoint.exists():
            self.config = TextConfig.from_json(read_json(self.run / "config.json"))
        elif init_from is not None:
            self.config = _gpt2_config(init_from, self.config)
        if self.options.length > self.config.window:
            raise InputError(f"length is {self.options.length}: the network has {self.config.window} positions")

    def make_network(self) -> nn.Module:
        """Return a new network."""
        return PlainGPT(self.config, self.options.dropout)

    def begin(self, init_from: Path) -> dict[str, Any]:
        """Take all weights of a GPT-2."""
        from nanopiano.train.hf.gpt2 import fingerprint, text_network  # noqa: PLC0415  an extra, slow to import

        state = text_network(init_from).state_dict()
        self.network.load_state_dict(state)
        return {"model": init_from.name, "architecture": "gpt2", "sha256": fingerprint(state), "words": 0}

    def read(self, corpus: Any) -> None:
        """Map both splits."""
        self.train_pieces, self.val_pieces = corpus.split("train"), corpus.split("val")
        for split in (self.train_pieces, self.val_pieces):
            if split.lengths.sum() < self.options.length + 1:
                raise InputError(f"a split of {corpus.folder} is shorter than a window: name a smaller --length")

    def vocabulary(self, corpus: Any) -> str:
        """Return the fingerprint of the tokens of a corpus."""
        return str(corpus.facts["vocabulary"])

    def facts(self, corpus: Any) -> dict[str, Any]:
        """Return what decides what the run computes."""
        files = [corpus.folder / f"{name}.bin" for name in sorted(corpus.facts["splits"])]
        text = {**corpus.facts, "fingerprint": fingerprint_of(corpus.facts["vocabulary"], files)}
        return {**asdict(self.options), "torch": torch.__version__, "corpus": text}

    def _batches(self) -> Iterator[list[Any]]:
        number, per_step = self.progress.step * self.options.accumulate, self.options.accumulate
        while True:
            yield [self._batch(number + i) for i in range(per_step)]
            number += per_step

    def _batch(self, number: int) -> TextBatch:
        """Return a batch, of many processes this one's share."""
        T, tokens = self.options.length, self.train_pieces.tokens
        rng = np.random.default_rng([self.options.seed, number])
        rows = max(self.processes.size, self.options.batch_words // T)
        starts = rng.integers(len(tokens) - T, size=rows)
        return _windows(tokens, starts[self.processes.rank :: self.processes.size], T)

    def _validate(self) -> Loss:
        T, tokens = self.options.length, self.val_pieces.tokens[: VAL_TOKENS + 1]
        starts, nats, n_tokens = np.arange(0, len(tokens) - T, T), 0.0, 0
        rows = max(1, self.options.batch_words // T)
        self.network.eval()
        with torch.no_grad():
            for first in range(0, len(starts), rows):
                batch = _windows(tokens, starts[first : first + rows], T)
                ids, targets = tensors(batch, self.device)
                logits = self.forward(ids).float()
                nats += float(F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum"))
                n_tokens += batch.n_words
        self.network.train()
        return Loss(nats, n_tokens, 0)


def _windows(tokens: NDArray[np.uint16], starts: NDArray[np.int64], length: int) -> TextBatch:
    rows = np.stack([tokens[start : start + length + 1] for start in starts]).astype(np.int64)
    return TextBatch(rows[:, :-1], rows[:, 1:])


def _gpt2_config(start: Path, config: TextConfig) -> TextConfig:
    """Return `config` in the shape of a GPT-2 with the same words. Raises InputError."""
    from nanopiano.train.hf.gpt2 import read_config  # noqa: PLC0415  an extra, slow to import

    if not is_gpt2(start):
        raise InputError(f"{start} is no GPT-2: a run on text begins with one, or with nothing")
    theirs = read_config(start)
    if theirs.vocab_size != config.vocab_size:
        raise InputError(f"{start} knows {theirs.vocab_size:,} tokens, the corpus has {config.vocab_size:,}")
    shape = {"n_layer": theirs.n_layer, "n_head": theirs.n_head, "n_embd": theirs.n_embd, "window": theirs.n_positions}
    return replace(config, **shape)

"""A run that goes on from a model with few pieces and little time, and ends when no more is gained.

Measured in docs/benchmarks.md, "Fine-tuning": all weights learn, at the rates of a training from nothing, which fall
from the beginning to zero; the weights that expect the held-out works best are kept.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from torch import Tensor

from nanopiano.corpus.packed import Corpus
from nanopiano.errors import InputError
from nanopiano.model.config import SIZES, ModelConfig
from nanopiano.music.vocab import vocabulary
from nanopiano.train.checkpoint import Progress
from nanopiano.train.loop import Trainer
from nanopiano.train.options import TrainOptions
from nanopiano.train.watch import Watch

RATES: dict[str, Any] = {"matrix_lr": 0.01, "table_lr": 0.003}  # peaks; no dropout, which costs more than it saves
BATCH_WORDS, WARMUP_BATCHES = 2048, 10
ROUNDS = 6  # through all pieces, if the time is enough; few and small ones are read more often:
LEAST_WORDS = 60_000  # of them eight pieces of 500 words were read 14 times, seven too many
EVALUATIONS = 40  # in a run, at most; and
WORDS_FOR_WORD = 7  # words learnt from for each that is validated, or evaluations would take over a tenth of the time
PATIENCE = 0.5  # share of a run without gain that ends it; less would end it where the rate is highest

Tick = Callable[[float, float], object]  # told the share of the run that is done, and the best nats per note so far


def options_like(config: ModelConfig, **changes: Any) -> TrainOptions:
    """Return options that make a network of `config`. Raises InputError if `train` makes none of its kind."""
    kind = {field.name: getattr(config, field.name) for field in fields(TrainOptions) if hasattr(config, field.name)}
    if config.plain:
        kind["length"] = config.window
    for size in SIZES:
        options = TrainOptions(**{"size": size, **kind, **changes})
        if options.config(vocabulary(config.steps_per_beat)) == config:
            return options
    raise InputError(f"the model is of none of the sizes {', '.join(SIZES)}: choose one that is")


def options_for(corpus: Corpus, config: ModelConfig, **changes: Any) -> TrainOptions:
    """Return how a run learns from a small corpus, with single options changed."""
    train, val = (corpus.facts["splits"][name]["words"] for name in ("train", "val"))
    return options_like(
        config,
        total_words=max(ROUNDS * train, LEAST_WORDS),
        batch_words=BATCH_WORDS,
        warmup_words=WARMUP_BATCHES * BATCH_WORDS,
        decay_share=1.0,
        eval_words=WORDS_FOR_WORD * val,
        save_seconds=60.0,
        compile="no",  # takes longer than it saves in a quarter of an hour
        **RATES,
        **changes,
    )


class Clock(Watch):
    """Notes beside the losses of every evaluation how many seconds the run has taken."""

    def __init__(self, run: Path, spent: Callable[[], float]) -> None:
        super().__init__(run, say=lambda _: None)
        self.spent = spent

    def evaluated(self, progress: Progress, weights: Mapping[str, Tensor]) -> None:
        """Note the time, and show the losses."""
        progress.history[-1]["seconds"] = self.spent()
        super().evaluated(progress, weights)


class FineTuner(Trainer):
    """A run bounded by words and by time, which ends when the held-out pieces no longer gain."""

    def __init__(
        self, corpus: Corpus, run: Path, options: TrainOptions, *, base: Path | None, seconds: float, tick: Tick
    ) -> None:
        self.seconds, self.tick = seconds, tick
        watch = Clock(run, self.spent)
        super().__init__(corpus, run, options, resume=True, init_from=base, say=lambda _: None, watch=watch)
        self.began = time.monotonic()
        if self.progress.history:
            self.began -= self.progress.history[-1]["seconds"]

    def spent(self) -> float:
        """Return how many seconds the run has taken, those before it was interrupted too."""
        return time.monotonic() - self.began

    def share(self) -> float:
        """Return how much of the run is done, by words or by time, whichever is further."""
        return self._share(self.progress.words, self.spent())

    def _share(self, words: float, seconds: float) -> float:
        return min(max(words / self.options.total_words, seconds / self.seconds), 1.0)

    def lr_share(self) -> float:
        """Rise over the first words, and fall from the beginning, so that any time is enough to come to rest."""
        return min((self.progress.words + 1) / self.options.warmup_words, 1.0 - self.share())

    @property
    def nats_per_note(self) -> list[float]:
        """The held-out pieces' at every evaluation, the first by the model that was begun with."""
        return [_loss(row) for row in self.progress.history]

    def is_over(self, share: float) -> bool:
        """Whether nothing more is to be learnt."""
        rows = self.progress.history
        best, last = (self._share(row["words"], row["seconds"]) for row in (min(rows, key=_loss), rows[-1]))
        return share >= 1 or last - best >= PATIENCE

    def is_due(self, share: float) -> bool:
        """Whether the held-out pieces are to be looked at: often, but not for more time than learning takes."""
        last = self.progress.history[-1]
        words = self.progress.words - last["words"]
        since = share - self._share(last["words"], last["seconds"])
        return share >= 1 or (words >= self.options.eval_words and since >= 1 / EVALUATIONS)

    def tune(self) -> None:
        """Learn to the end; Ctrl-C keeps a checkpoint before it goes on its way."""
        try:
            self._tune()
        except KeyboardInterrupt:
            if self.whole:
                self.save()
            raise

    def _tune(self) -> None:
        if not self.progress.history:
            self._evaluate_base()
        saved = time.monotonic()
        share = self.share()
        if self.progress.words > self.progress.history[-1]["words"] and self.is_due(share):
            self._evaluate()  # the run was stopped before its evaluation, or in it
        for batches in self._batches():
            if self.is_over(share):
                break
            self._step(batches)
            share = self.share()
            if self.is_due(share):
                self._evaluate()
            if time.monotonic() - saved > self.options.save_seconds:
                self.save()
                saved = time.monotonic()
            self.tick(share, min(self.nats_per_note))
        self.save()

    def _evaluate_base(self) -> None:
        """Let the weights that the run begins with be those to beat."""
        loss = self._validate()
        row = {"step": 0, "words": 0, "val_nats_per_word": loss.per_word, "val_nats_per_note": loss.per_note}
        self._keep_if_best(loss, row)
        self.progress.history.append({**row, "seconds": 0.0})


def _loss(row: dict[str, float]) -> float:
    return row["val_nats_per_note"]

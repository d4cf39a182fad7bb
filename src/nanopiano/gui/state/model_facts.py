"""What is told of a model before it is chosen."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath


@dataclass(frozen=True)
class ModelFacts:
    """A model that can be chosen, with what its `config.json` says of it."""

    model: str  # its name, or the path of one that has none
    folder: str
    parameters: int | None = None
    nats_per_note: float | None = None  # on the music held out of its own training
    nats_per_word: float | None = None  # likewise
    problem: str = ""  # why it cannot be used; empty: nothing is known against it

    @property
    def facts(self) -> str:
        """What it is like, in a few words."""
        size = "" if self.parameters is None else f"{self.parameters:,} parameters"
        loss = "" if self.nats_per_word is None else f"{self.nats_per_word:.3f} nats a word"
        loss = loss if self.nats_per_note is None else f"{self.nats_per_note:.3f} nats a note"
        return "  ·  ".join(fact for fact in (size, loss) if fact) or "Nothing is told of it."


def model_name(model: str) -> str:
    """Return what a model is called that is given by name or path."""
    return PurePath(model).name or model

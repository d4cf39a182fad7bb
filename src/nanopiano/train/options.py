"""Everything that decides what a run computes."""

import sys
from dataclasses import dataclass, field, fields
from typing import Any

from nanopiano.errors import InputError
from nanopiano.model.config import SIZES, ModelConfig, named_size, plain_size
from nanopiano.music.vocab import Vocabulary

MAY_BE_0 = ("seed", "most_semitones", "warmup_words", "average_words", "loaders", "hear_before", "blend_words")
MOST_SEED = 2**63 - 1  # torch takes seeds up to twice that, and each step has one of its own, further up
TRACKERS = ("tensorboard", "wandb")  # programs of others that can show a run
HUB_MODELS = ("gpt2", "gpt2-medium", "gpt2-large", "gpt2-xl")  # of the Hugging Face Hub, to begin with


def _option(default: Any, meaning: str, *choices: str) -> Any:
    return field(default=default, metadata={"help": meaning, "choices": choices or None})


@dataclass(frozen=True)
class TrainOptions:
    """The options of `nanopiano train`, written beside the weights as `run.json`. Raises InputError out of range."""

    size: str = _option("small", "shape of the network", *SIZES)
    total_words: int = _option(30_000_000, "words to see in all; the learning rate reaches zero there")
    length: int = _option(1024, "words a window; twice the attention window, so that dropped keys are met in training")
    batch_words: int = _option(4096, "words a batch")
    accumulate: int = _option(1, "batches a step")
    matrix_lr: float = _option(0.01, "peak learning rate of Muon, for the matrices in the blocks")
    table_lr: float = _option(0.004, "peak learning rate of AdamW, for the tables and the head")
    weight_decay: float = _option(0.01, "weight decay of both")
    warmup_words: int = _option(200_000, "words over which the learning rate rises")
    decay_share: float = _option(0.5, "share of the run, at its end, over which the learning rate falls to zero")
    dropout: float = _option(0.0, "share of what every layer adds that is left out in training; helps small corpora")
    average_words: int = _option(0, "words over which a mean of the weights reaches back, kept beside them; 0: none")
    clip: float = _option(1.0, "largest norm of a step's gradient")
    fill_rate: float = _option(0.25, "share of the windows that ask for the music of a gap")
    most_semitones: int = _option(6, "windows are transposed by so many semitones at most")
    eval_words: int = _option(3_000_000, "words between evaluations on the whole validation set")
    save_seconds: float = _option(240.0, "seconds between checkpoints")
    seed: int = _option(1, "seed of weights and windows")
    device: str = _option("auto", "auto, cpu, cuda, cuda:1, mps")
    parallel: str = _option(
        "auto", "among processes: each holds the network (ddp) or a part of it (fsdp); auto: ddp if a GPU has room",
        "auto", "ddp", "fsdp",
    )  # fmt: skip
    loaders: int = _option(0, "processes that make batches ahead for each that learns; 0: it makes them itself")
    precision: str = _option("auto", "auto: bfloat16 where the processor multiplies it", "auto", "float32", "bfloat16")
    compile: str = _option("auto", "torch.compile; auto: where a compiler is at hand", "auto", "yes", "no")
    hear_place: bool = _option(True, "an embedding of the place in the bar")
    hear_sounding: bool = _option(True, "a linear input of the keys now sounding")
    hear_before: int = _option(2, "how many of the words before each have tables of their own")
    hear_octave: bool = _option(True, "tables of the octave and the pitch class of a pitch")
    hear_endings: bool = _option(True, "a linear input of how many keys fall silent in 1, 2 ... steps")
    hear_held: bool = _option(True, "a linear input of which keys sound, for however long")
    hear_recall: bool = _option(True, "what followed where the last words stood before, told and ready to copy")
    hear_moved: bool = _option(True, "what comes next in earlier passages that are in another key, or only alike")
    hear_time: bool = _option(True, "half of the rotary frequencies turn with musical time")
    hear_bars: bool = _option(True, "musical time turns by periods that part or fill bars")
    blend_words: int = _option(3, "words of a convolution before attention and perceptron of every layer; 0: none")
    plain: bool = _option(
        False, "GPT-2's network instead: as many learned positions as a window has, nothing heard or blended"
    )

    def __post_init__(self) -> None:
        for entry in fields(self):
            value, choices = getattr(self, entry.name), entry.metadata["choices"]
            if choices and value not in choices:
                raise InputError(f"{entry.name} is {value!r}: expected one of {', '.join(choices)}")
            least = 0 if entry.name in MAY_BE_0 else 1
            if isinstance(entry.default, float):
                if not 0 <= value <= sys.float_info.max:
                    raise InputError(f"{entry.name} is {value}: expected a number from 0 up")
                object.__setattr__(self, entry.name, float(value))  # who writes 0 means 0.0
            elif type(value) is int and value < least:
                raise InputError(f"{entry.name} is {value}: expected a whole number from {least} up")
        if self.seed > MOST_SEED:
            raise InputError(f"seed is {self.seed}: expected a whole number up to {MOST_SEED}")
        if self.length < 2:
            raise InputError(f"length is {self.length}: expected at least 2 words, one to read and one to expect")
        if self.hear_bars and not self.hear_time:
            raise InputError("hear_bars goes with hear_time: turn it off too (--no-hear-bars)")
        if self.hear_moved and not self.hear_recall:
            raise InputError("hear_moved goes with hear_recall: turn it off too (--no-hear-moved)")
        for name in ("fill_rate", "decay_share", "dropout"):
            if getattr(self, name) > 1:
                raise InputError(f"{name} is {getattr(self, name)}: expected a share from 0 to 1")

    def config(self, vocab: Vocabulary) -> ModelConfig:
        """Return the shape of the network that is to learn from a corpus with the words of `vocab`."""
        words = {"steps_per_beat": vocab.grid.steps_per_beat, "vocab_fingerprint": vocab.fingerprint}
        if self.plain:
            return plain_size(self.size, self.length, **words)
        hearing = {entry.name: getattr(self, entry.name) for entry in fields(self) if entry.name.startswith("hear_")}
        return named_size(self.size, **hearing, **words, blend_words=self.blend_words)


@dataclass(frozen=True)
class WatchOptions:
    """What is shown of a run besides its losses; changes nothing of what it computes. Raises InputError."""

    pieces: int = _option(3, "pieces of 300 words that are composed with every evaluation; 0: none")
    pieces_every: int = _option(0, "words between them at least; 0: none but those between evaluations")

    def __post_init__(self) -> None:
        for entry in fields(self):
            if getattr(self, entry.name) < 0:
                raise InputError(f"{entry.name} is {getattr(self, entry.name)}: expected a whole number from 0 up")

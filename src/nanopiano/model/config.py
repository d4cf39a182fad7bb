"""The shape of a network, as it stands in `config.json` beside its weights."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from nanopiano.errors import InputError
from nanopiano.music.recall import n_recalled
from nanopiano.music.vocab import vocabulary

# The least and the most of each number: far beyond what music needs, and what a memory still holds.
RANGES = {
    "n_layer": (1, 64),
    "n_head": (1, 64),
    "n_kv_head": (1, 64),
    "n_embd": (4, 4096),
    "window": (2, 16_384),
    "hear_before": (0, 8),
    "blend_words": (0, 8),
}
# Of a network that hears nothing but the words.
DEAF: dict[str, Any] = {
    "hear_place": False,
    "hear_sounding": False,
    "hear_time": False,
    "hear_bars": False,
    "hear_octave": False,
    "hear_endings": False,
    "hear_held": False,
    "hear_recall": False,
    "hear_moved": False,
    "hear_before": 0,
}

# What makes a network plain, besides its window and as many heads of keys and values as of queries.
PLAIN: dict[str, Any] = {"plain": True, "blend_words": 0, **DEAF}

# What the oldest models do not say.
LATER = {
    "plain": False,
    "blend_words": 0,
    **{name: DEAF[name] for name in DEAF if name not in ("hear_place", "hear_sounding", "hear_time")},
}


@dataclass(frozen=True)
class ModelConfig:
    """A decoder-only transformer that hears the music (design.md, section 3). Raises InputError out of range."""

    n_layer: int = 3
    n_head: int = 6
    n_kv_head: int = 2  # keys and values are shared by n_head / n_kv_head heads: a smaller cache, a faster composer
    n_embd: int = 384
    window: int = 512  # a word attends to itself and the window - 1 words before it, in training as in composing
    hear_place: bool = True  # an embedding of the place in the bar
    hear_sounding: bool = True  # a linear input of the keys now sounding
    hear_time: bool = True  # half of the rotary frequencies turn with musical time instead of the word index
    hear_bars: bool = False  # by periods that part or fill bars, so that equal places of a bar are turned alike
    hear_octave: bool = False  # octave and pitch class of a pitch have tables, beside that of the word itself
    hear_endings: bool = False  # a linear input of how many keys fall silent in 1, 2 ... steps, up to a bar
    hear_held: bool = False  # a linear input of which keys sound, for however long, beside hear_sounding
    hear_recall: bool = False  # what followed where the last words stood before (music/recall.py), told and copied
    hear_moved: bool = False  # what comes next in passages in other keys or only alike (music/moved.py)
    hear_before: int = 0  # tables of the words 1, 2 ... before each word, beside that of the word itself
    blend_words: int = 0  # a convolution over so many words before attention and perceptron (train/gpt.py); 0: none
    plain: bool = False  # GPT-2's network instead (train/plain_gpt.py): `window` learned positions, nothing heard
    steps_per_beat: int = 4
    vocab_fingerprint: str = vocabulary().fingerprint

    def __post_init__(self) -> None:
        for name, (least, most) in RANGES.items():
            if not least <= getattr(self, name) <= most:
                raise InputError(f"{name} is {getattr(self, name)}: expected {least} to {most}")
        if self.n_embd % self.n_head or (self.n_embd // self.n_head) % 4:
            raise InputError(f"n_embd {self.n_embd} must be a multiple of 4 * n_head (n_head is {self.n_head})")
        if self.n_head % self.n_kv_head:
            raise InputError(f"n_head {self.n_head} must be a multiple of n_kv_head {self.n_kv_head}")
        if self.plain and (self.n_kv_head != self.n_head or self.hears or self.blend_words):
            raise InputError(
                "a plain network hears nothing, blends no words, and its heads share no keys: set n_kv_head to n_head"
            )
        if self.hear_bars and not self.hear_time:
            raise InputError("hear_bars is on and hear_time is off: it is musical time that turns by bars")
        if self.hear_moved and not self.hear_recall:
            raise InputError("hear_moved is on and hear_recall is off: what is moved is told beside what is recalled")
        mine = vocabulary(self.steps_per_beat).fingerprint
        if self.vocab_fingerprint != mine:
            raise InputError(
                f"the model's vocabulary {self.vocab_fingerprint} is not this program's {mine}: "
                "use the nanopiano release that made the model, or train it anew"
            )

    @property
    def hears(self) -> bool:
        """Whether anything but the words is told to the network."""
        return any(getattr(self, name) for name in DEAF)

    @property
    def n_recalled(self) -> int:
        """Words that are told after each word, out of what was heard before."""
        return n_recalled(self.hear_moved) if self.hear_recall else 0

    @property
    def streams(self) -> tuple[str, ...]:
        """Names of the streams of which a cache keeps the last words, to blend them with the next."""
        return tuple(f"stream_{n}" for n in range(2 * self.n_layer)) if self.blend_words > 1 else ()

    @property
    def head_size(self) -> int:
        """Numbers in a query, key or value of one head."""
        return self.n_embd // self.n_head

    @property
    def vocab_size(self) -> int:
        """Words in the vocabulary."""
        return len(vocabulary(self.steps_per_beat))

    @property
    def bar_steps(self) -> int:
        """Places in a bar."""
        return vocabulary(self.steps_per_beat).grid.bar_steps

    def to_json(self) -> dict[str, Any]:
        """Return the config as it is written."""
        return asdict(self)

    @classmethod
    def from_json(cls, facts: dict[str, Any]) -> ModelConfig:
        """Return the config that `facts` describe; keys of other purpose are passed over. Raises InputError."""
        known = {field.name: field.type for field in fields(cls)}
        facts = {**LATER, **facts}
        missing = sorted(set(known) - set(facts))
        if missing:
            raise InputError(f"config.json lacks {', '.join(missing)}: is this a nanopiano model folder?")
        for name, kind in known.items():
            least = RANGES.get(name, (1, 0))[0]
            if type(facts[name]).__name__ != kind or (kind == "int" and facts[name] < least):
                raise InputError(f"config.json: {name} is {json.dumps(facts[name])}, expected a positive {kind}")
        return cls(**{name: facts[name] for name in known})


SIZES = {
    "tiny": ModelConfig(n_layer=2, n_head=2, n_kv_head=1, n_embd=64, window=128),
    "small": ModelConfig(n_layer=3, n_head=6, n_kv_head=2, n_embd=384),
    "base": ModelConfig(n_layer=4, n_head=8, n_kv_head=2, n_embd=512),
}


def named_size(name: str, **changes: Any) -> ModelConfig:
    """Return a named size, with single fields changed. Raises InputError for a name that is none."""
    if name not in SIZES:
        raise InputError(f"size {name!r} is none of {', '.join(SIZES)}")
    return replace(SIZES[name], **changes)


def plain_size(name: str, positions: int, **changes: Any) -> ModelConfig:
    """Return a named size in its plain form, with so many learned positions. Raises InputError."""
    return named_size(name, **PLAIN, window=positions, n_kv_head=named_size(name).n_head, **changes)

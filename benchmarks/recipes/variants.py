"""The variants that `recipe.py` knows, and how one of them, or several together, become a recipe."""

from dataclasses import dataclass, field, replace
from typing import Any

from nanopiano.model.config import ModelConfig
from nanopiano.train.options import TrainOptions
from recipes.data import Reading
from recipes.network import MOVED, RECALL, RECALLED, Switches

# The base is the recipe of the night of 2026-11-27, written out: the defaults of `nanopiano train` may move on.
HALF = ModelConfig(n_layer=3, n_head=3, n_kv_head=1, n_embd=192, hear_before=0, hear_octave=False, hear_endings=False)
# The lab has switches of its own for what `HALF` leaves out.
HEARD = Switches(previous=2, octaves=True, endings=True, recalled=RECALLED, copying=True)
BASE = TrainOptions(
    length=512,
    batch_words=4096,
    matrix_lr=0.01,
    table_lr=0.004,
    weight_decay=0.01,
    warmup_words=200_000,
    decay_share=0.5,
    clip=1.0,
    fill_rate=0.25,
    most_semitones=6,
    hear_bars=False,  # the lab has switches of its own for what is heard
)
READ = Reading(recall=True)


@dataclass(frozen=True)
class Optim:
    """What the optimizers have beyond `TrainOptions`; the defaults are the base."""

    momentum: float = 0.95
    table_beta2: float = 0.95
    head_lr: float = 1.0  # share of table_lr
    muon_decay: float | None = None  # weight decay of Muon, if another
    adamw_only: bool = False
    shape: str = "linear"  # of the fall; also: cosine, sqrt
    average: float = 0.0  # words over which the weights are averaged, 0: not
    ns_steps: int = 5  # of Newton-Schulz in Muon


@dataclass(frozen=True)
class Recipe:
    """A variant, made whole."""

    name: str
    options: TrainOptions
    config: ModelConfig = HALF
    switches: Switches = HEARD
    reading: Reading = READ
    optim: Optim = field(default_factory=Optim)


GROUPS = ("options", "config", "switches", "reading", "optim")


def recipe(name: str, words: int, seed: int) -> Recipe:
    """Return the recipe of a variant, or of several joined by '+'. Raises KeyError for one that is not known."""
    made = Recipe(name, replace(BASE, total_words=words, seed=seed))
    for part in name.split("+"):
        for option, value in VARIANTS[part].items():
            groups = [group for group in GROUPS if hasattr(getattr(made, group), option)]
            if not groups:
                raise KeyError(f"{part}: no option is called {option}")
            for group in groups:
                made = replace(made, **{group: replace(getattr(made, group), **{option: value})})
    return made


VARIANTS: dict[str, dict[str, Any]] = {
    "base": {},
    "november-23": {"recalled": (), "copying": False},
    "november-22": {
        "recalled": (),
        "copying": False,
        "matrix_lr": 0.02,
        "previous": 0,
        "octaves": False,
        "endings": False,
    },
    # What is heard
    "no-place": {"hear_place": False},
    "no-sounding": {"hear_sounding": False},
    "no-time": {"hear_time": False},
    "metres-16-12": {"metres": (16, 12)},
    "metres-16-24": {"metres": (16, 24)},
    "metres-48": {"metres": (16, 48)},
    "metres-4-16-64": {"metres": (4, 16, 64)},
    "no-octaves": {"octaves": False},
    "no-endings": {"endings": False},
    "wait": {"wait": True},
    "sounding-binary": {"sounding": "binary"},
    "sounding-classes": {"sounding": "classes"},
    "sounding-relative": {"sounding": "relative"},
    "sounding-logarithm": {"sounding": "logarithm"},
    "struck": {"struck": True},
    "echo": {"echo": True},
    "recall-tables": {"recalled": RECALL, "copying": False},
    "recall-32-tables": {"recalled": ("recall32",), "copying": False},
    "no-moved": {"recalled": RECALL},
    "no-passages": {"recalled": (*RECALL, *MOVED)},
    "no-lines": {"recalled": (*RECALL, *MOVED, "along")},
    "no-rhythm": {"recalled": RECALLED[:-1]},
    "no-copying": {"copying": False},
    "previous-0": {"previous": 0},
    "previous-1": {"previous": 1},
    "previous-4": {"previous": 4},
    "smear": {"smear": True},
    "table-std": {"table_std": 0.2},
    # Positions
    "positions-time": {"positions": "time"},
    "positions-bars": {"positions": "bars"},
    "positions-pitch": {"positions": "pitch"},
    "longest-4096": {"longest": 4096.0},
    # Window
    "window-256": {"window": 256},
    "window-1024": {"window": 1024, "length": 1024},
    "window-2048": {"window": 2048, "length": 2048},
    "length-1024": {"length": 1024},
    "length-256": {"length": 256},
    # Network
    "norm-gain": {"norm": "gain"},
    "norm-layer": {"norm": "layer"},
    "gelu": {"activation": "gelu"},
    "relu": {"activation": "relu"},
    "swiglu": {"activation": "swiglu", "expansion": 8 / 3},
    "expansion-6": {"expansion": 6.0},
    "value-tables": {"value_tables": True},
    "value-residual": {"value_residual": True},
    "word-residual": {"word_residual": True},
    "softcap-15": {"softcap": 15.0},
    "tied": {"tied": True},
    "norm-no-words": {"norm_words": False},
    "begin-normal": {"zero_begin": False},
    "kernel-3": {"kernel": 3},
    "shift": {"shift": True},
    "sharp-1.5": {"sharpness": 1.5},
    "sharp-0.7": {"sharpness": 0.7},
    "gates": {"gates": True},
    "parallel": {"parallel_mlp": True},
    "dropout-0.1": {"dropout": 0.1},
    "heads-6-1": {"n_head": 6, "n_kv_head": 1},
    "heads-6-2": {"n_head": 6, "n_kv_head": 2},
    "heads-6-3": {"n_head": 6, "n_kv_head": 3},
    "heads-6-6": {"n_head": 6, "n_kv_head": 6},
    "heads-3-3": {"n_head": 3, "n_kv_head": 3},
    "deep-6x136": {"n_layer": 6, "n_embd": 132, "n_head": 3},
    "deep-4x168": {"n_layer": 4, "n_embd": 168, "n_head": 3},
    "wide-2x240": {"n_layer": 2, "n_embd": 240, "n_head": 3},
    # Optimizers
    "muon-0.005": {"matrix_lr": 0.005},
    "muon-0.007": {"matrix_lr": 0.007},
    "muon-0.014": {"matrix_lr": 0.014},
    "muon-0.02": {"matrix_lr": 0.02},
    "muon-0.04": {"matrix_lr": 0.04},
    "ns-3": {"ns_steps": 3},
    "ns-4": {"ns_steps": 4},
    "adamw-0.001": {"table_lr": 0.001},
    "adamw-0.002": {"table_lr": 0.002},
    "adamw-0.008": {"table_lr": 0.008},
    "adamw-0.016": {"table_lr": 0.016},
    "head-0.25": {"head_lr": 0.25},
    "adamw-only": {"adamw_only": True},
    "momentum-0.9": {"momentum": 0.9},
    "momentum-0.98": {"momentum": 0.98},
    "beta2-0.99": {"table_beta2": 0.99},
    "decay-0": {"weight_decay": 0.0},
    "decay-0.1": {"weight_decay": 0.1},
    "muon-decay-0.1": {"muon_decay": 0.1},
    "fall-0.8": {"decay_share": 0.8},
    "fall-1": {"decay_share": 1.0},
    "fall-0.3": {"decay_share": 0.3},
    "fall-sqrt": {"shape": "sqrt"},
    "fall-cosine": {"shape": "cosine", "decay_share": 1.0},
    "rise-50k": {"warmup_words": 50_000},
    "rise-20k": {"warmup_words": 20_000},
    "clip-off": {"clip": 1e9},
    "batch-1024": {"batch_words": 1024},
    "batch-2048": {"batch_words": 2048},
    "batch-8192": {"batch_words": 8192},
    "average-50k": {"average": 50_000.0},
    # What is read
    "semitones-0": {"most_semitones": 0},
    "semitones-3": {"most_semitones": 3},
    "semitones-11": {"most_semitones": 11},
    "fill-0": {"fill_rate": 0.0},
    "fill-0.1": {"fill_rate": 0.1},
    "lowest-first": {"lowest_first": True},
    "stretch-0.2": {"stretch_rate": 0.2},
    "sources-root": {"source_power": 0.5},
    "sources-equal": {"source_power": 0.0},
}

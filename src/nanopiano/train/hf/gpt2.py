"""GPT-2 as transformers keeps it, and our plain network: the same numbers by other names (Radford et al. 2019).

Only safetensors are read: a checkpoint that is a pickle could run code.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from logging import ERROR
from pathlib import Path
from typing import Any

import torch
from huggingface_hub.utils import logging as hub_logging
from safetensors import SafetensorError
from torch import Tensor, nn
from transformers import GPT2Config, GPT2LMHeadModel, PretrainedConfig
from transformers.utils import logging

from nanopiano.errors import InputError
from nanopiano.model.config import ModelConfig, plain_size
from nanopiano.music.vocab import Vocabulary
from nanopiano.train.plain_gpt import EPSILON, PlainGPT, Shape

# Parts of a block, ours and theirs; the matrices of theirs stand transposed.
BLOCK = {
    "before_attention": "ln_1",
    "qkv": "attn.c_attn",
    "proj": "attn.c_proj",
    "before_perceptron": "ln_2",
    "up": "mlp.c_fc",
    "down": "mlp.c_proj",
}
# What the plain network computes: a GPT-2 that says otherwise is another network.
COMPUTED: dict[str, tuple[Any, ...]] = {
    "activation_function": ("gelu_new", "gelu_pytorch_tanh"),
    "layer_norm_epsilon": (EPSILON,),
    "scale_attn_weights": (True,),
    "scale_attn_by_inverse_layer_idx": (False,),
    "add_cross_attention": (False,),
    "tie_word_embeddings": (True,),
}

State = dict[str, Tensor]


@dataclass(frozen=True)
class TextShape:
    """The shape of a plain network that knows other words than ours (see `plain_gpt.Shape`)."""

    n_layer: int
    n_head: int
    n_embd: int
    window: int
    vocab_size: int


def names(n_layer: int) -> dict[str, str]:
    """Return the names of the parameters, ours to theirs."""
    pairs = {"words.weight": "wte.weight", "positions.weight": "wpe.weight"}
    parts = {f"blocks.{i}.{ours}": f"h.{i}.{theirs}" for i in range(n_layer) for ours, theirs in BLOCK.items()}
    for ours, theirs in {**parts, "last": "ln_f"}.items():
        pairs |= {f"{ours}.{kind}": f"{theirs}.{kind}" for kind in ("weight", "bias")}
    return {ours: f"transformer.{theirs}" for ours, theirs in pairs.items()}


def to_ours(theirs: State, n_layer: int) -> State:
    """Return the parameters of a GPT2LMHeadModel by the names of `PlainGPT`."""
    return {ours: _turned(ours, theirs[name]).float() for ours, name in names(n_layer).items()}


def to_theirs(ours: State, n_layer: int) -> State:
    """Return the parameters of a `PlainGPT` by the names of GPT2LMHeadModel, the tied head among them."""
    state = {theirs: _turned(name, ours[name]) for name, theirs in names(n_layer).items()}
    return state | {"lm_head.weight": ours["words.weight"]}


def _turned(name: str, parameter: Tensor) -> Tensor:
    return parameter.T.contiguous() if name.startswith("blocks.") and parameter.ndim == 2 else parameter


def text_network(start: Path) -> PlainGPT:
    """Return our network with the weights, the words and the positions of a GPT-2: its logits are transformers' own.

    `start` is a folder of `save_pretrained`, or a name on the Hub. Raises InputError.
    """
    config = read_config(start)
    network = PlainGPT(TextShape(config.n_layer, config.n_head, config.n_embd, config.n_positions, config.vocab_size))
    network.load_state_dict(_read_weights(start, network.config))
    return network


def music_config(start: Path, positions: int, vocab: Vocabulary) -> ModelConfig:
    """Return the shape of a GPT-2 that is to learn music, cut to so many positions. Raises InputError."""
    config = read_config(start)
    if positions > config.n_positions:
        raise InputError(f"length is {positions}: {start} has {config.n_positions} positions, so name at most as many")
    words = {"steps_per_beat": vocab.grid.steps_per_beat, "vocab_fingerprint": vocab.fingerprint}
    shape = {"n_layer": config.n_layer, "n_head": config.n_head, "n_kv_head": config.n_head, "n_embd": config.n_embd}
    return ModelConfig(**{**plain_size("tiny", positions).to_json(), **shape, **words})


def begin_from_gpt2(network: nn.Module, start: Path) -> dict[str, Any]:
    """Give `network`, of `music_config`, the body of a GPT-2; its table of words stays new. Raises InputError."""
    assert isinstance(network, PlainGPT)
    theirs = _read_weights(start, network.config)
    positions = theirs["positions.weight"][: network.config.window]
    ours = network.state_dict()
    network.load_state_dict(theirs | {"positions.weight": positions, "words.weight": ours["words.weight"]})
    return {"model": start.name, "architecture": "gpt2", "sha256": fingerprint(theirs), "words": 0}


def fingerprint(state: State) -> str:
    """Return the SHA-256 of all numbers of a network."""
    digest = hashlib.sha256()
    for name in sorted(state):
        digest.update(state[name].contiguous().numpy().tobytes())
    return digest.hexdigest()


def read_config(start: Path) -> GPT2Config:
    """Return how a GPT-2 is made. Raises InputError for what is none, or computes something else than ours."""
    with _readable(start):
        facts, _ = PretrainedConfig.get_config_dict(_name(start))
    kind = facts.get("model_type")
    if kind != "gpt2":
        raise InputError(f"{start} is a model of the kind {kind!r}: only GPT-2 can be begun with")
    config = GPT2Config.from_dict(facts)
    for name, right in COMPUTED.items():
        if (value := getattr(config, name)) not in right:
            raise InputError(
                f"{start} has {name} {value!r}: the plain network computes {right[0]!r}, so choose another"
            )
    if config.n_inner not in (None, 4 * config.n_embd):
        raise InputError(f"{start} has n_inner {config.n_inner}: the plain network has {4 * config.n_embd}")
    return config


def _read_weights(start: Path, shape: Shape) -> State:
    """Return all parameters of a GPT-2 by our names, float32. Raises InputError unless they are whole."""
    if start.is_dir():
        _check_files(start)
    with _readable(start):
        model, loaded = GPT2LMHeadModel.from_pretrained(
            _name(start), use_safetensors=True, output_loading_info=True, dtype=torch.float32,
            ignore_mismatched_sizes=True,  # they are looked at here
        )  # fmt: skip
    if loaded["mismatched_keys"]:
        name, found, right = min(loaded["mismatched_keys"])
        raise InputError(
            f"{start} is damaged: {name} is {list(found)} where its config.json says {list(right)}; fetch it again, or "
            "save it again"
        )
    missing = sorted(loaded["missing_keys"])
    if missing:
        raise InputError(
            f"{start} lacks {missing[0]}{f' and {len(missing) - 1} more' if missing[1:] else ''}: "
            "it is damaged or not whole, so fetch or save it again"
        )
    return to_ours(model.state_dict(), shape.n_layer)


def _check_files(folder: Path) -> None:
    """Raise InputError if a folder holds no safetensors."""
    if any(folder.glob("*.safetensors")):
        return
    if any(folder.glob("*.bin")):
        raise InputError(
            f"{folder} holds its weights as a pickle (pytorch_model.bin), which can run code, so it is not read: where "
            "you trust it, load it with transformers and write it anew with save_pretrained, as model.safetensors"
        )
    raise InputError(f"{folder} holds no weights (model.safetensors): name a folder written by save_pretrained")


def _name(start: Path) -> str:
    """Return what transformers calls a folder or a model of the Hub."""
    return str(start) if start.is_dir() else f"openai-community/{start}"


@contextmanager
def quiet(*, bars: bool = False) -> Iterator[None]:
    """Let transformers and the Hub's client say nothing of their own; they draw bars only if `bars`."""
    levels = [(library, library.get_verbosity()) for library in (logging, hub_logging)]
    for library, _ in levels:
        library.set_verbosity(ERROR)
    if not bars:
        logging.disable_progress_bar()
    try:
        yield
    finally:
        for library, level in levels:
            library.set_verbosity(level)
        logging.enable_progress_bar()


@contextmanager
def _readable(start: Path) -> Iterator[None]:
    """Say in one sentence, as InputError, what keeps transformers from reading `start`."""
    try:
        with quiet(bars=not start.is_dir()):  # what is fetched may be large
            yield
    except (OSError, RuntimeError, ValueError, KeyError, SafetensorError) as error:
        why = " ".join(str(error).split()).partition(". ")[0][:200]
        if start.is_dir():
            raise InputError(f"cannot read the GPT-2 in {start}: {why}") from error
        raise InputError(
            f"cannot fetch {start} from the Hugging Face Hub ({why}): without a network, bring its folder along "
            "(config.json and model.safetensors) and name that"
        ) from error

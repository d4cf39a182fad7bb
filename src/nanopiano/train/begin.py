"""Weights to begin from: those of a model, in a network that may hear and blend more than it, or those of a GPT-2."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from nanopiano.errors import InputError
from nanopiano.model.config import ModelConfig
from nanopiano.music.vocab import Vocabulary
from nanopiano.train.checkpoint import load_tensors, read_json, shapes
from nanopiano.train.networks import new_network
from nanopiano.train.options import HUB_MODELS, TrainOptions

# What of a config must be the same, and what a network may have beyond the model: what then begins at zero.
SAME = ("plain", "n_layer", "n_head", "n_kv_head", "n_embd", "window", "hear_time", "hear_bars")
MORE = (
    "hear_place",
    "hear_sounding",
    "hear_endings",
    "hear_held",
    "hear_octave",
    "hear_recall",
    "hear_moved",
    "hear_before",
    "blend_words",
)


def is_gpt2(start: Path) -> bool:
    """Whether `start` is a folder as transformers writes them, or the name of a GPT-2 on the Hugging Face Hub."""
    if not start.is_dir():
        return str(start) in HUB_MODELS
    path = start / "config.json"
    return path.is_file() and "model_type" in read_json(path)


def time_of(start: Path | None) -> dict[str, Any]:
    """Return how musical time turns in the model in `start`, as options: a network that begins with it must have it so.

    Raises InputError for a folder without a config.
    """
    if start is None or is_gpt2(start):
        return {}
    config = ModelConfig.from_json(read_json(start / "config.json"))
    return {} if config.plain else {"hear_time": config.hear_time, "hear_bars": config.hear_bars}


def shape_of(
    options: TrainOptions, vocab: Vocabulary, run: Path, start: Path | None
) -> tuple[TrainOptions, ModelConfig]:
    """Return how the network of `run` is made: by the options, or like the GPT-2 that it begins, or began, with."""
    if (run / "checkpoint.safetensors").exists():
        begun_from = read_json(run / "run.json").get("begun_from") or {}
        if begun_from.get("architecture") == "gpt2":
            config = ModelConfig.from_json(read_json(run / "config.json"))
            if options.length > config.window:
                raise InputError(f"length is {options.length}: the run in {run} has {config.window} positions")
            return replace(options, plain=True), config
    elif start is not None and is_gpt2(start):
        from nanopiano.train.hf.gpt2 import music_config  # noqa: PLC0415  an extra, slow to import

        return replace(options, plain=True), music_config(start, options.length, vocab)
    return options, options.config(vocab)


def begin_from(network: nn.Module, config: ModelConfig, folder: Path) -> dict[str, Any]:
    """Give `network`, which is of `config`, the weights of the model in `folder`; return what stands of it in a run.

    What the network hears or blends and the model did not begins at zero, so at first it computes what the model does.

    Raises InputError for a folder without weights, or a model whose vocabulary, shape or hearing is not the network's.
    """
    if is_gpt2(folder):
        from nanopiano.train.hf.gpt2 import begin_from_gpt2  # noqa: PLC0415  an extra, slow to import

        return begin_from_gpt2(network, folder)
    facts = read_json(folder / "config.json")
    theirs = ModelConfig.from_json(facts)
    _check(theirs, config, folder)
    path = folder / "model.safetensors"
    tensors, _ = load_tensors(path)
    with torch.device("meta"):
        expected = shapes(new_network(theirs).state_dict())
    if shapes(tensors) != expected:
        raise InputError(f"{path} holds other tensors than its config.json says: install or export the model again")
    for name, tensor in network.state_dict().items():
        tensor.zero_()
        if name in tensors:  # of the tables of what is recalled it may have more rows
            tensor[: len(tensors[name])] = tensors[name]
    return {
        "model": folder.resolve().name,
        "sha256": str(facts.get("sha256") or ""),
        "words": words_seen(facts),
    }


def words_seen(facts: dict[str, Any]) -> int:
    """Return how many words a model has learnt from, by its config.json; old ones say those of their last run alone."""
    training = facts.get("training") or {}
    return int(training.get("words_in_all", training.get("words", 0)))


def _check(theirs: ModelConfig, ours: ModelConfig, folder: Path) -> None:
    """Raise InputError if a network of `ours` cannot compute what the model in `folder` does."""
    if theirs.vocab_fingerprint != ours.vocab_fingerprint:
        raise InputError(
            f"the model in {folder} has the vocabulary {theirs.vocab_fingerprint} ({theirs.steps_per_beat} steps a "
            f"beat), the corpus {ours.vocab_fingerprint} ({ours.steps_per_beat}): build the corpus anew for it"
        )
    for name in SAME:
        if (has := getattr(theirs, name)) != (wants := getattr(ours, name)):
            no = "" if has else "no-"
            hint = f"give --{no}{name.replace('_', '-')}" if name.startswith("hear_") else "name the model's --size"
            raise InputError(f"the model in {folder} has {name} {has}, this network {wants}: {hint}")
    for name in MORE:
        if (has := getattr(theirs, name)) > (wants := getattr(ours, name)):
            option = name.replace("_", "-")
            raise InputError(
                f"the model in {folder} has {name} {has}, this network {wants}: give "
                f"{f'--{option}' if has is True else f'--{option} {has}'}"
            )

"""Weights to begin from: those of a model, in a network that may hear more than the model did."""

from pathlib import Path
from typing import Any

import torch
from torch import nn

from nanopiano.errors import InputError
from nanopiano.model.config import ModelConfig
from nanopiano.train.checkpoint import load_tensors, read_json

HEARD = ("before.", "places.", "sounding.", "endings.", "octaves.", "classes.")  # inputs besides the words


def begin_from(network: nn.Module, config: ModelConfig, folder: Path) -> dict[str, Any]:
    """Give `network`, which is of `config`, the weights of the model in `folder`; return what stands of it in a run.

    What the network hears and the model did not begins at zero, so that at first it computes what the model does.

    Raises InputError for a folder without weights, or a model whose vocabulary, shape or hearing is not the network's.
    """
    facts = read_json(folder / "config.json")
    theirs = ModelConfig.from_json(facts)
    if theirs.vocab_fingerprint != config.vocab_fingerprint:
        raise InputError(f"the model in {folder} knows other words ({theirs.steps_per_beat} steps a beat): choose another")
    if theirs.hear_time != config.hear_time or theirs.window != config.window:
        raise InputError(f"the model in {folder} has another hear_time or window: begin with its own")
    tensors, _ = load_tensors(folder / "model.safetensors")
    wanted = network.state_dict()
    unknown = sorted(set(tensors) - set(wanted))
    if unknown:
        raise InputError(f"the model in {folder} has {unknown[0]}, which this network lacks: begin with its own options")
    for name, weights in wanted.items():
        if name in tensors and tensors[name].shape != weights.shape:
            raise InputError(
                f"the model in {folder} is of another shape ({name} is {_shape(tensors[name])}, here {_shape(weights)}): "
                "name its size"
            )
        if name not in tensors and not name.startswith(HEARD):
            raise InputError(f"the model in {folder} lacks {name}: it is damaged, or of another shape")
    network.load_state_dict({name: tensors[name].float() if name in tensors else torch.zeros_like(weights)
                             for name, weights in wanted.items()})
    words = facts.get("training", {}).get("words", 0)
    return {"model": folder.name, "sha256": facts.get("sha256"), "words": words}


def _shape(tensor: torch.Tensor) -> str:
    return " x ".join(str(size) for size in tensor.shape)

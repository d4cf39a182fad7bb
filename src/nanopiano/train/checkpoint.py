"""A training run on disk: one safetensors file holds network, optimizers and, in its header, where the run stands."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

from nanopiano.errors import InputError, NanopianoError
from nanopiano.train.average import Average
from nanopiano.train.sharding import all_whole, is_sharded, sharded_as


@dataclass
class Progress:
    """Where a run stands."""

    step: int = 0
    words: int = 0
    evaluated_words: int = 0  # words seen at the last evaluation
    best: float = float("inf")  # validation nats per word
    losses: list[float] = field(default_factory=list)  # training losses since the last evaluation
    history: list[dict[str, float]] = field(default_factory=list)  # one row an evaluation


def save_tensors(tensors: dict[str, torch.Tensor], path: Path, facts: dict[str, Any]) -> None:
    """Write tensors and facts to a temporary name and move the file into place."""
    temporary = path.with_name(path.name + ".part")
    try:
        temporary.unlink(missing_ok=True)
        temporary.touch()
        mode = temporary.stat().st_mode
        save_file(
            {name: tensor.contiguous() for name, tensor in tensors.items()}, temporary, {"facts": json.dumps(facts)}
        )
        temporary.chmod(mode)  # safetensors lets nobody else read its files
        with temporary.open("rb+") as written:  # Windows syncs only what may be written
            os.fsync(written.fileno())
        temporary.replace(path)
    except (OSError, SafetensorError) as error:  # the latter if the disk is full
        temporary.unlink(missing_ok=True)
        raise NanopianoError(f"cannot write {path}: {error}") from error


def load_tensors(path: Path, device: str = "cpu") -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Return what `save_tensors` wrote. Raises InputError for a file that is missing or damaged."""
    try:
        with safe_open(path, "pt", device) as stored:
            facts = json.loads((stored.metadata() or {}).get("facts", "{}"))
            return {name: stored.get_tensor(name) for name in stored.keys()}, facts  # noqa: SIM118  not a dict
    except (OSError, SafetensorError, ValueError) as error:
        raise InputError(f"cannot read {path}: {error}") from error


def shapes(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Size]:
    """Return the shape of every tensor by name."""
    return {name: tensor.shape for name, tensor in tensors.items()}


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file. Raises InputError for a file that is missing or damaged."""
    try:
        facts = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {path}: {error}") from error
    if not isinstance(facts, dict):
        raise InputError(f"{path} is damaged: it holds no JSON object")
    return facts


def save_checkpoint(
    path: Path,
    network: nn.Module,
    optimizers: list[torch.optim.Optimizer],
    progress: Progress,
    average: Average | None = None,
    *,
    write: bool = True,
) -> None:
    """Write everything that an exact resume needs; of many processes all must call this, and one must `write`."""
    tensors = {f"network.{name}": tensor for name, tensor in network.state_dict().items()}
    if average is not None:
        tensors |= {f"average.{name}": tensor for name, tensor in average.tensors.items()}
    for number, optimizer in enumerate(optimizers):
        for place, state in optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{number}.{place}.{name}": tensor for name, tensor in state.items()}
    tensors = all_whole(tensors, keep=write)
    if write:
        save_tensors(tensors, path, vars(progress))


def load_checkpoint(
    path: Path, network: nn.Module, optimizers: list[torch.optim.Optimizer], average: Average | None = None
) -> Progress:
    """Bring network, optimizers and average to where `path` was written and return the progress.

    An average that the checkpoint does not hold begins with its weights. Raises InputError for a file that is missing,
    damaged, or of a network of another shape.
    """
    first = next(network.parameters())
    # From the CPU every process cuts its parts one after another: the whole may be more than fits beside them.
    tensors, facts = load_tensors(path, "cpu" if is_sharded(first) else str(first.device))
    weights = {name[8:]: tensor for name, tensor in tensors.items() if name.startswith("network.")}
    if shapes(weights) != shapes(network.state_dict()):
        raise InputError(f"{path} holds a network of another shape: resume with the options that the run began with")
    network.load_state_dict({name: sharded_as(weights[name], cut) for name, cut in network.state_dict().items()})
    if average is not None:
        for name, mean in average.tensors.items():
            mean.copy_(sharded_as(tensors.get(f"average.{name}", weights[name]), mean))
    for number, optimizer in enumerate(optimizers):
        stored: dict[int, dict[str, torch.Tensor]] = {}
        learnt = [parameter for group in optimizer.param_groups for parameter in group["params"]]
        for key, tensor in tensors.items():
            if key.startswith(f"optimizer.{number}."):
                _, _, place, name = key.split(".")
                like = learnt[int(place)]
                moment = sharded_as(tensor, like) if tensor.shape == like.shape else tensor  # or a count of steps
                stored.setdefault(int(place), {})[name] = moment
        optimizer.load_state_dict({**optimizer.state_dict(), "state": stored})
    facts.pop("seconds", None)
    return Progress(**facts)

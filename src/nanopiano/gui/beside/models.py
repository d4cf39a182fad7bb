"""Which models there are, read from their folders without the engine."""

from __future__ import annotations

import math
import os
from pathlib import Path

from nanopiano.errors import InputError
from nanopiano.gui.state.model_facts import ModelFacts
from nanopiano.model.config import ModelConfig
from nanopiano.model.store import model_folders, read_config

GRAPH = "model.onnx"  # what composes


def list_models(also: str | None = None) -> tuple[ModelFacts, ...]:
    """Return every model that is known by name, and the one at the path `also` if that is none of them."""
    folders = model_folders()
    if also is not None and also not in folders:
        folders[also] = Path(also)
    return tuple(_facts(model, folder) for model, folder in folders.items())


def _facts(model: str, folder: Path) -> ModelFacts:
    """Return what a model says of itself, or what is wrong with it; whether its graph is whole, loading tells."""
    try:
        about = read_config(folder)
        ModelConfig.from_json(about)
    except InputError as error:
        return ModelFacts(model, str(folder), problem=str(error).replace(f"{folder}{os.sep}", ""))
    if not (folder / GRAPH).is_file():
        return ModelFacts(model, str(folder), problem=f"{GRAPH} is missing")
    training = about.get("training")
    losses = training if isinstance(training, dict) else {}
    per_note, per_word = (_number(losses.get(f"val_nats_per_{unit}")) for unit in ("note", "word"))
    parameters = about.get("parameters")
    return ModelFacts(model, str(folder), parameters if type(parameters) is int else None, per_note, per_word)


def _number(value: object) -> float | None:
    return value if isinstance(value, float) and math.isfinite(value) else None

"""A folder that transformers loads, with all that the model needs: `AutoModelForCausalLM.from_pretrained(folder)`.

A plain model becomes a stock GPT-2; with a model that hears travel the source files of its network (see `travel`).
"""

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from safetensors import SafetensorError
from transformers import PreTrainedModel

from nanopiano.corpus.place import beside, clear, move_to_place
from nanopiano.errors import InputError, NanopianoError
from nanopiano.model.config import ModelConfig
from nanopiano.music.vocab import vocabulary
from nanopiano.music.words import Ids
from nanopiano.train.checkpoint import load_tensors, read_json
from nanopiano.train.hf import modeling_nanopiano
from nanopiano.train.hf.card import hub_card, text_card, with_head_of
from nanopiano.train.hf.configuration_nanopiano import NanopianoConfig
from nanopiano.train.hf.gpt2 import quiet
from nanopiano.train.hf.models import hearing_model, stock_gpt2, tokenizer_of
from nanopiano.train.hf.travel import travelling
from nanopiano.train.networks import Network, new_network
from nanopiano.train.plain_gpt import PlainGPT
from nanopiano.train.prove import PROOF_WORDS, network_logits, proof_words, random_words
from nanopiano.train.publish import card, read_run
from nanopiano.train.text import TextConfig, learnt_text, read_text_run

MOST_DIFFERENCE = 1e-4  # between our logits and those of transformers, both in float32
WRITTEN = "written_by_nanopiano"  # in config.json: the names of our files, and so the mark of a folder of ours
WORK = (
    *("config.json", "generation_config.json", "tokenizer*.json", "special_tokens_map.json", "README.md"),
    *("model*.safetensors", "model.safetensors.index.json", "losses.*"),
)  # patterns of them, besides the source files


class Source(NamedTuple):
    """What is to be exported."""

    config: ModelConfig | TextConfig
    network: Network
    about: dict[str, Any]  # as in a model's config.json
    options: dict[str, Any]  # of the run
    card: str | None  # None of a run, which has none yet


def export_to_hf(source: Path, folder: Path) -> int:
    """Write the run or model in `source` as `folder`, for transformers; return how many parameters it has.

    Raises InputError for a source that is neither, or if `folder` holds something else, NanopianoError if it cannot be
    written, or if the logits are not ours.
    """
    folder = folder.resolve()
    if folder.exists() and (folder.is_file() or (any(folder.iterdir()) and not _is_export(folder))):
        raise InputError(f"{folder} holds something else than a model for transformers: name a new folder")
    read = _read(source)
    with quiet():
        model = _model(read)
        proof = f"the logits of transformers equal the network's within {_difference(read, model):.1e}"
        _write(folder, source, model, read, _readme(read, folder.name, proof))
    return read.network.n_parameters


def _is_export(folder: Path) -> bool:
    """Whether we made a folder, and not somebody else with transformers; older ones of plain networks do not tell."""
    path = folder / "config.json"
    about = read_json(path) if path.is_file() else {}
    return WRITTEN in about or about.get("model_type") == NanopianoConfig.model_type


def _read(source: Path) -> Source:
    """Read a run, or a model folder with weights. Raises InputError."""
    if learnt_text(source):
        return Source(*read_text_run(source), card=None)
    if (source / "best.safetensors").exists():
        config, network, facts, options = read_run(source)
        training = {**facts, "date": date.today().isoformat()}
        about = {**config.to_json(), "bits": 32, "parameters": network.n_parameters, "training": training}
        return Source(config, network, about, options, None)
    weights = source / "model.safetensors"
    if not weights.exists():
        raise InputError(f"{source} holds neither a run (best.safetensors) nor the weights of a model ({weights.name})")
    about = read_json(source / "config.json")
    config = ModelConfig.from_json(about)
    network = new_network(config)
    try:
        network.load_state_dict({name: tensor.float() for name, tensor in load_tensors(weights)[0].items()})
    except RuntimeError as error:
        raise InputError(f"{weights} holds a network of another shape than {source / 'config.json'} says") from error
    text = source / "card.md"
    return Source(
        config, network, about, {}, text.read_text("utf-8") if text.exists() else f"# {source.resolve().name}\n"
    )


def _model(read: Source) -> PreTrainedModel:
    if isinstance(read.config, TextConfig):
        assert isinstance(read.network, PlainGPT)
        return stock_gpt2(read.network, read.config.end_of_text)
    return stock_gpt2(read.network) if isinstance(read.network, PlainGPT) else hearing_model(read.network, read.config)


def _readme(read: Source, name: str, proof: str) -> str:
    if isinstance(read.config, TextConfig):
        return text_card(name, read.about, read.options, proof)
    return hub_card(read.card or card(name, read.about, read.options, proof), name, proof, plain=read.config.plain)


def _difference(read: Source, model: PreTrainedModel) -> float:
    """Return the largest difference between our logits and the model's. Raises NanopianoError if it is too large."""
    ids = _proof_words(read.config)
    with torch.no_grad():
        theirs = model(torch.from_numpy(ids.astype(np.int64))[None]).logits[0]
    difference = float((theirs - torch.from_numpy(network_logits(read.network, ids))).abs().max())
    if not difference < MOST_DIFFERENCE:
        raise NanopianoError(
            f"the logits of transformers differ from the network's by {difference:.2g} (at most {MOST_DIFFERENCE} is "
            "right): this is a defect, please report it"
        )
    return difference


def _proof_words(config: ModelConfig | TextConfig) -> Ids:
    if isinstance(config, TextConfig):
        return np.random.default_rng(0).integers(config.vocab_size, size=config.window).astype(np.uint16)
    n_words = min(PROOF_WORDS, config.window) if config.plain else PROOF_WORDS
    return (random_words if config.plain else proof_words)(n_words, steps_per_beat=config.steps_per_beat)


def _write(folder: Path, source: Path, model: PreTrainedModel, read: Source, readme: str) -> None:
    """Write beside the folder, then move all into place."""
    temporary, config, sources = beside(folder, ".part"), read.config, travelling(modeling_nanopiano.__name__)
    clear(temporary, (*WORK, *sources))
    try:
        temporary.mkdir(parents=True)
        model.save_pretrained(temporary)
        for weights in temporary.glob("*.safetensors"):  # which safetensors lets nobody else read
            weights.chmod((temporary / "config.json").stat().st_mode)
        if isinstance(config, ModelConfig):
            longest = config.window if config.plain else None
            tokenizer_of(vocabulary(config.steps_per_beat), longest).save_pretrained(temporary)
        if not isinstance(read.network, PlainGPT):
            for name, text in sources.items():
                (temporary / name).write_text(text, "utf-8")
        (temporary / "README.md").write_text(with_head_of(folder / "README.md", readme), "utf-8")
        for picture in source.glob("losses.*"):
            shutil.copy(picture, temporary)
        _mark(temporary)
        _move(temporary, folder)
    except (OSError, SafetensorError) as error:  # the latter if the disk is full
        raise NanopianoError(f"cannot write {folder}: {getattr(error, 'strerror', None) or error}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _mark(folder: Path) -> None:
    path = folder / "config.json"
    about = read_json(path) | {WRITTEN: sorted(file.name for file in folder.iterdir())}
    path.write_text(json.dumps(about, indent=2) + "\n", "utf-8")


def _move(made: Path, folder: Path) -> None:
    """Let what was made take the place of what we wrote before; what others put beside it stays."""
    if not folder.exists() or not any(folder.iterdir()):
        move_to_place(made, folder)
        return
    names = {path.name for path in made.iterdir()}
    for name in {*read_json(folder / "config.json").get(WRITTEN, [])} - names:
        (folder / Path(name).name).unlink(missing_ok=True)
    for name in sorted(names, key="config.json".__eq__):  # last, since the mark is in it
        (made / name).replace(folder / name)

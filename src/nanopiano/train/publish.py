"""From a run to a model folder: the graph that composes, weights to go on from, shape, card."""

import hashlib
import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import torch

from nanopiano.corpus.packed import Corpus
from nanopiano.corpus.place import beside, clear
from nanopiano.errors import InputError, NanopianoError
from nanopiano.model.config import ModelConfig
from nanopiano.model.engine import Engine
from nanopiano.model.originality.index import INDEX_FILE, Index
from nanopiano.music.vocab import vocabulary
from nanopiano.train.checkpoint import load_tensors, read_json, save_tensors
from nanopiano.train.export import build_graph
from nanopiano.train.networks import Network, new_network
from nanopiano.train.onnx_graph import Weights
from nanopiano.train.passages import corpus_index
from nanopiano.train.prove import Tick, largest_difference

BITS = 8  # of the published matrices: within 0.1% of float32 in loss, a quarter of its size
MOST_DIFFERENCE = 1e-3  # between the logits of torch and of the engine, both in float32
WORK = ("model.onnx", "model.safetensors*", "config.json", "card.md", INDEX_FILE, "losses.*")  # of a model being made
NO_SETTINGS = ("corpus", "begun_from", "sessions")  # what run.json says besides them


class Trained(NamedTuple):
    """The best weights of a run, in their network, and what is known of them."""

    config: ModelConfig
    network: Network
    facts: dict[str, Any]  # words seen, in all with those of the model that it began with; losses
    options: dict[str, Any]  # what run.json says


def read_run(run: Path) -> Trained:
    """Return the best weights of a run. Raises InputError for a folder that holds no run, or one that is damaged."""
    best = run / "best.safetensors"
    if not best.exists():
        raise InputError(f"{run} holds no best.safetensors: train there first (the first evaluation writes it)")
    tensors, facts = load_tensors(best)
    about = read_json(run / "config.json")
    if "end_of_text" in about:
        raise InputError(f"{run} learnt ordinary text, which is not music to compose: export it with --to hf")
    config = ModelConfig.from_json(about)
    options, network = read_json(run / "run.json"), new_network(config)
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        raise InputError(f"{best} holds a network of another shape than {run / 'config.json'} says") from error
    facts["words_in_all"] = int(facts["words"]) + int((options.get("begun_from") or {}).get("words", 0))
    return Trained(config, network, facts, options)


def publish(
    run: Path,
    folder: Path,
    bits: int = BITS,
    *,
    corpus: Path | None = None,
    remarks: str = "",
    tick: Tick = lambda _: None,
) -> dict[str, Any]:
    """Export the best weights of `run` into the model folder `folder`; return what its config says.

    With the `corpus` that the run learnt from, the model gets an index of it and can tell how original music is.
    `remarks` are the end of the card; `tick` is called while the `PROOF_WORDS` words of the proof go by.

    Raises InputError for a folder that holds no run, a corpus that is not the run's, or if `folder` holds something
    else than a model, NanopianoError if the engine's logits are not the network's.
    """
    folder = folder.resolve()
    if folder.exists() and not (folder / "model.onnx").exists() and (folder.is_file() or any(folder.iterdir())):
        raise InputError(f"{folder} holds something else than a model: name a new folder")
    config, network, facts, options = read_run(run)
    tensors = network.state_dict()
    learnt_from = None if corpus is None else _corpus_of(options, corpus, config)
    weights: Weights = {name: tensor.float().numpy() for name, tensor in tensors.items()}
    engine = Engine(build_graph(config, weights, 32).SerializeToString(), config)
    difference = largest_difference(network, engine, tick)
    if not difference < MOST_DIFFERENCE:
        raise NanopianoError(
            f"the engine's logits differ from the network's by {difference:.2g} (at most {MOST_DIFFERENCE} is right): "
            "this is a defect, please report it"
        )
    graph = build_graph(config, weights, bits).SerializeToString()
    about = {
        **config.to_json(),
        "bits": bits,
        "sha256": hashlib.sha256(graph).hexdigest(),
        "parameters": sum(tensor.numel() for tensor in tensors.values()),
        "training": {**facts, "date": date.today().isoformat()},
    }
    proof = f"the engine's logits in float32 equal the network's within {difference:.1e}"
    text = card(folder.name, about, options, proof, remarks)
    _write(folder, run, about, tensors, graph, text, None if learnt_from is None else corpus_index(learnt_from))
    return about


def _corpus_of(options: dict[str, Any], folder: Path, config: ModelConfig) -> Corpus:
    """Open the corpus in `folder`. Raises InputError if a run with these options learnt from another one."""
    corpus = Corpus.open(folder, vocabulary(config.steps_per_beat))
    for split, stated in (options.get("corpus", {}).get("splits") or {}).items():
        found = {name: corpus.facts["splits"][split][name] for name in ("pieces", "words")}
        if found != {name: stated[name] for name in found}:
            raise InputError(
                f"{folder} is not the corpus of this run: its {split} split has {found['words']:,} words, the run's "
                f"{stated['words']:,}; name the one that the run learnt from"
            )
    return corpus


def _write(
    folder: Path,
    run: Path,
    about: dict[str, Any],
    tensors: dict[str, torch.Tensor],
    graph: bytes,
    text: str,
    index: Index | None,
) -> None:
    """Write beside the folder, then move the whole of it into place."""
    temporary = beside(folder, ".part")
    clear(temporary, WORK)
    try:
        temporary.mkdir(parents=True)
        (temporary / "model.onnx").write_bytes(graph)
        halves = {name: tensor.half() for name, tensor in tensors.items()}
        save_tensors(halves, temporary / "model.safetensors", ModelConfig.from_json(about).to_json())
        (temporary / "config.json").write_text(json.dumps(about, indent=2) + "\n")
        (temporary / "card.md").write_text(text, "utf-8")
        if index is not None:
            (temporary / INDEX_FILE).write_bytes(index.to_bytes())
        for picture in run.glob("losses.*"):
            shutil.copy(picture, temporary)
        if folder.exists():
            shutil.rmtree(folder)
        temporary.replace(folder)
    except OSError as error:
        raise NanopianoError(f"cannot write {folder}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def card(name: str, about: dict[str, Any], options: dict[str, Any], proof: str, remarks: str = "") -> str:
    """Return the model card: data with licences, words seen, losses, how to make it again, and `remarks`."""
    training, corpus = about["training"], options.get("corpus", {})
    remarks = f"\n{remarks.strip()}\n" if remarks else ""
    settings = "\n".join(f"- {key}: {value}" for key, value in options.items() if key not in NO_SETTINGS)
    begun = options.get("begun_from")
    after = f", {_begun(begun, training['words_in_all'])}" if begun else ""
    begin = " --init-from MODEL" if begun else ""
    held_out = f"{training['val_nats_per_word']:.4f} nats per word, {training['val_nats_per_note']:.4f} nats per note"
    return f"""# {name}

A {"plain " if about["plain"] else ""}nanopiano model of {about["parameters"]:,} parameters ({about["n_layer"]} layers,
{about["n_head"]} heads ({about["n_kv_head"]} for keys and values), {about["n_embd"]} wide, attention over
{about["window"]} words), matrices in {about["bits"]} bits.
Vocabulary {about["vocab_fingerprint"]}, {about["steps_per_beat"]} steps a beat.

## Training

- words seen: {int(training["words"]):,} in {int(training["step"]):,} steps, until {training["date"]}{after}
- training loss: {_learnt(training)}
- validation loss: {held_out} over {int(training["val_words"]):,} words of works held out whole
- {proof}
- the curves are in losses.png, the figures in losses.csv, beside this card

## Data

Pieces in training and validation together, by where they come from and under which licence:

{_table(corpus, "source")}

{_table(corpus, "licence")}

## How to make it again

`nanopiano corpus build ... -o CORPUS`, then `nanopiano train --corpus CORPUS --out RUN{begin}` with these
settings, then `nanopiano export RUN -o MODEL`{_program(options)}:

{settings}

## What may be done with it

The weights are under the MIT licence of nanopiano; pieces that it composes are yours.
{remarks}"""


def _learnt(training: dict[str, Any]) -> str:
    """Return the training loss; weights that are still those of the model that was begun with have none."""
    if "train_nats_per_word" not in training:
        return "none, nothing was learnt yet"
    loss = f"{training['train_nats_per_word']:.4f} nats per word"
    return f"{loss} (mean since the evaluation before; transposed windows, some with a gap to fill)"


def _begun(begun: dict[str, Any], in_all: int) -> str:
    """Return what the run began with, and how many words that makes."""
    which = f"{begun['model']} {begun['sha256'][:8]}".strip()  # what a script made of a model has no graph
    if begun.get("architecture") == "gpt2":
        return f"from the body of {which}"
    return f"after the {int(begun['words']):,} of {which}: {in_all:,} in all"


def _program(options: dict[str, Any]) -> str:
    """Return by what, and from what corpus, the run was made; nothing of runs older than their sessions."""
    if not options.get("sessions"):
        return ""
    last = options["sessions"][-1]
    git = last["git"] or {"commit": "", "changed": []}
    commit = f", commit {git['commit'][:12]}{' with changes' if git['changed'] else ''}" if git["commit"] else ""
    return f"\n(it was nanopiano {last['nanopiano']}{commit}; the corpus was {options['corpus'].get('fingerprint')})"


def _table(corpus: dict[str, Any], kind: str) -> str:
    rows = [f"| {name} | {count:,} |" for name, count in corpus.get(kind, {}).items()]
    return "\n".join([f"| {kind} | pieces |", "|---|---|", *rows])

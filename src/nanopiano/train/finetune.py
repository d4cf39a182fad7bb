"""From a folder of somebody's own music and a model to a new model: everything that `nanopiano finetune` does."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from nanopiano.corpus.packed import Corpus
from nanopiano.corpus.sources import survey
from nanopiano.errors import InputError, NanopianoError
from nanopiano.files import write_atomically
from nanopiano.model.config import ModelConfig
from nanopiano.model.originality.build import joined
from nanopiano.model.originality.index import load_index, save_index
from nanopiano.model.store import read_config
from nanopiano.train.checkpoint import read_json
from nanopiano.train.collection import collect
from nanopiano.train.device import find_device
from nanopiano.train.finetuner import FineTuner, Tick, options_for, options_like
from nanopiano.train.lock import LOCK_FILE, alone_in
from nanopiano.train.pace import Say
from nanopiano.train.publish import publish

CORPUS = "corpus"  # its folder in that of the run
STATE_FILE = "finetune.json"  # what the run was begun with


@dataclass(frozen=True)
class Plan:
    """What is asked for: music (folders, files), the folder of the model to begin with, of the run, of the new one."""

    music: Sequence[Path]
    base: Path
    run: Path
    out: Path
    seconds: float  # for learning
    device: str = "auto"
    seed: int = 1


class Outcome(NamedTuple):
    """Nats per note on the held-out pieces by the model that was begun with and by the new one."""

    before: float
    after: float
    held_out: int  # pieces


def finetune(plan: Plan, say: Say, tick: Tick, *, progress: bool = True) -> Outcome:
    """Do what `plan` says; `progress` shows bars of the parts that `tick` is not told of.

    The same plan goes on where it was interrupted. Raises InputError for music, model or folder that cannot be used,
    NanopianoError if nothing was gained, or the system refuses.
    """
    if plan.out.exists():
        raise InputError(f"{plan.out} is there already: choose another name, or remove it first")
    config = ModelConfig.from_json(read_config(plan.base))
    options_like(config)  # what cannot be used is refused before anything is built
    find_device(plan.device)
    if not (plan.base / "model.safetensors").is_file():
        raise InputError(f"{plan.base} holds no model.safetensors to go on from: choose another model")
    with alone_in(plan.run):
        _begin_or_go_on(plan, say)
        corpus = collect(plan.music, plan.run / CORPUS, config.steps_per_beat, say, progress=progress)
        options = options_for(corpus, config, device=plan.device, seed=plan.seed)
        tuner = FineTuner(corpus, plan.run, options, base=plan.base, seconds=plan.seconds, tick=tick)
        n_learnt, n_held_out = len(tuner.train_pieces.lengths), len(tuner.val_pieces.lengths)
        say(f"{n_learnt:,} piece{'s' * (n_learnt != 1)} to learn from, {n_held_out:,} held out")
        tuner.tune()
        outcome = Outcome(tuner.nats_per_note[0], min(tuner.nats_per_note), n_held_out)
        if outcome.after >= outcome.before:
            raise NanopianoError(
                f"{plan.base.name} did not get better on the held-out pieces ({outcome.before:.4f} nats a note) and "
                f"no model was made: {_advice(tuner)}"
            )
        _publish(plan, corpus, outcome, n_learnt)
    return outcome


def _advice(tuner: FineTuner) -> str:
    """Return what may help a run that gained nothing."""
    words, planned = tuner.progress.words, tuner.options.total_words
    if tuner.spent() >= tuner.seconds and words < planned:
        return f"time was up after {words:,} of {planned:,} words, so give more --minutes, and it goes on"
    return "add more music, or music of one kind"


def _begin_or_go_on(plan: Plan, say: Say) -> None:
    """Write down what the run begins with. Raises InputError if the folder holds another run, or something else."""
    state = {"music": survey(plan.music).signature, "model": read_config(plan.base).get("sha256")}
    file = plan.run / STATE_FILE
    if not file.exists() and any(path.name != LOCK_FILE for path in plan.run.iterdir()):
        raise InputError(f"{plan.run} holds something else: name a new folder with --run")
    if not (plan.run / CORPUS).exists():  # nothing was learnt yet
        write_atomically(file, json.dumps(state).encode())
        return
    begun = read_json(file)
    for name, what in (("music", "the music"), ("model", plan.base.name)):
        if begun.get(name) != state[name]:
            raise InputError(
                f"{what} is not what the run in {plan.run} began with: remove that folder, or choose a new name"
            )
    say(f"going on with the run in {plan.run}")


def _publish(plan: Plan, corpus: Corpus, outcome: Outcome, n_learnt: int) -> None:
    """Write the model, with an index of all that it and the one before learnt from; it appears when it is whole."""
    made = plan.run / "model" / plan.out.name
    remarks = (
        f"Made by `nanopiano finetune` from {plan.base.name} with {n_learnt:,} pieces. Nats per note on "
        f"{outcome.held_out:,} held out: {outcome.before:.4f} by {plan.base.name}, {outcome.after:.4f} by this model."
    )
    publish(plan.run, made, corpus=corpus.folder, remarks=remarks)
    old, new = load_index(plan.base), load_index(made)
    if old is not None and new is not None:
        save_index(joined(old, new), made)
    plan.out.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(made, plan.out)

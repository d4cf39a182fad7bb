import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from benchmark_tools import TINY, chorale
from polyphony.batches import Rolls, batch
from polyphony.network import PolyGPT
from polyphony.rolls import roll_to_ids
from polyphony.training import Member

from nanopiano.errors import InputError
from nanopiano.train.checkpoint import load_tensors, save_checkpoint

FRAMES = [24] * 2


def member(run: Path, seed: int = 1, **changes: Any) -> Member:
    """A tiny member that learns eight chorales."""
    train, val = ([roll_to_ids(chorale(seed)) for seed in seeds] for seeds in (range(8), range(8, 10)))
    return Member(run, replace(TINY, **changes), seed, Rolls(train), Rolls(val), FRAMES)


def learnt(one: Member) -> dict[str, torch.Tensor]:
    one.learn(lambda line: None)
    return load_tensors(one.run / "checkpoint.safetensors")[0]


def test_training_lowers_the_loss_of_validation(tmp_path: Path) -> None:
    one = member(tmp_path, total_words=6_000)
    learnt(one)
    first, *_, last = [row["val_per_frame"] for row in one.progress.history]
    assert last < first


def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    whole = learnt(member(tmp_path / "whole"))
    stopped = member(tmp_path / "stopped")

    def stop(line: str) -> None:
        raise KeyboardInterrupt

    batches = stopped._batches()
    for _ in range(3):
        stopped.progress.losses.append(stopped._step(next(batches)))
    save_checkpoint(stopped.checkpoint, stopped.network, stopped.optimizers, stopped.progress, stopped.average)
    with pytest.raises(KeyboardInterrupt):
        stopped.learn(stop)
    resumed = learnt(member(tmp_path / "stopped"))
    assert whole.keys() == resumed.keys()
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_two_seeds_learn_otherwise(tmp_path: Path) -> None:
    one, other = learnt(member(tmp_path / "1")), learnt(member(tmp_path / "2", seed=2))
    assert not torch.equal(one["network.head.weight"], other["network.head.weight"])


def test_a_run_of_another_recipe_is_refused(tmp_path: Path) -> None:
    member(tmp_path)
    with pytest.raises(InputError, match="another recipe"):
        member(tmp_path, n_embd=64)


def test_a_run_of_before_there_was_an_option_goes_on(tmp_path: Path) -> None:
    before = {"hear_moved": False, "blend_words": 0}
    member(tmp_path, **before)
    facts = json.loads((tmp_path / "recipe.json").read_text("utf-8"))
    (tmp_path / "recipe.json").write_text(json.dumps({k: v for k, v in facts.items() if k not in before}))
    member(tmp_path, **before)
    with pytest.raises(InputError, match="another recipe"):
        member(tmp_path, **before | {"blend_words": 3})


def test_best_is_the_average_that_validation_liked_best(tmp_path: Path) -> None:
    one = member(tmp_path)
    learnt(one)
    _, facts = load_tensors(tmp_path / "best.safetensors")
    assert facts["val_per_frame"] == min(row["val_per_frame"] for row in one.progress.history)
    assert not one.best().training


def test_dropout_changes_what_training_computes_and_nothing_that_is_scored() -> None:
    torch.manual_seed(1)
    network = PolyGPT(TINY)
    network.head.weight.data.normal_()
    train = Rolls([roll_to_ids(chorale(1))])
    found = batch([(train.ids(0), 0, 0)], TINY).read
    assert not torch.equal(network(*found), network(*found))
    network.eval()
    assert torch.equal(network(*found), network(*found))


def test_an_epoch_asks_for_every_word_of_short_rolls_once(tmp_path: Path) -> None:
    one = member(tmp_path, most_semitones=0, length=256)
    asked = 0
    for windows, found in zip(one.plan.epoch(0), one._batches(), strict=False):
        assert len(windows) == len(found.ids)
        asked += int((found.targets >= 0).sum())
    assert asked == int((one.train_rolls.lengths - 1).sum())
    assert np.isfinite(asked)

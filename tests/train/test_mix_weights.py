"""Mixing weights leaves those of the run as they are."""

import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
from mix_weights import mixed

OURS = {"table": torch.ones(4, 2), "new": torch.ones(3)}
THEIRS = {"table": torch.zeros(3, 2)}


def test_a_share_is_that_of_the_model() -> None:
    assert mixed(OURS, THEIRS, 0.25)["table"][:3].tolist() == [[0.75, 0.75]] * 3


def test_what_the_model_has_not_stays() -> None:
    found = mixed(OURS, THEIRS, 0.25)
    assert found["table"][3].tolist() == [1, 1]
    assert found["new"].tolist() == [1, 1, 1]


def test_shares_do_not_add_up() -> None:
    mixed(OURS, THEIRS, 0.5)
    assert mixed(OURS, THEIRS, 0.5)["table"][0].tolist() == [0.5, 0.5]

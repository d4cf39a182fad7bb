"""Which models there are, whatever lies in their folders."""

import json
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from nanopiano.gui.beside.models import list_models
from nanopiano.gui.state.model_facts import ModelFacts


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NANOPIANO_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def mine(home: Path, model_folder: Path) -> Path:
    """A model in the folder of the user."""
    return copytree(model_folder, home / "models" / "mine")


def facts_of(model: str, *also: str) -> ModelFacts:
    """Return what is listed of a model."""
    (facts,) = (one for one in list_models(*also) if one.model == model)
    return facts


def write(folder: Path, **changes: Any) -> None:
    """Change what config.json says."""
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_the_model_of_the_package_comes_first_with_what_is_known_of_it(home: Path) -> None:
    first = list_models()[0]
    assert first.model == "small" and not first.problem
    assert first.parameters and first.nats_per_note and first.nats_per_word


def test_a_model_of_the_user_is_listed_by_name(mine: Path) -> None:
    assert facts_of("mine") == ModelFacts("mine", str(mine))


def test_a_model_made_meanwhile_is_listed_the_next_time(home: Path, model_folder: Path) -> None:
    before = {one.model for one in list_models()}
    copytree(model_folder, home / "models" / "new")
    assert {one.model for one in list_models()} - before == {"new"}


def test_a_model_at_a_path_is_listed_beside_those_with_names(home: Path, model_folder: Path) -> None:
    assert facts_of(str(model_folder), str(model_folder)).folder == str(model_folder)


def test_a_model_that_has_a_name_is_listed_once(mine: Path) -> None:
    assert [one.model for one in list_models("mine")].count("mine") == 1


@pytest.mark.parametrize(("text", "problem"), [
    ("{", "config.json is damaged: "), ("[]", "config.json is damaged: it holds no JSON object"),
    ("[" * 100_000, "config.json is damaged: "), ("{}", "config.json lacks "),
])  # fmt: skip
def test_what_is_wrong_with_config_is_said(mine: Path, text: str, problem: str) -> None:
    (mine / "config.json").write_text(text)
    assert facts_of("mine").problem.startswith(problem)


def test_a_model_without_its_graph_cannot_be_used(mine: Path) -> None:
    (mine / "model.onnx").unlink()
    assert facts_of("mine").problem == "model.onnx is missing"


def test_a_path_that_leads_nowhere_is_listed_with_its_problem(home: Path) -> None:
    assert "is no model folder" in facts_of(str(home / "gone"), str(home / "gone")).problem


@pytest.mark.parametrize(
    "training", [None, [], "well", {"val_nats_per_note": "1"}, {"val_nats_per_word": float("nan")}]
)
def test_facts_of_another_kind_are_passed_over(mine: Path, training: object) -> None:
    write(mine, training=training, parameters="many")
    assert facts_of("mine") == ModelFacts("mine", str(mine))

"""The workflow files try what pyproject.toml promises."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
SYSTEMS = {"ubuntu": "POSIX :: Linux", "windows": "Microsoft :: Windows", "macos": "MacOS"}  # by runner: classifier


def jobs(name: str) -> dict[str, Any]:
    jobs: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / name).read_text("utf-8"))["jobs"]
    return jobs


def promised(kind: str) -> set[str]:
    """What follows `kind` in the classifiers."""
    return {line.removeprefix(kind) for line in PROJECT["classifiers"] if line.startswith(kind)}


@pytest.mark.parametrize("job", ["tests", "install"])
def test_every_python_that_is_promised_is_tried(job: str) -> None:
    tried = jobs("tests.yml")[job]["strategy"]["matrix"]["python"]
    assert set(tried) == promised("Programming Language :: Python :: ")
    assert PROJECT["requires-python"] == f">={tried[0]}"


@pytest.mark.parametrize(("file", "job"), [("tests.yml", "tests"), ("tests.yml", "install"), ("app.yml", "app")])
def test_every_system_that_is_promised_is_tried(file: str, job: str) -> None:
    runners = jobs(file)[job]["strategy"]["matrix"]["os"]
    assert {SYSTEMS[runner.partition("-")[0]] for runner in runners} == promised("Operating System :: ")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_named_by_their_major_version(path: Path) -> None:
    used = [step["uses"] for job in jobs(path.name).values() for step in job["steps"] if "uses" in step]
    assert used and all(re.fullmatch(r"actions/[a-z-]+@v\d+", action) for action in used)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_file_that_a_workflow_runs_is_there(path: Path) -> None:
    text = path.read_text("utf-8")
    named = re.findall(r"(?:python|pytest) ((?:scripts|tests)/[\w/.]+)", text)
    assert all((ROOT / name).is_file() for name in named)
    extras = set(re.findall(r'\.\[(\w+)\]"', text))
    assert extras <= PROJECT["optional-dependencies"].keys()

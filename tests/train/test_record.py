"""A run's folder tells everything needed to repeat it."""

import json
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import torch
from train_tools import QUICK, some_corpus

import nanopiano
from nanopiano.corpus.packed import Corpus
from nanopiano.train.checkpoint import load_tensors, read_json
from nanopiano.train.loop import Trainer
from nanopiano.train.options import TrainOptions
from nanopiano.train.publish import publish
from nanopiano.train.record import corpus_fingerprint, git_state, options_of, session

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return some_corpus(tmp_path_factory.mktemp("music"))


def quiet(_: str) -> None:
    pass


def test_every_session_is_written_down(corpus: Corpus, tmp_path: Path) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    Trainer(corpus, tmp_path / "run", replace(QUICK, total_words=1_500), say=quiet).learn()
    Trainer(corpus, tmp_path / "run", QUICK, resume=True, say=quiet)
    first, second = read_json(tmp_path / "run" / "run.json")["sessions"]
    assert first["words"] == 0
    assert second["words"] >= 1_500
    assert before <= datetime.fromisoformat(first["started"]) <= datetime.fromisoformat(second["started"])
    assert (first["nanopiano"], first["torch"], first["numpy"]) == (
        nanopiano.__version__,
        torch.__version__,
        np.__version__,
    )
    assert (first["device"], first["precision"], first["compiled"]) == ("cpu", "float32", False)
    assert first["threads"] == torch.get_num_threads()
    assert shlex.split(first["command"]) == sys.orig_argv


def test_a_run_that_is_older_than_an_option_goes_on_without_it(corpus: Corpus, tmp_path: Path) -> None:
    deaf = replace(QUICK, total_words=500, hear_recall=False, hear_moved=False, blend_words=0)
    Trainer(corpus, tmp_path / "run", deaf, say=quiet).learn()
    facts = read_json(tmp_path / "run" / "run.json")
    del facts["hear_recall"], facts["hear_moved"], facts["blend_words"]
    (tmp_path / "run" / "run.json").write_text(json.dumps(facts))
    known = {name: value for name, value in options_of(tmp_path / "run").items() if hasattr(QUICK, name)}
    Trainer(corpus, tmp_path / "run", TrainOptions(**known), resume=True, say=quiet)


def test_what_the_machine_chose_is_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: True)
    monkeypatch.setattr("nanopiano.train.device.lacking", lambda _: None)
    now = session(replace(QUICK, precision="auto", compile="auto"), torch.device("cpu"), 0)
    assert (now["precision"], now["compiled"]) == ("bfloat16", True)


def test_a_model_card_names_program_and_corpus(corpus: Corpus, tmp_path: Path) -> None:
    Trainer(corpus, tmp_path / "run", replace(QUICK, total_words=500), say=quiet).learn()
    publish(tmp_path / "run", tmp_path / "model")
    card = (tmp_path / "model" / "card.md").read_text("utf-8")
    assert f"nanopiano {nanopiano.__version__}" in card
    assert corpus_fingerprint(corpus) in card
    assert "sessions" not in card


# --- the corpus ------------------------------------------------------------------------------------------------------


def test_a_corpus_built_again_has_the_same_fingerprint(corpus: Corpus, tmp_path: Path) -> None:
    assert corpus_fingerprint(some_corpus(tmp_path)) == corpus_fingerprint(corpus)


def test_one_other_word_makes_another_fingerprint(corpus: Corpus, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(corpus.folder, tmp_path / "corpus"))
    shard = folder / corpus.facts["splits"]["val"]["shards"][0]["file"]
    words = np.fromfile(shard, dtype="<u2")
    words[4] += 1
    words.tofile(shard)
    assert corpus_fingerprint(Corpus.open(folder)) != corpus_fingerprint(corpus)


def test_a_run_that_is_resumed_with_another_corpus_says_so(corpus: Corpus, tmp_path: Path) -> None:
    Trainer(corpus, tmp_path / "run", replace(QUICK, total_words=300), say=quiet).learn()
    other, said = some_corpus(tmp_path, n_pieces=20), list[str]()
    again = Trainer(other, tmp_path / "run", replace(QUICK, total_words=300), resume=True, say=said.append)
    new, old = corpus_fingerprint(other), corpus_fingerprint(corpus)
    assert said == [f"resuming with another corpus, {new} (it was {old}): which weights are the best is found anew"]
    _, facts = load_tensors(again.checkpoint)  # as a run that is killed now would find it
    assert again.progress.best == facts["best"] == float("inf")


# --- git -------------------------------------------------------------------------------------------------------------


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false")
    command = ["git", "-C", str(folder), *who, *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A program in a checkout, clean."""
    package = tmp_path / "src" / "program"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (tmp_path / "README.md").write_text("")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    return package


@needs_git
def test_a_checkout_is_told_by_its_commit(checkout: Path) -> None:
    assert git_state(checkout) == {"commit": git(checkout, "rev-parse", "HEAD").strip(), "changed": []}


@needs_git
def test_files_of_the_program_that_differ_from_the_commit_are_named(checkout: Path) -> None:
    (checkout / "__init__.py").write_text("changed")
    (checkout / "new.py").write_text("")
    (checkout.parent.parent / "README.md").write_text("no part of the program")
    state = git_state(checkout)
    assert state is not None
    assert state["changed"] == ["src/program/__init__.py", "src/program/new.py"]


@needs_git
def test_a_program_installed_within_the_checkout_of_another_has_no_commit(checkout: Path) -> None:
    installed = checkout.parent / "site-packages" / "nanopiano"
    installed.mkdir(parents=True)
    (installed / "__init__.py").write_text("")
    assert git_state(installed) is None


def test_without_git_nothing_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git_state(Path(nanopiano.__file__).parent) is None

"""What a run's folder tells of how it was made: program, corpus, machine and command of every session."""

import hashlib
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch

from nanopiano import __version__
from nanopiano.corpus.packed import Corpus
from nanopiano.train.checkpoint import read_json
from nanopiano.train.device import compiles, uses_bfloat16
from nanopiano.train.options import TrainOptions

PACKAGE = Path(__file__).parents[1]
# What runs do that are older than these options.
UNSAID = {
    "hear_octave": False,
    "hear_endings": False,
    "hear_held": False,
    "hear_bars": False,
    "hear_before": 0,
    "hear_recall": False,
    "hear_moved": False,
    "blend_words": 0,
}
GIT_SECONDS = 10.0  # patience with a checkout on a slow disk


def run_facts(options: TrainOptions, corpus: Corpus) -> dict[str, Any]:
    """Return what decides what a run computes: options, the release of torch, and the corpus with its licences."""
    report = read_json(corpus.folder / "report.json")
    about = {"fingerprint": corpus_fingerprint(corpus), "splits": report.get("splits"), **report.get("groups", {})}
    return {**asdict(options), "torch": torch.__version__, "corpus": about}


def options_of(run: Path) -> dict[str, Any]:
    """Return what `run.json` says in the folder `run`, the options it began with among it; nothing where it is none."""
    path = run / "run.json"
    return UNSAID | read_json(path) if path.exists() else {}


def changes(earlier: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    """Yield what is not as it was, given the `run_facts` of two sessions; options that are new are passed over."""
    for name, value in now.items():
        if name != "corpus" and earlier.get(name, value) != value:
            yield f"{name} {value} (it was {earlier[name]})"
    if another_corpus(earlier, now):
        new, old = (facts["corpus"]["fingerprint"] for facts in (now, earlier))
        yield f"another corpus, {new} (it was {old}): which weights are the best is found anew"


def another_corpus(earlier: dict[str, Any], now: dict[str, Any]) -> bool:
    """Whether two sessions, given their `run_facts`, learnt from different corpora; old runs do not tell."""
    return earlier.get("corpus", {}).get("fingerprint") not in (None, now["corpus"]["fingerprint"])


def session(options: TrainOptions, device: torch.device, words: int) -> dict[str, Any]:
    """Return what is to be known of a session of training that begins now, `words` words into the run.

    What the options leave to the machine (`auto`) stands here as the machine decided it.
    """
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "words": words,
        "command": shlex.join(sys.orig_argv),
        "folder": str(Path.cwd()),
        "nanopiano": __version__,
        "git": git_state(PACKAGE),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": torch.__version__,
        "platform": platform.platform(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else str(device),
        "precision": "bfloat16" if uses_bfloat16(device, options.precision) else "float32",
        "compiled": compiles(device, options.compile),
        "threads": torch.get_num_threads(),
        "processes": int(os.environ.get("WORLD_SIZE", "1")),  # of torchrun
    }


def git_state(folder: Path) -> dict[str, Any] | None:
    """Return the commit that the program in `folder` was checked out from and its files that differ from it.

    None if git is not at hand, or does not know the program: an installed one may lie in the checkout of another.
    """
    if _git(folder, "ls-files", "--error-unmatch", "__init__.py") is None:
        return None
    commit, changes = _git(folder, "rev-parse", "HEAD"), _git(folder, "status", "--porcelain", "--", ".")
    if commit is None or changes is None:
        return None
    return {"commit": commit.strip(), "changed": [line[3:] for line in changes.splitlines()]}


def _git(folder: Path, *words: str) -> str | None:
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}  # asks only: others may be at work in the checkout
    command = ["git", "-C", str(folder), *words]
    try:
        done = subprocess.run(command, capture_output=True, env=environment, timeout=GIT_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode(errors="replace")


def corpus_fingerprint(corpus: Corpus) -> str:
    """Return a short name of exactly this corpus: of its words, its vocabulary and what its index says."""
    splits = sorted(corpus.facts["splits"].items())
    files = [
        corpus.folder / name
        for split, facts in splits
        for name in (f"{split}.jsonl", *(shard["file"] for shard in facts["shards"]))
    ]
    return fingerprint_of(corpus.vocab.fingerprint, files)


def fingerprint_of(vocabulary: str, files: Iterable[Path]) -> str:
    """Return a short name of exactly what stands in `files`, in words of the vocabulary with that fingerprint."""
    digest = hashlib.sha256(vocabulary.encode())
    for path in files:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]

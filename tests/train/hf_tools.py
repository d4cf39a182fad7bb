"""Small GPT-2 checkpoints made on the spot; the Hub is never asked, and the user's cache is not written to."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

MODULES = tempfile.mkdtemp(prefix="nanopiano-tests-")  # code that travels with models is copied there
atexit.register(shutil.rmtree, MODULES, ignore_errors=True)
# Read when the libraries are imported, so before that.
os.environ.update(HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1", HF_MODULES_CACHE=MODULES)

import pytest  # noqa: E402

transformers = pytest.importorskip("transformers")

from plain_tools import shaken  # noqa: E402

POSITIONS = 72
SHAPE = {"vocab_size": 101, "n_positions": POSITIONS, "n_embd": 32, "n_layer": 2, "n_head": 4}


def some_gpt2(folder: Path, **changes: Any) -> Path:
    """A GPT-2 with text words of its own, as `save_pretrained` leaves it."""
    special = {"bos_token_id": 100, "eos_token_id": 100}
    model = transformers.GPT2LMHeadModel(transformers.GPT2Config(**{**SHAPE, **special, **changes}))
    shaken(model)
    model.save_pretrained(folder)
    return folder

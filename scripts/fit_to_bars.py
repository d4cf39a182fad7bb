"""Let a model's musical time turn by bars: `python scripts/fit_to_bars.py MODEL FOLDER`.

Writes `config.json` and `model.safetensors` of a model with `hear_bars`, to go on learning from with `train
--init-from FOLDER`. Pairs of query and key that turned with time get the period by bars that is nearest to theirs, as
far as there is one; those that hardly turned get the rest. It computes something else than MODEL and has to learn.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from nanopiano.files import write_atomically
from nanopiano.model.config import ModelConfig
from nanopiano.model.rotary import Rotary
from nanopiano.model.store import find_model, read_config
from nanopiano.train.begin import words_seen
from nanopiano.train.checkpoint import load_tensors, save_tensors

FAR = 0.6  # octaves between two periods, beyond which one is as bad as another


def old_pairs(old: ModelConfig, new: ModelConfig) -> NDArray[np.int64]:
    """Return, for every pair that turns with time by the new periods, which one it was by the old, int64 [n]."""
    before, after = (np.log2(Rotary.of(config).time_frequencies) for config in (old, new))
    _, chosen = linear_sum_assignment(np.minimum(np.abs(after[:, None] - before), FAR))
    return np.asarray(chosen, dtype=np.int64)


def fitted(tensors: dict[str, torch.Tensor], old: ModelConfig, chosen: NDArray[np.int64]) -> dict[str, torch.Tensor]:
    """Return the weights with the pairs of queries and keys that turn with time in another order."""
    D, n = old.head_size, old.head_size // 4
    rows = np.arange(D)
    rows[n : 2 * n], rows[3 * n :] = n + chosen, 3 * n + chosen  # pair i is (i, i + D / 2), the second half by time
    turned = old.n_head + old.n_kv_head  # heads; values are not
    made = {name: weights.clone() for name, weights in tensors.items()}
    for name, weights in made.items():
        if name.endswith("qkv.weight"):
            heads = weights.view(-1, D, old.n_embd)
            heads[:turned] = heads[:turned, rows].clone()
    return made


def write_start(folder: Path, tensors: dict[str, torch.Tensor], config: ModelConfig, facts: dict[str, Any]) -> None:
    """Write a folder for `train --init-from`; of the `facts` of the model it came from only the words seen hold."""
    folder.mkdir(parents=True, exist_ok=True)
    save_tensors(tensors, folder / "model.safetensors", config.to_json())
    about = config.to_json() | {"training": {"words_in_all": words_seen(facts)}}
    write_atomically(folder / "config.json", (json.dumps(about, indent=2) + "\n").encode())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("folder", type=Path)
    args = parser.parse_args()
    model = find_model(args.model)
    facts = read_config(model)
    old = ModelConfig.from_json(facts)
    new = replace(old, hear_bars=True)
    chosen = old_pairs(old, new)
    tensors, _ = load_tensors(model / "model.safetensors")
    write_start(args.folder, fitted(tensors, old, chosen), new, facts)
    periods = 2 * np.pi / np.stack([Rotary.of(config).time_frequencies for config in (old, new)])
    for slot, pair in enumerate(chosen):
        print(f"{periods[0, pair]:8.1f} steps -> {periods[1, slot]:6.0f}")


if __name__ == "__main__":
    main()

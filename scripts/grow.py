"""Make a larger network of a trained model: `python scripts/grow.py MODEL FOLDER --size base`.

Writes `config.json` and `model.safetensors` of a network of that size that computes what MODEL does, to go on learning
from with `train --init-from FOLDER`: what is new reads at random and writes nothing yet (Chen, Goodfellow and Shlens
2016, Net2Net; Chen et al. 2022, bert2BERT). Heads must be as wide as MODEL's, and as many for keys and values.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import torch
from fit_to_bars import write_start
from torch import Tensor

from nanopiano.model.config import SIZES, ModelConfig
from nanopiano.model.store import find_model, read_config
from nanopiano.train.checkpoint import load_tensors
from nanopiano.train.gpt import GPT

READS = 0.01  # standard deviation of the weights that read what is still zero


def head_rows(old: ModelConfig, new: ModelConfig) -> Tensor:
    """Return where each row of all heads of queries goes, int64 [n_embd]: heads that shared keys share them again."""
    heads = torch.arange(old.n_head)
    shared = old.n_head // old.n_kv_head
    heads = heads // shared * (new.n_head // new.n_kv_head) + heads % shared
    return (heads[:, None] * old.head_size + torch.arange(old.head_size)).flatten()


def places(name: str, tensor: Tensor, old: ModelConfig, new: ModelConfig) -> tuple[Tensor, ...]:
    """Return where the rows and columns of a model's tensor go in the larger network's, int64 each."""
    at = [torch.arange(length) for length in tensor.shape]
    queries = head_rows(old, new)
    if "qkv" in name:
        keys = torch.arange(len(at[0]) - old.n_embd) + new.n_embd
        at[0] = torch.cat([queries, keys])
    elif "proj" in name:
        at[1] = queries
    return torch.meshgrid(*at, indexing="ij")


def grown(model: dict[str, Tensor], old: ModelConfig, new: ModelConfig) -> dict[str, Tensor]:
    """Return tensors of a network of `new` that computes what `model`, of `old`, does.

    RMSNorm takes the mean over all numbers of a word, of which the new ones are zero: what it returns is larger by
    `scale`, so that what reads it has to be smaller and what is added to the stream larger.
    """
    scale = (new.n_embd / old.n_embd) ** 0.5
    tensors = GPT(new).state_dict()
    for name, tensor in tensors.items():
        reads = any(part in name for part in ("qkv", "up", "head", "copying"))
        writes = any(part in name for part in ("proj", "down"))
        tensor.normal_(std=READS) if reads else tensor.zero_()
        if name in model:
            factor = 1 / scale if reads else scale if writes else 1.0
            tensor[places(name, model[name], old, new)] = model[name].float() * factor
    return tensors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", choices=SIZES, default="base")
    args = parser.parse_args()
    model = find_model(args.model)
    facts = read_config(model)
    old = ModelConfig.from_json(facts)
    size = SIZES[args.size]
    new = replace(old, n_layer=size.n_layer, n_head=size.n_head, n_embd=size.n_embd)
    if (new.head_size, new.n_kv_head) != (old.head_size, size.n_kv_head):
        parser.error(f"heads of {args.model} are {old.head_size} wide, {old.n_kv_head} of keys and values: not as many")
    if new.n_layer < old.n_layer or new.n_embd < old.n_embd:
        parser.error(f"{args.model} has {old.n_layer} layers of {old.n_embd} numbers: {args.size} is no larger")
    torch.manual_seed(1)
    tensors, _ = load_tensors(model / "model.safetensors")
    write_start(args.folder, grown(tensors, old, new), new, facts)


if __name__ == "__main__":
    main()

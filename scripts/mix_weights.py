"""Mix the best weights of a run with those of the model that it began with: `python scripts/mix_weights.py RUN MODEL`.

A run that goes on from a model ends near it, and between the two lie weights that are better than both (Wortsman et al.
2022, Model soups). Every share of MODEL that is named is validated on each n-th held-out piece; the best one then on
all of them, and if it is better than what the run has, it becomes the run's best weights, which `nanopiano export`
takes. `run.json` says that, too.
"""

import argparse
import json
from pathlib import Path

import torch

from nanopiano.corpus.packed import Corpus
from nanopiano.files import write_atomically
from nanopiano.model.config import ModelConfig
from nanopiano.model.store import find_model
from nanopiano.train.checkpoint import load_tensors, read_json, save_tensors
from nanopiano.train.data import EveryNth, Pieces
from nanopiano.train.device import forward_pass
from nanopiano.train.networks import new_network
from nanopiano.train.validate import Loss, validate

CPU = torch.device("cpu")
State = dict[str, torch.Tensor]


def mixed(ours: State, theirs: State, share: float) -> State:
    """Return the weights with so much of `theirs`; what only `ours` has (it may hear more) stays as it is."""
    whole = {name: weights.float().clone() for name, weights in ours.items()}
    for name, weights in theirs.items():
        shared = whole[name][: len(weights)]  # a table of ours may have more rows
        whole[name][: len(weights)] = torch.lerp(shared, weights.float(), share)
    return whole


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("model", help="a model's name or folder")
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--shares", type=float, nargs="+", default=[0.2, 0.3, 0.4, 0.5])
    parser.add_argument("--one-in", type=int, default=8, help="pieces to choose the share by")
    args = parser.parse_args()
    config, options = ModelConfig.from_json(read_json(args.run / "config.json")), read_json(args.run / "run.json")
    ours, facts = load_tensors(args.run / "best.safetensors")
    theirs, _ = load_tensors(find_model(args.model) / "model.safetensors")
    pieces: Pieces = Corpus.open(args.corpus).split("val")
    network = new_network(config).eval()
    forward = forward_pass(network, CPU, "auto", "no")

    def loss_of(share: float, one_in: int) -> Loss:
        network.load_state_dict(mixed(ours, theirs, share))
        return validate(forward, EveryNth(pieces, one_in), config, options["length"], CPU)

    losses = {share: loss_of(share, args.one_in) for share in (0.0, *args.shares)} if args.shares[1:] else {}
    for share, loss in losses.items():
        print(f"share {share}: {loss} on one piece in {args.one_in}", flush=True)
    share = min(losses, key=lambda share: losses[share].per_word) if losses else args.shares[0]
    loss = loss_of(share, 1)
    print(f"share {share}: {loss} on all pieces, {facts['val_nats_per_word']:.4f} nats/word without")
    if loss.per_word < facts["val_nats_per_word"]:
        facts |= {"val_nats_per_word": loss.per_word, "val_nats_per_note": loss.per_note}
        save_tensors(mixed(ours, theirs, share), args.run / "best.safetensors", facts)
        options["mixed_with"] = {"model": args.model, "share": share}
        write_atomically(args.run / "run.json", (json.dumps(options, indent=2) + "\n").encode())


if __name__ == "__main__":
    main()

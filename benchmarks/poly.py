"""Polyphonic music modelling: nats per frame on a set of Boulanger-Lewandowski et al. (2012), by our own pipeline.

    python benchmarks/poly.py JSB_Chorales --data DIR [--out runs/poly/JSB_Chorales] [--seeds 1 2 3 4]

Trains one network for each seed on the train split, keeps of each what validation likes best, then scores validation
and, once, test by the mean chance of all of them: all frames, total over total, END and every word counted, with a
bootstrap interval over test sequences. A run that was stopped goes on when the same call is made again. Two processes
may train different seeds at once (with --validation-only); the call with all seeds then finds them trained.
"""

import argparse
import json
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import torch
from polyphony.batches import Rolls
from polyphony.network import PolyGPT
from polyphony.recipe import RECIPES, Recipe
from polyphony.rolls import DATASETS, read_rolls, spell
from polyphony.scoring import bootstrap, mean_chance, per_frame, word_nats
from polyphony.training import Member

from nanopiano.errors import InputError, NanopianoError


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def changed(recipe: Recipe, changes: list[str]) -> Recipe:
    """Return the recipe with fields set as `name=value`. Raises InputError."""
    kinds = {entry.name: type(getattr(recipe, entry.name)) for entry in fields(recipe)}
    values: dict[str, Any] = {}
    for change in changes:
        name, _, text = change.partition("=")
        if name not in kinds:
            raise InputError(f"--set {change}: the recipe has {', '.join(kinds)}")
        try:
            value = json.loads(text)
            values[name] = tuple(value) if kinds[name] is tuple else kinds[name](value)
        except (ValueError, TypeError) as error:
            raise InputError(f"--set {change}: expected a {kinds[name].__name__} as JSON") from error
    return replace(recipe, **values)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", choices=DATASETS)
    parser.add_argument("--data", type=Path, required=True, help="folder of the .mat files")
    parser.add_argument("--out", type=Path, help="folder of the runs (default: runs/poly/DATASET)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1], help="one network each")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="change the recipe")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--validation-only", action="store_true", help="leave the test split unread, to choose by")
    args = parser.parse_args(arguments)
    torch.set_num_threads(args.threads)
    try:
        run(args)
    except NanopianoError as error:
        say(f"poly.py: {error}")
        sys.exit(error.exit_status)


def run(args: argparse.Namespace) -> None:
    """Train what is not trained yet, then score validation and, where asked for, test."""
    recipe = changed(RECIPES[args.dataset], args.set)
    rolls = read_rolls(args.data, args.dataset)
    words = {split: Rolls(spelt) for split, spelt in spell(rolls).items()}
    frames = {split: [len(roll) for roll in several] for split, several in rolls.items()}
    out = args.out or Path("runs/poly") / args.dataset
    networks = []
    for seed in args.seeds:
        member = Member(out / f"seed-{seed}", recipe, seed, words["train"], words["val"], frames["val"])
        n_parameters, n_words = member.network.n_parameters, words["train"].lengths.sum()
        say(f"{args.dataset}, seed {seed}: {n_parameters:,} parameters, {n_words:,} words to learn from")
        member.learn(say)
        say(f"{args.dataset}, seed {seed}: trained in {member.seconds:.0f} s")
        networks.append(member.best())
    for split in ("val",) if args.validation_only else ("val", "test"):
        print(f"{args.dataset} {split}: {report(networks, words[split], frames[split])}")


def report(networks: list[PolyGPT], rolls: Rolls, frames: list[int]) -> str:
    """Return the figure of the mean of the networks' chances, and of each network alone."""
    alone = [word_nats(network, rolls) for network in networks]
    figure = bootstrap(mean_chance(alone), frames)
    singles = ", ".join(f"{per_frame(nats, frames):.4f}" for nats in alone)
    return (
        f"{figure.nats:.4f} nats/frame, 95% [{figure.low:.4f}, {figure.high:.4f}], "
        f"by the mean chance of {len(networks)} networks; each alone {singles}"
    )


if __name__ == "__main__":
    main()

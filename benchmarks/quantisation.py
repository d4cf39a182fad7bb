"""What 8 and 4 bits cost in loss: the validation pieces through the engine, against float32.

python benchmarks/quantisation.py --run RUN --corpus CORPUS [--pieces 60]
"""

import argparse
import json
from pathlib import Path

import numpy as np

from nanopiano.corpus.packed import Corpus
from nanopiano.model.config import ModelConfig
from nanopiano.model.engine import Engine
from nanopiano.model.score import score
from nanopiano.music.words import ids_to_piece
from nanopiano.train.checkpoint import load_tensors
from nanopiano.train.export import build_graph


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--pieces", type=int, default=60, help="evenly spaced over the validation split; 0: all")
    args = parser.parse_args()
    tensors, _ = load_tensors(args.run / "best.safetensors")
    config = ModelConfig.from_json(json.loads((args.run / "config.json").read_text()))
    weights = {name: tensor.float().numpy() for name, tensor in tensors.items()}
    split = Corpus.open(args.corpus).split("val")
    chosen = np.linspace(0, len(split) - 1, args.pieces or len(split)).astype(int)
    pieces = [ids_to_piece(np.asarray(split.ids(int(number)))) for number in chosen]
    full = 0.0
    for bits in (32, 8, 4):
        graph = build_graph(config, weights, bits).SerializeToString()
        figures = score(Engine(graph, config), pieces).to_json()
        full = full or figures["nats_per_word"]
        print(
            f"{bits:2d} bits: {len(graph) / 1e6:5.1f} MB, {figures['nats_per_word']:.5f} nats/word over "
            f"{figures['words']:,} words, {figures['nats_per_word'] / full - 1:+.3%}"
        )


if __name__ == "__main__":
    main()

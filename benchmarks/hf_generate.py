"""`generate` of transformers with an exported model: how long a word takes, and how many words the grammar forbids.

    python benchmarks/hf_generate.py [--model small] [--words 200 600] [--pieces 10]

Times are of the processor, one thread, with the cache and without; the words are those of the first length.
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

import torch
from transformers import AutoModelForCausalLM

from nanopiano.errors import InputError
from nanopiano.model.store import find_model
from nanopiano.music.listen import Listener
from nanopiano.music.vocab import vocabulary
from nanopiano.train.hf.folder import export_to_hf


def generate(model: Any, seed: int, words: int, *, cache: bool = True) -> tuple[list[int], float]:
    """Return the words of a piece and the seconds of the processor that each took."""
    torch.manual_seed(seed)
    begin = process_time()
    ids = model.generate(max_new_tokens=words, min_new_tokens=words, do_sample=True, use_cache=cache)[0].tolist()
    return ids, (process_time() - begin) / words


def forbidden(ids: list[int]) -> tuple[int, bool]:
    """Return how many words are not what the canonical form asks for, and whether the piece can be read."""
    listener, wrong = Listener(vocabulary()), 0
    listener.feed(ids[0])
    for word in ids[1:]:
        wrong += not listener.allowed()[word]
        try:
            listener.feed(word)
        except InputError:
            return wrong, False
    return wrong, True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="small")
    parser.add_argument("--words", type=int, nargs="+", default=[200, 600])
    parser.add_argument("--pieces", type=int, default=10)
    args = parser.parse_args()
    torch.set_num_threads(1)
    with TemporaryDirectory() as folder:
        export_to_hf(find_model(args.model), Path(folder) / "hf")
        model = AutoModelForCausalLM.from_pretrained(Path(folder) / "hf", trust_remote_code=True).eval()
    for words in args.words:
        seconds = [generate(model, 1, words, cache=cache)[1] for cache in (True, False)]
        print(f"{words} words: {1000 * seconds[0]:.1f} ms a word, without the cache {1000 * seconds[1]:.1f} ms")
    found = [forbidden(generate(model, seed, args.words[0])[0]) for seed in range(1, args.pieces + 1)]
    wrong, read = (sum(column) for column in zip(*found, strict=True))
    print(f"{args.pieces} pieces of {args.words[0]} words: {wrong} words forbidden, {read} pieces can be read")


if __name__ == "__main__":
    main()

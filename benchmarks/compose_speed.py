"""How fast words come: the engine beside the plain way, the same network, one run, on two cores.

    python benchmarks/compose_speed.py [--size base] [--words 10000] [--threads 2]
    python benchmarks/compose_speed.py --size small --kv-heads 1 2 3 6     heads that keys and values have, in turn
    python benchmarks/compose_speed.py --size small --blend-words 0 2 3    words that are blended, in turn

The plain way is nanoGPT's `generate`: a full forward pass of the torch network over the last 200 words for every word.
The weights are random: speed does not depend on them. Every choice includes mask, sampling and listening.
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from nanopiano.model.compose import Writer, read_prompt
from nanopiano.model.config import ModelConfig
from nanopiano.model.ending import MAX_WORDS, Ending, Length
from nanopiano.model.engine import Engine
from nanopiano.model.rotary import Rotary
from nanopiano.model.sample import Sampling, draw, probabilities
from nanopiano.music.listen import Listener, hear
from nanopiano.music.recall import recall
from nanopiano.music.vocab import END, START, vocabulary
from nanopiano.train.export import build_graph
from nanopiano.train.gpt import GPT
from nanopiano.train.options import TrainOptions

PLAIN_WINDOW = 200
SAMPLING = Sampling(temperature=1.0, top_p=0.98)


def random_network(config: ModelConfig) -> GPT:
    torch.manual_seed(0)
    network = GPT(config).eval()
    for name, parameter in network.named_parameters():
        torch.nn.init.normal_(parameter, std=0.5 if "words" in name else 0.03)
    return network


def plain_seconds(network: GPT, n_words: int) -> float:
    """Compose the plain way: a full forward pass over the last 200 words for every word, grammar mask included."""
    config = network.config
    vocab, rotary = vocabulary(), Rotary.of(config)
    listener, rng = Listener(vocab), np.random.default_rng(1)
    listener.feed(START)
    ids = [START]
    begin = time.perf_counter()
    with torch.no_grad():
        for _ in range(n_words):
            heard = hear(np.array(ids, dtype=np.uint16))
            last = slice(-PLAIN_WINDOW, None)
            words = torch.tensor(ids[last])[None]
            index = np.arange(words.shape[1])
            cos, sin = (torch.from_numpy(table)[None] for table in rotary.tables(index, heard.time[last]))
            place = torch.from_numpy(heard.time[last] % config.bar_steps)[None]
            sounding = torch.from_numpy(np.ascontiguousarray(heard.sounding[last]))[None]
            again = recall(np.array(ids, dtype=np.uint16), heard.time, config.hear_moved, config.bar_steps)
            recalled = torch.from_numpy(again[last])[None]
            logits = network(words, place, sounding, recalled, cos, sin)[0, -1].numpy()
            mask = listener.allowed()
            mask[END] = False
            ids.append(draw(probabilities(logits, mask, SAMPLING), rng))
            listener.feed(ids[-1])
    return time.perf_counter() - begin


def engine_marks(engine: Engine, n_words: int, rows: int = 1) -> list[float]:
    """Return the seconds at which every 100th word (of each piece) was written, END never allowed."""
    prompt = np.array([START], dtype=np.uint16)
    cache, first = read_prompt(engine, prompt)
    writers = [Writer(vocabulary(), prompt, SAMPLING, seed) for seed in range(rows)]
    if rows > 1:
        cache.keep([0] * rows)
    logits = np.broadcast_to(first[-1], (rows, first.shape[1]))
    for writer in writers:
        writer.ending = Ending(writer.listener, Length(words=MAX_WORDS), 120, 0)
    begin, marks = time.perf_counter(), []
    for number in range(1, n_words + 1):
        for row, writer in enumerate(writers):
            writer.choose(logits[row])
        if number % 100 == 0:
            marks.append(time.perf_counter() - begin)
        listeners = [writer.listener for writer in writers]
        logits = cache.step(
            np.array([writer.ids[-1] for writer in writers]),
            np.array([listener.time for listener in listeners]),
            np.stack([listener.sounding() for listener in listeners]),
        )
    return marks


def engine_of(network: GPT, bits: int, threads: int) -> Engine:
    weights = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    return Engine(build_graph(network.config, weights, bits).SerializeToString(), network.config, threads)


def compare(config: ModelConfig, name: str, counts: list[int], threads: int, rounds: int = 25) -> None:
    """Print the words/s over the first 100 of networks that differ in the field `name`, measured in turn."""
    networks = [random_network(replace(config, **{name: count})) for count in counts]  # type: ignore[arg-type]
    engines = [engine_of(network, 8, threads) for network in networks]
    rates = np.array([[100 / engine_marks(engine, 100)[-1] for engine in engines] for _ in range(rounds)])
    for count, network, column in zip(counts, networks, rates.T, strict=True):
        median, best = np.median(column), column.max()  # the best is what other work on the machine disturbs least
        print(
            f"{name} {count}: {network.n_parameters:,} parameters, {median:.0f} words/s in the median, {best:.0f} best"
        )


def best(measure: Callable[[], float], times: int = 3) -> float:
    return min(measure() for _ in range(times))


def beside_the_plain_way(config: ModelConfig, args: argparse.Namespace) -> None:
    """Print how fast the engine is beside the plain way, and keep it in `args.json`."""
    network = random_network(config)
    plain = plain_seconds(network, 500)
    facts: dict[str, float] = {"parameters": network.n_parameters, "plain, words/s over 500": 500 / plain}
    print(f"{args.size}, {network.n_parameters:,} parameters, {args.threads} threads")
    print(f"plain way: {500 / plain:.1f} words/s over 500 words")
    for bits in (8, 4):
        engine = engine_of(network, bits, args.threads)
        engine_marks(engine, 100)
        short = best(lambda engine=engine: engine_marks(engine, 500)[-1])  # type: ignore[misc]
        marks = engine_marks(engine, args.words)
        # Medians over hundreds of words, so that other work on the machine does not pass for a trend.
        hundreds = np.diff(marks, prepend=0.0)
        early, late = 100 / np.median(hundreds[5:10]), 100 / np.median(hundreds[-10:])
        rates = {"500": 500 / short, str(args.words): args.words / marks[-1], "500-1000": early, "last 1000": late}
        ratios = (rates["500"] * plain / 500, rates[str(args.words)] * plain / 500)
        print(f"engine, {bits} bits: " + ", ".join(f"{rate:.0f} words/s over {span}" for span, rate in rates.items()))
        print(
            f"  {ratios[0]:.1f} times the plain way at 500, {ratios[1]:.1f} times at {args.words}; "
            f"late/early {late / early:.3f}"
        )
        facts |= {f"{bits} bits, words/s over {span}": rate for span, rate in rates.items()}
        for rows in args.rows:
            together = rows * 500 / engine_marks(engine, 500, rows)[-1]
            print(f"  {rows} pieces at once: {together:.0f} words/s in all")
            facts[f"{bits} bits, {rows} at once"] = together
    if args.json:
        args.json.write_text(json.dumps(facts, indent=2) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="base")
    parser.add_argument("--words", type=int, default=10_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rows", type=int, nargs="*", default=[4, 8], help="pieces at once, measured besides")
    parser.add_argument("--kv-heads", type=int, nargs="+", help="compare these, and measure nothing else")
    parser.add_argument("--blend-words", type=int, nargs="+", help="likewise")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    config = TrainOptions(size=args.size).config(vocabulary())
    compared = {"n_kv_head": args.kv_heads, "blend_words": args.blend_words}
    for name, counts in compared.items():
        if counts:
            compare(config, name, counts, args.threads)
    if not any(compared.values()):
        beside_the_plain_way(config, args)


if __name__ == "__main__":
    main()

"""Training by many processes: the same losses, what a loss of one costs, how fast, and the constants of docs/scale.md.

    python benchmarks/processes.py equal --corpus CORPUS --out runs/processes       1, 2 and 4 processes, 50 steps each
    python benchmarks/processes.py kill --corpus CORPUS --out runs/processes        SIGKILL, and torchrun starts again
    python benchmarks/processes.py speed --corpus CORPUS --out runs/processes       words a second, bytes sent
    python benchmarks/processes.py constants --corpus CORPUS                        what the arithmetic of scale needs

All but the last start torchrun on this machine (Linux), with one thread a process.
"""

import argparse
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from nanopiano.corpus.packed import Corpus
from nanopiano.model.config import SIZES, ModelConfig
from nanopiano.train.checkpoint import load_tensors
from nanopiano.train.data import Batch, BatchMaker, WindowPlan
from nanopiano.train.gpt import GPT
from nanopiano.train.loading import load
from nanopiano.train.loop import Trainer
from nanopiano.train.options import TrainOptions
from nanopiano.train.processes import join_processes, joined_processes, leave
from nanopiano.train.validate import Loss, tensors

# Without mixed precision and compiling, which sum in another order for another shape.
PLAIN = ["--precision=float32", "--compile=no", "--device=cpu"]
EQUAL = [*PLAIN, "--size=tiny", "--length=128", "--batch-words=1024", "--warmup-words=10000"]
WAYS = [(1, "auto"), (2, "ddp"), (4, "ddp"), (2, "fsdp"), (4, "fsdp")]
RECIPE: dict[str, Any] = {
    "hear_before": 2,
    "hear_octave": True,
    "hear_endings": True,
    "hear_held": True,
    "hear_bars": True,
    "hear_recall": True,
    "hear_moved": True,
    "blend_words": 3,
}
# Also a shape as GPT-2's smallest, with what ours hears.
SHAPES = {
    **{name: replace(SIZES[name], **RECIPE) for name in ("small", "base")},
    "100M": ModelConfig(n_layer=16, n_head=12, n_kv_head=4, n_embd=768, **RECIPE),
}


class Timed(Trainer):
    """A trainer that makes a number of steps, remembers losses and times, and does not evaluate."""

    n_steps, n_idle, turned = 50, 1, False

    def train(self) -> Loss:
        self.losses: list[float] = []
        batches = (turned_round(step) for step in self._batches()) if self.turned else self._batches()
        for number in range(self.n_steps):
            if number == self.n_idle:  # what is made once is made
                self.began = (time.monotonic(), time.process_time(), self.progress.words, sent_bytes())
            self.losses.append(self._step(next(batches)))
        return Loss(0.0, 0, 0)


def turned_round(step: list[Batch]) -> list[Batch]:
    """Return the same batches with their rows in another order: sums are rounded otherwise, no more."""
    return [Batch._make(array[::-1] for array in batch) for batch in step]


def sent_bytes() -> int:
    """Return what this machine has sent to itself so far, all programs together."""
    lines = Path("/proc/net/dev").read_text().splitlines()
    return int(next(line for line in lines if line.strip().startswith("lo:")).split()[9])


def member(args: argparse.Namespace) -> None:
    """Be one of the processes: make steps, and let the first one write what was seen."""
    torch.set_num_threads(1)
    with join_processes():
        processes = joined_processes()
        options = TrainOptions(**json.loads(args.options))
        trainer = Timed(Corpus.open(args.corpus), args.out, options, processes=processes, say=lambda _: None)
        trainer.n_steps, trainer.turned = args.steps, args.turned
        trainer.learn()
        began, processor, words, sent = trainer.began
        n_words, sent = trainer.progress.words - words, sent_bytes() - sent
        seconds = time.monotonic() - began
        processor = processes.sum(time.process_time() - processor)
        if processes.is_writer:
            facts = {
                "losses": trainer.losses,
                "words_per_second": n_words / seconds,
                "words_per_processor_second": n_words / processor,
                "sent_per_step": sent / (args.steps - trainer.n_idle),
                "parameters": sum(parameter.numel() for parameter in trainer.network.parameters()),
                "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
            }
            (args.out / "facts.json").write_text(json.dumps(facts))
    leave(0)


def torchrun(size: int, *words: str, restarts: int = 0) -> list[str]:
    """Return the command that starts so many processes."""
    start = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={size}"]
    return [*start, f"--max-restarts={restarts}", *words]


def measured(args: argparse.Namespace, size: int, parallel: str, options: list[str]) -> dict[str, Any]:
    """Let so many processes make steps; return what the first one wrote."""
    run = args.out / f"{parallel}-{size}"
    shutil.rmtree(run, ignore_errors=True)
    given = dict(word.removeprefix("--").replace("-", "_").split("=", 1) for word in options)
    typed = {name: type(getattr(TrainOptions(), name))(value) for name, value in given.items()}
    turned = parallel == "turned"
    as_json = json.dumps({**typed, "parallel": "auto" if turned else parallel})
    here = ["--corpus", str(args.corpus), "--out", str(run), "--steps", str(args.steps), "--options", as_json]
    here += ["--turned"] if turned else []
    script = [str(Path(__file__).resolve()), "member", *here]
    command = [sys.executable, *script] if size == 1 else torchrun(size, *script)
    subprocess.run(command, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    return dict(json.loads((run / "facts.json").read_text()))


def equal(args: argparse.Namespace) -> None:
    """Print how far the losses of many processes are from those of one, as Markdown."""
    print("| processes | parallel | largest difference over the steps | loss of the last step |\n|---|---|---|---|")
    reference = None
    for size, parallel in [*WAYS, (1, "turned")]:  # the last: one process again, the rows of its batches turned round
        losses = np.array(measured(args, size, parallel, EQUAL)["losses"])
        reference = losses if reference is None else reference
        print(f"| {size} | {parallel} | {np.abs(losses - reference).max():.1e} | {losses[-1]:.6f} |", flush=True)


def speed(args: argparse.Namespace) -> None:
    """Print words a second of steps alone by the number of processes, as Markdown."""
    print(
        "| processes | parallel | words/s | of processor time | sent a step | by 4 bytes a weight | MB of a process |"
    )
    print("|---|---|---|---|---|---|---|")
    for size, parallel in WAYS:
        options = ["--device=cpu", "--compile=no", "--size=small", f"--batch-words={args.batch_words}"]
        facts = measured(args, size, parallel, options)
        sent, weights = facts["sent_per_step"], 4 * facts["parameters"]
        print(
            f"| {size} | {parallel} | {facts['words_per_second']:,.0f} | {facts['words_per_processor_second']:,.0f} "
            f"| {sent / 1e6:,.1f} MB | {sent / weights:.2f} | {facts['peak_megabytes']:,.0f} |",
            flush=True,
        )


def children_of(parent: int) -> Iterator[int]:
    """Yield the processes that a process has started."""
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdecimal() and int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                yield int(entry.name)
        except OSError:
            continue  # it has ended meanwhile


def kill(args: argparse.Namespace) -> None:
    """Kill a worker of torchrun in the middle of a run, and compare its end with that of an undisturbed one."""
    options = [*EQUAL, f"--total-words={args.steps * 1000}", "--eval-words=1000000", "--save-seconds=2", "--pieces=0"]
    ends = []
    for name in ("undisturbed", "disturbed"):
        run = args.out / name
        shutil.rmtree(run, ignore_errors=True)
        words = ["-m", "nanopiano.train", "--corpus", str(args.corpus), "--out", str(run), *options]
        began = time.monotonic()
        agent = subprocess.Popen(torchrun(2, *words, restarts=2), env={**os.environ, "OMP_NUM_THREADS": "1"})
        if name == "disturbed":
            while not (run / "checkpoint.safetensors").exists():
                time.sleep(0.1)
            time.sleep(3)
            victim = max(children_of(agent.pid))
            os.kill(victim, signal.SIGKILL)
            print(f"killed process {victim} after {time.monotonic() - began:.0f} s", flush=True)
        status = agent.wait()
        stored, facts = load_tensors(run / "checkpoint.safetensors")
        ends.append(stored)
        print(f"{name}: status {status}, {facts['step']} steps, {time.monotonic() - began:.0f} s, {facts['history']}")
    furthest = max(float((ends[0][key].float() - ends[1][key].float()).abs().max()) for key in ends[0])
    print(f"the largest difference of any number in the two checkpoints: {furthest:.1e}")


def constants(args: argparse.Namespace) -> None:
    """Print what the arithmetic of docs/scale.md calls measured."""
    torch.set_num_threads(1)
    corpus = Corpus.open(args.corpus)
    print("| shape | parameters | of them Muon's | FLOP a word | bytes kept a word | Muon, FLOP a step |")
    print("|---|---|---|---|---|---|")
    for name, config in SHAPES.items():
        network = GPT(config)
        inputs = some_inputs(corpus, config)
        n_words = inputs[0].numel()
        kept: dict[int, int] = {}  # bytes by where they lie: many operators keep the same tensor
        weights = {parameter.data_ptr() for parameter in network.parameters()}

        def keep(tensor: torch.Tensor, kept: dict[int, int] = kept) -> torch.Tensor:
            storage = tensor.untyped_storage()
            kept[storage.data_ptr()] = storage.nbytes()
            return tensor

        with FlopCounterMode(display=False) as counter, torch.autograd.graph.saved_tensors_hooks(keep, lambda t: t):
            with torch.autocast("cpu", torch.bfloat16):
                logits = network(*inputs)
            logits.float().logsumexp(-1).sum().backward()
        activations = sum(size for place, size in kept.items() if place not in weights)
        matrices = list(network.blocks.parameters())
        with FlopCounterMode(display=False) as muon:
            torch.optim.Muon(matrices).step()  # type: ignore[no-untyped-call]
        print(
            f"| {name} | {network.n_parameters:,} | {sum(matrix.numel() for matrix in matrices):,} "
            f"| {counter.get_total_flops() / n_words / 1e6:,.1f}M | {activations / n_words:,.0f} "
            f"| {muon.get_total_flops() / 1e9:,.1f}G |"
        )
    train = corpus.split("train")
    plan = WindowPlan(train, 1024, 4096, 0.25, 6, seed=1)
    began = time.process_time()
    batches = plan.epoch(0)
    took = time.process_time() - began
    print(f"plan of an epoch: {took:.2f} s for {len(train.lengths):,} pieces, {sum(map(len, batches)):,} windows")
    maker = BatchMaker(train, plan, SHAPES["small"])
    began, n_words = time.process_time(), 0
    for windows in batches[:100]:
        n_words += maker.batch(windows).n_words
    print(f"batches made: {n_words / (time.process_time() - began):,.0f} words a second of one core")
    ready, began = load(maker, ([windows] for windows in batches[:100]), 0, 1, loaders=1), time.process_time()
    n_bytes = sum(array.nbytes for step in ready for batch in step for array in batch)
    took = time.process_time() - began
    print(
        f"a loader's batches taken in: {n_words / took:,.0f} words, {n_bytes / took / 1e6:,.0f} MB a second of one core"
    )


class Counted(NamedTuple):
    """What `constants` prints of a shape."""

    parameters: int
    matrices: int  # parameters of Muon
    flop: float  # forward and backward, a word
    kept: float  # bytes that the backward pass needs, a word
    muon_flop: float  # a step


COUNTED = {
    "small": Counted(5_112_960, 4_718_592, 35.6e6, 71_883, 43.0e9),
    "base": Counted(11_535_872, 11_010_048, 78.7e6, 126_127, 134.2e9),
    "100M": Counted(101_452_032, 100_663_296, 676.1e6, 768_166, 1_836.1e9),
}
# Assumed. H100 SXM by its data sheet: 989 TFLOP/s in bfloat16 without sparsity, 450 GB/s to its neighbours one way; a
# network of 400 Gb/s for each GPU. Which share is reached was not measured: no GPU was at hand.
PEAK, NEIGHBOURS, NETWORK = 989e12, 450e9, 50e9
UTILISATION = {"small": 0.1, "base": 0.15, "100M": 0.35}
REACHED = 0.6  # of the nominal speed of links
SMALL_SUMS, LATENCY = 3, 100e-6  # a step; seconds for each doubling of the processes
GPUS = (1, 8, 64, 256, 1024)


def step_seconds(name: str, n_gpus: int, n_words: float) -> tuple[float, float]:
    """Return the seconds of a step of `n_words` a GPU: computing, and sending, none of it hidden behind computing."""
    shape, useful = COUNTED[name], PEAK * UTILISATION[name]
    computing = (n_words * shape.flop + shape.muon_flop / min(n_gpus, 4 * SHAPES[name].n_layer)) / useful
    if n_gpus == 1:
        return computing, 0.0
    link = REACHED * (NEIGHBOURS if n_gpus <= 8 else NETWORK)
    n_bytes = 2 * (n_gpus - 1) / n_gpus * 4 * shape.parameters + 2 * shape.matrices
    return computing, n_bytes / link + SMALL_SUMS * LATENCY * np.log2(n_gpus)


def arithmetic(_: argparse.Namespace) -> None:
    """Print the tables of docs/scale.md."""
    for title, words_of in (
        ("32,768 words a GPU and step", lambda _: 32_768),
        ("524,288 words a step in all", lambda n: 524_288 / n),
    ):
        print(
            f"\n{title}\n\n| shape | GPUs | step | of it sending | words/s | of n times one GPU | 20 words a weight |"
        )
        print("|---|---|---|---|---|---|---|")
        for name, shape in COUNTED.items():
            for n_gpus in GPUS:
                computing, sending = step_seconds(name, n_gpus, words_of(n_gpus))
                alone = sum(step_seconds(name, 1, words_of(1))) / words_of(1)
                rate = n_gpus * words_of(n_gpus) / (computing + sending)
                print(
                    f"| {name} | {n_gpus:,} | {1e3 * (computing + sending):.2f} ms | {1e3 * sending:.2f} ms "
                    f"| {rate / 1e6:,.1f}M | {rate * alone / n_gpus:.0%} | {20 * shape.parameters / rate:,.1f} s |"
                )


def some_inputs(corpus: Corpus, config: ModelConfig) -> tuple[torch.Tensor, ...]:
    """Return what a network hears of a batch of full windows."""
    train = corpus.split("train")
    plan = WindowPlan(train, 1024, 2048, 0.0, 0, seed=1)
    full = next(windows for windows in plan.epoch(0) if all(window.length == 1024 for window in windows))
    batch: Batch = BatchMaker(train, plan, config).batch(full)
    ids, _, *heard = tensors(batch, torch.device("cpu"))
    return (ids, *heard)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    works = {work.__name__: work for work in (equal, kill, speed, constants, arithmetic, member)}
    parser.add_argument("work", choices=works)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("runs/processes"))
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--batch-words", type=int, default=4096)
    parser.add_argument("--options", help="of a member: JSON")
    parser.add_argument("--turned", action="store_true", help="of a member")
    args = parser.parse_args()
    works[args.work](args)


if __name__ == "__main__":
    main()

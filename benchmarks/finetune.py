"""What does fine-tuning give? One style, some pieces to learn from and others held out from everything.

    python benchmarks/finetune.py --texts FILE.jsonl.xz --where composer=Joplin --learn 30 --out DIR [WAY...]

WAY is `all` (all weights, as `nanopiano finetune` does), `lora` (adapters of rank 8 at every matrix, Hu et al. 2021) or
`nothing` (the same network, learning rates of `nanopiano train`, from random weights); `--set name=value` changes an
option of training. Pieces are drawn by the hash of their work: ten works to test on, then those to learn from, of which
the product holds some out to know when to stop. Prints a row of Markdown for each way: nats per note on the test pieces
by the model of the package and by the best weights, words seen, seconds of processor time. Rows also go to
DIR/rows.jsonl, with the validation losses on the way.
"""

import argparse
import hashlib
import json
import lzma
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.parametrize import register_parametrization

from nanopiano.corpus.packed import Corpus
from nanopiano.corpus.split import key_of_record
from nanopiano.model.config import ModelConfig
from nanopiano.model.store import find_model, read_config
from nanopiano.music.vocab import vocabulary
from nanopiano.music.words import Ids, piece_to_ids, text_to_piece
from nanopiano.train.checkpoint import load_tensors
from nanopiano.train.collection import collect
from nanopiano.train.finetuner import FineTuner, options_for
from nanopiano.train.gpt import GPT
from nanopiano.train.options import TrainOptions
from nanopiano.train.validate import Loss, validate

RANK = 8
FROM_NOTHING: dict[str, Any] = {"matrix_lr": TrainOptions.matrix_lr, "table_lr": TrainOptions.table_lr}
LORA_LR = 2e-3
FOREVER = 1e9  # seconds: runs are bounded by words here

Record = dict[str, Any]


class AtHand:
    """Pieces in memory, as validation reads them."""

    def __init__(self, records: list[Record]) -> None:
        self.pieces = [piece_to_ids(text_to_piece(record["text"], vocabulary())[0].canonical()) for record in records]
        self.lengths = np.array([len(ids) for ids in self.pieces])

    @property
    def lowest(self) -> NDArray[np.signedinteger[Any]]:
        raise NotImplementedError  # nothing is transposed

    highest = lowest

    def ids(self, number: int) -> Ids:
        return self.pieces[number]


class Adapter(nn.Module):
    """A matrix plus a product of two narrow ones, the second of which begins at zero."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.down = nn.Parameter(torch.randn(RANK, weight.size(1)) * weight.size(1) ** -0.5)
        self.up = nn.Parameter(torch.zeros(weight.size(0), RANK))

    def forward(self, weight: Tensor) -> Tensor:
        return weight + 2.0 * self.up @ self.down  # alpha is twice the rank, as is usual


class LoraTuner(FineTuner):
    """Only adapters learn."""

    def make_optimizers(self) -> list[torch.optim.Optimizer]:
        assert isinstance(self.network, GPT)
        self.network.requires_grad_(False)
        matrices = [module for module in self.network.modules() if isinstance(module, nn.Linear)]
        for linear in matrices:
            register_parametrization(linear, "weight", Adapter(linear.weight))
        learning = [parameter for parameter in self.network.parameters() if parameter.requires_grad]
        return [torch.optim.AdamW(learning, lr=self.options.table_lr, weight_decay=0.0)]


def records_of(path: Path, where: str, shortest: int, longest: int) -> list[Record]:
    """Return the records whose field says what is wanted and whose words are as many, in the order of their hashes."""
    field, _, wanted = where.partition("=")
    with lzma.open(path, "rt", encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    found = [
        record for record in records if wanted in str(record.get(field)) and shortest <= record["n_words"] <= longest
    ]
    return sorted(found, key=lambda record: hashlib.sha256(key_of_record(record, "").encode()).hexdigest())


def parted(records: list[Record], n_test: int, n_learn: int) -> tuple[list[Record], list[Record]]:
    """Return the pieces of the first works to test on, and those of the next works to learn from, one of each work."""
    works = list({key_of_record(record, ""): record for record in records}.values())
    assert len(works) >= n_test + n_learn, f"only {len(works)} works"
    return works[:n_test], works[n_test : n_test + n_learn]


def tuner_of(way: str, corpus: Corpus, run: Path, config: ModelConfig, base: Path, changes: Record) -> FineTuner:
    """Return the run of a way."""
    options = options_for(corpus, config)
    if way == "nothing":
        options = replace(options, **FROM_NOTHING)
    if way == "lora":
        options = replace(options, table_lr=LORA_LR)
    kind = LoraTuner if way == "lora" else FineTuner
    return kind(
        corpus, run, replace(options, **changes), base=None if way == "nothing" else base, seconds=FOREVER, tick=_said()
    )


def _said() -> Any:
    began = time.monotonic()
    last = [0.0]

    def tick(share: float, nats_per_note: float) -> None:
        if time.monotonic() - last[0] > 20:
            last[0] = time.monotonic()
            print(f"  {share:.0%} after {last[0] - began:.0f} s, validation {nats_per_note:.4f} a note", flush=True)

    return tick


def tested(tuner: FineTuner, test: AtHand) -> Loss:
    """Return the loss of a run's network on the test pieces."""
    tuner.network.eval()
    loss = validate(tuner.forward, test, tuner.config, tuner.options.length, tuner.device)
    tuner.network.train()
    return loss


def measure(way: str, tuner: FineTuner, test: AtHand) -> Record:
    """Bring a run to its end and test its best weights."""
    before = tested(tuner, test)
    began = time.process_time()
    tuner.tune()
    seconds = time.process_time() - began
    tuner.network.load_state_dict(load_tensors(tuner.run / "best.safetensors")[0])
    after = tested(tuner, test)
    return {
        "way": way, "before": before.per_note, "after": after.per_note, "after_per_word": after.per_word,
        "words": tuner.progress.words, "seconds": seconds, "date": date.today().isoformat(),
        "history": tuner.progress.history, "options": asdict(tuner.options),
    }  # fmt: skip


def changes_of(words: list[str]) -> Record:
    """Return options as `name=value` gives them."""
    pairs = (word.partition("=") for word in words)
    return {name: json.loads(value) for name, _, value in pairs}


def rows(args: argparse.Namespace) -> Iterator[Record]:
    """Measure every way."""
    test, learn = parted(records_of(args.texts, args.where, args.shortest, args.longest), args.test, args.learn)
    args.out.mkdir(parents=True, exist_ok=True)
    music = args.out / f"learn-{args.learn}.jsonl"
    music.write_text("\n".join(json.dumps(record) for record in learn), "utf-8")
    base = find_model(args.model)
    config = ModelConfig.from_json(read_config(base))
    corpus = collect([music], args.out / f"corpus-{args.learn}", config.steps_per_beat, print, progress=False)
    for way in args.ways:
        changes = changes_of(args.set)
        name = "-".join([way, str(args.learn), *(f"{key}{value}" for key, value in changes.items())])
        tuner = tuner_of(way, corpus, args.out / name, config, base, changes)
        facts = {"set": args.where, "learn": args.learn, "changes": changes}
        yield facts | measure(way, tuner, AtHand(test))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ways", nargs="*", default=["all", "nothing"], metavar="WAY")
    parser.add_argument("--texts", type=Path, required=True)
    parser.add_argument("--where", required=True, metavar="FIELD=TEXT")
    parser.add_argument("--learn", type=int, default=30, help="works to learn from, those for validation among them")
    parser.add_argument("--test", type=int, default=10)
    parser.add_argument("--shortest", type=int, default=200, help="words of a piece")
    parser.add_argument("--longest", type=int, default=4000)
    parser.add_argument("--model", default="small")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    for row in rows(args):
        with (args.out / "rows.jsonl").open("a") as file:
            file.write(json.dumps(row) + "\n")
        print(
            f"| {row['set']} | {row['learn']} | {row['way']} {row['changes'] or ''} | {row['words'] / 1e6:.2f}M "
            f"| {row['before']:.3f} | {row['after']:.3f} | {row['seconds']:.0f} s |",
            flush=True,
        )


if __name__ == "__main__":
    main()

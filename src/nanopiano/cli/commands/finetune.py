"""`nanopiano finetune`: a model that goes on learning from music of your own."""

import re
import shlex
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from nanopiano.cli.options import add_model, number, whole

ABOUT = """\
Let a model go on learning from a folder of your own MIDI files (5 to 500 are the usual case), for about a quarter of
an hour on two cores. Some pieces are held out: they tell when to stop, and how much was gained. The new model then
stands in `nanopiano models` and in the window. After Ctrl-C the same command goes on where it stopped.
Needs: pip install "nanopiano[train]"."""

EXAMPLES = """\
examples:
  nanopiano finetune ~/Music/ragtime -o ragtime
  nanopiano generate --model ragtime
  nanopiano finetune ~/Music/ragtime -o ragtime-long --minutes 60"""

NAME = re.compile(r"\w[\w .+-]*(?<![ .])")
MOST_MINUTES = 100_000
BAR = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}, {remaining} left at most{postfix}"


def options(parser: ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "music", nargs="+", type=Path, metavar="FOLDER",
        help="folders of MIDI files and scores, single ones, or .jsonl[.xz] files with a text of words a line",
    )  # fmt: skip
    parser.add_argument("-o", "--output", required=True, metavar="NAME", help="what the new model is to be called")
    add_model(parser)
    parser.add_argument("--minutes", type=number, default=15, metavar="N", help="time to learn (15)")
    parser.add_argument("--run", type=Path, metavar="DIR", help="where the run is kept (runs/NAME in your own folder)")
    parser.add_argument("--device", default="auto", metavar="NAME", help="auto, cpu, cuda, cuda:1, mps (auto)")
    parser.add_argument("--seed", type=whole, default=1, metavar="S", help="seed of the order of the music (1)")


def run(args: Namespace) -> None:
    """Fine-tune."""
    from nanopiano.cli import terminal
    from nanopiano.cli.extras import needs_extra
    from nanopiano.errors import InputError
    from nanopiano.model.store import DEFAULT_MODEL, find_model, model_folders, user_folder

    if not NAME.fullmatch(args.output):
        raise InputError(f"-o {args.output!r} is no name for a model: use letters, digits, spaces and . + - _")
    if args.output in model_folders():
        raise InputError(f"there is a model {args.output!r} already: choose another name, or remove its folder first")
    if not 0 < args.minutes <= MOST_MINUTES:
        raise InputError(f"--minutes is {args.minutes}: expected more than 0, and {MOST_MINUTES:,} at most")
    base = find_model(args.model or DEFAULT_MODEL)
    with needs_extra("train"):
        from nanopiano.train.finetune import Plan, finetune
    folder = user_folder()
    plan = Plan(
        args.music, base, args.run or folder / "runs" / args.output, folder / "models" / args.output,
        seconds=60 * args.minutes, device=args.device, seed=args.seed,
    )  # fmt: skip
    bar = _Bar()
    try:
        outcome = finetune(plan, bar.say, bar.tick)
    except KeyboardInterrupt:
        bar.say(f"{args.output} is not finished: the same command goes on where this one stopped")
        raise
    finally:
        bar.close()
    terminal.say(
        f"{outcome.held_out} held-out piece{'s' * (outcome.held_out > 1)}: {outcome.before:.3f} nats per note by "
        f"{base.name}, {outcome.after:.3f} by {args.output}"
    )
    terminal.say(f"now: nanopiano generate --model {shlex.quote(args.output)}")


class _Bar:
    """A progress bar that is there from the first step of learning on."""

    def __init__(self) -> None:
        self.bar: Any = None

    def say(self, line: str) -> None:
        """Write a line for people."""
        from nanopiano.cli import terminal

        if self.bar is None:
            terminal.say(line)
        else:
            terminal.say_beside(self.bar, line)

    def tick(self, share: float, nats_per_note: float) -> None:
        """Show how much of the run is done; what was done in an earlier one counts for nothing in the time left."""
        from nanopiano.cli import terminal

        if self.bar is None:
            self.bar = terminal.progress(1.0, "learning", bar_format=BAR, initial=share)
        self.bar.set_postfix_str(f"{nats_per_note:.3f} nats per note held out", refresh=False)
        self.bar.update(share - self.bar.n)

    def close(self) -> None:
        """Take the bar away."""
        if self.bar is not None:
            self.bar.close()

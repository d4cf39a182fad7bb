"""`nanopiano train`: a model from a corpus."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from nanopiano.cli.options import add_fields, fields_of
from nanopiano.cli.watching import add_watching, watch_of

ABOUT = """\
Train a model on a corpus. The folder of the run holds a checkpoint, the best weights so far, losses.csv, losses.png
and in heard/ pieces that the run composes as it learns; `nanopiano export` makes a model of it. Ctrl-C keeps a
checkpoint; --resume goes on exactly where a run stood, however it was ended, with the options that it began with but
for those that are given. Needs: pip install "nanopiano[train]"."""

EXAMPLES = """\
examples:
  nanopiano train --corpus my-corpus --out my-run
  nanopiano train --corpus my-corpus --out my-run --resume
  nanopiano train --corpus my-corpus --out my-run --watch tensorboard
  nanopiano train --corpus my-corpus --out my-run --init-from small
  nanopiano train --corpus my-corpus --out plain-run --plain --length 512
  nanopiano train --corpus my-corpus --out tiny-run --size tiny --total-words 1000000"""


def options(parser: ArgumentParser) -> None:
    """Add the options."""
    from nanopiano.train.options import TrainOptions

    parser.add_argument(
        "--corpus", type=Path, required=True, metavar="DIR", help="a folder of `nanopiano corpus build`"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder of the run, made if missing")
    parser.add_argument("--resume", action="store_true", help="go on with the run in that folder")
    parser.add_argument(
        "--init-from",
        metavar="MODEL",
        help="begin with the weights of a model, by its name or folder, or of gpt2, gpt2-medium, gpt2-large, gpt2-xl "
        "or a GPT-2 in a folder of transformers (implies --plain)",
    )
    add_fields(parser.add_argument_group("what is computed"), TrainOptions)
    add_watching(parser)


def run(args: Namespace) -> None:
    """Train."""
    from nanopiano.cli import terminal
    from nanopiano.cli.extras import needs_extra
    from nanopiano.train.options import TrainOptions

    fields_of(args, TrainOptions)  # refuses what is out of range before PyTorch is loaded
    init_from = _start(args.init_from) if args.init_from else None
    with needs_extra("train"):
        from nanopiano.train.begin import time_of
        from nanopiano.train.loop import train
        from nanopiano.train.processes import joined_processes
        from nanopiano.train.record import options_of
        from nanopiano.train.text import is_text, train_text
    chosen = fields_of(args, TrainOptions, options_of(args.out) if args.resume else time_of(init_from))
    processes, watch = joined_processes(), watch_of(args, args.out)
    say = processes.voice(terminal.say)
    begin = {"resume": args.resume, "init_from": init_from, "processes": processes}
    with needs_extra("hf"):  # GPT-2 needs it
        learn = train_text if is_text(args.corpus) else train
        loss = learn(args.corpus, args.out, chosen, **begin, say=say, watch=watch)
    if is_text(args.corpus):
        say(f"{args.out}: {loss.per_word:.4f} nats per token in validation")
        say(f"now: nanopiano export {args.out} --to hf FOLDER")
        return
    say(f"{args.out}: {loss.per_word:.4f} nats per word, {loss.per_note:.4f} per note in validation")
    say(f"now: nanopiano export {args.out} -o MODEL")


def _start(name: str) -> Path:
    """Return the folder of a model, or the name of a GPT-2 as it stands. Raises InputError."""
    from nanopiano.model.store import find_model
    from nanopiano.train.options import HUB_MODELS

    return Path(name) if name in HUB_MODELS and not Path(name).is_dir() else find_model(name)

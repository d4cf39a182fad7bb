"""`nanopiano train`: a model from a corpus."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from nanopiano.cli.options import add_fields, fields_of

ABOUT = """\
Train a model on a corpus. The folder of the run holds a checkpoint, the best weights so far, losses.csv and
losses.png; `nanopiano export` makes a model of it. Ctrl-C keeps a checkpoint; --resume goes on exactly where a run
stood, however it was ended. Needs: pip install "nanopiano[train]"."""

EXAMPLES = """\
examples:
  nanopiano train --corpus my-corpus --out my-run
  nanopiano train --corpus my-corpus --out my-run --resume
  nanopiano train --corpus my-corpus --out my-run --init-from small
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
        "--init-from", metavar="MODEL", help="begin with the weights of a model, by its name or folder"
    )
    add_fields(parser.add_argument_group("what is computed"), TrainOptions)


def run(args: Namespace) -> None:
    """Train."""
    from nanopiano.cli import terminal
    from nanopiano.cli.extras import needs_extra
    from nanopiano.model.store import find_model
    from nanopiano.train.options import TrainOptions

    chosen = fields_of(args, TrainOptions)
    init_from = find_model(args.init_from) if args.init_from else None
    with needs_extra("train"):
        from nanopiano.train.loop import train
    loss = train(args.corpus, args.out, chosen, resume=args.resume, init_from=init_from, say=terminal.say)
    terminal.say(f"{args.out}: {loss.per_word:.4f} nats per word, {loss.per_note:.4f} per note in validation")
    terminal.say(f"now: nanopiano export {args.out} -o MODEL")

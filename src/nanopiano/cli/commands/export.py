"""`nanopiano export`: a run as a model."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

ABOUT = """\
Make the best weights of a run a model that composes: a folder with model.onnx, the weights, their shape and a card.
What composes is held against the network that was trained before it is written.
Needs: pip install "nanopiano[train]"."""

EXAMPLES = """\
examples:
  nanopiano export my-run -o my-model
  nanopiano generate --model my-model"""


def options(parser: ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("run", type=Path, metavar="RUN", help="the folder of a run")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="the folder of the model")


def run(args: Namespace) -> None:
    """Export."""
    from nanopiano.cli import terminal
    from nanopiano.cli.extras import needs_extra

    with needs_extra("train"):
        from nanopiano.train.publish import publish
    about = publish(args.run, args.output)
    terminal.say(f"{args.output}: {about['parameters']:,} parameters; try: nanopiano generate --model {args.output}")

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
  nanopiano export my-run -o my-model --remarks weaknesses.md
  nanopiano generate --model my-model"""


def options(parser: ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("run", type=Path, metavar="RUN", help="the folder of a run")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="the folder of the model")
    parser.add_argument("--remarks", type=Path, metavar="FILE", help="a text for the end of the card: its weaknesses")


def run(args: Namespace) -> None:
    """Export."""
    from nanopiano.cli import terminal
    from nanopiano.cli.extras import needs_extra

    with needs_extra("train"):
        from nanopiano.train.prove import PROOF_WORDS
        from nanopiano.train.publish import publish
    remarks = _text(args.remarks) if args.remarks else ""
    with terminal.progress(PROOF_WORDS, "proving", " words") as bar:
        about = publish(args.run, args.output, remarks=remarks, tick=bar.update)
    terminal.say(f"{args.output}: {about['parameters']:,} parameters; try: nanopiano generate --model {args.output}")


def _text(path: Path) -> str:
    """Read a file of the user's. Raises InputError."""
    from nanopiano.errors import InputError

    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise InputError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
    except UnicodeDecodeError:
        raise InputError(f"cannot read {path}: it is no text in UTF-8") from None

"""`nanopiano export`: a run as a model."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

ABOUT = """\
Make the best weights of a run a model that composes: a folder with model.onnx, the weights, their shape and a card.
What composes is held against the network that was trained before it is written.
With --corpus the model gets passages.npz, an index of the music that it learnt from: fingerprints, titles and bar
numbers, no notes. It lets `nanopiano originality`, --original and the line under a new piece tell what is quoted.
Needs: pip install "nanopiano[train]"."""

EXAMPLES = """\
examples:
  nanopiano export my-run -o my-model --corpus my-corpus
  nanopiano export my-run -o my-model --corpus my-corpus --remarks weaknesses.md
  nanopiano generate --model my-model"""


def options(parser: ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("run", type=Path, metavar="RUN", help="the folder of a run")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="the folder of the model")
    parser.add_argument("--corpus", type=Path, metavar="DIR", help="the corpus that the run learnt from")
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
        about = publish(args.run, args.output, corpus=args.corpus, remarks=remarks, tick=bar.update)
    if args.corpus is None:
        terminal.say("no --corpus was given: this model cannot tell how original its music is")
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

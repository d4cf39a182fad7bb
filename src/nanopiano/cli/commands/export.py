"""`nanopiano export`: a run as a model."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

ABOUT = """\
Make the best weights of a run a model that composes: a folder with model.onnx, the weights, their shape and a card.
What composes is held against the network that was trained before it is written.
With --corpus the model gets passages.npz, an index of the music that it learnt from: fingerprints, titles and bar
numbers, no notes. It lets `nanopiano originality`, --original and the line under a new piece tell what is quoted.
With --to hf the run, or a model of yours, becomes a folder for Hugging Face's transformers (docs/hugging_face.md).
Needs: pip install "nanopiano[train]", and "nanopiano[hf]" for --to hf."""

EXAMPLES = """\
examples:
  nanopiano export my-run -o my-model --corpus my-corpus
  nanopiano export my-run -o my-model --corpus my-corpus --remarks weaknesses.md
  nanopiano export my-model --to hf my-folder
  nanopiano generate --model my-model"""

FORMATS = ("hf",)


def options(parser: ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("run", metavar="RUN", help="the folder of a run; for --to hf also a model, by name or folder")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("-o", "--output", type=Path, metavar="DIR", help="the folder of the model")
    where.add_argument(
        "--to", nargs=2, metavar=("hf", "DIR"), help="write a folder that transformers loads, instead of a model"
    )
    parser.add_argument("--corpus", type=Path, metavar="DIR", help="the corpus that the run learnt from")
    parser.add_argument("--remarks", type=Path, metavar="FILE", help="a text for the end of the card: its weaknesses")


def run(args: Namespace) -> None:
    """Export."""
    from nanopiano.cli import terminal
    from nanopiano.cli.extras import needs_extra

    if args.to is not None:
        _to_hf(args)
        return
    with needs_extra("train"):
        from nanopiano.train.prove import PROOF_WORDS
        from nanopiano.train.publish import publish
    remarks = _text(args.remarks) if args.remarks else ""
    with terminal.progress(PROOF_WORDS, "proving", " words") as bar:
        about = publish(Path(args.run), args.output, corpus=args.corpus, remarks=remarks, tick=bar.update)
    if args.corpus is None:
        terminal.say("no --corpus was given: this model cannot tell how original its music is")
    terminal.say(f"{args.output}: {about['parameters']:,} parameters; try: nanopiano generate --model {args.output}")


def _to_hf(args: Namespace) -> None:
    """Write a folder for transformers. Raises InputError."""
    from nanopiano.cli import terminal
    from nanopiano.cli.extras import needs_extra
    from nanopiano.errors import InputError
    from nanopiano.model.store import find_model

    kind, folder = args.to
    if kind not in FORMATS:
        raise InputError(f"--to {kind}: expected {' or '.join(FORMATS)}, then a folder")
    for option, value in (("--corpus", args.corpus), ("--remarks", args.remarks)):
        if value is not None:
            raise InputError(f"{option} is for models of nanopiano: leave it out with --to {kind}")
    source = Path(args.run) if Path(args.run).is_dir() else find_model(args.run)
    with needs_extra("train"), needs_extra("hf"):
        from nanopiano.train.hf.folder import export_to_hf
    n_parameters = export_to_hf(source, Path(folder))
    terminal.say(f"{folder}: {n_parameters:,} parameters, for transformers; see docs/hugging_face.md")


def _text(path: Path) -> str:
    """Read a file of the user's. Raises InputError."""
    from nanopiano.errors import InputError

    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise InputError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
    except UnicodeDecodeError:
        raise InputError(f"cannot read {path}: it is no text in UTF-8") from None

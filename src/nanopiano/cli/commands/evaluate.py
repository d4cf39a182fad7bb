"""`nanopiano evaluate`: how well a model expects given music, or how alike its own music is to it."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from nanopiano.cli.options import add_json, add_sampling, count, whole

ABOUT = """\
Tell how well a model expects given music, in nats: the lower, the better. Nats per note and per beat can be compared
between models with other words. Every word is scored once, END too, as the composer runs.

With --music compare pieces that the model composes with the given ones, by measures of pitch, rhythm and form. Overlap
(1 is best) and KL (0 is best) tell how alike the sets are by each (Yang and Lerch 2020); "halves" is what one half of
the given pieces reaches against the other. "shared" is what mean histograms have in common: of generated and human,
then of the human halves."""

EXAMPLES = """\
examples:
  nanopiano evaluate --texts held-out.jsonl.xz --json
  nanopiano evaluate --texts my-midi-folder --model my-model
  nanopiano evaluate --music --texts held-out.jsonl.xz --pieces 100 --temperature 0.95
  nanopiano evaluate --music --texts held-out.jsonl.xz --generated my-midi-folder --pictures here"""

SAMPLED = ("temperature", "top_k", "top_p", "min_p", "min_surprise", "returns", "chromatic", "original", "seed")
COMPOSING = {"count": "pieces"} | {name: name for name in SAMPLED}
MUSIC = COMPOSING | {name: name for name in ("words", "bars", "generated", "pictures")}


def options(parser: ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "--texts", type=Path, nargs="+", required=True, metavar="FILE",
        help='.jsonl or .jsonl.xz with a "text" of words a line; MIDI files and folders of them too',
    )  # fmt: skip
    group = parser.add_argument_group("music")
    group.add_argument("--music", action="store_true", help="compare music by measures; what follows is for it")
    group.add_argument(
        "--pieces", type=count, dest="count", metavar="N", help="compose N pieces, seeds S to S+N-1 (50)"
    )
    group.add_argument("--words", type=whole, metavar="N", help="compose and measure N words of each piece (600)")
    group.add_argument(
        "--bars", type=count, metavar="N", help="measure N bars where length alone changes a figure, such as range (8)"
    )
    group.add_argument(
        "--generated", type=Path, nargs="+", metavar="FILE", help="compare these pieces instead of composing"
    )
    group.add_argument("--pictures", type=Path, metavar="DIR", help="draw the figures into PNG files in this folder")
    add_sampling(parser)
    add_json(parser)


def run(args: Namespace) -> None:
    """Evaluate."""
    if args.music:
        from nanopiano.cli.comparing import compare_music

        if args.generated:
            _refuse(args, COMPOSING | {"model": "model"}, "tells how to compose, and --generated gives the pieces")
        compare_music(args)
    else:
        _refuse(args, MUSIC, "is for --music: add it")
        _expectation(args)


def _expectation(args: Namespace) -> None:
    from nanopiano.cli import terminal
    from nanopiano.cli.composing import load_composer
    from nanopiano.cli.given import pieces_of
    from nanopiano.errors import InputError
    from nanopiano.model.score import score

    composer = load_composer(args)
    with terminal.progress(None, "evaluating", " pieces") as bar:
        total = score(composer.engine, pieces_of(args.texts, composer.vocab), tick=bar.update)
    if not total.notes:
        what = "are no notes" if total.pieces else "is no piece"
        raise InputError(f"there {what} in {', '.join(map(str, args.texts))}: nothing to evaluate")
    facts = total.to_json()
    if args.json:
        terminal.show_json(facts)
    else:
        terminal.show_table(
            [(name.replace("_", " "), f"{value:,.4f}".removesuffix(".0000")) for name, value in facts.items()]
        )


def _refuse(args: Namespace, names: dict[str, str], why: str) -> None:
    """Refuse options that would do nothing. Raises InputError."""
    from nanopiano.errors import InputError

    for name, shown in names.items():
        if getattr(args, name) is not None:
            raise InputError(f"--{shown.replace('_', '-')} {why}")

"""Options that several commands share, and the types of their values."""

from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError, BooleanOptionalAction, Namespace
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

Options = TypeVar("Options")

SLOWEST, FASTEST = 5, 1000  # beats a minute that may be asked for
MOST = 10_000  # pieces, or workers, that may be asked for


def whole(text: str) -> int:
    """Read a whole number."""
    try:
        return int(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a whole number") from None


def number(text: str) -> float:
    """Read a number; a whole one stays whole."""
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a number") from None


def passage(text: str) -> int:
    """Read the number of `--original`, which may be left out: then the next word on the line is taken for it."""
    try:
        return int(text)
    except ValueError:
        raise ArgumentTypeError(
            f"{text!r} is not a whole number: give it one, as in --original 16, or put it last"
        ) from None


def count(text: str) -> int:
    """Read a number of things to make."""
    value = whole(text)
    if not 1 <= value <= MOST:
        raise ArgumentTypeError(f"{value} is out of range: expected 1 to {MOST:,}")
    return value


def tempo(text: str) -> float:
    """Read beats a minute."""
    value = number(text)
    if not SLOWEST <= value <= FASTEST:
        raise ArgumentTypeError(f"{value} beats a minute are out of range: expected {SLOWEST} to {FASTEST}")
    return value


def top_k(text: str) -> int | None:
    """Read a whole number, or `all` as None."""
    if text == "all":
        return None
    try:
        return int(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is neither a whole number nor 'all'") from None


def bars(text: str) -> tuple[int, int]:
    """Read `9-12` or `9` as the first and the last bar."""
    first, dash, last = text.partition("-")
    if not first.isdecimal() or not (last.isdecimal() or not dash):
        raise ArgumentTypeError(f"{text!r} is no range of bars: expected the first and the last one, as in 9-12")
    return int(first), int(last or first)


def add_sampling(parser: ArgumentParser) -> None:
    """Add how freely words are drawn, the seed and the model."""
    group = parser.add_argument_group("how freely")
    group.add_argument(
        "--temperature", type=number, metavar="T", help="low stays close to what was learnt, high takes risks (1.05)"
    )
    group.add_argument(
        "--top-k", type=top_k, default="all", metavar="K", help="draw from the K likeliest words only (all)"
    )
    group.add_argument(
        "--top-p", type=number, metavar="P", help="draw from the likeliest words that have this share together (0.95)"
    )
    group.add_argument(
        "--min-p", type=number, metavar="P", help="draw from words at least P times as likely as the likeliest (0.0)"
    )
    group.add_argument(
        "--min-surprise", type=number, metavar="N",
        help="draw more freely while the last words surprise the model by less than N nats each (0.6; 0: never)",
    )  # fmt: skip
    group.add_argument(
        "--returns", type=number, metavar="N",
        help="take what goes on with a passage of 4 bars ago or more for N times as likely (5; 1: as learnt)",
    )  # fmt: skip
    group.add_argument(
        "--chromatic", type=number, metavar="N",
        help="take notes that the last 4 bars did not have for N times as likely (0.75; 1: as learnt)",
    )  # fmt: skip
    group.add_argument(
        "--original", type=passage, nargs="?", const=16, metavar="N",
        help="share no passage of more than N notes (16) with a training piece (off)",
    )  # fmt: skip
    group.add_argument("--seed", type=whole, metavar="S", help="the same seed makes the same piece (a new one)")
    add_model(group)


def add_model(parser: Any) -> None:
    """Add the model."""
    parser.add_argument("--model", metavar="NAME", help="a model's name (see `nanopiano models`) or folder (small)")


def add_json(parser: ArgumentParser) -> None:
    """Add `--json`."""
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")


def add_length(parser: ArgumentParser) -> None:
    """Add how much is composed."""
    group = parser.add_argument_group("how much").add_mutually_exclusive_group()
    group.add_argument("--words", type=whole, metavar="N", help="at least N new words, two a note or wait (600)")
    group.add_argument("--bars", type=number, metavar="N", help="at least N new bars of four beats")
    group.add_argument("--seconds", type=number, metavar="S", help="at least S new seconds")
    parser.add_argument("--free-end", action="store_true", help="let the piece end earlier if it comes to an end")
    parser.add_argument("--bpm", type=tempo, metavar="B", help="beats a minute (what is continued has its own; 120)")


def add_output(parser: ArgumentParser) -> None:
    """Add where the new music goes."""
    group = parser.add_argument_group("where to")
    group.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="MIDI file to write or replace (a new nanopiano-SEED.mid)"
    )
    add_wav(group)
    group.add_argument("--picture", type=Path, metavar="FILE", help="draw the piano roll into a PNG file")
    add_score(group)
    group.add_argument("--text", type=Path, metavar="FILE", help="write the words into a text file")
    group.add_argument("--expressive", action="store_true", help="shape loudness, and in --wav time, as a pianist")
    group.add_argument("--count", type=count, metavar="N", help="N pieces, of the seeds S to S+N-1, in numbered files")
    add_json(parser)


def add_wav(parser: Any) -> None:
    """Add the sound file."""
    parser.add_argument("--wav", type=Path, metavar="FILE", help="play it into a .wav, .flac, .ogg or .mp3 file")


def add_score(parser: Any) -> None:
    """Add the score."""
    parser.add_argument(
        "--score", type=Path, metavar="FILE", help="write it as a score: .musicxml, .mxl, .pdf, .svg or .png"
    )


def add_fields(parser: Any, options: type[Any], meanings: Mapping[str, str] | None = None) -> None:
    """Add an option for each field of a dataclass of plain values; meanings are given or in the field's metadata.

    What is not given is not in the namespace, so that `fields_of` can tell.
    """
    for field in fields(options):
        name, default = f"--{field.name.replace('_', '-')}", field.default
        meaning = (meanings or {}).get(field.name) or field.metadata["help"]
        if isinstance(default, bool):
            about = f"{meaning} ({'yes' if default else 'no'})"
            parser.add_argument(name, action=BooleanOptionalAction, default=SUPPRESS, help=about)
            continue
        kind = {int: whole, float: number}.get(type(default), str)
        choices = field.metadata.get("choices")
        metavar = None if choices else "NAME" if kind is str else "N"
        about = f"{meaning} ({default})"
        parser.add_argument(name, type=kind, default=SUPPRESS, help=about, choices=choices, metavar=metavar)


def fields_of(args: Namespace, options: type[Options], kept: Mapping[str, Any] | None = None) -> Options:
    """Return the dataclass with what its options say: as given, else as `kept`, else the usual. Raises InputError."""
    names = [field.name for field in fields(options)]  # type: ignore[arg-type]
    given = {name: getattr(args, name) for name in names if hasattr(args, name)}
    return options(**{**{name: value for name, value in (kept or {}).items() if name in names}, **given})

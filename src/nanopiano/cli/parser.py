"""The command line as argparse reads it. Only the command that is called adds its options: the rest costs nothing."""

import argparse
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from keyword import iskeyword
from typing import Any, NoReturn

from nanopiano import __version__
from nanopiano.errors import InputError

WINDOW = "window"  # what is meant where no command is named
COMMANDS = {
    WINDOW: "open the window, as nanopiano alone does",
    "generate": "compose a new piece",
    "continue": "go on from a song of the songbook or a MIDI file",
    "fill": "compose some bars of a MIDI file anew and leave the rest as it is",
    "songs": "list the songbook: what can be continued",
    "models": "list the models: what can compose",
    "encode": "a MIDI file as words",
    "decode": "words as a MIDI file",
    "originality": "what a MIDI file shares with the music that a model learnt from",
    "render": "a MIDI file as sound, as a picture or as a score",
    "corpus": "build a corpus to train on",
    "train": "train a model on a corpus",
    "finetune": "let a model go on learning from music of your own",
    "export": "make a trained run a model that composes",
    "evaluate": "how well a model expects given music",
    "bench": "how fast a model composes on this machine",
    "completion": "completion of commands and options for your shell",
}

ABOUT = """\
A GPT that composes for the piano.

Without a command it opens its window; a MIDI file that is named there is opened in it.
A bar is four beats (16 steps of a sixteenth) counted from the beginning, whatever metre a file claims."""

EXAMPLES = """\
examples:
  nanopiano                                         open the window
  nanopiano generate                                compose a piece into nanopiano-SEED.mid
  nanopiano generate --seed 7 --bars 32 -o mine.mid --wav mine.wav --picture mine.png
  nanopiano continue random --seed 3                go on from a song of the songbook
  nanopiano fill mine.mid --bars 9-12 -o new.mid    compose bars 9 to 12 anew
  nanopiano generate --help                         all options of a command"""


class Help(argparse.RawDescriptionHelpFormatter):
    """Shows texts as they are written, and leaves options enough room."""

    def __init__(self, prog: str, **options: Any) -> None:
        super().__init__(prog, max_help_position=28, **options)


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, as an InputError."""

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=Help, allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        """Refuse the command line."""
        raise InputError(f"{message.removeprefix('argument ')} (see {self.prog} --help)")


@dataclass(frozen=True)
class Command:
    """A command that was called."""

    name: str
    run: Callable[[Namespace], None]


def parse(words: list[str]) -> tuple[Command, Namespace]:
    """Return the command that `words` call, that of the window where they name none, and its arguments.

    Raises InputError.
    """
    name = next((word for word in words if not word.startswith("-")), None)
    about = words[:1] in (["-h"], ["--help"], ["--version"])
    if (words[:1] != [name] and not about) or (name or "").lower().endswith((".mid", ".midi")):
        name, words = WINDOW, [WINDOW, *words]
    if name is not None and name not in COMMANDS:
        raise InputError(f"there is no command {name!r}{guess(name, COMMANDS)} (see nanopiano --help)")
    parser = build_parser([name] if name else [])
    args, unknown = parser.parse_known_args(words)
    if unknown:
        known = [option for action in args.parser._actions for option in action.option_strings]
        what = "option" if unknown[0].startswith("-") else "argument"
        raise InputError(f"unknown {what} {unknown[0]!r}{guess(unknown[0], known)} (see nanopiano {name} --help)")
    return Command(str(name), args.call), args


def build_parser(names: list[str]) -> Parser:
    """Return the parser of all commands, with the options of those in `names`."""
    parser = Parser(prog="nanopiano", description=ABOUT, epilog=EXAMPLES)
    parser.add_argument("--version", action="version", version=f"nanopiano {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for name, purpose in COMMANDS.items():
        if name not in names:
            commands.add_parser(name, help=purpose)
            continue
        module = import_module(f"nanopiano.cli.commands.{name}{'_' * iskeyword(name)}")
        command = commands.add_parser(name, help=purpose, description=module.ABOUT, epilog=module.EXAMPLES)
        module.options(command)
        command.set_defaults(call=module.run, parser=command)
    return parser


def guess(word: str, known: Any) -> str:
    """Return `: did you mean ...?` with the known word nearest to `word`, or nothing if none is near."""
    near = get_close_matches(word.partition("=")[0], list(known), n=1)
    return f": did you mean {near[0]!r}?" if near else ""

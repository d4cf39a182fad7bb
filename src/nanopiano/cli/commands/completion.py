"""`nanopiano completion`: completion for a shell."""

from argparse import ArgumentParser, Namespace

SHELLS = ("bash", "zsh", "tcsh")

ABOUT = """\
Print what makes your shell complete the commands and options of nanopiano, to be read when it starts."""

EXAMPLES = """\
examples:
  nanopiano completion bash > ~/.local/share/bash-completion/completions/nanopiano
  nanopiano completion zsh > ~/.zsh/completions/_nanopiano      (a folder in your fpath)
  nanopiano completion tcsh > ~/.nanopiano.tcsh                 (source it in ~/.tcshrc)"""


def options(parser: ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("shell", choices=SHELLS, help="your shell")


def run(args: Namespace) -> None:
    """Print."""
    import shtab

    from nanopiano.cli import terminal
    from nanopiano.cli.parser import COMMANDS, build_parser

    parser = build_parser(list(COMMANDS))
    _complete_files(parser)
    terminal.show(shtab.complete(parser, args.shell))


def _complete_files(parser: ArgumentParser) -> None:
    """Let every argument that is a file or a folder be completed as one."""
    import shtab

    kinds = {"DIR": shtab.DIRECTORY, "RUN": shtab.DIRECTORY, "FILE": shtab.FILE, "PATH": shtab.FILE, "SONG": shtab.FILE}
    for action in parser._actions:
        metavar = action.metavar if isinstance(action.metavar, str) else ""
        kind = next((kind for name, kind in kinds.items() if metavar.startswith(name)), None)
        if kind is not None:
            action.complete = kind  # type: ignore[attr-defined]
        if isinstance(action.choices, dict):  # commands, each with a parser of its own
            for command in action.choices.values():
                _complete_files(command)

"""The command `nanopiano`. Each command is a module of `commands`, imported when it is called and not before."""

import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext

from nanopiano.cli import terminal
from nanopiano.cli.parser import parse
from nanopiano.errors import NanopianoError

FAILED, INTERRUPTED = 1, 130  # exit statuses, beside those that errors carry


def main(words: Sequence[str] | None = None, within: AbstractContextManager[object] | None = None) -> int:
    """Run a command line (that of the process if None), `within` something if given, and return the exit status.

    Whatever goes wrong is one sentence on standard error. A defect of ours is left to Python's last resort, which
    `terminal` has taught to say one sentence too.
    """
    terminal.prepare()
    return _guarded(lambda: _run(sys.argv[1:] if words is None else list(words), within or nullcontext()))


def _run(words: list[str], within: AbstractContextManager[object]) -> None:
    with within:
        command, args = parse(words)
        command.run(args)


def _guarded(work: Callable[[], None]) -> int:
    """Do the work and return its exit status; a closed pipe ends everything quietly, our own words included."""
    try:
        status = _status(work)
        sys.stdout.flush()
    except BrokenPipeError:
        terminal.let_go_of_output()
        return 0
    except OSError as error:  # standard output leads to a full disk
        terminal.let_go_of_output()
        terminal.say(f"nanopiano: {_sentence(error)}")
        return FAILED
    return status


def _status(work: Callable[[], None]) -> int:
    try:
        work()
    except SystemExit as end:  # how argparse leaves after --help and --version
        return int(end.code or 0)
    except KeyboardInterrupt:
        terminal.say("nanopiano: stopped")
        return INTERRUPTED
    except NanopianoError as error:
        terminal.say(f"nanopiano: {error}")
        return error.exit_status
    except MemoryError:
        terminal.say("nanopiano: the memory is not enough: ask for less, or close other programs")
        return FAILED
    except BrokenPipeError:
        raise
    except OSError as error:
        terminal.say(f"nanopiano: {_sentence(error)}")
        return FAILED
    return 0


def _sentence(error: OSError) -> str:
    reason = (error.strerror or str(error)).lower()
    return f"{error.filename}: {reason}" if error.filename else reason

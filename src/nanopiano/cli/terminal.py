"""What a command says and where: results on standard output, everything else on standard error."""

import json
import os
import signal
import sys
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import Any

DEBUG = "NANOPIANO_DEBUG"  # set: a defect shows its whole traceback
PATIENCE = 1.0  # seconds before a progress bar appears


def prepare() -> None:
    """Make the streams take every letter, replace missing ones, let Ctrl-C be heard and a defect be one sentence."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_DFL:  # as `__main__` left it
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123  for as long as the process lives
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115, PTH123
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if not os.environ.get(DEBUG):
        sys.excepthook = _tell_defect


def say(sentence: str) -> None:
    """Write a line for people to standard error."""
    sys.stderr.write(sentence + "\n")
    sys.stderr.flush()


def show(line: str) -> None:
    """Write a line of the result to standard output."""
    sys.stdout.write(line + "\n")


def show_json(facts: dict[str, Any]) -> None:
    """Write the result as one JSON object to standard output."""
    show(json.dumps(facts, indent=2))


def show_table(rows: list[tuple[str, ...]]) -> None:
    """Write rows with their columns aligned; the last column may be of any length."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)][:-1]
    for row in rows:
        show("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]).rstrip())


def progress(total: float | None, what: str, unit: str = "", **options: Any) -> Any:
    """Return a progress bar on standard error that shows once the work has taken a second."""
    from tqdm import tqdm  # noqa: PLC0415  not for `nanopiano --help`

    pace = 0.1 if sys.stderr.isatty() else 5.0  # a log file is not to be filled with bars
    return tqdm(
        total=total, desc=what, unit=unit, file=sys.stderr, delay=PATIENCE, mininterval=pace, leave=False, **options
    )


def move(bar: Any, done: float, total: float | None) -> None:
    """Move a progress bar to `done`; how much there is in all may have become known, or have changed."""
    if total != bar.total:
        bar.total = total
    bar.update(done - bar.n)


def say_beside(bar: Any, sentence: str) -> None:
    """Write a line for people where a progress bar may stand; the bar comes again below it."""
    if sys.stderr.isatty():
        bar.clear()
    elif bar.last_print_n > bar.initial:  # a bar in a file stays where it is, and its line is open
        sys.stderr.write("\n")
    say(sentence)


def let_go_of_output() -> None:
    """Stop writing to standard output, which is closed or full, so that Python does not try again at its end."""
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123


def _tell_defect(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    where = "nanopiano"
    while trace is not None:
        code = trace.tb_frame.f_code
        where = f"{Path(code.co_filename).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    what = " ".join(f"{kind.__name__} {error}".split())
    say(f"nanopiano: a defect in the program, sorry ({what} at {where}): please report it; {DEBUG}=1 shows more")

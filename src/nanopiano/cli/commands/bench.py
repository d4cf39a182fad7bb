"""`nanopiano bench`: how fast a model composes here."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from time import perf_counter

from nanopiano.cli.options import add_json, add_model

WORDS = 500
TRIES = 3  # of what starts a process; the quickest counts, for others may be busy

ABOUT = f"""\
Measure how fast a model composes on this machine: one piece of {WORDS} words with all that belongs to it, the time to
its first note, the time that a start takes, and the most memory that was used."""

EXAMPLES = """\
examples:
  nanopiano bench
  nanopiano bench --model my-model --json"""


def options(parser: ArgumentParser) -> None:
    """Add the options."""
    add_model(parser)
    add_json(parser)


def run(args: Namespace) -> None:
    """Measure."""
    from nanopiano.cli import terminal
    from nanopiano.cli.composing import load_composer
    from nanopiano.model.ending import Length
    from nanopiano.model.store import DEFAULT_MODEL

    began = perf_counter()
    composer = load_composer(args)
    load_seconds = perf_counter() - began
    terminal.say("measuring: some seconds, best with nothing else running")
    began = perf_counter()
    composition = composer.compose(length=Length(words=WORDS), seed=1)
    next(iter(composition))
    first_note = perf_counter() - began
    composition.finish()
    seconds = perf_counter() - began
    model = DEFAULT_MODEL if args.model is None else args.model
    facts = {
        "model": model,
        "words": composition.n_words,
        "words_per_second": round(composition.n_words / seconds, 1),
        "first_note_seconds": round(first_note, 4),
        "load_seconds": round(load_seconds, 3),
        "start_seconds": round(_quickest(_say_version), 3),
        "start_and_load_seconds": round(_quickest(_load_beside, model), 3),
        "peak_memory_mb": _peak_memory(),
        "threads": composer.engine.session.get_session_options().intra_op_num_threads,
    }
    if args.json:
        terminal.show_json(facts)
    else:
        terminal.show_table([(name.replace("_", " "), str(value)) for name, value in facts.items()])


def _quickest(work: Callable[..., None], *words: str) -> float:
    """Return how many seconds some work takes at best."""
    seconds = []
    for _ in range(TRIES):
        began = perf_counter()
        work(*words)
        seconds.append(perf_counter() - began)
    return min(seconds)


def _say_version() -> None:
    import subprocess

    python = [] if getattr(sys, "frozen", False) else ["-m", "nanopiano"]  # a program without Python is itself
    subprocess.run([sys.executable, *python, "--version"], check=True, stdout=subprocess.DEVNULL)


def _load_beside(model: str) -> None:
    """Load a model in a fresh process."""
    from multiprocessing import get_context

    from nanopiano.model.composer import Composer

    process = get_context("spawn").Process(target=Composer, args=(model,))
    process.start()
    process.join()


def _peak_memory() -> float | None:
    """Return the most memory that this process had, in MB; None where the system does not tell (Windows)."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10), 1)

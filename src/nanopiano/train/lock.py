"""One process at a time in the folder of a run, and in no other folder: each would write over what is there."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from nanopiano.corpus.place import TEMPORARY
from nanopiano.errors import InputError, NanopianoError

LOCK_FILE = ".lock"


def check_free(run: Path) -> None:
    """Raise InputError for a folder with files but no run: among them may be a config.json, which would be replaced."""
    if not run.is_dir() or (run / "run.json").exists():
        return
    if any(path.name != LOCK_FILE and not path.match(TEMPORARY) for path in run.iterdir()):
        raise InputError(f"{run} holds something else than a run: name a new folder with --out")


@contextmanager
def alone_in(run: Path) -> Iterator[None]:
    """Hold the folder `run`, made if missing, for this process; the system lets go of it however the process ends.

    Raises InputError if another process holds it, NanopianoError if the system refuses.
    """
    made = not run.exists()
    try:
        run.mkdir(parents=True, exist_ok=True)
        lock = FileLock(run / LOCK_FILE, timeout=0)
        lock.acquire()
    except Timeout:
        raise InputError(f"another process is at work in {run}: wait until it has ended, or name another run") from None
    except OSError as error:
        raise NanopianoError(f"cannot write into {run}: {(error.strerror or str(error)).lower()}") from error
    try:
        yield
    finally:
        lock.release()
        with suppress(OSError):  # of a folder that is gone too
            if made and [path.name for path in run.iterdir()] == [LOCK_FILE]:  # nothing came of it
                (run / LOCK_FILE).unlink()
                run.rmdir()

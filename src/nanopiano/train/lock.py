"""One process at a time in the folder of a run: two would write over each other's checkpoints."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from nanopiano.errors import InputError, NanopianoError

LOCK_FILE = ".lock"


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

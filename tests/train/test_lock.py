"""A run's folder belongs to one process at a time."""

import subprocess
import sys
from pathlib import Path

import pytest

from nanopiano.errors import InputError, NanopianoError
from nanopiano.train.lock import alone_in

HOLD = (
    "import sys; from pathlib import Path; from nanopiano.train.lock import alone_in\n"
    "with alone_in(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
)


def holder(run: Path) -> "subprocess.Popen[str]":
    """Another process that holds a run until its standard input ends."""
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(run)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None and child.stdout.readline() == "held\n"
    return child


def test_two_processes_do_not_write_one_run_and_a_killed_one_lets_go(tmp_path: Path) -> None:
    with holder(tmp_path / "run") as child:
        refused = pytest.raises(InputError, match=r"another process is at work in .*run: wait until it has ended")
        with refused, alone_in(tmp_path / "run"):
            pass
        child.kill()
        child.wait()
    with alone_in(tmp_path / "run"):
        pass


def test_a_run_is_free_again_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="of another kind"), alone_in(tmp_path):
        raise ValueError("of another kind")
    with alone_in(tmp_path):
        pass


def test_a_folder_made_for_a_run_that_never_began_is_gone_again(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="refused"), alone_in(tmp_path / "run"):
        raise ValueError("refused")
    assert not (tmp_path / "run").exists()


def test_a_folder_that_cannot_be_made_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(NanopianoError, match=r"cannot write into .*run: not a directory"),
        alone_in(tmp_path / "file" / "run"),
    ):
        pass

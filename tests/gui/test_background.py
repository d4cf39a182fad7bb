"""Work beside the window: what goes wrong there is said, and the window goes on."""

import pytest

from nanopiano.errors import NanopianoError
from nanopiano.gui.beside.background import Background
from nanopiano.gui.state.actions import Say


def fail(error: Exception) -> None:
    raise error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (NanopianoError("cannot write x: disk full"), "Cannot write x: disk full."),
        (PermissionError(13, "Permission denied", "x"), "The system refuses: [Errno 13] Permission denied: 'x'."),
        (ZeroDivisionError("by\nzero"), "please report it (ZeroDivisionError: by zero)."),
    ],
)
def test_whatever_goes_wrong_is_said_in_a_sentence(error: Exception, said: str) -> None:
    background = Background()
    background.run(lambda: fail(error))
    background.close()
    (action,) = background.poll()
    assert isinstance(action, Say) and action.error
    assert action.text.endswith(said)

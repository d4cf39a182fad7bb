"""What the tests of sound share."""

import pytest

from nanopiano.audio.samples import Piano
from nanopiano.audio.transport import Transport


@pytest.fixture(scope="session")
def piano() -> Piano:
    """A piano that decodes what is asked for, and keeps it."""
    return Piano(live=False)


@pytest.fixture
def transport(piano: Piano) -> Transport:
    """A transport at 120 beats a minute: a step is 5512.5 frames."""
    return Transport(piano)

"""What goes wrong, said in one sentence: what, where, the value, what to do next."""

import sys


class NanopianoError(Exception):
    """Something failed that the caller did not get wrong (disk full, folder read-only): exit status 1."""

    exit_status = 1


class InputError(NanopianoError):
    """The call or its input is wrong: exit status 2."""

    exit_status = 2


def not_installed(package: str, extra: str) -> InputError:
    """Return what to say where a package that an extra brings is missing."""
    cure = f'pip install "nanopiano[{extra}]"'
    if getattr(sys, "frozen", False):  # the program without Python (docs/release.md), into which nothing can be put
        return InputError(f"this program does not bring {package}: {cure} does, with a Python of your own")
    return InputError(f"{package} is not installed: {cure} brings it")

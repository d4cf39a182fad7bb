"""`python -m nanopiano` is the command `nanopiano`."""

import signal
import sys


def main() -> int:
    """Run the command line of the process and return the exit status."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # while we are being imported Ctrl-C ends without a traceback
    from nanopiano.cli import main as command  # noqa: PLC0415

    return command()


if __name__ == "__main__":
    sys.exit(main())

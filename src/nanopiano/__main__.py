"""`python -m nanopiano` is the command `nanopiano`."""

import sys

from nanopiano.cli import main

if __name__ == "__main__":
    sys.exit(main())

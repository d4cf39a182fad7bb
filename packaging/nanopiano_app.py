"""Where the program without Python begins: the command `nanopiano`, or a process that it starts beside itself."""

import sys
from multiprocessing import freeze_support

from nanopiano.cli import main

if __name__ == "__main__":
    freeze_support()  # first: the arguments of a process beside are no command line of ours
    sys.exit(main())

"""`torchrun ... -m nanopiano.train` is the command `nanopiano train`, in many processes."""

import sys

from nanopiano.cli import main
from nanopiano.train.processes import join_processes, leave

if __name__ == "__main__":
    leave(main(["train", *sys.argv[1:]], within=join_processes()))

"""Everything that docs/ tells of the package's model, measured again after a training, one file for each command.

    python scripts/measure_anew.py --corpus CORPUS --run RUN --out FOLDER [--beside 2] [--only NAME ...]

The figures go into docs/benchmarks.md, docs/measures.md, docs/originality.md and README.md by hand, since what is said
of them has to be thought over too. A command that fails leaves its message in its file.
"""

import argparse
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic

from nanopiano.files import write_atomically

ROOT = Path(__file__).resolve().parents[1]


def commands(corpus: Path, run: Path) -> dict[str, list[str]]:
    """Return what is measured, the longest first."""
    music = ["sampling", f"--corpus={corpus}", "--settings", "default"]
    return {
        "long": [*music, "--words=2400", "--bars=32", "--pieces=40", "--seed=2001", "--lacking=7"],
        "short": [*music, "--pieces=150", "--seed=1001", "--resamples=100", "--lacking=9"],
        "returns": ["returns", f"--corpus={corpus}", "--returns", "5"],
        "originality": ["originality", f"--corpus={corpus}"],
        "long_pieces": ["long_pieces", f"--corpus={corpus}"],
        "quantisation": ["quantisation", f"--run={run}", f"--corpus={corpus}"],
        "worst_pieces": ["worst_pieces", f"--corpus={corpus}"],
        "endings": ["endings", f"--corpus={corpus}"],
    }


def measure(name: str, words: list[str], out: Path) -> str:
    """Run a benchmark, write what it says, and return a line on how that went."""
    begin = monotonic()
    call = [sys.executable, str(ROOT / "benchmarks" / f"{words[0]}.py"), *words[1:]]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    said = done.stdout if done.returncode == 0 else f"failed with status {done.returncode}\n{done.stderr}"
    head = f"python benchmarks/{words[0]}.py {' '.join(words[1:])}"
    write_atomically(out / f"{name}.txt", f"{head}\n\n{said}".encode())
    return f"{name}: {'done' if done.returncode == 0 else 'failed'} after {monotonic() - begin:.0f} s"


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True, help="the run that the model was exported from")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--beside", type=int, default=2, help="commands at a time")
    parser.add_argument("--only", nargs="+", help="these alone")
    args = parser.parse_args(arguments)
    args.out.mkdir(parents=True, exist_ok=True)
    wanted = {name: words for name, words in commands(args.corpus, args.run).items() if name in (args.only or [name])}
    with ThreadPoolExecutor(args.beside) as pool:
        for line in pool.map(lambda name: measure(name, wanted[name], args.out), wanted):
            print(line, flush=True)


if __name__ == "__main__":
    main()

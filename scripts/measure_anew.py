"""How the package's model does at the default, measured again after a training, one file for each command.

    python scripts/measure_anew.py --corpus CORPUS --run RUN --out FOLDER [--beside 2] [--only NAME ...]

The figures go into docs/benchmarks.md, docs/measures.md, docs/originality.md and README.md by hand, since what is said
of them has to be thought over too. A command that fails leaves in its file what it had said and its message.
"""

import argparse
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic

from nanopiano.files import write_atomically
from nanopiano.model.defaults import DEFAULT_SAMPLING

ROOT = Path(__file__).resolve().parents[1]

MUSIC = ["sampling", "--corpus={corpus}", "--settings=default"]
# The default with another temperature or top-p.
REST = f"0,{DEFAULT_SAMPLING.min_surprise:g},{DEFAULT_SAMPLING.returns:g},{DEFAULT_SAMPLING.chromatic:g}"
OTHERS = [f"{cut},{REST}" for cut in ("1,all,0.95", "1.1,all,0.95", "1.05,all,0.98", "1,all,1")]
COMMANDS = {  # the longest first
    "long": [*MUSIC, "--words=2400", "--bars=32", "--pieces=40", "--seed=2001", "--lacking=7"],
    "short": [*MUSIC, "--pieces=150", "--seed=1001", "--resamples=100", "--lacking=9"],
    "settings": ["sampling", "--corpus={corpus}", "--pieces=96", "--seed=9001", "--settings", "default", *OTHERS],
    "returns": ["returns", "--corpus={corpus}", "--returns=5"],
    "originality": ["originality", "--corpus={corpus}"],
    "long_pieces": ["long_pieces", "--corpus={corpus}"],
    "quantisation": ["quantisation", "--run={run}", "--corpus={corpus}"],
    "worst_pieces": ["worst_pieces", "--corpus={corpus}"],
    "endings": ["endings", "--corpus={corpus}"],
}


def measure(name: str, corpus: Path, run: Path, out: Path) -> bool:
    """Run a benchmark, write what it says, print how that went, and return whether it went well."""
    begin = monotonic()
    benchmark, *options = (word.format(corpus=corpus, run=run) for word in COMMANDS[name])
    call = [sys.executable, str(ROOT / "benchmarks" / f"{benchmark}.py"), *options]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    well = done.returncode == 0
    said = done.stdout if well else f"{done.stdout}{done.stderr}failed with status {done.returncode}\n"
    write_atomically(out / f"{name}.txt", f"python benchmarks/{benchmark}.py {' '.join(options)}\n\n{said}".encode())
    print(f"{name}: {'done' if well else 'failed'} after {monotonic() - begin:.0f} s", flush=True)
    return well


def main(arguments: list[str] | None = None) -> bool:
    """Return whether all went well."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True, help="the run that the model was exported from")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--beside", type=int, default=2, help="commands at a time")
    parser.add_argument("--only", nargs="+", choices=COMMANDS, default=list(COMMANDS), help="these alone")
    args = parser.parse_args(arguments)
    args.out.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(args.beside) as pool:
        return all(list(pool.map(lambda name: measure(name, args.corpus, args.run, args.out), args.only)))


if __name__ == "__main__":
    sys.exit(not main())

"""Building a corpus: files a second, memory as it grows, and the same files through music21's parser.

python benchmarks/corpus_speed.py [--files 100000] [--music21 PYTHON]     (Linux: memory is read from /proc)
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from unittest import mock

from nanopiano.corpus import prepare
from nanopiano.corpus.build import build_corpus
from nanopiano.corpus.sources import items_of
from nanopiano.music.midi import midi_bytes, parse_midi, read_file
from nanopiano.music.piece import Piece

POP909_NOTES = 1_900  # notes of an average file of that data set
SMALL_NOTES = 100
WORKERS = 2
COPIES = 20  # one file in so many is a transposed copy of the one before
MUSIC21_SCRIPT = """
import sys, time
try:
    from music21 import VERSION_STR, converter
except ImportError:
    sys.exit("music21 is not installed: name a Python that has it with --music21")
begin = time.process_time()
for path in sys.argv[1:]:
    converter.parse(path, forceSource=True, storePickle=False)
print(VERSION_STR, (time.process_time() - begin) / len(sys.argv[1:]))
"""


def like_pop909(seed: int, notes: int) -> Piece:
    """A melody over broken chords, on the grid, another one for each seed."""
    chance = random.Random(seed)
    rows: list[tuple[int, int, int]] = []
    step = 0
    while len(rows) < notes:
        root = chance.choice((48, 50, 52, 53, 55, 57))
        rows += [(step + 2 * n, root + up, 4) for n, up in enumerate((-12, 0, 4, 7, 12, 7, 4, 0))]
        rows += [(step + at, root + chance.choice((12, 14, 16, 19, 21, 24)), 2) for at in chance.sample(range(16), 6)]
        step += 16
    return Piece.of(rows[:notes])


def make_folder(folder: Path, files: int, notes: int) -> None:
    """Write files into one folder, the worst case: the names in a folder are sorted, so all in memory at once."""
    folder.mkdir()
    for number in range(files):
        copy = number % COPIES == COPIES - 1
        piece = like_pop909(number - copy, notes).transpose(3 * copy)
        (folder / f"{number:06d}.mid").write_bytes(midi_bytes(piece))


# --- measuring -------------------------------------------------------------------------------------------------------


def alone(folder: Path, out: Path, sample: int) -> float:
    """Time reading, and all the rest of a build with reading taken out, on one core; return seconds to read a file."""
    items = list(items_of([folder]))[:sample]
    begin = time.process_time()
    read = {item.path: parse_midi(read_file(item.path), item.name) for item in items}
    reading = (time.process_time() - begin) / len(items)
    with (
        mock.patch.object(prepare, "read_file", lambda path: path),
        mock.patch.object(prepare, "parse_midi", lambda path, *_: read[path]),
    ):
        begin = time.process_time()
        build_corpus([item.path for item in items], out, workers=1, progress=False)
        rest = (time.process_time() - begin) / len(items)
    print(
        f"  processor time, {len(items)} files: {1000 * reading:.2f} ms to read one, {1000 * rest:.2f} ms for the rest"
    )
    print(
        f"  so one free core does {1 / rest:,.0f} files/s on top of reading, two do {2 / (reading + rest):,.0f} with it"
    )
    return reading


def build_in_child(folder: Path, out: Path) -> None:
    """Build in a process of its own, watch its memory and that of its workers, and print both with the speed."""
    command = [sys.executable, __file__, "--child", str(folder), str(out)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE)
    peaks: dict[int, int] = {}
    watcher = threading.Thread(target=watch, args=(child, peaks))
    watcher.start()
    said = json.loads(child.communicate()[0])
    watcher.join()
    workers = [peak for process, peak in peaks.items() if process != child.pid]
    print(
        f"  build: {said['read'] / said['seconds']:,.0f} files/s ({said['seconds']:.1f} s, {WORKERS} workers, "
        f"{said['kept']:,} of {said['read']:,} kept), peak memory {peaks[child.pid] / 1024:.0f} MiB + "
        f"{' + '.join(f'{peak / 1024:.0f}' for peak in sorted(workers)[-WORKERS:])} MiB in the workers"
    )


def watch(child: "subprocess.Popen[bytes]", peaks: dict[int, int]) -> None:
    """Note the peak memory in KiB of a process and its children until it ends."""
    while child.poll() is None:
        for process in [child.pid, *children_of(child.pid)]:
            try:
                status = Path(f"/proc/{process}/status").read_text()
            except OSError:  # it has ended meanwhile
                continue
            peak = next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")), 0)
            peaks[process] = max(peak, peaks.get(process, 0))
        time.sleep(0.05)


def children_of(process: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    except OSError:
        return []


def against_music21(folder: Path, python: str, sample: int, reading: float) -> None:
    paths = [str(item.path) for item in items_of([folder])][:sample]
    done = subprocess.run([python, "-c", MUSIC21_SCRIPT, *paths], capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"  {(done.stderr.strip().splitlines() or ['music21 failed'])[-1]}")
        return
    version, seconds = done.stdout.split()
    times = float(seconds) / reading
    print(f"  music21 {version} parses {sample} of them in {float(seconds):.2f} s each: {times:,.0f} times as long")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=100_000, help="files of the large corpus")
    parser.add_argument("--music21", default=sys.executable, metavar="PYTHON", help="a Python that has music21")
    parser.add_argument("--child", nargs=2, metavar=("FOLDER", "OUT"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        begin = time.perf_counter()
        report = build_corpus([Path(args.child[0])], Path(args.child[1]), workers=WORKERS, progress=False)
        print(json.dumps({"read": report.read, "kept": report.kept, "seconds": time.perf_counter() - begin}))
        return
    for files, notes in ((1_000, POP909_NOTES), (1_000, SMALL_NOTES), (args.files, SMALL_NOTES)):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name, "midi")
            make_folder(folder, files, notes)
            print(f"\n{files:,} files of {notes:,} notes")
            if notes == POP909_NOTES:
                against_music21(folder, args.music21, 20, alone(folder, Path(name, "alone"), 200))
            build_in_child(folder, Path(name, "corpus"))


if __name__ == "__main__":
    main()

"""Building a corpus: files a second and memory as it grows, by one machine and in shards, beside music21's parser.

python benchmarks/corpus_speed.py sizes [--music21 PYTHON]      1,000 files of two sizes, and what the time goes to
python benchmarks/corpus_speed.py one --folder DIR              100,000 files: makes them in DIR, builds
python benchmarks/corpus_speed.py shards --folder DIR           the same files: shards one after another, merge, compare
python benchmarks/corpus_speed.py listing --folder DIR --files 1000000  listing alone, of empty files
python benchmarks/corpus_speed.py merge --folder DIR --files 1000000    merging alone, of parts made up
python benchmarks/corpus_speed.py duplicates --files 10000000   telling duplicates alone, of fingerprints made up

(Linux: memory is read from /proc.)
"""

import argparse
import filecmp
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from hashlib import blake2b
from pathlib import Path
from unittest import mock

from nanopiano.corpus import prepare
from nanopiano.corpus.batch import PackedBatch, pack
from nanopiano.corpus.build import BATCH, build_corpus, build_part
from nanopiano.corpus.duplicates import HASH_BYTES, first_of_its_kind
from nanopiano.corpus.judge import Rules
from nanopiano.corpus.merge import merge_parts
from nanopiano.corpus.part import Input, write_part
from nanopiano.corpus.share import Share
from nanopiano.corpus.sources import items_of, survey
from nanopiano.music.midi import midi_bytes, parse_midi, read_file
from nanopiano.music.piece import Piece
from nanopiano.music.vocab import vocabulary
from nanopiano.music.words import piece_to_ids

POP909_NOTES = 1_900  # notes of an average file of that data set
SMALL_NOTES = 100
COPIES = 20  # one file in so many is a transposed copy of the one before
FOLDER_FILES = 100_000  # empty files a folder
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


def make_folder(folder: Path, files: int, notes: int) -> Path:
    """Write files into one folder, the worst case: the names in a folder are sorted, so all in memory at once."""
    folder.mkdir(parents=True)
    for number in range(files):
        copy = number % COPIES == COPIES - 1
        piece = like_pop909(number - copy, notes).transpose(3 * copy)
        (folder / f"{number:07d}.mid").write_bytes(midi_bytes(piece))
    return folder


# --- what is measured ------------------------------------------------------------------------------------------------


def sizes(args: argparse.Namespace) -> None:
    for notes in (POP909_NOTES, SMALL_NOTES):
        with tempfile.TemporaryDirectory() as name:
            folder = make_folder(Path(name, "midi"), 1_000, notes)
            print(f"\n1,000 files of {notes:,} notes")
            if notes == POP909_NOTES:
                against_music21(folder, args.music21, 20, alone(folder, Path(name, "alone"), 200))
            in_child("build", folder, Path(name, "corpus"), args.workers)


def one(args: argparse.Namespace) -> None:
    folder = args.folder / "midi"
    if not folder.exists():
        begin = time.perf_counter()
        make_folder(folder, args.files, SMALL_NOTES)
        print(f"{args.files:,} files of {SMALL_NOTES} notes made in {time.perf_counter() - begin:.0f} s")
    in_child("build", folder, args.folder / "one", args.workers)


def shards(args: argparse.Namespace) -> None:
    parts = [args.folder / f"part{number}" for number in range(1, args.shards + 1)]
    for number, part in enumerate(parts, start=1):
        in_child(f"{number}/{args.shards}", args.folder / "midi", part, args.workers)
    in_child("merge", args.folder, args.folder / "merged", args.shards)
    names = sorted(path.name for path in (args.folder / "one").iterdir())
    same = filecmp.cmpfiles(args.folder / "one", args.folder / "merged", names, shallow=False)
    print(f"  {len(same[0])} of {len(names)} files of the corpus are the same as one machine's, byte for byte")


def listing(args: argparse.Namespace) -> None:
    folder = args.folder / "empty"
    for number in range(args.files):
        if number % FOLDER_FILES == 0:
            below = folder / f"{number // FOLDER_FILES:04d}"
            below.mkdir(parents=True)
        (below / f"{number:07d}.mid").touch()
    in_child("listing", folder, args.folder, 1)


def duplicates(args: argparse.Namespace) -> None:
    in_child("duplicates", Path(), Path(), args.files)


def merge(args: argparse.Namespace) -> None:
    for number in range(1, args.shards + 1):
        make_up_part(args.folder / f"part{number}", Share(number, args.shards), args.files, args.notes)
    size = sum(path.stat().st_size for path in args.folder.glob("part*/pieces.bin"))
    print(f"{args.files:,} pieces of {args.notes:,} notes made up, {args.shards} parts, {size / 1e6:,.0f} MB")
    in_child("merge", args.folder, args.folder / "merged", args.shards)


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


def against_music21(folder: Path, python: str, sample: int, reading: float) -> None:
    paths = [str(item.path) for item in items_of([folder])][:sample]
    done = subprocess.run([python, "-c", MUSIC21_SCRIPT, *paths], capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"  {(done.stderr.strip().splitlines() or ['music21 failed'])[-1]}")
        return
    version, seconds = done.stdout.split()
    times = float(seconds) / reading
    print(f"  music21 {version} parses {sample} of them in {float(seconds):.2f} s each: {times:,.0f} times as long")


# --- parts made up ---------------------------------------------------------------------------------------------------


def make_up_part(out: Path, share: Share, items: int, notes: int) -> None:
    """Write a part as if pieces had been read: each with another fingerprint, one in twenty with that before it."""
    work = out / "work"
    work.mkdir(parents=True)
    rules = Rules()
    of = Input(items, "made up", BATCH, asdict(rules), vocabulary(rules.steps_per_beat).fingerprint)
    write_part(made_up(work / "batch", share, items, notes), share, of, work, out)
    for path in work.iterdir():
        path.unlink()
    work.rmdir()


def made_up(file: Path, share: Share, items: int, notes: int) -> Iterator[PackedBatch]:
    piece = like_pop909(0, notes)
    ids = piece_to_ids(piece)
    for number in share.numbers(items, BATCH):
        names = range(number * BATCH, min(items, (number + 1) * BATCH))
        file.write_bytes(packed := pack([made_up_record(name, piece, len(ids)) for name in names], [ids] * len(names)))
        yield PackedBatch(file, 0, len(packed))


def made_up_record(number: int, piece: Piece, length: int) -> dict[str, object]:
    copy = number % COPIES == COPIES - 1
    name = f"{number:07d}"
    facts = {"name": f"midi/{name}.mid", "title": name, "composer": "", "source": "midi", "licence": "", "kind": "midi"}
    numbers = {"length": length, "notes": len(piece), "steps": piece.steps, "lowest": 36, "highest": 81}
    digest = blake2b(str(number - copy).encode(), digest_size=16).hexdigest()
    return facts | {"key": name} | numbers | {"hash": digest, "mended": {}}


# --- a process of its own --------------------------------------------------------------------------------------------


def in_child(what: str, folder: Path, out: Path, number: int) -> None:
    """Build, build a shard or merge in a process of its own, watch its memory, and print that with the speed.

    `number` is that of workers, of parts for a merge, of fingerprints for `duplicates`.
    """
    command = [sys.executable, __file__, "child", what, str(folder), str(out), str(number)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE)
    peaks: dict[int, int] = {}
    watcher = threading.Thread(target=watch, args=(child, peaks))
    watcher.start()
    said = json.loads(child.communicate()[0])
    watcher.join()
    memory = f"{peaks.pop(child.pid) / 1024:.0f} MiB"
    if peaks:
        memory += f" + {' + '.join(f'{peak / 1024:.0f}' for peak in sorted(peaks.values())[-number:])} in the workers"
    print(
        f"  {what}: {said['read'] / said['seconds']:,.0f} files/s ({said['read']:,} in {said['seconds']:.1f} s, "
        f"{said['cpu_seconds']:.1f} s of processor time), peak memory {memory}"
    )


def child(what: str, folder: Path, out: Path, number: int) -> None:
    begin = time.perf_counter()
    if what == "merge":
        read = merge_parts([folder / f"part{part}" for part in range(1, number + 1)], out, progress=False).read
    elif what == "build":
        read = build_corpus([folder], out, workers=number, progress=False).read
    elif what == "duplicates":
        read = len(first_of_its_kind(os.urandom(HASH_BYTES * number)))
    elif what == "listing":
        read = survey([folder]).items
    else:
        read = build_part([folder], out, Share.parse(what), workers=number, progress=False).read
    seconds = time.perf_counter() - begin
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu_seconds = sum(usage.ru_utime + usage.ru_stime for usage in used)
    print(json.dumps({"read": read, "seconds": seconds, "cpu_seconds": cpu_seconds}))


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


def main() -> None:
    if sys.argv[1:2] == ["child"]:
        what, folder, out, number = sys.argv[2:]
        child(what, Path(folder), Path(out), int(number))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    stages = {stage.__name__: stage for stage in (sizes, one, shards, listing, merge, duplicates)}
    parser.add_argument("stage", choices=stages)
    parser.add_argument("--folder", type=Path, metavar="DIR", help="where files and corpora lie, to be deleted by hand")
    parser.add_argument("--files", type=int, default=100_000, help="files of the large corpus")
    parser.add_argument("--notes", type=int, default=SMALL_NOTES, help="of the pieces that are made up")
    parser.add_argument("--workers", type=int, default=2, help="processes that read")
    parser.add_argument("--shards", type=int, default=4, help="parts, built one after another")
    parser.add_argument("--music21", default=sys.executable, metavar="PYTHON", help="a Python that has music21")
    args = parser.parse_args()
    if args.stage not in ("sizes", "duplicates") and args.folder is None:
        parser.error("--folder is needed")
    stages[args.stage](args)


if __name__ == "__main__":
    main()

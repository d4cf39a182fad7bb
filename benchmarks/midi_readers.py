"""Which MIDI reader: nanopiano's own, mido or symusic? Speed, correctness, and behaviour on broken files.

python benchmarks/midi_readers.py [--files 20000]     (needs the extra `bench`)
"""

import argparse
import importlib.metadata
import io
import random
import subprocess
import sys
import tempfile
import time
import zlib
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mido
import symusic

from nanopiano.errors import InputError
from nanopiano.music.smf import PERCUSSION, events, parse_smf, strokes

Notes = list[tuple[int, int, int]]  # start in ticks, pitch, length in ticks; percussion left out

HANG = 10.0  # seconds for one small file
MOST_MEMORY = 2 * 2**30  # bytes, a child's address space
READ, REFUSED, MEMORY, CRASHED, HUNG = b"r", b"x", b"m", b"c", b"h"
RECORD = 5  # bytes that a child writes for each file: what happened, and a checksum of the notes

# --- the readers -----------------------------------------------------------------------------------------------------


def by_nanopiano(data: bytes) -> Notes:
    return sorted(
        (stroke.start, stroke.pitch, stroke.end - stroke.start)
        for track in parse_smf(data).tracks
        for stroke in strokes(events(track))
        if stroke.channel != PERCUSSION
    )


def by_mido(data: bytes) -> Notes:
    notes = []
    for track in mido.MidiFile(file=io.BytesIO(data)).tracks:
        tick = 0
        sounding: defaultdict[tuple[int, int], deque[int]] = defaultdict(deque)
        for message in track:
            tick += message.time
            if message.type == "note_on" and message.velocity and message.channel != PERCUSSION:
                sounding[message.channel, message.note].append(tick)
            elif message.type in ("note_on", "note_off") and sounding[message.channel, message.note]:
                start = sounding[message.channel, message.note].popleft()
                notes.append((start, message.note, tick - start))
        notes += [(start, key[1], tick - start) for key, left in sounding.items() for start in left]
    return sorted(notes)


def by_symusic(data: bytes) -> Notes:
    score: Any = symusic.Score.from_midi(data)
    tracks = score.tracks
    return sorted(
        (note.time, note.pitch, note.duration) for track in tracks if not track.is_drum for note in track.notes
    )


READERS: dict[str, Callable[[bytes], Notes]] = {"nanopiano": by_nanopiano, "mido": by_mido, "symusic": by_symusic}
# What each may raise for a damaged file. Anything else ends the child and counts as a crash.
REFUSALS: dict[str, tuple[type[Exception], ...]] = {
    "nanopiano": (InputError,),
    "mido": (OSError, EOFError, ValueError, LookupError, TypeError, mido.midifiles.meta.KeySignatureError),
    "symusic": (RuntimeError, ValueError),
}

# --- files -----------------------------------------------------------------------------------------------------------


def like_pop909(seed: int, n_notes: int = 1900) -> bytes:
    """Return a file as POP909 has them: three tracks on channel 1, played by hand, 480 ticks a beat."""
    rng = random.Random(seed)
    file = mido.MidiFile(ticks_per_beat=480)
    file.tracks.append(mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=rng.randint(400_000, 900_000))]))
    for name, share in (("MELODY", 0.2), ("BRIDGE", 0.1), ("PIANO", 0.7)):
        changes = []
        for _ in range(round(n_notes * share)):
            start, pitch = rng.randrange(480 * 400), rng.randint(36, 96)
            changes.append((start, pitch, rng.randint(40, 110)))
            changes.append((start + rng.randint(40, 900), pitch, 0))
        changes.sort()
        track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
        for (tick, pitch, velocity), (before, *_) in zip(changes, [(0, 0, 0), *changes], strict=False):
            track.append(mido.Message("note_on", note=pitch, velocity=velocity, time=tick - before))
        file.tracks.append(track)
    written = io.BytesIO()
    file.save(file=written)
    return written.getvalue()


def smf(*tracks: str, kind: int = 1, division: int = 96) -> bytes:
    bodies = [bytes.fromhex(track) for track in tracks]
    header = bytes.fromhex(f"4d54686400000006 {kind:04x} {len(bodies):04x} {division:04x}")
    return header + b"".join(b"MTrk" + len(body).to_bytes(4, "big") + body for body in bodies)


NOTE = "00 903c40 60 803c40"  # middle C for one beat
END = "00 ff2f00"
PLAIN = smf(NOTE + END)
ONE = [(0, 60, 96)]
TWO = [(0, 60, 96), (48, 60, 96)]
CASES: dict[str, tuple[bytes, Notes]] = {
    "plain note": (PLAIN, ONE),
    "format 0": (smf(NOTE + END, kind=0), ONE),
    "running status, velocity 0": (smf("00 903c40 60 3c00" + END), ONE),
    "running status across a meta event": (smf("00 903c40 00 ff0100 60 3c00" + END), ONE),
    "two channels": (smf("00 903c40 30 913c40 30 803c40 30 813c40" + END), TWO),
    "overlap on one key": (smf("00 903c40 30 903c40 30 803c40 30 803c40" + END), TWO),
    "note never ended": (smf("00 903c40 60" + END[2:]), ONE),
    "note-off without note": (smf("00 803c40" + NOTE + END), ONE),
    "note of no length": (smf("00 903c40 00 803c40" + END), [(0, 60, 0)]),
    "percussion": (smf("00 992340 30 892340" + NOTE + END), [(48, 60, 96)]),
    "time on an unknown meta event": (smf("00 903c40 30 ff6000 30 803c40" + END), ONE),
    "impossible key signature": (smf("00 ff59020b00" + NOTE + END), ONE),
    "time signature cut short": (smf("00 ff58020402" + NOTE + END), ONE),
    "text in Shift-JIS": (smf("00 ff030693fa967b8cea" + NOTE + END), ONE),
    "system exclusive in two packets": (smf("00 f0027e09 00 f70109" + NOTE + END), ONE),
    "chunk of another kind": (PLAIN[:14] + b"XFIH\0\0\0\x01a" + PLAIN[14:], ONE),
    "longer header": (PLAIN[:7] + b"\x08" + PLAIN[8:14] + b"\0\0" + PLAIN[14:], ONE),
    "bytes after end of track": (smf(NOTE + END + "000000"), ONE),
    "SMPTE division": (smf(NOTE + END, division=0xE728), ONE),
    "RIFF wrapper": (b"RIFF\x2e\0\0\0RMIDdata" + len(PLAIN).to_bytes(4, "little") + PLAIN, ONE),
}


BASES = [like_pop909(seed, 120) for seed in range(40)] + [case for case, _ in CASES.values()]


def mutated(seed: int) -> bytes:
    """Return a small file with wounds: a few wrong bytes, which most readers get past, or rougher ones."""
    rng = random.Random(seed)
    data = bytearray(rng.choice(BASES))
    for _ in range(rng.randint(1, 4)):
        if seed % 2:
            data[rng.randrange(14, len(data))] = rng.randrange(128 + 128 * (rng.random() < 0.1))
        else:
            wound(data, rng)
    return bytes(data)


def wound(data: bytearray, rng: random.Random) -> None:
    """Cut, overwrite, double or insert something, or lose the end."""
    at, size = rng.randrange(len(data) + 1), rng.randint(1, 8)
    kind = rng.randrange(6)
    if kind == 0:
        data[at : at + 1] = rng.randbytes(1)
    elif kind == 1:
        data[at : at + size] = rng.choice([b"\xff", b"\x00", b"\x7f", b"\x80"]) * size
    elif kind == 2:
        del data[at : at + size]
    elif kind == 3:
        data[at:at] = rng.randbytes(size)
    elif kind == 4:
        data[at:at] = data[rng.randrange(len(data) + 1) :][: 8 * size]
    elif rng.random() < 0.3:
        del data[at:]


# --- measuring -------------------------------------------------------------------------------------------------------


def speed() -> None:
    files = [like_pop909(seed) for seed in range(50)]
    print("\nspeed, 50 files of 1,900 notes: processor time, the best of 3 rounds")
    for name, reader in READERS.items():
        rounds = []
        for _ in range(3):
            begin = time.process_time()
            for data in files:
                reader(data)
            rounds.append((time.process_time() - begin) / len(files))
        print(f"  {name:10} {1000 * min(rounds):7.2f} ms a file")


def correctness() -> None:
    print("\ncorrectness")
    print(f"  {'':36}" + "".join(f"{name:>12}" for name in READERS))
    for case, (data, expected) in CASES.items():
        verdicts = [verdict(name, data, expected) for name in READERS]
        print(f"  {case:36}" + "".join(f"{verdict:>12}" for verdict in verdicts))


def verdict(name: str, data: bytes, expected: Notes) -> str:
    try:
        return "right" if READERS[name](data) == expected else "WRONG"
    except REFUSALS[name]:
        return "refused"


def broken(n_files: int) -> None:
    print(f"\n{n_files:,} mutated files, read in a child process that is started again after a crash or a hang")
    names = {READ: "read", REFUSED: "refused", MEMORY: "out of memory", CRASHED: "crashed", HUNG: "hung"}
    outcomes = {name: run_children(name, n_files) for name in READERS}
    for name, records in outcomes.items():
        counts = Counter(record[:1] for record in records)
        print(f"  {name:10} " + ", ".join(f"{counts[kind]:,} {word}" for kind, word in names.items()))
    for name in ("mido", "symusic"):
        both = [(a, b) for a, b in zip(outcomes["nanopiano"], outcomes[name], strict=True) if a[:1] == b[:1] == READ]
        alike = sum(a == b for a, b in both)
        print(f"  nanopiano and {name}: {len(both):,} files read by both, {alike:,} to the same notes")


def run_children(name: str, n_files: int) -> list[bytes]:
    """Return a record for each file; children append them to a file, so that its length tells where one stopped."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "log")
        log.touch()
        while (done := log.stat().st_size // RECORD) < n_files:
            child = subprocess.Popen(
                [sys.executable, __file__, "--child", name, str(log), "--files", str(n_files)], stderr=subprocess.PIPE
            )
            outcome = watch(child, log)
            if log.stat().st_size // RECORD < n_files:
                done = log.stat().st_size // RECORD
                print(f"  {name}: {'hung' if outcome == HUNG else 'crashed'} at file {done}: {last_words(child)}")
                with log.open("ab") as file:
                    file.write(outcome + bytes(RECORD - 1))
        data = log.read_bytes()
    return [data[at : at + RECORD] for at in range(0, len(data), RECORD)]


def watch(child: "subprocess.Popen[bytes]", log: Path) -> bytes:
    """Wait for a child and return CRASHED, or HUNG after killing it if its log no longer grows."""
    size, since = -1, time.monotonic()
    while child.poll() is None:
        time.sleep(0.1)
        if (now := log.stat().st_size) != size:
            size, since = now, time.monotonic()
        elif time.monotonic() - since > HANG:
            child.kill()
            child.wait()
            return HUNG
    return CRASHED


def last_words(child: "subprocess.Popen[bytes]") -> str:
    words = child.stderr.read().decode(errors="replace").split("\n") if child.stderr else []
    return " ".join([f"exit {child.returncode}", *words[-2:-1]])


def be_child(name: str, log: Path, n_files: int) -> None:
    import resource  # noqa: PLC0415  not on Windows

    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    with log.open("ab", buffering=0) as file:
        for seed in range(log.stat().st_size // RECORD, n_files):
            data = mutated(seed)
            notes: Notes = []
            try:
                notes = READERS[name](data)
                outcome = READ
            except MemoryError:
                outcome = MEMORY
            except REFUSALS[name]:
                outcome = REFUSED
            file.write(outcome + zlib.crc32(repr(notes).encode()).to_bytes(4, "big"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=20_000, help="how many mutated files")
    parser.add_argument("--child", nargs=2, metavar=("READER", "LOG"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        be_child(args.child[0], Path(args.child[1]), args.files)
        return
    print(", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("mido", "symusic")))
    speed()
    correctness()
    broken(args.files)


if __name__ == "__main__":
    main()

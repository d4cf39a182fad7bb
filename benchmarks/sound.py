"""How fast the piano sounds: `python benchmarks/sound.py [--seconds S]`. Prints what docs/benchmarks.md shows."""

import argparse
import platform
import resource
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from time import perf_counter

import numpy as np

from nanopiano.audio.files import FORMATS, blocks, save_sound
from nanopiano.audio.limiter import Limiter
from nanopiano.audio.output import BLOCK
from nanopiano.audio.room import Room
from nanopiano.audio.samples import RATE, Piano
from nanopiano.audio.score import score_of
from nanopiano.audio.synth import Synth
from nanopiano.audio.transport import Transport
from nanopiano.music.piece import Piece
from nanopiano.songbook import find_song

SONG = "joplin-maple-leaf-rag"
FIRST_SOUND = """
from time import perf_counter
begun = perf_counter()
from nanopiano.audio.samples import Piano
from nanopiano.audio.score import Score
from nanopiano.audio.transport import Transport
imported = perf_counter()
piano = Piano()
transport = Transport(piano)
made = perf_counter()
while piano.sample(64, 70) is None:
    pass
first = perf_counter()
piano.wait()
print(imported - begun, made - imported, first - begun, perf_counter() - begun)
"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=20.0, help="of sound for each number of voices (20)")
    args = arguments.parse_args()
    print(f"{platform.machine()}, Python {platform.python_version()}, NumPy {np.__version__}")
    start()
    decoding()
    for voices in (0, 1, 16, 64):
        block(voices, args.seconds)
    scores()
    with tempfile.TemporaryDirectory() as folder:
        for suffix in FORMATS:
            saving(Path(folder) / f"piece{suffix}")
    level()
    print(f"peak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def start() -> None:
    """Print how long a new process takes to its first sound."""
    done = subprocess.run([sys.executable, "-c", FIRST_SOUND], capture_output=True, text=True, check=True)
    imported, made, first, whole = map(float, done.stdout.split())
    print(
        f"start: imports {imported:.2f} s, transport {1000 * made:.0f} ms, first recording after {first:.2f} s, "
        f"all after {whole:.2f} s"
    )


def decoding() -> None:
    """Print how long all recordings take, and how much memory they hold."""
    piano = Piano(live=False)
    begun = perf_counter()
    samples = [piano.sample(pitch, velocity) for pitch in range(21, 109) for velocity in (40, 60, 90)]
    held = {id(sample): sample.frames.nbytes for sample in samples if sample is not None}
    print(f"decoding: {len(held)} recordings in {perf_counter() - begun:.2f} s, {sum(held.values()) / 1e6:.0f} MB")


def block(voices: int, seconds: float) -> None:
    """Print the time of a block with so many voices: strings held, then damped."""
    piano = Piano(live=False)
    synth, room, limiter = Synth(piano), Room(), Limiter()
    times = []
    for place in range(int(seconds * RATE / BLOCK)):
        if place % 100 == 0:
            struck = [synth.strike(22 + key, 70, synth.clock) for key in range(voices)]
        if place % 100 == 95:
            for voice in struck:
                if voice is not None:
                    voice.release(synth.clock)
        begun = perf_counter()
        dry = synth.render(BLOCK)
        limiter.limit(dry + room.answer(dry))
        times.append(1000 * (perf_counter() - begun))
    median, late = np.percentile(times, [50, 99])
    print(
        f"{voices} voices: {median:.2f} ms a block, 99% under {late:.2f}, worst {max(times):.2f}, of "
        f"{1000 * BLOCK / RATE:.1f}: {1000 * BLOCK / RATE / median:.0f} times real time"
    )


def scores() -> None:
    """Print how long a performance of 10,000 notes takes, and to give it to the transport while it plays."""
    rng = np.random.default_rng(0)
    rows = np.stack([rng.integers(0, 20_000, 10_000), rng.integers(30, 90, 10_000), rng.integers(1, 8, 10_000)], axis=1)
    piece = Piece.of(map(tuple, rows.tolist()))
    transport = Transport(Piano(live=False))
    begun = perf_counter()
    for _ in range(10):
        score = score_of(piece, edge=15_000)
    shaped = perf_counter()
    for _ in range(10):
        transport.set_score(score)
    given = perf_counter()
    print(f"{len(piece):,} notes: score_of {100 * (shaped - begun):.1f} ms, set_score {100 * (given - shaped):.1f} ms")


def saving(path: Path) -> None:
    """Print how fast a song becomes a sound file."""
    piece = find_song(SONG).piece()
    begun = perf_counter()
    save_sound(piece, path)
    seconds = perf_counter() - begun
    print(
        f"{path.suffix}: {piece.seconds:.0f} s of music ({len(piece):,} notes) in {seconds:.1f} s, "
        f"{piece.seconds / seconds:.0f} times real time, {path.stat().st_size / 1e6:.1f} MB"
    )


def level() -> None:
    """Print the level and the spectrum of that song."""
    sound = np.concatenate([part for part, _ in blocks(find_song(SONG).piece())])
    power = np.abs(np.fft.rfft(sound.sum(axis=1))) ** 2
    frequency = np.fft.rfftfreq(len(sound), 1 / RATE)
    rms = 20 * np.log10(np.sqrt((sound**2).mean()))
    print(f"{SONG}: rms {rms:.1f} dB, peak {20 * np.log10(np.abs(sound).max()):.2f} dB of full scale")
    edges = [20, 100, 250, 500, 1000, 2000, 5000, 10_000, 20_000]
    for low, high in pairwise(edges):
        share = power[(frequency >= low) & (frequency < high)].sum() / power.sum()
        print(f"  {low}-{high} Hz: {10 * np.log10(share):.0f} dB")


if __name__ == "__main__":
    main()

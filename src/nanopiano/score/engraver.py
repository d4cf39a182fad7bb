"""The libraries of the extra `score`, each in a process of its own.

They print what they like, and damaged scores make verovio crash (6.4.1 does at an ABC file without a tune): neither may
reach whoever called. So a child process reads the score and writes into a folder that is gone afterwards.
"""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

from nanopiano.errors import NanopianoError, not_installed

PATIENCE = 300  # seconds; a hundred pages take some 20
PROGRAM = Path(__file__).with_name("engraver_process.py")


def check_installed(packages: Sequence[str]) -> None:
    """Raise InputError, saying what to install, where one of these packages is missing."""
    for package in packages:
        if find_spec(package) is None:
            raise not_installed(package, "score")


def pages_of(score: bytes) -> list[str]:
    """Return the pages of a MusicXML file as verovio draws them, SVG. Raises NanopianoError if it cannot."""
    check_installed(["verovio"])
    with tempfile.TemporaryDirectory(prefix="nanopiano-") as folder:
        if not _run("pages", score, ".musicxml", folder):
            raise NanopianoError("verovio cannot draw this piece: write it as .musicxml for a notation program")
        files = sorted(Path(folder).glob("page-*.svg"), key=lambda file: int(file.stem.partition("-")[2]))
        return [file.read_text("utf-8") for file in files]


def midi_of(score: bytes, suffix: str) -> bytes | None:
    """Return the MIDI file of a score (`.krn`, `.mei` or `.abc` as its suffix says), None if nothing can be made of it.

    Raises InputError where the library that reads it is not installed.
    """
    check_installed(["symusic" if suffix == ".abc" else "verovio"])
    with tempfile.TemporaryDirectory(prefix="nanopiano-") as folder:
        done = _run("abc" if suffix == ".abc" else "midi", score, suffix, folder)
        return Path(folder, "notes.mid").read_bytes() if done else None


def fonts() -> Path:
    """Return the folder of verovio's music fonts."""
    spec = find_spec("verovio")
    assert spec is not None and spec.submodule_search_locations  # it has drawn a page
    return Path(spec.submodule_search_locations[0]) / "data"


@cache
def text_widths(font: str) -> dict[str, float]:
    """Return how wide each letter of a text font is (`Times`, `Times-bold`, ...), in parts of its size."""
    metrics = ElementTree.parse(fonts() / "text" / f"{font}.xml").getroot()
    size = float(metrics.get("units-per-em", 2048))
    return {chr(int(sign.attrib["c"], 16)): _advance(sign) / size for sign in metrics.iter("g")}


def _advance(sign: ElementTree.Element) -> float:
    """Return how far a letter moves the next one; of some letters verovio knows only where the ink lies."""
    ink = 2 * float(sign.get("x", 0)) + float(sign.get("w", 0))  # as much room behind as before
    return float(sign.get("h-a-x", 0)) or ink


def _run(verb: str, score: bytes, suffix: str, folder: str) -> bool:
    """Return whether the child came to an end with the score."""
    source = Path(folder, f"score{suffix}")
    source.write_bytes(score)
    command = [sys.executable, "-P", str(PROGRAM), verb, str(source), folder]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0

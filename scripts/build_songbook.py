"""Build the songbook: the pieces that `nanopiano continue` can go on from, as words, from packages of PyPI and npm.

    python scripts/build_songbook.py music21=PATH [PACKAGE=PATH ...]

PATH is the folder of an installed package or of an unpacked one. `songbook_catalogue.tsv` beside this script says which
files are taken, and what they are; nothing else is. Needs music21 besides the package itself (extra `bench`).
"""

import argparse
import csv
import json
import lzma
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any, NamedTuple

import music21

from nanopiano.errors import InputError
from nanopiano.music.grid import HIGHEST_PITCH, LOWEST_PITCH
from nanopiano.music.piece import Piece
from nanopiano.music.words import piece_to_text, text_to_piece

CATALOGUE = Path(__file__).with_name("songbook_catalogue.tsv")
SONGBOOK = Path(__file__).parents[1] / "src" / "nanopiano" / "data" / "songbook.jsonl.xz"
LAST_YEAR = 1925  # whoever died later may still be protected somewhere
FEWEST_NOTES = 64
ON_GRID = 0.13  # steps from the grid within which an onset counts as on it
LEAST_ON_GRID = 0.95
SCALES = (Fraction(1), Fraction(3, 2), Fraction(2))  # slower: 3/2 fits triplets, 2 fits 32nds
ALIKE = 0.7  # share of common notes, transposition aside, above which two pieces are the same
DEFAULT_BPM = {"choral": 84, "keyboard": 100}
# What the registry calls a package, which release the catalogue was made from, and what it says of all its files.
SOURCES = {
    "music21": ("PyPI", "10.5.1", 'the corpus is "distributed with the permission of the encoders" (corpus/license.txt)'),
}


class Entry(NamedTuple):
    """A line of the catalogue."""

    id: str
    package: str
    path: str
    title: str
    composer: str
    died: int
    kind: str
    bpm: int  # 0: what the score says


class Stroke(NamedTuple):
    """A note of a score, times in quarter notes."""

    onset: Fraction
    length: Fraction
    pitch: int


class RefusedError(Exception):
    """A piece that does not go into the songbook, and why."""


# --- reading scores --------------------------------------------------------------------------------------------------


def read_score(path: Path) -> Any:
    """Parse a score; a new object, with repeats written out where the score has first and second endings."""
    score = music21.converter.parse(path, forceSource=True, storePickle=False)
    if isinstance(score, music21.stream.Opus):
        score = score.scores[0]
    # Played straight through, a first ending would run on into the second; other repeats are left as they stand.
    if score.recurse().getElementsByClass(music21.spanner.RepeatBracket):
        score = score.expandRepeats()
    return score.toSoundingPitch()


def strokes_of(score: Any) -> list[Stroke]:
    """Return the notes of all parts; tied notes joined, grace notes, chord symbols and unpitched strokes left out."""
    parts = score.parts or [score]
    return [stroke for part in parts for stroke in _join_ties(part)]


def _join_ties(part: Any) -> Iterator[Stroke]:
    held: dict[int, Stroke] = {}  # by pitch, notes that a tie may still lengthen
    for element in part.flatten().notes:
        if element.duration.isGrace or isinstance(element, music21.harmony.Harmony):
            continue
        onset, length = Fraction(element.offset), Fraction(element.duration.quarterLength)
        for note in getattr(element, "notes", [element]):
            if not isinstance(note, music21.note.Note):
                continue
            pitch = int(note.pitch.midi)
            tie = note.tie or element.tie
            before = held.pop(pitch, None)
            joined = before and tie and tie.type != "start" and before.onset + before.length == onset
            if before and not joined:
                yield before
            start = before.onset if before and joined else onset
            stroke = Stroke(start, onset + length - start, pitch)
            if tie and tie.type in ("start", "continue"):
                held[pitch] = stroke
            else:
                yield stroke
    yield from held.values()


def tempo_of(score: Any) -> float | None:
    """Return the first tempo of a score in quarter notes a minute."""
    for mark in score.flatten().getElementsByClass(music21.tempo.MetronomeMark):
        bpm = mark.getQuarterBPM()
        if bpm:
            return float(bpm)
    return None


def stated_rights(path: Path) -> str:
    """Return what a score file itself says of its rights, in its own words, or nothing."""
    text = _text(path)
    if path.suffix in (".krn", ".abc"):
        said = re.findall(r"^(?:!!!(?:YEC|YEM|YER|ENC)[^:]*|%%?\s*copyright|Z):\s*(.+)$", text, re.M | re.I)
    else:
        said = re.findall(r"<(?:rights|credit-words)\b[^>]*>([^<]+)</", text)
        said = [words for words in said if re.search(r"©|copyright|public domain|permission|\bCC", words, re.I)]
    plain = [re.sub(r"\s+", " ", words).strip() for words in said]
    return ", ".join(dict.fromkeys(words for words in plain if words))


def _text(path: Path) -> str:
    if path.suffix != ".mxl":
        return path.read_text(encoding="utf-8", errors="replace")
    with zipfile.ZipFile(path) as archive:
        name = next(n for n in archive.namelist() if not n.startswith("META-INF") and n.endswith("xml"))
        data = archive.read(name)
    return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", errors="replace")


# --- to the grid -----------------------------------------------------------------------------------------------------


def share_on_grid(strokes: list[Stroke], scale: Fraction) -> float:
    """Return which share of the onsets lies on the grid of 16ths if time is stretched by `scale`."""
    times = [4 * stroke.onset * scale for stroke in strokes]
    return sum(abs(time - floor(time + Fraction(1, 2))) <= ON_GRID for time in times) / len(times)


def share_too_short(strokes: list[Stroke], scale: Fraction) -> float:
    """Return which share of the notes is shorter than a step by more than the rounding."""
    return sum(4 * stroke.length * scale < Fraction(3, 5) for stroke in strokes) / len(strokes)


def fitting_scale(strokes: list[Stroke]) -> Fraction:
    """Return how much slower the piece must be for its notes to fit the grid; raises RefusedError if nothing helps."""
    for scale in SCALES:
        if share_on_grid(strokes, scale) >= 0.98 and share_too_short(strokes, scale) <= 0.03:
            return scale
    best = max(SCALES, key=lambda scale: share_on_grid(strokes, scale))
    if share_on_grid(strokes, best) < LEAST_ON_GRID:
        raise RefusedError(f"only {share_on_grid(strokes, best):.0%} of the onsets lie on the grid")
    return best


def to_piece(strokes: list[Stroke], scale: Fraction, bpm: int) -> Piece:
    """Put notes on the grid, as the package itself puts the ticks of a MIDI file there."""
    half = Fraction(1, 2)
    notes = [
        (floor(4 * s.onset * scale + half), s.pitch, max(1, floor(4 * s.length * scale + half)))
        for s in strokes
        if LOWEST_PITCH <= s.pitch <= HIGHEST_PITCH
    ]
    return Piece.of(notes, bpm=float(bpm))


# --- the same music twice --------------------------------------------------------------------------------------------


def fingerprint(piece: Piece) -> frozenset[tuple[int, int]]:
    """Return the notes relative to the first onset and to the last bass note, so that transposition does not matter."""
    last = int(piece.notes[-1, 1])
    first = int(piece.onsets[0])
    return frozenset((int(onset) - first, int(pitch) - last) for onset, pitch, *_ in piece.notes.tolist())


def alike(mine: frozenset[tuple[int, int]], other: frozenset[tuple[int, int]]) -> bool:
    """Whether two fingerprints share most of their notes."""
    return len(mine & other) >= ALIKE * min(len(mine), len(other))


# --- the book --------------------------------------------------------------------------------------------------------


def read_catalogue(path: Path) -> list[Entry]:
    """Read the catalogue: tab-separated, one piece a line, lines with # are comments."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    rows = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    return [Entry(*row[:5], int(row[5]), row[6], int(row[7])) for row in rows]


def build_entry(entry: Entry, folder: Path) -> tuple[dict[str, object], Piece]:
    """Read, check and write one piece; raises RefusedError if it does not belong in the book."""
    if entry.died > LAST_YEAR:
        raise RefusedError(f"{entry.composer} died in {entry.died}")
    path = folder / entry.path
    score = read_score(path)
    strokes = strokes_of(score)
    if len(strokes) < FEWEST_NOTES:
        raise RefusedError(f"only {len(strokes)} notes")
    scale = fitting_scale(strokes)
    bpm = round((entry.bpm or tempo_of(score) or DEFAULT_BPM.get(entry.kind, 100)) * scale)
    piece = to_piece(strokes, scale, bpm)
    text = piece_to_text(piece)
    if text_to_piece(text)[0] != Piece.of(piece, bpm=text_to_piece(text)[0].bpm):
        raise InputError(f"{entry.id}: the words do not say the piece")
    registry, version, package_says = SOURCES[entry.package]
    said = stated_rights(path)
    record = {
        "id": entry.id,
        "title": entry.title,
        "composer": entry.composer,
        "died": entry.died,
        "source": f"{registry} {entry.package} {version}: {entry.path}",
        "licence": (f'The file says "{said}"' if said else "No statement in the file") + f"; {package_says}.",
        "kind": entry.kind,
        "bpm": bpm,
        "scale": float(scale),
        "n_notes": len(piece),
        "text": text,
    }
    return record, piece


def build(entries: list[Entry], folders: dict[str, Path]) -> list[dict[str, object]]:
    """Build all entries of the catalogue; says on the terminal what is refused, and why."""
    records: list[dict[str, object]] = []
    taken: list[tuple[str, frozenset[tuple[int, int]]]] = []
    for entry in entries:
        try:
            record, piece = build_entry(entry, folders[entry.package])
            mark = fingerprint(piece)
            twin = next((name for name, other in taken if alike(mark, other)), None)
            if twin:
                raise RefusedError(f"the same music as {twin}")
        except RefusedError as reason:
            print(f"left out {entry.id}: {reason}")
            continue
        records.append(record)
        taken.append((entry.id, mark))
    return sorted(records, key=lambda record: str(record["id"]))


def write_book(records: list[dict[str, object]], path: Path) -> None:
    """Write the songbook: JSON lines under xz, the same bytes for the same records."""
    lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(lzma.compress(lines.encode("utf-8"), preset=9 | lzma.PRESET_EXTREME))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", metavar="PACKAGE=PATH", help=f"one of {', '.join(SOURCES)}, and its folder")
    parser.add_argument("-o", "--output", type=Path, default=SONGBOOK)
    arguments = parser.parse_args()
    folders = {name: Path(path) for name, _, path in (item.partition("=") for item in arguments.folders)}
    entries = [entry for entry in read_catalogue(CATALOGUE) if entry.package in folders]
    records = build(entries, folders)
    write_book(records, arguments.output)
    print(f"{len(records)} pieces of {len(entries)} in the catalogue, {arguments.output.stat().st_size} bytes")
    for key in ("composer", "kind"):
        print(*(f"{count:4} {name}" for name, count in Counter(r[key] for r in records).most_common()), sep="\n")


if __name__ == "__main__":
    main()

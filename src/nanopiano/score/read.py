"""Scores of others as pieces: MusicXML, MEI, Humdrum kern and ABC.

MusicXML is read by ourselves: it says every length outright, and verovio, which can read it, plays grace notes in the
time of the next note and takes triplets without a bracket for plain notes. verovio plays MEI and kern, abc2midi (in
symusic) plays ABC, at which verovio fails: both into a MIDI file that is read as any other.
"""

import lzma
import re
import zipfile
import zlib
from dataclasses import replace
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

from nanopiano.errors import InputError
from nanopiano.music.grid import HIGHEST_PITCH, LOWEST_PITCH, Grid
from nanopiano.music.midi import parse_midi, read_midi
from nanopiano.music.piece import Piece
from nanopiano.music.quantise import Clock, quantise
from nanopiano.music.reading import Reading
from nanopiano.score.engraver import midi_of
from nanopiano.score.musicxml_read import TICKS_PER_BEAT, Played, play_musicxml

SCORE_SUFFIXES = (".musicxml", ".mxl", ".xml", ".mei", ".krn", ".abc")
MOST_BYTES = 64 * 2**20  # of a score, unpacked; an opera in MusicXML has some 50 MB
LONGEST_TITLE = 200  # characters
# What a text must have to be music: a line that opens a spine of notes; the key that ends the head of a tune.
MARKS = {".krn": rb"^[^!\n]*\*\*kern", ".abc": rb"^K:"}
TITLES = {".krn": r"^!!!OTL[^:\n]*:(.*)", ".abc": r"^T:(.*)"}
NO_CHORDS = "%%MIDI gchordoff"  # chord symbols over an ABC tune are no notes of it
# What zipfile and ElementTree raise, of all kinds, where an archive is damaged.
DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, ElementTree.ParseError, LookupError, EOFError, OSError, ValueError,
    RuntimeError,
)  # fmt: skip


def is_score(path: Path | str) -> bool:
    """Return whether a name is that of a score."""
    return str(path).lower().endswith(SCORE_SUFFIXES)


def read_any(path: Path | str, grid: Grid | None = None) -> tuple[Piece, Reading]:
    """Read a MIDI file or a score, as its name says; see `read_midi` and `read_score`."""
    return read_score(path, grid) if is_score(path) else read_midi(path, grid)


def read_score(path: Path | str, grid: Grid | None = None) -> tuple[Piece, Reading]:
    """Read a score as one piano part, like `read_midi`; repeats are played out, grace notes of MusicXML left out.

    Of an ABC file with several tunes the first is read. Raises InputError for what is missing, no score, damaged, over
    64 MB, without notes for the piano, or where what reads MEI, kern or ABC is not installed.
    """
    path = Path(path)
    try:
        data, suffix = _unpacked(_read(path), path.suffix.lower())
        return _read_text(data, suffix, grid) if suffix in MARKS else _read_xml(data, grid)
    except InputError as error:
        raise InputError(f"cannot read {path}: {str(error).removeprefix('cannot read it: ')}") from None


def _read(path: Path) -> bytes:
    try:
        if not path.exists():
            raise InputError("there is no such file")
        if not path.is_file():
            raise InputError(f"it is a {'folder' if path.is_dir() else 'device'}, not a score")
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"it has {path.stat().st_size:,} bytes, scores at most {MOST_BYTES:,}")
        data = path.read_bytes()
    except OSError as error:
        raise InputError((error.strerror or str(error)).lower()) from None
    if not data.strip():
        raise InputError("it is empty")
    return data


def _read_text(data: bytes, suffix: str, grid: Grid | None) -> tuple[Piece, Reading]:
    """Read kern or ABC."""
    if not re.search(MARKS[suffix], data, re.MULTILINE):
        raise InputError(f"it is no {suffix} file, or its beginning is lost; get the file again")
    text = data.decode("utf-8", "replace")
    title = re.search(TITLES[suffix], text, re.MULTILINE)
    played = midi_of((_first_tune(text) if suffix == ".abc" else text).encode(), suffix)
    return _played(played, title.group(1) if title else "", grid)


def _read_xml(data: bytes, grid: Grid | None) -> tuple[Piece, Reading]:
    """Read MusicXML or MEI."""
    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise InputError(f"it is cut short or damaged, or no score ({error}); get the file again") from None
    kind = root.tag.rpartition("}")[2]
    if kind == "mei":
        return _played(midi_of(data, ".mei"), root.findtext(".//{*}titleStmt/{*}title") or "", grid)
    if kind != "score-partwise":
        raise InputError(
            f"it is no score that can be read: its XML begins with <{kind}>, MusicXML with <score-partwise>"
        )
    title = root.findtext("work/work-title") or root.findtext("movement-title") or ""
    return _quantised(play_musicxml(root), _shown(title), grid or Grid())


def _quantised(played: Played, title: str, grid: Grid) -> tuple[Piece, Reading]:
    """Put what MusicXML says on the grid."""
    kept = [note for note in played.notes if LOWEST_PITCH <= note[1] <= HIGHEST_PITCH]
    if not kept:
        raise InputError("it holds no notes for a piano")
    done = quantise(kept, Clock(TICKS_PER_BEAT), grid)
    signature = played.signatures[0] if played.signatures else (4, 4)
    reading = Reading(
        notes=len(done.notes),
        tracks=played.parts,
        parts=played.parts,
        percussion=played.percussion,
        out_of_range=len(played.notes) - len(kept),
        hanging=0,
        restruck=done.restruck,
        doubled=done.doubled,
        cut=done.cut,
        lengthened=done.lengthened,
        tempo_changes=sum(old != new for old, new in pairwise(played.bpms)),
        pedal=0,
        mean_distance=done.mean_distance,
        on_grid=done.on_grid,
        in_seconds=False,
        in_patterns=False,
        unannounced=0,
        graces=played.graces,
    )
    return Piece(done.notes, played.bpm, title, signature, grid), reading


def _played(midi: bytes | None, title: str, grid: Grid | None) -> tuple[Piece, Reading]:
    if midi is None:
        raise InputError("it is damaged, or no score that can be read; get the file again")
    piece, reading = parse_midi(midi, "it", grid)
    return replace(piece, title=_shown(title)), reading


def _first_tune(text: str) -> str:
    """Return the first tune of an ABC file without grace notes and chord symbols that sound."""
    tune = re.split(r"^X:", text.replace("\r\n", "\n"), maxsplit=2, flags=re.MULTILINE)[:2]
    head, key, body = "X:".join(tune).strip().partition("\nK:")
    first, _, music = body.partition("\n")
    without_graces = re.sub(r"\{[^}]*\}", "", music)
    return f"{head}{key}{first}\n{NO_CHORDS}\n{without_graces}\n"


def _unpacked(data: bytes, suffix: str) -> tuple[bytes, str]:
    """Return a score and its suffix; of compressed MusicXML the score that its container names first."""
    if not data.startswith(b"PK"):
        return data, suffix
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            container = ElementTree.fromstring(_member(archive, "META-INF/container.xml"))
            names = [file.get("full-path", "") for file in container.iter() if file.tag.endswith("rootfile")]
            return _member(archive, names[0] if names else ""), ".xml"
    except DAMAGED as error:
        raise InputError(f"it is damaged: no score in the archive ({error}); get the file again") from None


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as file:
        data = file.read(MOST_BYTES + 1)  # whatever size the archive claims
    if len(data) > MOST_BYTES:
        raise InputError(f"the score in it has over {MOST_BYTES:,} bytes")
    return data


def _shown(title: str) -> str:
    """Return a title on one line, without what cannot be printed."""
    return "".join(letter for letter in " ".join(title.split()) if letter.isprintable())[:LONGEST_TITLE]

"""MIDI files <-> pieces. Reading takes every standard file and counts what it changes; writing gives one plain form."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nanopiano.errors import InputError
from nanopiano.files import write_atomically
from nanopiano.music.grid import HIGHEST_PITCH, LOWEST_PITCH, Grid
from nanopiano.music.piece import NoteArray, Piece, canonical_notes
from nanopiano.music.reading import NEAR, Reading
from nanopiano.music.smf import (
    CONTROL,
    END_OF_TRACK,
    META,
    NOTE_OFF,
    NOTE_ON,
    PERCUSSION,
    PROGRAM,
    TEMPO,
    TIME_SIGNATURE,
    TRACK_NAME,
    Event,
    Smf,
    Stroke,
    events,
    parse_smf,
    smf_bytes,
    strokes,
    track_bytes,
)

MOST_BYTES = 16 * 2**20  # a million words are 3 MB; a file of 16 MB full of notes takes 1 GB of memory to read
MOST_BEATS = 1_000_000  # more than five days; a file that claims more is damaged, and its roll would fill the memory
LONGEST_TITLE = 200  # characters; track names can be whole stories
TICKS_PER_BEAT = 480  # of written files
DEFAULT_TEMPO = 500_000  # microseconds a beat, which a file without a tempo means
SUSTAIN = 64  # the controller of the right pedal
# Microseconds in a frame of SMPTE time as (numerator, denominator), by frames a second; 29 stands for 29.97.
FRAME = {24: (125_000, 3), 25: (40_000, 1), 29: (100_100, 3), 30: (100_000, 3)}

Ticks = NDArray[np.int64]


# --- reading ---------------------------------------------------------------------------------------------------------


def read_midi(path: Path | str, grid: Grid | None = None) -> tuple[Piece, Reading]:
    """Read a MIDI file of format 0, 1 or 2 (bare or .rmi) as one piano part in canonical form, and say what changed.

    The patterns of format 2 follow one another. Raises InputError for what is missing, no MIDI file, damaged, over
    16 MB, or without a note for the piano.
    """
    return parse_midi(_contents(path), str(path), grid)


def parse_midi(data: bytes, name: str, grid: Grid | None = None) -> tuple[Piece, Reading]:
    """Read the bytes of a MIDI file like `read_midi`; `name` is what errors call it."""
    try:
        return _piece(parse_smf(data), grid or Grid())
    except InputError as error:
        raise InputError(f"cannot read {name}: {error}") from None


def _contents(path: Path | str) -> bytes:
    """Return the bytes of a file after a look at its size and first letters."""
    path = Path(path)
    try:
        if not path.exists():
            raise InputError(f"cannot read {path}: there is no such file")
        if not path.is_file():
            raise InputError(f"cannot read {path}: it is a {'folder' if path.is_dir() else 'device'}, not a MIDI file")
        with path.open("rb") as file:
            start, size = file.read(4), path.stat().st_size
            if not start:
                raise InputError(f"cannot read {path}: it is empty")
            if start in (b"MThd", b"RIFF") and size > MOST_BYTES:
                raise InputError(f"cannot read {path}: {size:,} bytes, piano music takes at most {MOST_BYTES:,}")
            return start + file.read(MOST_BYTES)
    except OSError as error:
        raise InputError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None


@dataclass
class _Facts:
    """What a file says beside its notes; ticks as of the piece."""

    tempos: list[tuple[int, int]] = field(default_factory=list)  # tick, microseconds a beat
    signatures: list[tuple[int, tuple[int, int]]] = field(default_factory=list)  # tick, (4, 4)
    title: str = ""
    pedal: int = 0

    def listen(self, track: Iterator[Event], begin: int, first: bool) -> Iterator[Event]:
        """Pass on the events of a track that begins at tick `begin`, noting what they say."""
        for event in track:
            tick, status, data = event
            if status & 0xF0 == CONTROL:
                self.pedal += data[0] == SUSTAIN
            elif status == META:
                self._note(begin + tick, data[0], data[1:], first)
            yield event

    def _note(self, tick: int, kind: int, data: bytes, first: bool) -> None:
        if kind == TEMPO and len(data) == 3 and any(data):
            self.tempos.append((tick, int.from_bytes(data, "big")))
        elif kind == TIME_SIGNATURE and len(data) >= 2 and data[0] and data[1] < 7:
            self.signatures.append((tick, (data[0], 1 << data[1])))
        elif kind == TRACK_NAME and first and not self.title:
            self.title = _text(data)


def _piece(smf: Smf, grid: Grid) -> tuple[Piece, Reading]:
    facts = _Facts()
    counts = dict.fromkeys(("tracks", "parts", "percussion", "out_of_range", "hanging"), 0)
    rows: list[tuple[int, int, int, int]] = []
    begin = 0
    for number, body in enumerate(smf.tracks):
        before, last = len(rows), begin
        heard = facts.listen(events(body), begin, first=number == 0)
        for start, end, channel, pitch, velocity, _, off in strokes(heard):
            if channel == PERCUSSION:
                counts["percussion"] += 1
            elif not LOWEST_PITCH <= pitch <= HIGHEST_PITCH:
                counts["out_of_range"] += 1
            else:
                counts["hanging"] += off is None
                rows.append((begin + start, pitch, end - start, velocity))
        counts["parts"] += len(rows) > before
        if smf.format == 2:
            begin = last
    raise NotImplementedError

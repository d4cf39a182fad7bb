"""Standard MIDI Files as bytes: chunks, tracks of events, and the strokes that note-ons and note-offs make.

Own code instead of a library, so that every event comes back at its tick and whatever is wrong is one InputError;
docs/decisions.md has the measurements. Source: Standard MIDI-File Format Spec. 1.1, MIDI Manufacturers Association.
"""

import struct
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from nanopiano.errors import InputError

NOTE_OFF, NOTE_ON, CONTROL, PROGRAM = 0x80, 0x90, 0xB0, 0xC0  # upper half of the status; the lower is the channel
SYSEX, SYSEX_PART, META = 0xF0, 0xF7, 0xFF
TEXT, TRACK_NAME, END_OF_TRACK, TEMPO, TIME_SIGNATURE = 0x01, 0x03, 0x2F, 0x51, 0x58  # types of meta events
PERCUSSION = 9  # the channel that people call 10
LONGEST_DELTA = 0x0FFFFFFF  # what a number of four bytes can say
# Messages of a cable, not of a file; sequencers that recorded everything left them behind. Data bytes of each.
_SYSTEM = {0xF1: 1, 0xF2: 2, 0xF3: 1, 0xF6: 0, 0xF8: 0, 0xFA: 0, 0xFB: 0, 0xFC: 0, 0xFE: 0}


class Event(NamedTuple):
    """One event: ticks from the start of its track, status with running status resolved, data (a meta's type first)."""

    tick: int
    status: int
    data: bytes


class Stroke(NamedTuple):
    """A note as its track plays it, in ticks; `on` and `off` count events, `off` is None where there is no note-off."""

    start: int
    end: int
    channel: int
    pitch: int
    velocity: int
    on: int
    off: int | None


class Smf(NamedTuple):
    """A file in chunks; `division` as it stands in the header, chunks as (kind, body), tracks being b"MTrk"."""

    format: int
    division: int
    chunks: list[tuple[bytes, bytes]]
    unannounced: int = 0  # tracks beyond those that the header counts, which nobody plays

    @property
    def tracks(self) -> list[bytes]:
        """The bodies of the tracks."""
        return [body for kind, body in self.chunks if kind == b"MTrk"]


# --- reading ---------------------------------------------------------------------------------------------------------


def parse_smf(data: bytes) -> Smf:
    """Part a file, bare or in a RIFF wrapper (.rmi), into chunks. Raises InputError for what is no whole MIDI file."""
    if not data:
        raise InputError("it is empty")
    data = _unwrapped(data)
    if data[:4] != b"MThd":
        raise InputError(f"it is no MIDI file: it begins with {data[:4]!r}, a MIDI file with b'MThd'")
    size = int.from_bytes(data[4:8], "big")
    if len(data) < 14 or size < 6:
        raise InputError("it is cut short or damaged in its header; get the file again")
    kind, n_tracks, division = struct.unpack(">HHH", data[8:14])
    if kind > 2:
        raise InputError(f"its header is damaged: format {kind}, where 0, 1 and 2 are known")
    chunks: list[tuple[bytes, bytes]] = []
    at, found = 8 + size, 0
    while found < n_tracks:
        name, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "big")
        body = data[at + 8 : at + 8 + length]
        if len(data) < at + 8 or len(body) < length:
            raise InputError(f"it is cut short or damaged: track {found + 1} of {n_tracks} is not whole; get it again")
        chunks.append((name, body))  # chunks of other kinds are allowed anywhere
        found += name == b"MTrk"
        at += 8 + length
    return Smf(kind, division, chunks, _tracks_from(data, at))


def _tracks_from(data: bytes, at: int) -> int:
    """Count the tracks from a place on, up to what is no chunk."""
    found = 0
    while (name := data[at : at + 4]) and len(name) == 4 and name.isalnum() and at + 8 <= len(data):
        found += name == b"MTrk"
        at += 8 + int.from_bytes(data[at + 4 : at + 8], "big")
    return found


def _unwrapped(data: bytes) -> bytes:
    """Return the MIDI file inside a RIFF wrapper, whose sizes are little-endian and padded to even; or `data`."""
    if data[:4] != b"RIFF" or data[8:12] != b"RMID":
        return data
    at = 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        if data[at : at + 4] == b"data":
            return data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    raise InputError("it is a RIFF file without MIDI data in it; get the file again")


def events(track: bytes) -> Iterator[Event]:
    """Yield the events of a track up to its end-of-track. Raises InputError, naming the byte, where it is damaged."""
    tick = at = begin = running = 0
    try:
        while at < len(track):
            begin = at
            delta = track[at]
            at += 1
            if delta > 0x7F:
                delta, at = _number(track, begin)
            tick += delta
            status = track[at]
            if status > 0x7F:
                at += 1
                if status < SYSEX:
                    running = status
            else:
                status = running  # many writers carry it on over meta events, though they should not
            kind = b""
            if status < SYSEX:
                size = 1 if 0xC0 <= status < 0xE0 else 2
            else:
                kind, size, at = _head(track, status, at)
            data = track[at : at + size]
            at += size
            if len(data) < size or (status < SYSEX and not (status and data.isascii())):
                raise IndexError
            yield Event(tick, status, kind + data)
            if status == META and kind[0] == END_OF_TRACK:
                return
    except IndexError:  # also what reading past the end raises
        raise InputError(f"it is damaged: no whole event at byte {begin} of a track; get the file again") from None


def _head(track: bytes, status: int, at: int) -> tuple[bytes, int, int]:
    """Return the type (of a meta event), the size and the place of the data of what is no message of a channel."""
    if status == META:
        return track[at : at + 1], *_number(track, at + 1)
    if status in (SYSEX, SYSEX_PART):
        return b"", *_number(track, at)
    if status not in _SYSTEM:
        raise IndexError
    return b"", _SYSTEM[status], at


def _number(track: bytes, at: int) -> tuple[int, int]:
    """Read a number of one to four bytes, seven bits in each, and return it with the place after it."""
    number = 0
    for place in range(at, at + 4):
        number = number << 7 | track[place] & 0x7F
        if track[place] < 0x80:
            return number, place + 1
    raise IndexError


def strokes(track: Iterable[Event]) -> Iterator[Stroke]:
    """Yield the notes of a track, percussion too, in the order of their ends.

    A note-off (or a note-on of velocity 0) ends the earliest open note of its channel and key; a note that is never
    ended lasts to the end of the track.
    """
    sounding: defaultdict[int, deque[tuple[int, int, int]]] = defaultdict(deque)
    tick = 0
    for number, (tick, status, data) in enumerate(track):
        if status >= 0xA0:
            continue
        key = (status & 15) << 7 | data[0]
        if status >= NOTE_ON and data[1]:
            sounding[key].append((tick, data[1], number))
        elif sounding[key]:
            start, velocity, on = sounding[key].popleft()
            yield Stroke(start, tick, status & 15, data[0], velocity, on, number)
    for key, left in sounding.items():
        for start, velocity, on in left:
            yield Stroke(start, tick, key >> 7, key & 127, velocity, on, None)


# --- writing ---------------------------------------------------------------------------------------------------------


def smf_bytes(smf: Smf) -> bytes:
    """Return the file that `smf` says."""
    parts = [b"MThd" + struct.pack(">LHHH", 6, smf.format, len(smf.tracks), smf.division)]
    parts += [kind + struct.pack(">L", len(body)) + body for kind, body in smf.chunks]
    return b"".join(parts)


def track_bytes(track: Iterable[Event]) -> bytes:
    """Return the body of a track; its events must be in order of time and end with an end-of-track."""
    body = bytearray()
    now = 0
    for tick, status, data in track:
        while tick - now > LONGEST_DELTA:  # an empty text carries on where one number cannot say the wait
            body += _number_bytes(LONGEST_DELTA) + bytes([META, TEXT, 0])
            now += LONGEST_DELTA
        body += _number_bytes(tick - now)
        body.append(status)
        if status == META:
            body += data[:1] + _number_bytes(len(data) - 1) + data[1:]
        elif status in (SYSEX, SYSEX_PART):
            body += _number_bytes(len(data)) + data
        else:
            body += data
        now = tick
    return bytes(body)


def _number_bytes(number: int) -> bytes:
    parts = [number & 0x7F]
    while number := number >> 7:
        parts.append(number & 0x7F | 0x80)
    return bytes(reversed(parts))

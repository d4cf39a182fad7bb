"""What the MIDI tests share: files made byte by byte, and a second reading of files, by mido and other code."""

import io
from collections import defaultdict
from fractions import Fraction
from math import floor
from typing import Any, NamedTuple

import mido
from hypothesis import strategies as st

END = "00 ff2f00"  # the end of a track, at once


def smf(*tracks: str | bytes, kind: int = 1, division: int = 480) -> bytes:
    """Return a MIDI file of tracks in hex (spaces and '# comments' ignored) or bytes."""
    bodies = [unhex(track) if isinstance(track, str) else track for track in tracks]
    header = b"MThd" + b"".join(n.to_bytes(w, "big") for n, w in ((6, 4), (kind, 2), (len(bodies), 2), (division, 2)))
    return header + b"".join(b"MTrk" + len(body).to_bytes(4, "big") + body for body in bodies)


def unhex(text: str) -> bytes:
    return bytes.fromhex("".join(line.split("#")[0] for line in text.splitlines()))


def number(value: int) -> bytes:
    """Return a MIDI number: seven bits a byte, the first byte highest."""
    digits = [value >> shift & 0x7F for shift in (21, 14, 7, 0)]
    while len(digits) > 1 and digits[0] == 0:
        digits.pop(0)
    return bytes([digit | 0x80 for digit in digits[:-1]] + digits[-1:])


# --- the second reading ----------------------------------------------------------------------------------------------


class Played(NamedTuple):
    """A note as a track plays it."""

    track: int
    on: int  # number of the message in its track
    off: int | None
    start: int  # ticks
    end: int
    channel: int
    pitch: int
    velocity: int


def messages(data: bytes) -> list[list[tuple[int, Any]]]:
    """Return (tick, mido message) of each track."""
    tracks = []
    for track in mido.MidiFile(file=io.BytesIO(data)).tracks:
        tick, found = 0, []
        for message in track:
            tick += message.time
            found.append((tick, message.copy(time=0)))
        tracks.append(found)
    return tracks


def played(data: bytes) -> list[Played]:
    """Return all notes but percussion, note-offs ending the earliest open note."""
    notes = []
    for number_of_track, track in enumerate(messages(data)):
        waiting: defaultdict[tuple[int, int], list[tuple[int, int, int]]] = defaultdict(list)
        for place, (tick, message) in enumerate(track):
            if message.type not in ("note_on", "note_off") or message.channel == 9:
                continue
            queue = waiting[message.channel, message.note]
            if message.type == "note_on" and message.velocity > 0:
                queue.append((place, tick, message.velocity))
            elif queue:
                on, start, velocity = queue.pop(0)
                note = (start, tick, message.channel, message.note, velocity)
                notes.append(Played(number_of_track, on, place, *note))
        for (channel, pitch), queue in waiting.items():
            for on, start, velocity in queue:
                notes.append(Played(number_of_track, on, None, start, track[-1][0], channel, pitch, velocity))
    return notes


def steps(ticks: int, division: int, per_beat: int = 4) -> int:
    return floor(Fraction(per_beat * ticks, division) + Fraction(1, 2))


def on_grid(notes: list[Played], division: int, per_beat: int = 4) -> list[tuple[int, int, int]]:
    """Return (onset, pitch, length) of notes on the 88 keys, not yet in canonical form."""
    return [
        (steps(n.start, division, per_beat), n.pitch, max(1, steps(n.end - n.start, division, per_beat)))
        for n in notes
        if 21 <= n.pitch <= 108
    ]


def canonical(notes: list[tuple[int, int, int]], longest: int = 128) -> list[tuple[int, int, int]]:
    """Return the canonical form, worked out key by key."""
    longest_at: dict[int, dict[int, int]] = defaultdict(dict)
    for onset, pitch, length in notes:
        longest_at[pitch][onset] = max(length, longest_at[pitch].get(onset, 0))
    found = []
    for pitch, strokes in longest_at.items():
        onsets = sorted(strokes)
        for onset, following in zip(onsets, [*onsets[1:], onsets[-1] + longest], strict=True):
            found.append((onset, pitch, min(strokes[onset], following - onset, longest)))
    return sorted(found, key=lambda note: (note[0], -note[1]))


def second_reading(data: bytes, per_beat: int = 4) -> list[tuple[int, int, int]]:
    """Return (onset, pitch, length) of the piece in a file of format 0 or 1, by mido."""
    division = mido.MidiFile(file=io.BytesIO(data)).ticks_per_beat
    return canonical(on_grid(played(data), division, per_beat), 32 * per_beat)


# --- files that programs might write ---------------------------------------------------------------------------------

_deltas = st.one_of(st.integers(0, 3), st.sampled_from([60, 119, 120, 121, 240, 480]), st.integers(0, 2000))
_pitches = st.one_of(st.sampled_from([60, 61]), st.integers(0, 127))  # few keys, so that notes meet
_channels = st.sampled_from([0, 0, 0, 1, 9])
_notes = st.tuples(st.sampled_from([0x80, 0x90, 0x90]), _channels, _pitches, st.sampled_from([0, 1, 64, 127]))
_controls = st.tuples(st.just(0xB0), _channels, st.sampled_from([7, 64]), st.integers(0, 127))
_metas = st.sampled_from(
    [
        b"\xff\x01\x03\x93\xfa\x96",  # text in Shift-JIS
        b"\xff\x51\x03\x07\xa1\x20",  # tempo 120
        b"\xff\x51\x03\x0f\x42\x40",  # tempo 60
        b"\xff\x58\x04\x03\x02\x18\x08",  # 3/4
        b"\xf0\x05\x7e\x7f\x09\x01\xf7",  # system exclusive
    ]
)


@st.composite
def tracks(draw: st.DrawFn) -> bytes:
    """Draw a track with running status wherever it may stand, and anything a sloppy program leaves behind."""
    body, running = bytearray(), None
    for delta, event in draw(st.lists(st.tuples(_deltas, st.one_of(_notes, _notes, _notes, _controls, _metas)))):
        body += number(delta)
        if isinstance(event, bytes):
            body += event
            running = None
            continue
        status = event[0] | event[1]
        body += bytes(event[2:] if status == running else (status, *event[2:]))
        running = status
    return bytes(body + number(draw(_deltas)) + b"\xff\x2f\x00")


@st.composite
def files(draw: st.DrawFn, divisions: tuple[int, ...] = (480, 96, 1024, 1000, 25)) -> bytes:
    """Draw a whole file of format 0 or 1."""
    division = draw(st.sampled_from(divisions))
    bodies = draw(st.lists(tracks(), min_size=1, max_size=3))
    return smf(*bodies, kind=0 if len(bodies) == 1 else 1, division=division)

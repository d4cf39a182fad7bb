"""What the tracks of a MIDI file say, in ticks: notes for the piano, tempo, time signature, title, what is left out."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from nanopiano.music.grid import HIGHEST_PITCH, LOWEST_PITCH
from nanopiano.music.smf import (
    CONTROL,
    META,
    PERCUSSION,
    TEMPO,
    TIME_SIGNATURE,
    TRACK_NAME,
    Event,
    Smf,
    events,
    strokes,
)

SUSTAIN = 64  # the controller of the right pedal
LONGEST_TITLE = 200  # characters; track names can be whole stories


@dataclass
class Heard:
    """What the tracks say, taken together."""

    notes: list[tuple[int, int, int, int]] = field(default_factory=list)  # start in ticks, pitch, ticks, velocity
    tempos: list[tuple[int, int]] = field(default_factory=list)  # tick, microseconds a beat
    signatures: list[tuple[int, int, int]] = field(default_factory=list)  # tick, beats in a bar, note value of a beat
    title: str = ""
    parts: int = 0  # tracks with notes for the piano
    percussion: int = 0
    out_of_range: int = 0
    hanging: int = 0
    pedal: int = 0
    end: int = 0  # of the track heard last, in ticks

    @property
    def tempos_from_first_note(self) -> list[int]:
        """The tempos that hold from the first note on, one after another; of several at one tick the last holds."""
        held = dict(self.tempos)
        begin = min((note[0] for note in self.notes), default=0)
        first = max((tick for tick in held if tick <= begin), default=0)
        return [tempo for tick, tempo in held.items() if tick >= first]

    @property
    def tempo_changes(self) -> int:
        """How often the tempo becomes another one after the first note."""
        return sum(old != new for old, new in pairwise(self.tempos_from_first_note))


def hear_tracks(smf: Smf) -> Heard:
    """Return what all tracks say; the patterns of format 2 one after the other, other tracks at the same time."""
    heard = Heard()
    for number, body in enumerate(smf.tracks):
        begin = heard.end if smf.format == 2 else 0
        before = len(heard.notes)
        _hear_notes(heard, _hear_facts(heard, events(body), begin, first=number == 0), begin)
        heard.parts += len(heard.notes) > before
    heard.tempos.sort(key=lambda tempo: tempo[0])
    heard.signatures.sort(key=lambda signature: signature[0])
    return heard


def _hear_notes(heard: Heard, track: Iterator[Event], begin: int) -> None:
    for start, end, channel, pitch, velocity, _, off in strokes(track):
        if channel == PERCUSSION:
            heard.percussion += 1
        elif not LOWEST_PITCH <= pitch <= HIGHEST_PITCH:
            heard.out_of_range += 1
        else:
            heard.hanging += off is None
            heard.notes.append((begin + start, pitch, end - start, velocity))


def _hear_facts(heard: Heard, track: Iterator[Event], begin: int, first: bool) -> Iterator[Event]:
    """Pass the events of a track on, and take down what those say that are no notes."""
    tick = 0
    for event in track:
        tick, status, data = event
        if status == META:
            _hear_meta(heard, begin + tick, data[0], data[1:], first)
        elif status & 0xF0 == CONTROL:
            heard.pedal += data[0] == SUSTAIN
        yield event
    heard.end = begin + tick


def _hear_meta(heard: Heard, tick: int, kind: int, data: bytes, first: bool) -> None:
    """Take down a meta event; one that makes no sense is passed over, for it moves no note."""
    if kind == TEMPO and len(data) == 3 and any(data):
        heard.tempos.append((tick, int.from_bytes(data, "big")))
    elif kind == TIME_SIGNATURE and len(data) >= 2 and data[0] and data[1] <= 6:
        heard.signatures.append((tick, data[0], 1 << data[1]))
    elif kind == TRACK_NAME and first and not heard.title:
        heard.title = _text(data)


def _text(data: bytes) -> str:
    """Return text, whose encoding no MIDI file tells, without what cannot be printed and might steer a terminal."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")  # takes every byte
    return "".join(letter if letter.isprintable() else " " for letter in text).strip()[:LONGEST_TITLE].strip()

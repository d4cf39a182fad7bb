"""A piece laid out as a score: two staves of bars with voices of chords and rests."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from nanopiano.music.hands import right_hand
from nanopiano.music.piece import Piece
from nanopiano.score.keys import Key, find_key
from nanopiano.score.metre import Metre, Value, metre_of
from nanopiano.score.spelling import spell
from nanopiano.score.voices import part_voices

UPPER, LOWER = 0, 1  # staves: of the right hand and of the left, and the two voices of each


@dataclass
class Head:
    """A note head: MIDI number, name on the line of fifths, tied `back` to the head before, `on` to the one after."""

    pitch: int
    name: int
    back: bool
    on: bool
    accidental: int | None = None  # what is drawn before it, semitones up
    courtesy: bool = False  # the accidental only reminds


@dataclass
class Event:
    """A chord, or a rest if it has no heads, at `place` steps in its bar."""

    place: int
    value: Value
    heads: list[Head]
    hidden: bool = False  # a rest that only fills up a voice
    beams: list[str] = field(default_factory=list)  # what MusicXML says of each beam, the longest first
    tuplet_begins: bool = False
    tuplet_ends: bool = False


Voice = list[Event]
Staff = list[Voice]  # one voice or two


@dataclass
class Bar:
    """The two staves of a bar."""

    staves: tuple[Staff, Staff]


@dataclass
class Score:
    """A piece as it is written."""

    piece: Piece
    key: Key
    metre: Metre
    bars: list[Bar]


@dataclass(frozen=True)
class _Note:
    start: int
    end: int
    pitch: int
    name: int


def lay_out(piece: Piece) -> Score:
    """Return the score of a piece, brought to canonical form; bars are counted from step 0."""
    piece = piece.canonical()
    key, metre = find_key(piece), metre_of(piece)
    names = spell(piece, key)
    right = right_hand(piece.notes)
    n_bars = max(-(-piece.steps // metre.bar), 1)
    staves = []
    for hand in (right, ~right):
        notes = piece.notes[hand]
        voices = part_voices(notes)
        staves.append(list(_staves(notes, names[hand], voices, metre, n_bars)))
    return Score(piece, key, metre, [Bar((upper, lower)) for upper, lower in zip(*staves, strict=True)])


def _staves(notes: np.ndarray, names: np.ndarray, voices: np.ndarray, metre: Metre, n_bars: int) -> Iterator[Staff]:
    """Yield the bars of one staff."""
    found: defaultdict[tuple[int, int], list[_Note]] = defaultdict(list)
    for (onset, pitch, length, _), name, voice in zip(notes.tolist(), names.tolist(), voices.tolist(), strict=True):
        note = _Note(onset, onset + length, pitch, name)
        for bar in range(note.start // metre.bar, -(-note.end // metre.bar)):
            found[bar, int(voice)].append(note)
    for bar in range(n_bars):
        both = [found[bar, voice] for voice in (UPPER, LOWER) if found[bar, voice]] or [[]]
        staff = [_voice(some, bar * metre.bar, metre) for some in both]
        _hide_rests(staff)
        yield staff


def _voice(notes: list[_Note], begin: int, metre: Metre) -> Voice:
    """Return what a voice plays in the bar that begins at step `begin`; it fills the bar."""
    end = begin + metre.bar
    inside = {place for note in notes for place in (note.start, note.end) if begin < place < end}
    cuts = {place - begin for place in inside} | {0, metre.bar}
    quarter = metre.steps_per_beat
    tuplets = {place // quarter for place in cuts if metre.needs_tuplet(place)}
    cuts |= {min(edge * quarter, metre.bar) for beat in tuplets for edge in (beat, beat + 1)}
    voice: Voice = []
    for start, stop in pairwise(sorted(cuts)):
        sounding = [note for note in notes if note.start < begin + stop and note.end > begin + start]
        tuplet = start // quarter in tuplets
        place = start
        for value in metre.values(start, stop, tuplet=tuplet, rest=not sounding):
            now, then = begin + place, begin + place + value.steps
            heads = [Head(note.pitch, note.name, note.start < now, note.end > then) for note in sounding]
            voice.append(Event(place, value, heads))
            place += value.steps
        if tuplet:
            voice[-1].tuplet_ends = not place % quarter or place == metre.bar
    for last, event in zip([None, *voice], voice, strict=False):
        event.tuplet_begins = event.value.tuplet is not None and (
            last is None or last.value.tuplet is None or last.tuplet_ends
        )
    if not notes:
        return [Event(0, Value(metre.bar, 2), [])]
    return voice


def _hide_rests(staff: Staff) -> None:
    """Hide the rests of a lower voice, and of an upper one while the lower one sounds: one of them shows the time."""
    if len(staff) == 1:
        return
    upper, lower = staff
    silent = [(event.place, event.place + event.value.steps) for event in lower if not event.heads]
    for event in upper:
        end = event.place + event.value.steps
        event.hidden = not event.heads and not any(begin < end and event.place < until for begin, until in silent)
    for event in lower:
        event.hidden = not event.heads

"""MusicXML -> notes in ticks: all parts as they sound, repeats played out, ties joined.

What the page alone tells is left out: grace and cue notes, ornaments, articulation. Transposing instruments sound where
they sound. A bar lasts as long as what stands in it, so a pick-up is as short as it is.
"""

import math
from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple
from xml.etree.ElementTree import Element

from nanopiano.errors import InputError
from nanopiano.music.piece import DEFAULT_BPM, DEFAULT_VELOCITY
from nanopiano.score.playing import Marks, order_of

TICKS_PER_BEAT = 10080  # all that scores part a beat into divides it
MOST_BEATS, SMALLEST_UNIT = 255, 64  # of a time signature that a MIDI file and a page can say
SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
UNITS = {"whole": 4.0, "half": 2.0, "quarter": 1.0, "eighth": 0.5, "16th": 0.25}  # beats of metronome marks


class Sounding(NamedTuple):
    """A note in its bar: times in beats, `back` and `on` if it is tied to the one before and after."""

    place: Fraction
    length: Fraction
    pitch: int
    back: bool
    on: bool


@dataclass
class Played:
    """What a score says."""

    notes: list[tuple[int, int, int, int]] = field(default_factory=list)  # start in ticks, pitch, ticks, velocity
    bpms: list[float] = field(default_factory=list)  # of the first part that says any, one after another
    signatures: list[tuple[int, int]] = field(default_factory=list)
    parts: int = 0  # with notes
    percussion: int = 0
    graces: int = 0

    @property
    def bpm(self) -> float:
        """The first tempo."""
        return self.bpms[0] if self.bpms else DEFAULT_BPM


def play_musicxml(root: Element) -> Played:
    """Return what a partwise score says. Raises InputError where a number in it is none."""
    played = Played()
    try:
        parts = [_Part(part, played) for part in root.findall("part")]
    except (ValueError, ZeroDivisionError, KeyError, OverflowError) as error:
        raise InputError(f"it is damaged: {error} where a number or a name must stand; get the file again") from None
    n_bars = max((len(part.bars) for part in parts), default=0)
    lengths = [_length(bar, parts) for bar in range(n_bars)]
    played.bpms = next((part.bpms for part in parts if part.bpms), [])
    marks = max((part.marks for part in parts), key=len, default=[])
    order = order_of(marks)
    for part in parts:
        notes = _sounding(part, order, lengths)
        played.notes += notes
        played.parts += bool(notes)
    return played


def _length(bar: int, parts: "list[_Part]") -> Fraction:
    """Return how many beats a bar lasts: what stands in it, or where it is empty in all parts what its metre says."""
    there = [part for part in parts if bar < len(part.bars)]
    return max(part.lengths[bar] for part in there) or max(part.full[bar] for part in there)


class _Part:
    """A part, bar by bar."""

    def __init__(self, part: Element, played: Played) -> None:
        self.bars: list[list[Sounding]] = []
        self.lengths: list[Fraction] = []  # of what stands in the bars, in beats
        self.full: list[Fraction] = []  # what the bars last by the metre
        self.bpms: list[float] = []
        self.marks: list[Marks] = []
        self._played = played
        self._divisions, self._transposed = Fraction(1), 0
        self._full = Fraction(4)
        self._endings: set[int] = set()
        for measure in part.findall("measure"):
            self._measure(measure)

    def _measure(self, measure: Element) -> None:
        notes: list[Sounding] = []
        marks = Marks(endings=set(self._endings))
        now = last = longest = Fraction(0)
        for element in measure:
            length = Fraction(element.findtext("duration") or 0) / self._divisions
            if length < 0:
                raise ValueError(f"a duration of {length} beats")
            if element.tag == "note":
                if element.find("grace") is not None or element.find("cue") is not None:
                    self._played.graces += 1
                    continue
                if element.find("chord") is None:
                    last, now = now, now + length
                self._note(element, last, length, notes)
            elif element.tag == "backup":
                now = max(now - length, Fraction(0))
            elif element.tag == "forward":
                now += length
            elif element.tag == "attributes":
                self._attributes(element)
            elif element.tag in ("direction", "sound"):
                self._direction(element, marks)
            elif element.tag == "barline":
                self._barline(element, marks)
            longest = max(longest, now)
        self.bars.append(notes)
        self.lengths.append(longest)
        self.full.append(self._full)
        self.marks.append(marks)

    def _note(self, element: Element, place: Fraction, length: Fraction, notes: list[Sounding]) -> None:
        pitch = element.find("pitch")
        if pitch is None:
            self._played.percussion += element.find("unpitched") is not None
            return
        alter = round(float(pitch.findtext("alter") or 0))
        number = (
            12 * (int(pitch.findtext("octave") or "") + 1) + SEMITONES[(pitch.findtext("step") or "").strip()] + alter
        )
        ties = {tie.get("type") for tie in element.findall("tie")}
        notes.append(Sounding(place, length, number + self._transposed, "stop" in ties, "start" in ties))

    def _attributes(self, element: Element) -> None:
        self._divisions = Fraction(element.findtext("divisions") or self._divisions)
        transpose = element.find("transpose")
        if transpose is not None:
            octaves = int(transpose.findtext("octave-change") or 0)
            self._transposed = round(float(transpose.findtext("chromatic") or 0)) + 12 * octaves
        time = element.find("time")
        if time is not None and time.find("beats") is not None:
            beats = sum(int(number) for number in (time.findtext("beats") or "").split("+"))
            unit = int(time.findtext("beat-type") or "")
            if 0 < beats <= MOST_BEATS and unit in (1 << power for power in range(SMALLEST_UNIT.bit_length())):
                self._full = Fraction(4 * beats, unit)
                self._played.signatures.append((beats, unit))

    def _direction(self, element: Element, marks: Marks) -> None:
        sound = element if element.tag == "sound" else element.find("sound")
        said = {} if sound is None else sound.attrib
        if not self._tempo(float(said.get("tempo", 0))):
            self._metronome(element)
        marks.jump = "dacapo" if said.get("dacapo") == "yes" else "dalsegno" if "dalsegno" in said else marks.jump
        marks.segno |= "segno" in said
        marks.coda |= "coda" in said
        marks.to_coda |= "tocoda" in said
        marks.fine |= "fine" in said

    def _tempo(self, bpm: float) -> bool:
        """Keep a tempo that can be played; return whether it is one."""
        if playable := 1 <= bpm < math.inf:
            self.bpms.append(bpm)
        return playable

    def _metronome(self, element: Element) -> None:
        mark = element.find("direction-type/metronome")
        number = "" if mark is None else (mark.findtext("per-minute") or "").strip()
        if mark is not None and number.replace(".", "", 1).isdecimal():
            dotted = 1.5 if mark.find("beat-unit-dot") is not None else 1.0
            self._tempo(float(number) * dotted * UNITS.get(mark.findtext("beat-unit") or "", 1.0))

    def _barline(self, element: Element, marks: Marks) -> None:
        ending = element.find("ending")
        if ending is not None and ending.get("type") == "start":
            self._endings = {int(number) for number in ending.get("number", "1").replace(",", " ").split()}
            marks.endings = set(self._endings)
        elif ending is not None:
            self._endings = set()
        repeat = element.find("repeat")
        if repeat is not None and repeat.get("direction") == "forward":
            marks.forward = True
        elif repeat is not None:
            passes = max(marks.endings) + 1 if len(marks.endings) > 1 else 2
            marks.backward = int(repeat.get("times", passes))


def _sounding(part: _Part, order: list[int], lengths: list[Fraction]) -> list[tuple[int, int, int, int]]:
    """Return the notes of a part in the order of playing, ties joined: start in ticks, pitch, ticks, velocity."""
    found: list[list[Fraction | int]] = []  # begin, end, pitch
    tied: dict[int, list[int]] = defaultdict(list)  # pitch -> the indices of the notes of all voices that are tied on
    begin = Fraction(0)
    for bar in order:
        for note in sorted(part.bars[bar]) if bar < len(part.bars) else ():
            start, end = begin + note.place, begin + note.place + note.length
            meets = [index for index in tied[note.pitch] if note.back and found[index][1] == start]
            if meets:
                tied[note.pitch].remove(meets[0])
            else:
                meets = [len(found)]
                found.append([start, end, note.pitch])
            found[meets[0]][1] = end
            if note.on:
                tied[note.pitch].append(meets[0])
        begin += lengths[bar]
    return [
        (round(start * TICKS_PER_BEAT), int(pitch), round((end - start) * TICKS_PER_BEAT), DEFAULT_VELOCITY)
        for start, end, pitch in found
    ]

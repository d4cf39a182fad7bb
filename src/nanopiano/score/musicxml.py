"""Scores as MusicXML 4.0, partwise, bare or compressed (.mxl): what every notation program opens.

Written after the reference of the format (W3C, "MusicXML 4.0", 2021). Durations count the steps of the grid. The same
piece gives the same bytes: no date is in them.
"""

import io
import zipfile
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from nanopiano.files import write_atomically
from nanopiano.music.piece import Piece
from nanopiano.score.accidentals import add_accidentals
from nanopiano.score.bars import Bar, Event, Head, Score, Voice, lay_out
from nanopiano.score.beams import add_beams
from nanopiano.score.clefs import clefs_of
from nanopiano.score.spelling import alteration, letter, octave

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE score-partwise PUBLIC '
    '"-//Recordare//DTD MusicXML 4.0 Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">\n'
)
CONTAINER = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<container><rootfiles>'
    '<rootfile full-path="score.musicxml" media-type="application/vnd.recordare.musicxml+xml"/>'
    "</rootfiles></container>\n"
)
TYPES = {3: "breve", 2: "whole", 1: "half", 0: "quarter", -1: "eighth", -2: "16th", -3: "32nd"}
ACCIDENTALS = {-2: "flat-flat", -1: "flat", 0: "natural", 1: "sharp", 2: "double-sharp"}
VOICES = ((1, 2), (5, 6))  # numbers of the voices of each staff, as notation programs count them
NO_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that an archive can say
SAME_TEMPO = 0.05  # beats a minute; a mark shows whole beats where they are as near as this


def write_musicxml(piece: Piece, path: Path | str) -> None:
    """Write a piece as a score, compressed if the name ends with .mxl; see `write_atomically` for errors."""
    write_atomically(path, mxl_bytes(piece) if str(path).lower().endswith(".mxl") else musicxml_bytes(piece))


def musicxml_bytes(piece: Piece) -> bytes:
    """Return a piece as a MusicXML file."""
    score = lay_out(piece)
    add_accidentals(score)
    for bar in score.bars:
        for voice in (voice for staff in bar.staves for voice in staff):
            add_beams(voice, score.metre)
    tree = _score(score)
    indent(tree, space=" ")
    return (HEAD + tostring(tree, encoding="unicode") + "\n").encode("utf-8", "replace")


def mxl_bytes(piece: Piece) -> bytes:
    """Return a piece as a compressed MusicXML file."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (("META-INF/container.xml", CONTAINER.encode()), ("score.musicxml", musicxml_bytes(piece))):
            archive.writestr(zipfile.ZipInfo(name, NO_DATE), data, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def _add(parent: Element, tag: str, text: object = None, **attributes: object) -> Element:
    """Add an element; `_` in the names of attributes stands for a hyphen."""
    element = SubElement(parent, tag, {name.replace("_", "-"): str(value) for name, value in attributes.items()})
    if text is not None:
        element.text = str(text)
    return element


def _score(score: Score) -> Element:
    root = Element("score-partwise", version="4.0")
    title = "".join(letter for letter in score.piece.title if letter.isprintable())
    if title:
        _add(_add(root, "work"), "work-title", title)
    _add(_add(_add(root, "identification"), "encoding"), "software", "nanopiano")
    part = _add(_add(root, "part-list"), "score-part", id="P1")
    _add(part, "part-name", "Piano", print_object="no")
    body = _add(root, "part", id="P1")
    clefs = [clefs_of(score, staff) for staff in (0, 1)]
    for number, bar in enumerate(score.bars):
        measure = _add(body, "measure", number=number + 1)
        changed = [
            (staff, some[number]) for staff, some in enumerate(clefs) if not number or some[number] != some[number - 1]
        ]
        _attributes(measure, score, changed, first=number == 0)
        if number == 0:
            _tempo(measure, score.piece.bpm)
        _music(measure, bar, score)
        if number + 1 == len(score.bars):
            _add(_add(measure, "barline", location="right"), "bar-style", "light-heavy")
    return root


def _attributes(measure: Element, score: Score, clefs: list[tuple[int, tuple[str, int]]], first: bool) -> None:
    if not first and not clefs:
        return
    attributes = _add(measure, "attributes")
    if first:
        _add(attributes, "divisions", score.metre.steps_per_beat)
        key = _add(attributes, "key")
        _add(key, "fifths", score.key.fifths)
        _add(key, "mode", score.key.mode)
        time = _add(attributes, "time")
        _add(time, "beats", score.metre.beats)
        _add(time, "beat-type", score.metre.unit)
        _add(attributes, "staves", 2)
    for staff, (sign, line) in clefs:
        clef = _add(attributes, "clef", number=staff + 1)
        _add(clef, "sign", sign)
        _add(clef, "line", line)


def _tempo(measure: Element, bpm: float) -> None:
    direction = _add(measure, "direction", placement="above")
    metronome = _add(_add(direction, "direction-type"), "metronome")
    _add(metronome, "beat-unit", "quarter")
    _add(metronome, "per-minute", f"{round(bpm) if abs(bpm - round(bpm)) < SAME_TEMPO else round(bpm, 1):g}")
    _add(direction, "staff", 1)
    _add(direction, "sound", tempo=f"{bpm:.10g}")


def _music(measure: Element, bar: Bar, score: Score) -> None:
    first = True
    for staff, voices in enumerate(bar.staves):
        for number, voice in zip(VOICES[staff], voices, strict=False):
            if not first:
                _add(_add(measure, "backup"), "duration", score.metre.bar)
            first = False
            _voice(measure, voice, number, staff + 1, score)


def _voice(measure: Element, voice: Voice, number: int, staff: int, score: Score) -> None:
    for event in voice:
        if event.heads:
            for place, head in enumerate(reversed(event.heads)):  # from the lowest up, as is usual
                _note(measure, event, head, number, staff, in_chord=place > 0)
        else:
            _rest(measure, event, number, staff, whole=event.value.steps == score.metre.bar)


def _rest(measure: Element, event: Event, voice: int, staff: int, whole: bool) -> None:
    note = _add(measure, "note", **({"print_object": "no"} if event.hidden else {}))
    _add(note, "rest", **({"measure": "yes"} if whole else {}))
    _add(note, "duration", event.value.steps)
    _add(note, "voice", voice)
    if not whole:
        _type(note, event)
    _add(note, "staff", staff)
    if event.tuplet_begins or event.tuplet_ends:
        _tuplet(_add(note, "notations"), event)


def _note(measure: Element, event: Event, head: Head, voice: int, staff: int, in_chord: bool) -> None:
    note = _add(measure, "note")
    if in_chord:
        _add(note, "chord")
    pitch = _add(note, "pitch")
    _add(pitch, "step", letter(head.name))
    if alteration(head.name):
        _add(pitch, "alter", alteration(head.name))
    _add(pitch, "octave", octave(head.pitch, head.name))
    _add(note, "duration", event.value.steps)
    ties = [kind for kind, tied in (("stop", head.back), ("start", head.on)) if tied]
    for kind in ties:
        _add(note, "tie", type=kind)
    _add(note, "voice", voice)
    _type(note, event)
    if head.accidental is not None:
        courtesy = {"cautionary": "yes"} if head.courtesy else {}
        mark = Element("accidental", courtesy)
        mark.text = ACCIDENTALS[head.accidental]
        note.insert([child.tag for child in note].index("time-modification") if event.value.tuplet else len(note), mark)
    _add(note, "staff", staff)
    if not in_chord:
        for level, kind in enumerate(event.beams, start=1):
            _add(note, "beam", kind, number=level)
    opens = not in_chord and (event.tuplet_begins or event.tuplet_ends)
    if ties or opens:
        notations = _add(note, "notations")
        for kind in ties:
            _add(notations, "tied", type=kind)
        if opens:
            _tuplet(notations, event)


def _type(note: Element, event: Event) -> None:
    value = event.value
    _add(note, "type", TYPES.get(value.power) or f"{4 << -value.power}th")
    for _ in range(value.dots):
        _add(note, "dot")
    if value.tuplet:
        ratio = _add(note, "time-modification")
        _add(ratio, "actual-notes", value.tuplet[0])
        _add(ratio, "normal-notes", value.tuplet[1])


def _tuplet(notations: Element, event: Event) -> None:
    if event.tuplet_begins:
        _add(notations, "tuplet", type="start")
    if event.tuplet_ends:
        _add(notations, "tuplet", type="stop")

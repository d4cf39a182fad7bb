"""A small reader of MusicXML of its own, for what `nanopiano.score` writes."""

from collections.abc import Iterator
from typing import NamedTuple
from xml.etree import ElementTree

Sound = tuple[int, int, int]  # onset, pitch, length, in divisions


class Written(NamedTuple):
    """A note or rest as it stands in the file, at its time from the beginning in divisions."""

    onset: int
    bar: int
    element: ElementTree.Element


def number(element: ElementTree.Element, path: str, default: int = 0) -> int:
    text = element.findtext(path)
    return default if text is None else int(text)


def written(data: bytes) -> Iterator[Written]:
    """The notes and rests in the order of the file."""
    part = ElementTree.fromstring(data).find("part")
    assert part is not None
    begin = 0
    for bar, measure in enumerate(part.findall("measure")):
        now = chord = furthest = begin
        for element in measure:
            length = number(element, "duration")
            if element.tag == "backup":
                now -= length
            elif element.tag == "note":
                if element.find("chord") is None:
                    chord, now = now, now + length
                yield Written(chord, bar, element)
            assert now >= begin
            furthest = max(furthest, now)
        begin = furthest


def pitch_of(note: ElementTree.Element) -> int | None:
    step = note.findtext("pitch/step")
    if step is None:
        return None
    return (
        12 * (number(note, "pitch/octave") + 1)
        + dict(zip("CDEFGAB", (0, 2, 4, 5, 7, 9, 11), strict=True))[step]
        + number(note, "pitch/alter")
    )


def sounds(data: bytes) -> list[Sound]:
    """The notes as they sound, ties joined, in order of onset, the highest first."""
    found: list[Sound] = []
    open_ties: dict[tuple[int, int], int] = {}  # where the note so far ends, and its pitch -> its onset
    for onset, _, note in sorted(written(data), key=lambda some: some.onset):
        pitch = pitch_of(note)
        if pitch is None:
            continue
        ties = {tie.get("type") for tie in note.findall("tie")}
        begin = open_ties.pop((onset, pitch)) if "stop" in ties else onset
        end = onset + number(note, "duration")
        if "start" in ties:
            assert (end, pitch) not in open_ties
            open_ties[end, pitch] = begin
        else:
            found.append((begin, pitch, end - begin))
    assert not open_ties, "a tie leads nowhere"
    return sorted(found, key=lambda sound: (sound[0], -sound[1]))

"""Beams: the notes of a beat that are shorter than a quarter, and of half a 4/4 bar if all are eighths."""

from itertools import groupby

from nanopiano.score.bars import Event, Voice
from nanopiano.score.metre import Metre

EIGHTH = -1


def add_beams(voice: Voice, metre: Metre) -> None:
    """Say in each event of a voice which beams begin, go on and end there."""
    joined = _joined_halves(voice, metre)
    groups = groupby(
        voice, key=lambda event: (bool(event.heads) and event.value.power < 0, _group(event, metre, joined))
    )
    for (beamed, _), group in groups:
        events = list(group)
        if beamed and len(events) > 1:
            _beam(events)


def _group(event: Event, metre: Metre, joined: set[int]) -> tuple[int, int]:
    half = event.place // (2 * metre.beat)
    return half, -1 if half in joined else event.place // metre.beat


def _joined_halves(voice: Voice, metre: Metre) -> set[int]:
    """Return the halves of a 4/4 bar that hold four eighths and nothing else."""
    if (metre.beats, metre.unit) != (4, 4):
        return set()
    halves = [[event for event in voice if event.place // (2 * metre.beat) == half] for half in (0, 1)]
    return {
        half
        for half, events in enumerate(halves)
        if len(events) == 4 and all(event.heads and event.value[1:] == (EIGHTH, 0, None) for event in events)
    }


def _beam(events: list[Event]) -> None:
    depths = [-event.value.power for event in events]
    for place, event in enumerate(events):
        before = depths[place - 1] if place else 0
        after = depths[place + 1] if place + 1 < len(depths) else 0
        event.beams = [_kind(before >= level, after >= level, place) for level in range(1, depths[place] + 1)]


def _kind(left: bool, right: bool, place: int) -> str:
    if left and right:
        return "continue"
    if left or right:
        return "end" if left else "begin"
    return "backward hook" if place else "forward hook"

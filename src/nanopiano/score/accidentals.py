"""Accidentals: what is drawn before a note, by the key signature and by what stands earlier in the bar.

A head that is tied to one before has none. A note of the signature that was altered in the bar before is reminded of
by a courtesy accidental.
"""

from nanopiano.score.bars import Head, Score, Staff
from nanopiano.score.keys import Key
from nanopiano.score.spelling import alteration, letter, octave

Line = tuple[str, int]  # a line or space of the staff: letter and octave


def add_accidentals(score: Score) -> None:
    """Say in each head of a score which accidental stands before it."""
    for staff in range(2):
        altered: set[Line] = set()  # in the bar before
        for bar in score.bars:
            altered = _bar(bar.staves[staff], score.key, altered)


def in_signature(name: int, key: Key) -> int:
    """Return how the key signature alters the letter of a name, in semitones."""
    lowest = key.fifths - 1  # the seven names of the scale stand from here on
    return alteration(lowest + (name - lowest) % 7)


def _bar(staff: Staff, key: Key, altered_before: set[Line]) -> set[Line]:
    """Add the accidentals of a bar and return the lines that it altered."""
    state: dict[Line, int] = {}
    altered = set()
    events = sorted((event for voice in staff for event in voice), key=lambda event: event.place)
    for head in (head for event in events for head in event.heads):
        line, wanted, usual = _line(head), alteration(head.name), in_signature(head.name, key)
        if wanted != usual:
            altered.add(line)
        if head.back:
            continue
        if state.get(line, usual) != wanted:
            head.accidental = wanted
        elif line in altered_before and line not in state and wanted == usual:
            head.accidental, head.courtesy = wanted, True
        state[line] = wanted
    return altered


def _line(head: Head) -> Line:
    return letter(head.name), octave(head.pitch, head.name)

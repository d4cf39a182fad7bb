"""Clefs: treble or bass for each bar of a staff, changed where that saves many ledger lines.

Among all ways to change, the one that costs least (Viterbi's algorithm, as in `music.hands`).
"""

import numpy as np

from nanopiano.score.bars import Score
from nanopiano.score.spelling import letter, octave

TREBLE, BASS = ("G", 2), ("F", 4)  # sign and line
CLEFS = (TREBLE, BASS)
MIDDLE_LINE = (34, 22)  # places of B4 and D3, counted in letters from C0
STEPS_TO_LEDGER = 6  # from the middle line to the first ledger line
CHANGING = 20  # ledger lines that a change of clef must save
ORDER = "CDEFGAB"


def clefs_of(score: Score, staff: int) -> list[tuple[str, int]]:
    """Return the clef of each bar of a staff as (sign, line)."""
    costs = np.array([[_ledger_lines(score, bar, staff, clef) for clef in (0, 1)] for bar in range(len(score.bars))])
    costs = costs.astype(float)
    costs[0, 1 - staff] += CHANGING  # the upper staff begins with the treble, the lower with the bass clef if it can
    totals, best = costs[0], []
    for cost in costs[1:]:
        other = totals[::-1] + CHANGING
        best.append(np.where(other < totals, [1, 0], [0, 1]))
        totals = cost + np.minimum(totals, other)
    way = [int(totals.argmin())]
    for before in best[::-1]:
        way.append(int(before[way[-1]]))
    return [CLEFS[clef] for clef in way[::-1]]


def _ledger_lines(score: Score, bar: int, staff: int, clef: int) -> int:
    heads = [head for voice in score.bars[bar].staves[staff] for event in voice for head in event.heads]
    places = [7 * octave(head.pitch, head.name) + ORDER.index(letter(head.name)) for head in heads]
    return sum(max(abs(place - MIDDLE_LINE[clef]) - STEPS_TO_LEDGER + 2, 0) // 2 for place in places)

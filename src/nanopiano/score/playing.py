"""In which order the bars of a score are played: repeats, endings, da capo and dal segno, fine and coda."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from nanopiano.errors import InputError

MOST_PASSES = 64  # of all bars; a score that asks for more is damaged


@dataclass
class Marks:
    """What a bar says of the order."""

    forward: bool = False  # a repeat begins
    backward: int = 0  # how often in all the repeat that ends here is played, 0 for none
    endings: set[int] = field(default_factory=set)  # the passes in which the bar is played, all if empty
    jump: str = ""  # `dacapo` or `dalsegno` at its end
    segno: bool = False
    coda: bool = False
    to_coda: bool = False  # at its end, after a jump
    fine: bool = False  # likewise


def order_of(bars: Sequence[Marks]) -> list[int]:
    """Return the numbers of the bars, from 0, in the order of playing. After a jump repeats are not taken again.

    Raises InputError if there are more than `MOST_PASSES` times as many as bars.
    """
    order: list[int] = []
    at = begin = 0
    passing, jumped = 1, False
    while at < len(bars):
        bar = bars[at]
        after_endings = at > 0 and bool(bars[at - 1].endings) and not bar.endings
        if begin != at and (bar.forward or after_endings):
            begin, passing = at, 1
        if bar.endings and not _played(bars, at, None if jumped else passing):
            at += 1
            continue
        if len(order) == MOST_PASSES * len(bars):
            raise InputError(f"its repeats play every bar more than {MOST_PASSES} times; get the file again")
        order.append(at)
        if _goes_back(bars, at, passing) and not jumped:
            passing += 1
            at = begin
        elif jumped and bar.fine:
            break
        elif jumped and bar.to_coda:
            at = next((place for place in range(at + 1, len(bars)) if bars[place].coda), at + 1)
        elif bar.jump and not jumped:
            jumped = True
            at = next((place for place in range(at + 1) if bars[place].segno), 0) if bar.jump == "dalsegno" else 0
        else:
            if bar.backward and not bar.endings:
                begin, passing = at + 1, 1
            at += 1
    return order


def _played(bars: Sequence[Marks], at: int, passing: int | None) -> bool:
    """Return whether a bar under an ending is played in this pass; after a jump (None) the last of several is."""
    if passing is not None:
        return passing in bars[at].endings
    return max(_brackets(bars, at), 2) in bars[at].endings


def _goes_back(bars: Sequence[Marks], at: int, passing: int) -> bool:
    """Return whether a repeat ends at a bar and there is a pass to come; under endings these say how many there are."""
    if not bars[at].endings:
        return bars[at].backward > passing
    return bars[at].backward > 0 and passing < _brackets(bars, at)


def _brackets(bars: Sequence[Marks], at: int) -> int:
    """Return the last pass of the endings that stand together around a bar; past a lone one the music goes on."""
    first = last = at
    while first and bars[first - 1].endings:
        first -= 1
    while last + 1 < len(bars) and bars[last + 1].endings:
        last += 1
    group = bars[first : last + 1]
    alone = all(bar.endings == group[0].endings for bar in group) and any(bar.backward for bar in group)
    return max(max(bar.endings) for bar in group) + alone

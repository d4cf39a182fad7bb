"""In which order the bars of a score are played: repeats, endings, da capo and dal segno, fine and coda."""

from collections.abc import Sequence
from dataclasses import dataclass, field

MOST_PASSES = 64  # of a bar; a score that asks for more is damaged


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
    """Return the numbers of the bars, from 0, in the order of playing. After a jump repeats are not taken again."""
    order: list[int] = []
    at = begin = 0
    passing, jumped = 1, False
    while at < len(bars) and len(order) < MOST_PASSES * len(bars):
        bar = bars[at]
        after_endings = at > 0 and bool(bars[at - 1].endings) and not bar.endings
        if begin != at and (bar.forward or after_endings):
            begin, passing = at, 1
        if bar.endings and not _played(bars, at, None if jumped else passing):
            at += 1
            continue
        order.append(at)
        if bar.backward > passing and not jumped:
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
    first = last = at
    while first and bars[first - 1].endings:
        first -= 1
    while last + 1 < len(bars) and bars[last + 1].endings:
        last += 1
    known = set().union(*(bar.endings for bar in bars[first : last + 1]))
    return max(known | {2}) in bars[at].endings

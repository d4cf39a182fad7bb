"""Bars, beats, and how a stretch of a bar is written as note values that show the beat.

A stretch is one value where that value begins on its own place in the bar, or is off it by half (the syncopation that
players read at sight), or is a dotted one that begins or ends on a place of twice its undotted value; any other is cut
at the strongest place inside and tied, as Gould 2011, "Behind bars", pp. 166-172, has it. Beats that the halves of the
beat cannot write (triplets on a grid of 12) are written as tuplets.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from nanopiano.music.piece import Piece

LONGEST_BAR = 8  # quarter notes; a file that claims longer bars is written in 4/4
SMALLEST_UNIT = 32


class Value(NamedTuple):
    """A written value of `steps` steps: 2 ** `power` quarter notes with `dots` dots, `tuplet` as (actual, normal)."""

    steps: int
    power: int
    dots: int = 0
    tuplet: tuple[int, int] | None = None


@dataclass(frozen=True)
class Metre:
    """A time signature on a grid. All places in a bar are steps from its beginning."""

    beats: int
    unit: int
    steps_per_beat: int  # in a quarter note, as everywhere

    @property
    def bar(self) -> int:
        """Steps in a bar."""
        return 4 * self.steps_per_beat * self.beats // self.unit

    @property
    def compound(self) -> bool:
        """Whether three units make a beat, as in 6/8."""
        whole = 12 * self.steps_per_beat % self.unit == 0  # steps in such a beat
        return self.unit >= 8 and self.beats % 3 == 0 and not self.steps_per_beat % 2 and whole

    @property
    def beat(self) -> int:
        """Steps in a beat, by which notes are beamed."""
        return 12 * self.steps_per_beat // self.unit if self.compound else self.steps_per_beat

    @property
    def odd(self) -> int:
        """The odd part of the steps in a quarter note: 1 where halving writes everything, 3 for triplets."""
        return self.steps_per_beat // (self.steps_per_beat & -self.steps_per_beat)

    @property
    def tuplet(self) -> tuple[int, int]:
        """How many notes stand in the time of how many: (3, 2) for triplets."""
        return self.odd, 1 << (self.odd.bit_length() - 1)

    def needs_tuplet(self, place: int) -> bool:
        """Return whether only a tuplet can begin or end a note at this place."""
        return place % self.odd != 0

    def values(self, start: int, end: int, *, tuplet: bool = False, rest: bool = False) -> list[Value]:
        """Return the values that write [start, end) of a bar, tied if several; within one beat if `tuplet`."""
        if tuplet:
            quarter = self.steps_per_beat // self.odd * self.tuplet[1]
            begin = start % self.steps_per_beat
            lengths = _lengths(begin, begin + end - start, quarter, rest)
            return [_value(length, quarter, 1, self.tuplet) for length in lengths]
        quarter = self.steps_per_beat // self.odd
        found: list[int] = []
        for part, length in self._beats(start // self.odd, end // self.odd):
            found += [length] if part is None else _lengths(part, part + length, quarter, rest)
        return [_value(length, quarter, self.odd, None) for length in found]

    def _beats(self, start: int, end: int) -> list[tuple[int | None, int]]:
        """Part a stretch where its beats have three units: (place in the beat, or None for whole beats; length)."""
        if not self.compound:
            return [(start, end - start)]
        beat = self.beat // self.odd
        cuts = [start, *range((start // beat + 1) * beat, end, beat), end]
        whole = (end - start) // beat
        if not start % beat and not end % beat and whole & (whole - 1) == 0:
            return [(None, end - start)]
        return [(begin % beat, until - begin) for begin, until in pairwise(cuts)]


def metre_of(piece: Piece) -> Metre:
    """Return the metre of a piece, 4/4 where its own does not fit its grid."""
    beats, unit = piece.time_signature
    per_beat = piece.grid.steps_per_beat
    own = Metre(beats, unit, per_beat)
    whole = unit in (1, 2, 4, 8, 16, SMALLEST_UNIT) and 4 * per_beat * beats % unit == 0
    return own if whole and own.bar % own.odd == 0 and 0 < own.bar <= LONGEST_BAR * per_beat else Metre(4, 4, per_beat)


def _lengths(start: int, end: int, quarter: int, rest: bool) -> list[int]:
    """Return the lengths of the values of [start, end), in units of which a quarter has a power of two."""
    if _is_value(start, end, quarter, rest):
        return [end - start]
    cut = next(place for level in range(end.bit_length(), -1, -1) if (place := (start >> level) + 1 << level) < end)
    return _lengths(start, cut, quarter, rest) + _lengths(cut, end, quarter, rest)


def _is_value(start: int, end: int, quarter: int, rest: bool) -> bool:
    length = end - start
    if length > LONGEST_BAR * quarter:
        return False
    if length & (length - 1) == 0:
        half_off = start % length == length // 2 > 0 and not rest
        weak = (start + length // 2) % (2 * length) != 0 or length >= 2 * quarter
        return start % length == 0 or (half_off and weak)
    part, remainder = divmod(length, 3)
    if remainder or part & (part - 1):
        return False
    if rest:
        return length < quarter and start % (4 * part) == 0
    return start % (4 * part) == 0 or end % (4 * part) == 0


def _value(length: int, quarter: int, steps: int, tuplet: tuple[int, int] | None) -> Value:
    """Return the value of `length` units of `steps` steps; `quarter` of them are a written quarter note."""
    plain = 1 << (length.bit_length() - 1)  # 3 parts of 2: a dot
    return Value(length * steps, plain.bit_length() - quarter.bit_length(), int(plain != length), tuplet)

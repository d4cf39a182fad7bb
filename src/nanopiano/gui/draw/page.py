"""Where everything stands in a picture of a piece: numbers only, no pygame."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import log2

from nanopiano.errors import InputError
from nanopiano.music.grid import HIGHEST_PITCH, LOWEST_PITCH
from nanopiano.music.piece import Piece

MARGIN = 32
HEADER = 92  # title, facts, and the space below them
GUTTER = 40  # octave labels, left of a system
NUMBERS = 20  # bar numbers, above a system
GAP = 20  # between systems
SMALLEST = 320  # pixels across or down
SPARE_KEYS = 2  # above the highest and below the lowest note
FEWEST_KEYS = 25
FEWEST_BARS = 4  # in a system; a single bar over the whole width would look like a mistake
STEP_TO_KEY = 2.2  # how much wider a step is than a key is high, if that can be had
# Where the height is free, the height of a key by the height of the page that it leads to.
KEY_HEIGHTS = ((8, 1000), (6, 1600), (5, 16_000))


@dataclass(frozen=True)
class Page:
    """A picture: systems of bars below one another. All numbers are pixels but those of bars, steps and keys."""

    width: int
    height: int
    bar_steps: int
    bars: int
    bars_a_system: int
    key_height: int
    lowest: int
    highest: int

    @classmethod
    def of(cls, piece: Piece, width: int, height: int | None = None) -> "Page":
        """Return the page of a piece; a height of None is as much as it takes. Raises InputError for too small ones."""
        if min(width, height or width) < SMALLEST:
            raise InputError(f"a picture of {width} x {height or width} pixels is too small: from {SMALLEST} on")
        lowest, highest = _range(piece)
        bars = max(piece.bars, 1)
        fixed = (piece.grid.bar_steps, bars)
        if height is None:
            for key_height, tallest in KEY_HEIGHTS:
                pages = [cls(width, 0, *fixed, n, key_height, lowest, highest) for n in _choices(bars)]
                best = min(pages, key=cls._awkwardness)
                if best._needed <= tallest:
                    return replace(best, height=best._needed)
            return cls.of(piece, width, tallest)
        pages = [cls(width, height, *fixed, n, 1, lowest, highest) for n in _choices(bars)]
        pages = [page for page in pages if page._needed <= height] or pages[-1:]
        return min((replace(page, key_height=page._highest_keys) for page in pages), key=cls._awkwardness)

    @property
    def _needed(self) -> int:
        """The height that it takes."""
        return HEADER + MARGIN - GAP + self.systems * (self.roll_height + NUMBERS + GAP)

    @property
    def _highest_keys(self) -> int:
        """The greatest height of a key with which all systems find room."""
        room = self.height - HEADER - MARGIN + GAP - self.systems * (NUMBERS + GAP)
        return max(room // (self.systems * (self.highest - self.lowest + 1)), 1)

    def _awkwardness(self) -> float:
        """How far a sixteenth is from the shape that reads best, and how empty the last system is."""
        shape = abs(log2(self.step_width / self.key_height / STEP_TO_KEY))
        return shape + 1 - self.bars / (self.systems * self.bars_a_system)

    @property
    def systems(self) -> int:
        """How many systems there are."""
        return -(-self.bars // self.bars_a_system)

    @property
    def left(self) -> int:
        """Where the roll begins."""
        return MARGIN + GUTTER

    @property
    def roll_height(self) -> int:
        """How high the roll of a system is."""
        return (self.highest - self.lowest + 1) * self.key_height

    @property
    def step_width(self) -> float:
        """How wide a step is."""
        return (self.width - self.left - MARGIN) / (self.bars_a_system * self.bar_steps)

    def top(self, system: int) -> int:
        """Return where the roll of a system begins, below its bar numbers."""
        return HEADER + NUMBERS + system * (self.roll_height + NUMBERS + GAP)

    def first_step(self, system: int) -> int:
        """Return the first step of a system."""
        return system * self.bars_a_system * self.bar_steps

    def last_step(self, system: int) -> int:
        """Return the step at which a system ends."""
        return min(self.first_step(system + 1), self.bars * self.bar_steps)

    def x(self, system: int, step: int) -> int:
        """Return where a step begins."""
        return round(self.left + (step - self.first_step(system)) * self.step_width)

    def y(self, system: int, pitch: int) -> int:
        """Return where the row of a key begins."""
        return self.top(system) + (self.highest - pitch) * self.key_height

    def parts(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Yield the parts of the steps [start, end) in each system that has some, as (system, start, end)."""
        a_system = self.bars_a_system * self.bar_steps
        for system in range(start // a_system, min(-(-end // a_system), self.systems)):
            yield system, max(start, self.first_step(system)), min(end, self.last_step(system))


def _range(piece: Piece) -> tuple[int, int]:
    """Return the lowest and the highest key to show."""
    if not len(piece):
        return 60 - FEWEST_KEYS // 2, 60 + FEWEST_KEYS // 2
    lowest, highest = int(piece.pitches.min()) - SPARE_KEYS, int(piece.pitches.max()) + SPARE_KEYS
    missing = max(FEWEST_KEYS - (highest - lowest + 1), 0)
    return max(lowest - missing // 2, LOWEST_PITCH), min(highest + -(-missing // 2), HIGHEST_PITCH)


def _choices(bars: int) -> list[int]:
    """Return how many bars a system may have: round numbers, so that systems begin at bars worth counting from."""
    numbers = [4, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96, 128, 192, 256, 384, 512]
    if bars <= FEWEST_BARS:
        return [FEWEST_BARS]
    return [number for number in numbers if number < bars] + [min(bars, numbers[-1])]

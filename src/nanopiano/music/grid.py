"""The grid that all music stands on: 88 keys, and time in steps."""

from dataclasses import dataclass

from nanopiano.errors import InputError

LOWEST_PITCH = 21  # MIDI number of A0, the lowest key of a piano
HIGHEST_PITCH = 108  # MIDI number of C8, the highest key
N_KEYS = HIGHEST_PITCH - LOWEST_PITCH + 1
BEATS_PER_BAR = 4  # a bar is four beats counted from step 0, whatever metre a file claims
MOST_STEPS = 96  # a beat may be parted into
MOST_BEATS = 1_000_000  # of a piece: more than five days; a file that claims more would fill the memory
LONGEST_BEATS = 32  # no word is longer than eight bars; longer waits are written in parts


@dataclass(frozen=True)
class Grid:
    """The one place that knows how many steps make a beat (quarter note); 4 by default, 12 keeps triplets.

    Raises InputError for a number of steps out of range.
    """

    steps_per_beat: int = 4

    def __post_init__(self) -> None:
        if not 1 <= self.steps_per_beat <= MOST_STEPS:
            raise InputError(f"steps_per_beat is {self.steps_per_beat}: expected 1 to {MOST_STEPS}")

    @property
    def bar_steps(self) -> int:
        """Steps in a bar."""
        return BEATS_PER_BAR * self.steps_per_beat

    @property
    def longest(self) -> int:
        """The longest length or wait that one word can say, in steps."""
        return LONGEST_BEATS * self.steps_per_beat

    def step_at(self, ticks: int, ticks_per_beat: int) -> int:
        """Return the step nearest to `ticks`, halves rounded up (integer arithmetic, so exact)."""
        return (2 * self.steps_per_beat * ticks + ticks_per_beat) // (2 * ticks_per_beat)

    def distance(self, ticks: int, ticks_per_beat: int) -> float:
        """Return how far `ticks` lies from its nearest step, in steps (0 to 0.5)."""
        return abs(self.steps_per_beat * ticks / ticks_per_beat - self.step_at(ticks, ticks_per_beat))

    def seconds(self, steps: float, bpm: float) -> float:
        """Return how long `steps` last at `bpm` beats a minute."""
        return steps * 60.0 / (bpm * self.steps_per_beat)

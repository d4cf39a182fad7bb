"""The grammar as a state machine, and what it hears: the time, the place in the bar, the keys that sound.

One machine serves checking, the mask of the sampler and the inputs of the model. `Listener` goes word by word;
`hear` computes the same for a whole sequence at once.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nanopiano.errors import InputError
from nanopiano.music.grid import N_KEYS
from nanopiano.music.vocab import END, FILL, FIRST_DURATION, FIRST_PITCH, GAP, START, WAIT, Vocabulary

HEARD_STEPS = 255  # a key that sounds longer than this is heard as sounding this long


class Listener:
    """Reads words one by one. After each: `time` in steps, the keys sounding, and which words may come next."""

    def __init__(self, vocab: Vocabulary) -> None:
        self.vocab = vocab
        self.time = 0
        self.head: int | None = None  # the pitch, sepxx or GAP whose duration must come next
        self.until = np.zeros(N_KEYS, dtype=np.int64)  # the step at which each key falls silent
        self.ended = False
        self.n_notes = 0
        self._begun = False
        self._lowest = N_KEYS  # keys below this one may still begin at this step
        self._waited = 0  # steps of the wait just read
        self._after_note = False
        self._gap: tuple[int, int, NDArray[np.int64]] | None = None  # start, end, keys sounding at its start
        self._gap_open = False  # the last event was a GAP, which another may lengthen
        self._fill_end: int | None = None  # set from FILL on

    @property
    def place(self) -> int:
        """Where in the bar the time stands, in steps."""
        return self.time % self.vocab.grid.bar_steps

    def sounding(self) -> NDArray[np.uint8]:
        """How many steps each key will still sound; uint8 [88]."""
        return np.clip(self.until - self.time, 0, HEARD_STEPS).astype(np.uint8)

    def allowed(self) -> NDArray[np.bool_]:
        """Which words may come next in canonical form, bool [V]; START, GAP and FILL are never sampled."""
        mask = np.zeros(len(self.vocab), dtype=bool)
        if self.ended:
            return mask
        if self.head is not None:
            mask[FIRST_DURATION:] = True
            if self.head == WAIT and self._fill_end is not None:
                mask[FIRST_DURATION + max(self._fill_end - self.time - 1, 0) :] = False
            return mask
        # In canonical form a note has ended when its key is struck again; so has one that sounds into a gap.
        mask[FIRST_PITCH : FIRST_PITCH + self._lowest] = self.until[: self._lowest] <= self.time
        may_wait = self._waited in (0, self.vocab.grid.longest)
        mask[WAIT] = may_wait and (self._fill_end is None or self.time + 1 < self._fill_end)
        mask[END] = self._after_note or not mask.any()
        return mask

    def feed(self, number: int) -> None:
        """Read one word. Raises InputError if a word of its kind cannot stand here (the order in a step is free)."""
        if self.ended:
            raise InputError(f"{self.vocab.words[number]!r} after END")
        if self.head is not None:
            if number < FIRST_DURATION:
                raise InputError(f"{self.vocab.words[number]!r} where a duration must stand")
            self._lengthen(self.head, number - FIRST_DURATION + 1)
            self.head = None
        elif not self._may_stand(number):
            raise InputError(f"{self.vocab.words[number]!r} where a pitch, sepxx or END must stand")
        elif number == END:
            self.ended = True
        elif number == FILL:
            self._begin_fill()
        elif number != START:
            self.head = number
        self._begun = True

    def _may_stand(self, number: int) -> bool:
        if number == START:
            return not self._begun
        if number == GAP:
            return self._fill_end is None and (self._gap is None or self._gap_open)
        if number == FILL:
            return self._fill_end is None and self._gap is not None
        return number < FIRST_DURATION

    def _lengthen(self, head: int, steps: int) -> None:
        self._after_note = head >= FIRST_PITCH
        if self._after_note:
            key = head - FIRST_PITCH
            end = self.time + steps if self._fill_end is None else min(self.time + steps, self._fill_end)
            self.until[key] = end
            self._lowest = key
            self._waited = 0
            self.n_notes += 1
            self._gap_open = False
            return
        if head == GAP:
            if not self._gap_open:
                self._gap = (self.time, self.time, self.until.copy())
            start, _, until = self._gap  # type: ignore[misc]
            self._gap = (start, self.time + steps, until)
        self._gap_open = head == GAP
        self.time += steps
        self._lowest = N_KEYS
        self._waited = steps if head == WAIT else 0

    def _begin_fill(self) -> None:
        assert self._gap is not None
        self.time, self._fill_end, until = self._gap
        self.until = until.copy()
        self._lowest, self._waited, self._after_note = N_KEYS, 0, False


class Heard(NamedTuple):
    """What is heard after each word of a sequence."""

    time: NDArray[np.int64]  # [T], steps
    sounding: NDArray[np.uint8]  # [T, 88], steps that each key will still sound


def hear(ids: NDArray[np.uint16]) -> Heard:
    """Return what a `Listener` hears after each of `ids` (uint16 [T], from the beginning of a piece), all at once."""
    heads = np.concatenate([[START], ids[:-1]])
    is_duration = ids >= FIRST_DURATION
    steps = np.where(is_duration, ids.astype(np.int64) - FIRST_DURATION + 1, 0)
    passes = is_duration & ((heads == WAIT) | (heads == GAP))
    time = np.cumsum(np.where(passes, steps, 0))
    fill = np.flatnonzero(ids == FILL)
    fill_at = int(fill[0]) if len(fill) else len(ids)
    gap_at = fill_end = 0
    if fill_at < len(ids):
        gaps = np.flatnonzero(ids[:fill_at] == GAP)
        gap_at = int(gaps[0]) - 1  # the last word before the gap
        fill_end = int(time[gaps[-1] + 1])
        time[fill_at:] += time[gap_at] - time[fill_at]
    struck = is_duration & (heads >= FIRST_PITCH)
    places = np.flatnonzero(struck)
    ends = time[places] + steps[places]
    ends[places > fill_at] = np.minimum(ends[places > fill_at], fill_end)
    # For every place and key the latest place at which that key's end was set; FILL sets all of them back.
    latest = np.zeros((len(ids), N_KEYS), dtype=np.int64)
    latest[places, heads[places].astype(np.int64) - FIRST_PITCH] = places
    np.maximum.accumulate(latest, axis=0, out=latest)
    if fill_at < len(ids):
        after = latest[fill_at:]
        after[...] = np.where(after > fill_at, after, latest[gap_at])
    until = np.zeros(len(ids), dtype=np.int64)
    until[places] = ends
    sounding = np.clip(until[latest] - time[:, None], 0, HEARD_STEPS).astype(np.uint8)
    return Heard(time, sounding)

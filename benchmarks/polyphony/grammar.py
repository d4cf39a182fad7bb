"""Which word may come next in the spelling of a roll, and what a network is told after each word.

Stricter than the grammar of pieces (a key that has just fallen silent cannot be struck, for that would be one run) and
wider by the wait before END. The words that may come are exactly those that lead to a spelling `roll_to_ids` writes.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nanopiano.music.grid import N_KEYS
from nanopiano.music.listen import hear
from nanopiano.music.vocab import END, FIRST_DURATION, FIRST_PITCH, START, WAIT, duration_id, vocabulary
from nanopiano.music.words import Ids


class Told(NamedTuple):
    """What is known after each of T words."""

    time: NDArray[np.int64]  # [T], frames
    sounding: NDArray[np.uint8]  # [T, 88], frames that each key will still sound
    released: NDArray[np.bool_]  # [T, 88], keys that sounded in the frame before and do not now
    allowed: NDArray[np.bool_]  # [T, V], words that may come next


def tell(ids: Ids) -> Told:
    """Return what is known after each of `ids` (uint16 [T], from START on)."""
    heard = hear(ids)
    heads = np.concatenate([[START], ids[:-1]])
    is_duration = ids >= FIRST_DURATION
    waits = is_duration & (heads == WAIT)
    released = _released(heard.time, heard.sounding, waits)
    after_event = is_duration | (ids == START)
    after_note = is_duration & (heads >= FIRST_PITCH)
    lowest = np.where(after_note, heads.astype(np.int64) - FIRST_PITCH, N_KEYS)
    silent = (heard.sounding == 0) & (~released | _cut(ids, heads, heard.time))
    allowed = np.zeros((len(ids), len(vocabulary())), dtype=bool)
    allowed[:, FIRST_PITCH:FIRST_DURATION] = silent & (np.arange(N_KEYS) < lowest[:, None]) & after_event[:, None]
    allowed[:, FIRST_DURATION:] = ~after_event[:, None]
    allowed[:, WAIT] = after_event & (~waits | (ids == _LONGEST))
    over = ~heard.sounding.any(axis=1) & ~released.any(axis=1)  # time stands past the end of every note
    allowed[:, END] = after_event & (~waits | over)
    return Told(heard.time, heard.sounding, released, allowed)


_LONGEST = duration_id(vocabulary().grid.longest)


def _released(time: NDArray[np.int64], sounding: NDArray[np.uint8], waits: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which keys ended exactly where the latest wait led to, bool [T, 88]."""
    latest = np.maximum.accumulate(np.where(waits, np.arange(len(time)), 0))
    before = np.maximum(latest - 1, 0)
    waited = time[latest] - time[before]
    ended = (sounding[before] == waited[:, None]) & (waited > 0)[:, None]
    result: NDArray[np.bool_] = ended & (sounding == 0)
    return result


def _cut(ids: Ids, heads: NDArray[np.uint16], time: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return where a run of the longest length has just ended, which may go on as a second stroke, bool [T, 88]."""
    cut = np.zeros((len(ids), N_KEYS), dtype=bool)
    for place in np.flatnonzero((ids == _LONGEST) & (heads >= FIRST_PITCH)).tolist():
        end = time[place] + vocabulary().grid.longest
        cut[place:, int(heads[place]) - FIRST_PITCH] |= time[place:] == end
    return cut

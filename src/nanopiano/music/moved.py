"""Earlier passages that the music may be going along with, in whichever key: found by words, top, bass and rhythm.

Four views, each of which keeps the passage that it found last: the last 16 or 32 words with every pitch written as its
distance from the pitch before; the highest notes of the last onsets, as intervals and the steps between them; the
lowest; and the onsets alone, with their places in the bar. Several views of music side by side are Conklin and Witten's
(1995); here the network weighs them. `Moved` goes word by word; `moved` computes the same for a whole sequence at once.
"""

import numpy as np

from nanopiano.music.along import Along, Ints, along, is_pitch
from nanopiano.music.runs import Runs, places_after
from nanopiano.music.vocab import FIRST_DURATION, FIRST_PITCH, START, WAIT
from nanopiano.music.words import Ids

LENGTHS = (8, 16, 32)  # words looked up; 8 tell what followed, but are too few to go along with
INTERVALS = 4  # of top or bass
ONSETS = 8  # of a rhythm
N_MOVED = len(LENGTHS) + 4
SAME = 32_768  # the code of a pitch as high as the one before
LONGEST = 255  # steps from one onset of a line to the next; longer ones are not told apart


class Line:
    """The highest or the lowest notes of a piece, one after another, and the passage that they go along with.

    It is found by intervals and the steps between onsets; with `bar_steps` by those steps and the onsets' places in the
    bar instead. (In bars of over 256 steps two places may count as one.)
    """

    def __init__(self, n_notes: int, bar_steps: int | None = None) -> None:
        self._runs, self._bar_steps = Runs((n_notes,)), bar_steps
        self._notes: list[tuple[int, int]] = []  # onset and pitch
        self.lag = self.move = 0

    def copy(self) -> "Line":
        """Return another that knows the same and goes on by itself."""
        other = Line(self._runs.lengths[0], self._bar_steps)
        other._runs, other._notes, other.lag, other.move = self._runs.copy(), self._notes[:], self.lag, self.move
        return other

    def feed(self, onset: int, pitch: int) -> None:
        """Go on to a note."""
        then, was = self._notes[-1] if self._notes else (0, 0)
        self._notes.append((onset, pitch))
        kind = onset % self._bar_steps if self._bar_steps else (pitch - was) & 255
        if place := self._runs.feed(min(max(onset - then, 0), LONGEST) << 8 | kind)[0]:
            then, was = self._notes[place - 1]
            if then < onset:
                self.lag, self.move = onset - then, pitch - was


class Moved:
    """Reads words one by one and tells after each what comes next, should music that was heard before go on."""

    def __init__(self, bar_steps: int) -> None:
        self._bar_steps, self._runs, self._along = bar_steps, Runs(LENGTHS), Along()
        self._top, self._bass, self._rhythm = Line(INTERVALS), Line(INTERVALS), Line(ONSETS, bar_steps)
        self._stood: list[tuple[int, int]] = []  # after each word: time, and the last pitch
        self._onset = -1  # of the last pitch
        self._pitch = self._lag = self._move = 0

    def copy(self) -> "Moved":
        """Return another that knows the same and goes on by itself."""
        other = Moved(self._bar_steps)
        other._runs, other._along, other._stood = self._runs.copy(), self._along.copy(), self._stood[:]
        other._top, other._bass, other._rhythm = self._top.copy(), self._bass.copy(), self._rhythm.copy()
        other._onset, other._pitch, other._lag, other._move = self._onset, self._pitch, self._lag, self._move
        return other

    def feed(self, word: int, time: int) -> list[int]:
        """Read one word, after which the time is `time` steps; return the words told, START for nothing.

        They are: what followed the last 8, 16 and 32 words, moved; what comes along with words, top, bass, rhythm.
        """
        code = word
        if is_pitch(word):
            code = SAME + word - self._pitch
            if time != self._onset:
                self._top.feed(time, word)
                self._rhythm.feed(time, word)
            self._pitch, self._onset = word, time
        elif word == WAIT and time == self._onset:
            self._bass.feed(time, self._pitch)
        places = self._runs.feed(code)
        self._along.feed(word, time)
        self._stood.append((time, self._pitch))
        self._go_along(places, time)
        told = [self._word(self._runs.codes[place]) if place else START for place in places]
        passages = [(self._lag, self._move), *((line.lag, line.move) for line in (self._top, self._bass, self._rhythm))]
        return told + [self._along.next(lag, move) if lag else START for lag, move in passages]

    def _go_along(self, places: list[int], time: int) -> None:
        for place in places[:0:-1]:  # that of most words first
            then, pitch = self._stood[place - 1]
            if place and then < time:
                self._lag, self._move = time - then, self._pitch - pitch
                return

    def _word(self, code: int) -> int:
        if code < SAME // 2:
            return code
        pitch = self._pitch + code - SAME
        return pitch if is_pitch(pitch) else START


def moved(ids: Ids, time: Ints, bar_steps: int) -> Ints:
    """Return what `Moved` tells after each of `ids` (from the beginning of a piece, [T]); int64 [T, 7].

    time [T] in steps is that after each word, as `music.listen.hear` returns it.
    """
    words = ids.astype(np.int64)
    at = np.flatnonzero((words >= FIRST_PITCH) & (words < FIRST_DURATION))
    codes, pitch, onset = words.copy(), np.zeros_like(words), np.full(len(words), -1)
    codes[at] = SAME + np.diff(words[at], prepend=0)
    latest = np.maximum.accumulate(np.where(codes >= SAME // 2, np.arange(len(words)), -1))
    pitch[latest >= 0], onset[latest >= 0] = words[latest[latest >= 0]], time[latest[latest >= 0]]

    places = places_after(codes.astype(np.uint16), LENGTHS)
    then = np.maximum(places - 1, 0)
    found = (places > 0) & (time[then] < time[:, None])
    then = np.where(found[:, 2], then[:, 2], then[:, 1])
    lag = np.where(found[:, 1:].any(axis=1), time - time[then], 0)
    passages = [_kept(np.arange(len(words)), lag, pitch - pitch[then], len(words))]
    top = at[np.diff(time[at], prepend=-1) != 0]
    bass = np.flatnonzero((words == WAIT) & (time == onset))
    for at, *by in ((top, INTERVALS, None), (bass, INTERVALS, None), (top, ONSETS, bar_steps)):
        passages.append(_kept(at, *_line(time[at], pitch[at], *by), len(words)))
    lags, moves = (np.column_stack(columns) for columns in zip(*passages, strict=True))
    return np.column_stack([_followed(codes, pitch, places), along(ids, time, lags, moves)])


def _followed(codes: Ints, pitch: Ints, places: Ints) -> Ints:
    following = codes[places]
    there = pitch[:, None] + following - SAME
    heard = (there >= FIRST_PITCH) & (there < FIRST_DURATION)
    words = np.where(following < SAME // 2, following, np.where(heard, there, START))
    return np.where(places > 0, words, START)


def _line(onset: Ints, pitch: Ints, n_notes: int, bar_steps: int | None) -> tuple[Ints, Ints]:
    """Return what a `Line` finds at each of its notes: lag, 0 where nothing new, and move."""
    steps = np.clip(np.diff(onset, prepend=0), 0, LONGEST)
    kinds = onset % bar_steps if bar_steps else np.diff(pitch, prepend=0) & 255
    places = places_after((steps << 8 | kinds).astype(np.uint16), (n_notes,))[:, 0]
    then = np.maximum(places - 1, 0)
    return np.where((places > 0) & (onset[then] < onset), onset - onset[then], 0), pitch - pitch[then]


def _kept(at: Ints, lag: Ints, move: Ints, n_words: int) -> tuple[Ints, Ints]:
    """Return the passage after each word, given those found at some words: the latest, lag 0 before the first."""
    found = np.full(n_words, -1)
    found[at[lag > 0]] = np.flatnonzero(lag > 0)
    np.maximum.accumulate(found, out=found)
    none = found < 0
    if none.all():
        return np.zeros(n_words, dtype=np.int64), np.zeros(n_words, dtype=np.int64)
    return np.where(none, 0, lag[found]), np.where(none, 0, move[found])

"""What keeps new music from getting stuck or falling silent, as models that imitate sometimes do.

The more often an event came, the surer a model is that it comes again (Holtzman et al. 2020, section 3, found this for
text); and a model that has read single parts of songs knows their rests of many bars. The mask cuts off both where
real music seldom gets: of 270 held-out pieces seven repeat an event more often than is allowed here, seven are silent
for longer.
"""

import numpy as np
from numpy.typing import NDArray

from nanopiano.music.listen import Listener
from nanopiano.music.vocab import FIRST_DURATION, FIRST_PITCH, WAIT

MOST_REPEATS = 8  # of an event after itself: a bar of 8ths
MOST_ALIKE_BARS = 4  # that one event may fill, so of slow ones fewer come in a row
CALM = 16  # events after which it may come as often as before
LONGEST_SILENCE_BARS = 2


class Restraint:
    """Lets no event come more than eight times in a row, or for over four bars, and no silence last over two bars.

    Unless the prompt has it so. An event is a wait and the notes after it, with their lengths. Of the one too many the
    highest note is masked and nothing else, so that the beat stays. Then events may come half as often and as long in
    a row, and half of that if it happens again within 16 events, or a model would fall back at once into what it was
    kept from. Figures of several events (an Alberti bass, a tremolo of two keys) are never touched.
    """

    def __init__(self, listener: Listener, begin: int) -> None:
        """`begin` is the step from which on the music is new; silence before it does not count."""
        self.listener, self.begin = listener, begin
        self.most_repeats = MOST_REPEATS
        self.longest_silence = LONGEST_SILENCE_BARS * listener.vocab.grid.bar_steps
        self.most_alike = MOST_ALIKE_BARS * listener.vocab.grid.bar_steps
        self._onset = 0  # the step of the last event
        self._patience = MOST_REPEATS  # how often an event may come in a row now
        self._calm = 0  # events since one too many was kept off
        self._repeats = 0  # of the last event
        self._last: list[int] = []  # its words
        self._event: list[int] = []  # the words of the one that is being heard
        self._struck = False  # whether that has a note yet
        self._wait = 0  # steps from the event before it

    def hear(self, word: int) -> None:
        """Take in a word that the listener has just read."""
        listener = self.listener
        if word == WAIT and self._struck:
            self._finish_event()
        elif FIRST_PITCH <= word < FIRST_DURATION:
            if not self._struck:
                self._struck, self._wait, self._onset = True, listener.time - self._onset, listener.time
            self.longest_silence = max(self.longest_silence, listener.time - int(listener.until.max()))
        self._event.append(word)

    def start(self) -> None:
        """Begin to restrain: what was heard so far is the prompt, and what it does may be done after it."""
        self._finish_event()
        self._patience, self._repeats = self.most_repeats, 0

    def restrict(self, mask: NDArray[np.bool_]) -> None:
        """Take from `mask` what would be too much; something always stays."""
        listener = self.listener
        silent_from = max(int(listener.until.max()), self.begin)
        steps_left = silent_from + self.longest_silence - listener.time
        if listener.head == WAIT:
            mask[FIRST_DURATION + steps_left :] = False
        elif listener.head is None:
            mask[WAIT] &= steps_left > 0
            waited = len(self._event)
            begins_alike = not self._struck and self._last[:waited] == self._event
            begins_alike &= self._last[waited : waited + 1] != [WAIT]  # not yet the whole wait
            if begins_alike and self._repeats >= self._most_now() and mask.sum() > 1:
                mask[self._last[waited]] = False
                self._patience, self._calm = max(self._patience // 2, 1), 0

    def _most_now(self) -> int:
        """Return how often an event that comes at this step may come in a row."""
        wait = max(self.listener.time - self._onset, 1)
        fit = self.most_alike * self._patience // (self.most_repeats * wait)
        return min(self._patience, max(fit, 1))

    def _finish_event(self) -> None:
        self._repeats = self._repeats + 1 if self._event == self._last else 1
        self._last, self._event, self._struck = self._event, [], False
        self.most_repeats = max(self.most_repeats, self._repeats)
        if self._repeats > 1:
            self.most_alike = max(self.most_alike, self._repeats * self._wait)
        self._calm += 1
        if self._calm >= CALM:
            self._patience = self.most_repeats

"""The loop that composes: feed a word, mask, draw, listen; one word at a time, for one piece or several at once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from nanopiano.model.cache import Cache
from nanopiano.model.ending import Ending, Place
from nanopiano.model.engine import Engine
from nanopiano.model.originality.follow import Follower
from nanopiano.model.restraint import Restraint
from nanopiano.model.returns import FIRST_WORDS, SURE_WORDS, Returns
from nanopiano.model.sample import Sampling, draw, log_chance, probabilities
from nanopiano.model.surprise import Surprise
from nanopiano.model.tonality import Tonality
from nanopiano.music.grid import HIGHEST_PITCH, LOWEST_PITCH
from nanopiano.music.listen import Listener, hear
from nanopiano.music.piece import Note
from nanopiano.music.vocab import END, FIRST_DURATION, FIRST_PITCH, WAIT, Vocabulary
from nanopiano.music.words import Ids

ALL_PITCHES = np.arange(LOWEST_PITCH, HIGHEST_PITCH + 1)


class Writer:
    """One piece in the making: what was written, what is heard, and what may come next.

    Once the length of its `ending` is reached, what follows is held back until the best end is known, and cut there.
    """

    def __init__(
        self, vocab: Vocabulary, prompt: Ids, sampling: Sampling, seed: int, *, begin: int | None = None
    ) -> None:
        """`begin` is the step where new music begins; None in a fill, which begins where FILL is read."""
        self.listener = Listener(vocab)
        # A passage that returns for sure, and one that may have begun to.
        self.returns, self.begun = (Returns(vocab.grid.bar_steps, n_words) for n_words in (SURE_WORDS, FIRST_WORDS))
        self._returned: list[bool] = []  # which words of the prompt go on with a return
        self.tonality = Tonality(vocab.grid.bar_steps)
        self.restraint = None if begin is None else Restraint(self.listener, begin)
        for word in prompt.tolist():
            self._returned.append(word == self.returns.next)
            self._read(word)
        if self.restraint is not None:
            self.restraint.start()
        self.ids: list[int] = []  # the new words
        self.n_told = 0  # how many of them are sure to stay
        self.sampling = sampling
        self.surprise = Surprise(sampling)
        self.rng = np.random.default_rng(seed)
        self.ending: Ending | None = None
        self.follower: Follower | None = None  # of quotations, where `sampling.original` limits them
        # The step before which no new note may begin; None once the first new note has been written.
        self.not_before = begin if begin and begin > self.listener.time else None
        self._held: list[Note] = []  # the notes that may yet be cut

    def choose(self, logits: NDArray[np.float32]) -> list[Note]:
        """Draw the next word from logits [V] and read it; return the notes that are now sure to stay."""
        listener, ending = self.listener, self.ending
        mask = self._mask(logits)
        word = draw(probabilities(self._steered(logits), mask, self.sampling, self.surprise.warmth), self.rng)
        if word != self.returns.next:
            self.surprise.hear(log_chance(logits, mask, word))
        if ending is not None and ending.ends_with(word):
            self.ids.pop()
            listener.head, word = None, END
        head = listener.head
        self._read(word)
        self.ids.append(word)
        if self.not_before is not None and listener.time >= self.not_before:
            self.not_before = None
        if head is not None and head != WAIT:
            self._held.append(Note(listener.time, head - FIRST_PITCH + LOWEST_PITCH, word - FIRST_DURATION + 1))
            if self.follower is not None:
                self.follower.hear(*self._held[-1][:2])
        return self._sure()

    def _steered(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return logits [V] with what is wished of the music: its key kept, its themes brought back."""
        if self.listener.head is None:  # a pitch may come
            logits = self.tonality.coloured(logits, self.sampling.chromatic, self.listener.time)
        return self.begun.helped(logits, self.sampling.returns)

    def know_prompt(self, nats: NDArray[np.float64]) -> None:
        """Take in how much the last words of the prompt surprised the model, float64 [T]."""
        returned = np.array(self._returned[len(self._returned) - len(nats) :], dtype=bool)
        self.surprise.read_prompt(nats[~returned])

    def _read(self, word: int) -> None:
        self.listener.feed(word)
        if FIRST_PITCH <= word < FIRST_DURATION:
            self.tonality.hear(word - FIRST_PITCH, self.listener.time)
        for returns in (self.returns, self.begun):
            returns.hear(word, self.listener.time)
        if self.restraint is not None:
            self.restraint.hear(word)

    def _mask(self, logits: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Return which words may come next, bool [V]; where END may, the ending hears how likely it is."""
        mask = self.listener.allowed()
        if self.not_before is not None:
            self._hold_back(mask)
        if self.restraint is not None:
            self.restraint.restrict(mask)
        if self.follower is not None and self.listener.head is None:
            self._quote_no_longer(mask, self.follower)
        if self.ending is not None:
            self.ending.restrict(mask, len(self.ids))
            if self.ending.looking and mask[END]:
                self.ending.weigh(log_chance(logits, mask, END), Place(len(self.ids), len(self._held)))
        return mask

    def _quote_no_longer(self, mask: NDArray[np.bool_], follower: Follower) -> None:
        """Take from `mask` the pitches that go on with too long a quotation, if a pitch or a wait is left."""
        assert self.sampling.original is not None
        pitches = mask[FIRST_PITCH:FIRST_DURATION]
        others = pitches & ~follower.going_on(self.listener.time, ALL_PITCHES, self.sampling.original)
        if others.any() or mask[WAIT]:
            pitches[:] = others

    def _sure(self) -> list[Note]:
        """Return the notes that need be held no longer; at the end, cut the piece to its best end."""
        notes, best = self._held, self.ending.best if self.ending else None
        if self.listener.ended and best is not None:
            self.ids = [*self.ids[: best.n_words], END]
            notes = notes[: best.n_notes]
        elif self.ending is not None and self.ending.looking:
            return []
        self.n_told, self._held = len(self.ids), []
        return notes

    def _hold_back(self, mask: NDArray[np.bool_]) -> None:
        """Allow only waits that lead to `not_before` or beyond, in as many words as that takes."""
        assert self.not_before is not None
        if self.listener.head is None:
            mask[:] = False
            mask[WAIT] = True
        else:
            least = min(self.not_before - self.listener.time, self.listener.vocab.grid.longest)
            mask[FIRST_DURATION : FIRST_DURATION + least - 1] = False


def read_prompt(engine: Engine, prompt: Ids) -> tuple[Cache, NDArray[np.float32]]:
    """Let the engine hear the last two windows of a prompt, T words; return the cache and logits [T, V]."""
    heard = hear(prompt)
    last = slice(max(0, len(prompt) - 2 * engine.config.window), len(prompt))
    cache = engine.cache()
    cache.remember(prompt[: last.start], heard.time[: last.start])
    logits = cache.read(prompt[None, last].astype(np.int64), heard.time[None, last], heard.sounding[None, last])
    return cache, logits[0]


def write(cache: Cache, logits: NDArray[np.float32], writers: list[Writer]) -> Iterator[tuple[int, Note]]:
    """Write until every piece has ended; yields (number of the piece, its new note) as notes come.

    All pieces go on from the same `cache` and `logits` [V]. Closing the iterator stops the writing; what was written
    stays whole.
    """
    alive = list(range(len(writers)))
    if len(alive) > 1:
        cache.keep([0] * len(alive))
    rows = np.broadcast_to(logits, (len(alive), len(logits)))
    while alive:
        for row, number in enumerate(alive):
            for note in writers[number].choose(rows[row]):
                yield number, note
        if any(writers[number].listener.ended for number in alive):
            staying = [row for row, number in enumerate(alive) if not writers[number].listener.ended]
            alive = [alive[row] for row in staying]
            if not alive:
                return
            cache.keep(staying)
        listeners = [writers[number].listener for number in alive]
        rows = cache.step(
            np.array([writers[number].ids[-1] for number in alive]),
            np.array([listener.time for listener in listeners]),
            np.stack([listener.sounding() for listener in listeners]),
        )

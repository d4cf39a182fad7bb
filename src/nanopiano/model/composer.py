"""`Composer`: new pieces, continuations and fills from a model, in a few words of Python."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np

from nanopiano.errors import InputError
from nanopiano.model.compose import Writer, read_prompt, write
from nanopiano.model.defaults import DEFAULT_LENGTH, DEFAULT_SAMPLING
from nanopiano.model.ending import Ending, Length
from nanopiano.model.engine import Engine
from nanopiano.model.originality.follow import Follower
from nanopiano.model.originality.index import Index, load_index
from nanopiano.model.originality.measure import Originality, originality
from nanopiano.model.sample import MAX_SEED, Sampling
from nanopiano.model.store import DEFAULT_MODEL, find_model
from nanopiano.model.surprise import prompt_nats
from nanopiano.music.fill import fill_prompt, part
from nanopiano.music.grid import LOWEST_PITCH
from nanopiano.music.listen import Listener
from nanopiano.music.passages import PASSAGE_NOTES
from nanopiano.music.piece import Note, Piece
from nanopiano.music.vocab import END, START, vocabulary
from nanopiano.music.words import Ids, ids_to_piece, piece_to_ids


class Composition:
    """A piece while it is being composed: iterate over it for its new notes; stop when you like.

    `piece` is always whole, prompt included; `seed` makes it again.
    """

    def __init__(self, frame: Piece, prompt: Ids, writer: Writer, notes: Iterator[tuple[int, Note]], seed: int) -> None:
        self.frame, self.prompt, self.writer, self.seed = frame, prompt, writer, seed
        self._notes = notes

    def __iter__(self) -> Iterator[Note]:
        for _, note in self._notes:
            yield note

    @property
    def n_words(self) -> int:
        """New words so far, START and END not counted."""
        return self.writer.n_told // 2 * 2

    @property
    def share(self) -> float:
        """How much of the length asked for is written, 0 to 1."""
        return self.writer.ending.share(self.n_words) if self.writer.ending else 0.0

    @property
    def new_ids(self) -> list[int]:
        """The new words that are sure to stay, whole events only, END included once it has come.

        Whole by their number alone: Ctrl-C may come between any two lines of the writer.
        """
        ids = self.writer.ids[: self.writer.n_told]
        return ids if ids[-1:] == [END] else ids[: len(ids) // 2 * 2]

    @property
    def begin(self) -> int:
        """The step from which on the music is new."""
        return self.writer.ending.begin if self.writer.ending else 0

    @property
    def piece(self) -> Piece:
        """The whole piece so far."""
        ids = np.concatenate([self.prompt, np.array(self.new_ids, dtype=np.uint16)])
        whole = ids_to_piece(ids, vocabulary(self.frame.grid.steps_per_beat))
        # Words say nothing of loudness: what the prompt knows of it is taken from the prompt.
        rows = [self.frame.clip(0, self.begin).notes, whole.clip(self.begin, whole.steps + 1).notes]
        return self.frame.with_notes(np.concatenate(rows)).canonical()

    def finish(self) -> Piece:
        """Compose to the end and return the piece."""
        for _ in self:
            pass
        return self.piece


class Fill(Composition):
    """Bars composed anew between what stands before and after them."""

    def __init__(
        self,
        frame: Piece,
        prompt: Ids,
        writer: Writer,
        notes: Iterator[tuple[int, Note]],
        seed: int,
        region: tuple[int, int],
    ) -> None:
        super().__init__(frame, prompt, writer, notes, seed)
        self.start, self.end = region
        self._shift = self.start - writer.listener.time  # the prompt may begin at a later bar line than the piece

    def __iter__(self) -> Iterator[Note]:
        for note in super().__iter__():
            onset = note.onset + self._shift
            yield note._replace(onset=onset, length=min(note.length, self.end - onset))

    @property
    def begin(self) -> int:
        """The step from which on the music is new, up to `end`."""
        return self.start

    @property
    def share(self) -> float:
        """How much of the gap's time is behind, 0 to 1."""
        if self.writer.listener.ended:
            return 1.0
        return (self.writer.listener.time + self._shift - self.start) / (self.end - self.start)

    @property
    def middle(self) -> Piece:
        """The new notes alone, at their places in the piece, cut at the end of the gap."""
        vocab = vocabulary(self.frame.grid.steps_per_beat)
        ids = np.array([START, *self.new_ids], dtype=np.uint16)
        notes = ids_to_piece(ids, vocab).shift(self.start).notes
        notes[:, 2] = np.minimum(notes[:, 2], self.end - notes[:, 0])
        return self.frame.with_notes(notes)

    @property
    def piece(self) -> Piece:
        """The whole piece with its new bars."""
        parts = part(self.frame, self.start, self.end)
        rows = [parts.before.notes, self.middle.notes, parts.after.notes]
        return self.frame.with_notes(np.concatenate(rows)).canonical()


class Composer:
    """Composes with a model. Raises InputError for a model that cannot be found or read."""

    def __init__(self, model: str | Path | Engine = DEFAULT_MODEL, threads: int | None = None) -> None:
        self.folder: Path | None = None
        if isinstance(model, Engine):
            self.engine = model
        else:
            self.folder = find_model(str(model))
            self.engine = Engine.load(self.folder, threads)
        self.vocab = vocabulary(self.engine.config.steps_per_beat)
        self.grid = self.vocab.grid

    @cached_property
    def index(self) -> Index | None:
        """What tells of the music that the model learnt from, None if the model has none of it; read when asked for.

        Raises InputError for a damaged one.
        """
        return None if self.folder is None else load_index(self.folder)

    def originality(self, piece: Piece, start: int = 0, end: int | None = None) -> Originality | None:
        """Return how original the music of `piece` in steps [start, end) is; None if the model has no index."""
        return None if self.index is None else originality(self.index, piece, start, end)

    def compose(
        self,
        prompt: Piece | None = None,
        *,
        prompt_bars: int | None = None,
        length: Length = DEFAULT_LENGTH,
        sampling: Sampling = DEFAULT_SAMPLING,
        seed: int | None = None,
        bpm: float | None = None,
        free_end: bool = False,
    ) -> Composition:
        """Begin a new piece, or go on from `prompt` (its first `prompt_bars` bars, else all of it)."""
        return self.batch([_seed(seed)], prompt, prompt_bars, length, sampling, bpm, free_end)[0]

    def batch(
        self,
        seeds: list[int],
        prompt: Piece | None = None,
        prompt_bars: int | None = None,
        length: Length = DEFAULT_LENGTH,
        sampling: Sampling = DEFAULT_SAMPLING,
        bpm: float | None = None,
        free_end: bool = False,
    ) -> list[Composition]:
        """Begin one piece a seed, all at once: finishing the first finishes all."""
        frame = self._frame(prompt, bpm)
        begin = self._prompt_end(prompt, prompt_bars)
        ids = piece_to_ids(frame.clip(0, begin))[:-1]  # START and events, no END
        cache, logits = read_prompt(self.engine, ids)
        writers = [Writer(self.vocab, ids, sampling, _seed(seed), begin=begin) for seed in seeds]
        nats = prompt_nats(logits, ids)
        for writer in writers:
            writer.know_prompt(nats)
            writer.ending = Ending(writer.listener, length, frame.bpm, begin, free=free_end)
            writer.follower = self._follower(sampling, frame.clip(0, begin))
        notes = _Shared(write(cache, logits[-1], writers), len(seeds))
        return [
            Composition(frame, ids, writer, notes.of(row), seed)
            for row, (writer, seed) in enumerate(zip(writers, seeds, strict=True))
        ]

    def fill(
        self,
        piece: Piece,
        first_bar: int,
        last_bar: int,
        *,
        sampling: Sampling = DEFAULT_SAMPLING,
        seed: int | None = None,
    ) -> Fill:
        """Begin to compose the bars first_bar..last_bar (counted from 1) of `piece` anew. Raises InputError."""
        if not 1 <= first_bar <= last_bar or first_bar > max(piece.bars, 1):
            raise InputError(f"bars {first_bar}-{last_bar} are not in the piece: it has bars 1-{max(piece.bars, 1)}")
        start, end = (first_bar - 1) * self.grid.bar_steps, last_bar * self.grid.bar_steps
        frame = self._frame(piece, None)
        room = (self.engine.config.window - 8) // 2
        parts = part(frame, start, end)
        ids = fill_prompt(parts, start, end, most_each_side=room)
        cache, logits = read_prompt(self.engine, ids)
        seed = _seed(seed)
        writer = Writer(self.vocab, ids, sampling, seed)
        writer.know_prompt(prompt_nats(logits, ids))
        writer.follower = self._follower(sampling, parts.before, start - writer.listener.time)
        _keep_sounding(writer.listener, parts.before, start)
        return Fill(frame, ids, writer, write(cache, logits[-1], [writer]), seed, (start, end))

    def _follower(self, sampling: Sampling, before: Piece, shift: int = 0) -> Follower | None:
        """Return what keeps new music original after `before`, whose steps are `shift` more than the writer's."""
        if sampling.original is None:
            return None
        if self.index is None:
            raise InputError(
                "the model has no index of the music that it learnt from, so it cannot keep new music original: "
                "export it with --corpus, or do without --original"
            )
        follower = Follower(self.index)
        for onset, pitch in before.notes[1 - PASSAGE_NOTES :, :2].tolist():
            follower.hear(onset - shift, pitch)
        return follower

    def _frame(self, prompt: Piece | None, bpm: float | None) -> Piece:
        frame = prompt.canonical() if prompt is not None else Piece.of([], grid=self.grid)
        if frame.grid != self.grid:
            raise InputError(
                f"the piece has {frame.grid.steps_per_beat} steps a beat, the model {self.grid.steps_per_beat}"
            )
        if bpm is not None and not 0 < bpm < math.inf:
            raise InputError(f"a tempo of {bpm:g} beats a minute is out of range: expected more than 0")
        return replace(frame, bpm=bpm) if bpm is not None else frame

    def _prompt_end(self, prompt: Piece | None, bars: int | None) -> int:
        """Return the step of the bar line where the prompt ends."""
        if prompt is None:
            if bars is not None:
                raise InputError(f"prompt_bars is {bars}, but there is no prompt: give the piece to go on from")
            return 0
        if bars is not None and bars < 1:
            raise InputError(f"a prompt of {bars} bars is out of range: expected 1 or more")
        struck = prompt.onsets // self.grid.bar_steps + 1  # the bar of each note
        if bars is None or not len(struck):
            return int(struck.max(initial=0)) * self.grid.bar_steps
        if bars < struck.min():
            first = "bar has" if bars == 1 else f"{bars} bars have"
            raise InputError(f"the first {first} no notes: the music begins in bar {struck.min()}, so keep more bars")
        return min(bars, int(struck.max())) * self.grid.bar_steps


class _Shared:
    """Deals the notes of one writing loop out to the pieces that it writes."""

    def __init__(self, source: Iterator[tuple[int, Note]], n_rows: int) -> None:
        self.source = source
        self.waiting: list[list[Note]] = [[] for _ in range(n_rows)]

    def of(self, row: int) -> Iterator[tuple[int, Note]]:
        while True:
            while self.waiting[row]:
                yield row, self.waiting[row].pop(0)
            entry = next(self.source, None)
            if entry is None:
                yield from ((row, note) for note in self.waiting[row])
                return
            self.waiting[entry[0]].append(entry[1])


def _keep_sounding(listener: Listener, before: Piece, start: int) -> None:
    """Let a listener at step `start` hear all keys that sound into it, even if the prompt left out where they began."""
    ends = before.onsets + before.lengths - start + listener.time
    np.maximum.at(listener.until, before.pitches - LOWEST_PITCH, ends)


def _seed(seed: int | None) -> int:
    if seed is None:
        return int(np.random.default_rng().integers(2**31))
    if not 0 <= seed <= MAX_SEED:
        raise InputError(f"seed {seed} is out of range: expected 0 to {MAX_SEED}")
    return seed

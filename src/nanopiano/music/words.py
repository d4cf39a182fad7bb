"""Piece <-> ids <-> text. Writers give the canonical form; readers take more, and count what they mended."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nanopiano.errors import InputError
from nanopiano.music.grid import LOWEST_PITCH
from nanopiano.music.piece import DEFAULT_VELOCITY, NoteArray, Piece
from nanopiano.music.vocab import (
    END,
    FILL,
    FIRST_DURATION,
    FIRST_PITCH,
    GAP,
    START,
    WAIT,
    Vocabulary,
    duration_id,
    vocabulary,
)

Ids = NDArray[np.uint16]  # [T]
Repairs = Counter[str]  # what a reader mended, and how often


class Event(NamedTuple):
    """A note, a wait or a gap: the id of its first word and its steps; FILL is an event of no steps."""

    head: int
    steps: int


# --- writing ---------------------------------------------------------------------------------------------------------


def wait_ids(steps: int, vocab: Vocabulary, head: int = WAIT) -> list[int]:
    """Return the words of a wait (or GAP) of `steps`, split where it is longer than the longest word."""
    longest = vocab.grid.longest
    parts = [longest] * ((steps - 1) // longest) + [(steps - 1) % longest + 1] if steps > 0 else []
    return [word for part in parts for word in (head, duration_id(part))]


def note_ids(notes: NoteArray, begin: int, vocab: Vocabulary) -> Ids:
    """Return the words of canonical `notes` with the waits between them, time standing at step `begin`; uint16 [T]."""
    if not len(notes):
        return np.empty(0, dtype=np.uint16)
    longest = vocab.grid.longest
    waits = np.diff(notes[:, 0], prepend=begin)
    parts = -(-waits // longest)  # words it takes to say each wait
    last = 2 * np.cumsum(parts + 1) - 2  # where each note's pitch stands
    ids = np.empty(last[-1] + 2, dtype=np.uint16)
    ids[0::2] = WAIT
    ids[1::2] = duration_id(longest)
    ids[last] = notes[:, 1] - LOWEST_PITCH + FIRST_PITCH
    ids[last + 1] = notes[:, 2] - 1 + FIRST_DURATION
    waited = waits > 0
    ids[last[waited] - 1] = (waits - longest * (parts - 1))[waited] - 1 + FIRST_DURATION
    return ids


def piece_to_ids(piece: Piece) -> Ids:
    """Return the canonical words of a piece as ids, START and END included; uint16 [T]."""
    vocab = vocabulary(piece.grid.steps_per_beat)
    body = note_ids(piece.canonical().notes, 0, vocab)
    return np.concatenate([[START], body, [END]]).astype(np.uint16)


def ids_to_text(ids: Iterable[int], vocab: Vocabulary | None = None) -> str:
    """Return the words of `ids` with a space between."""
    words = (vocab or vocabulary()).words
    return " ".join([words[number] for number in ids])


def piece_to_text(piece: Piece) -> str:
    """Return the canonical words of a piece."""
    return ids_to_text(piece_to_ids(piece).tolist(), vocabulary(piece.grid.steps_per_beat))


# --- reading ---------------------------------------------------------------------------------------------------------


def ids_to_piece(ids: Sequence[int] | Ids, vocab: Vocabulary | None = None) -> Piece:
    """Return the piece that `ids` say; a fill is put together. Raises InputError outside the grammar."""
    vocab = vocab or vocabulary()
    numbers = [int(number) for number in ids]
    outside = next((number for number in numbers if not 0 <= number < len(vocab)), None)
    if outside is not None:
        raise InputError(f"id {outside} is outside the vocabulary of {len(vocab)} words")
    return _piece(_events([vocab.words[number] for number in numbers], vocab), vocab, Counter())


def canonical_ids_to_notes(ids: Ids) -> NoteArray:
    """Return the notes of canonical words without a fill, int32 [n, 4]; fast, and nothing is checked."""
    heads, steps = ids[1:-1:2].astype(np.int32), ids[2:-1:2].astype(np.int32) - FIRST_DURATION + 1
    onsets = np.cumsum(np.where(heads == WAIT, steps, 0))
    columns = [onsets, heads - FIRST_PITCH + LOWEST_PITCH, steps, np.full_like(steps, DEFAULT_VELOCITY)]
    notes: NoteArray = np.stack(columns, axis=1).astype(np.int32)[heads != WAIT]
    return notes


def text_to_piece(text: str, vocab: Vocabulary | None = None) -> tuple[Piece, Repairs]:
    """Return the piece that `text` says, in canonical form, and what had to be mended.

    Takes notes of a step in any order, any white space, missing START or END, waits in a row, durations longer than
    the longest word. Raises InputError, naming place and word, for what is no word or stands where it cannot.
    """
    vocab = vocab or vocabulary()
    words = text.split()
    if not words:
        raise InputError("there are no words to read: expected START, pitches, waits and durations")
    repairs: Repairs = Counter()
    return _piece(_events(words, vocab), vocab, repairs), repairs


def _events(words: list[str], vocab: Vocabulary) -> list[Event]:
    """Pair heads with durations; the only place that refuses words. Word numbers in errors count from 1."""
    events: list[Event] = []
    head: int | None = None
    seen: set[int] = set()  # all heads so far
    ended = False
    for place, word in enumerate(words, start=1):
        number = vocab.id_of.get(word)
        steps = _steps(word, number)
        if number is None and steps is None:
            raise InputError(f"word {place}: {_shown(word)} is no word (START, n21..n108, sepxx, d1 and up, END)")
        if ended:
            raise InputError(f"word {place}: {word!r} after END")
        if head is not None:
            if steps is None:
                raise InputError(f"word {place}: {word!r} where a duration must stand")
            events.append(Event(head, steps))
            head = None
        elif number == START and place == 1:
            continue
        elif number == END:
            ended = True
        elif number is None or steps is not None or not _may_stand(number, events, seen):
            raise InputError(f"word {place}: {word!r} where a pitch, sepxx or END must stand")
        else:
            seen.add(number)
            if number == FILL:
                events.append(Event(FILL, 0))
            else:
                head = number
    if head is not None:
        raise InputError(f"word {len(words)}: {words[-1]!r} is the last word, where a duration must follow it")
    return events


def _may_stand(number: int, events: list[Event], seen: set[int]) -> bool:
    """Return whether a pitch or sign may follow `events`; there is one gap, of words in a row, and one FILL."""
    if number == GAP:
        return GAP not in seen or events[-1].head == GAP
    if number == FILL:
        return GAP in seen and FILL not in seen
    return number != START


def _steps(word: str, number: int | None) -> int | None:
    """Return the steps a duration word says (also one longer than the vocabulary has), None for any other word."""
    if number is not None:
        return number - FIRST_DURATION + 1 if number >= FIRST_DURATION else None
    return int(word[1:]) if re.fullmatch(r"d[1-9][0-9]{0,8}", word, re.ASCII) else None


def _shown(word: str) -> str:
    return repr(word if len(word) <= 24 else word[:24] + "...")


def _piece(events: list[Event], vocab: Vocabulary, repairs: Repairs) -> Piece:
    longest = vocab.grid.longest
    rows: list[tuple[int, int, int, int]] = []
    time = 0
    gap: tuple[int, int] | None = None  # where the gap begins and ends, in steps
    middle_end: int | None = None  # set once FILL has been read
    waited = 0
    for head, steps in events:
        if head in (WAIT, GAP):
            repairs["waits_split"] += steps > longest
            repairs["waits_merged"] += head == WAIT and 0 < waited != longest
            waited = steps if head == WAIT else 0
            if head == GAP:
                gap = (gap[0] if gap else time, time + steps)
            time += steps
            continue
        waited = 0
        if head == FILL and gap:
            time, middle_end = gap
            continue
        if middle_end is not None:
            if time >= middle_end:
                raise InputError(f"a note after FILL begins at step {time}, but the gap ends at step {middle_end}")
            steps = min(steps, middle_end - time)  # noqa: PLW2901  a fill always fits its gap
        repairs["notes_cut"] += steps > longest
        rows.append((time, head - FIRST_PITCH + LOWEST_PITCH, steps, DEFAULT_VELOCITY))
    repairs["last_wait_dropped"] += waited > 0
    notes = np.array(rows, dtype=np.int64).reshape(-1, 4)
    if len(notes) and notes[:, 0].max() > np.iinfo(np.int32).max // 2:
        raise InputError(f"the piece would last {notes[:, 0].max()} steps: a wait in it is absurdly long")
    piece = Piece(notes.astype(np.int32), grid=vocab.grid).canonical()
    repairs["notes_repeated"] += len(notes) - len(piece)
    repairs += Counter()  # drops the kinds that did not occur
    return piece

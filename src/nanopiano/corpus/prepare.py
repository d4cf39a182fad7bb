"""What a worker does: read a batch of pieces, judge each, and pack the result."""

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nanopiano.corpus.batch import Record, pack
from nanopiano.corpus.judge import DAMAGED, Rules, refusal
from nanopiano.corpus.sources import Item
from nanopiano.corpus.split import key_of_path, key_of_record
from nanopiano.errors import InputError
from nanopiano.music.midi import MOST_BYTES, parse_midi, read_file
from nanopiano.music.piece import Piece
from nanopiano.music.reading import Reading
from nanopiano.music.vocab import FIRST_DURATION, Vocabulary, vocabulary
from nanopiano.music.words import Ids, piece_to_ids, text_to_piece
from nanopiano.score.read import is_score, read_score

LONGEST_FACT = 200  # letters; titles can be whole stories
SHORTENED = "notes_shortened"  # notes that ran on under a later stroke of their key
# What is counted of a MIDI file, by its name in `Reading`; where a text can have the same fault, under the same name.
MENDED_IN_MIDI = {
    "restruck": SHORTENED,
    "doubled": "notes_repeated",
    "cut": "notes_cut",
    "lengthened": "notes_lengthened",
    "hanging": "notes_without_end",
    "percussion": "notes_of_percussion_dropped",
    "out_of_range": "notes_out_of_range_dropped",
}


class Candidate(NamedTuple):
    """A piece that could be read, and what is known about it."""

    piece: Piece
    facts: dict[str, str]  # title, composer, source, licence, kind, key
    on_grid: float  # share of onsets on the grid
    mended: Counter[str]


def prepare_batch(batch: Sequence[Item], rules: Rules) -> bytes:
    """Read and judge a batch of pieces; returns the bytes of the packed batch."""
    read = [_prepare(item, rules) for item in batch]
    return pack([record for record, _ in read], [ids for _, ids in read])


def duplicate_hash(piece: Piece) -> str:
    """Return 32 hex digits, the same for all pieces with the same steps in time and pitch from note to note.

    So a transposed or delayed copy is a duplicate, and so is one in which only lengths of notes differ.
    """
    steps = np.diff(piece.notes[:, :2], axis=0).astype("<i4")
    return hashlib.blake2b(steps.tobytes(), digest_size=16).hexdigest()


def _prepare(item: Item, rules: Rules) -> tuple[Record, Ids]:
    nothing = np.empty(0, dtype=np.uint16)
    try:
        piece, facts, on_grid, mended = _read(item, rules)
    except InputError as error:
        # Where the input lies on this machine is nobody's business and would make two builds differ.
        detail = _clean(str(error).replace(str(item.path), item.path.name))
        why = detail.removeprefix(f"cannot read {_clean(item.path.name)}: ")
        return {"name": item.name, "refused": DAMAGED, "detail": why}, nothing
    if refused := refusal(piece, on_grid, rules):
        return {"name": item.name, "refused": refused[0], "detail": refused[1]}, nothing
    ids = piece_to_ids(piece)
    numbers = {
        "length": len(ids),
        "notes": len(piece),
        "steps": piece.steps,
        "lowest": int(piece.pitches.min()),
        "highest": int(piece.pitches.max()),
    }
    hidden = {"hash": duplicate_hash(piece), "mended": mended}
    return {"name": item.name} | facts | numbers | hidden, ids


def _read(item: Item, rules: Rules) -> Candidate:
    return _read_file(item, rules) if item.line is None else _read_line(item.line, item.name, rules)


def _read_file(item: Item, rules: Rules) -> Candidate:
    root, _, below = item.name.partition("/")
    facts = {"source": root, "key": key_of_path(below or root)}
    if is_score(item.path):
        return _candidate(read_score(item.path, rules.grid), {"kind": "score"} | facts, item.path.stem)
    return _candidate(parse_midi(read_file(item.path), item.path.name, rules.grid), facts, item.path.stem)


def _candidate(read: tuple[Piece, Reading], facts: Record, untitled: str) -> Candidate:
    """Return what was read of a file; its title is that of `facts`, its own, or `untitled`."""
    piece, reading = read
    titled = {"kind": "midi"} | facts | {"title": facts.get("title") or piece.title or untitled}
    mended = Counter({name: getattr(reading, field) for field, name in MENDED_IN_MIDI.items()})
    return Candidate(piece, _facts(titled), reading.on_grid, +mended)


def _read_line(line: bytes, name: str, rules: Rules) -> Candidate:
    """Read a line of JSON: a text, which stands on the grid already, or a MIDI file in base64.

    Raises InputError if it holds no piece.
    """
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"not a line of JSON: {error}") from error
    if isinstance(record, dict) and isinstance(record.get("midi"), str):
        return _read_midi_line(record, name, rules)
    if not isinstance(record, dict) or not isinstance(record.get("text"), str):
        raise InputError('no "text" in the line')
    vocab = vocabulary(rules.steps_per_beat)
    piece, mended = text_to_piece(record["text"], vocab)
    mended[SHORTENED] += _shortened(record["text"], piece_to_ids(piece), vocab)
    return Candidate(piece, _facts(record | {"key": key_of_record(record, name)}), 1.0, +mended)


def _read_midi_line(record: Record, name: str, rules: Rules) -> Candidate:
    text = record["midi"]
    if len(text) > MOST_BYTES * 4 // 3 + 4:
        raise InputError(f"its MIDI file has over {MOST_BYTES:,} bytes: that is no piano music")
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise InputError(f'"midi" is not a file in base64: {error}') from error
    return _candidate(parse_midi(data, name, rules.grid), record | {"key": key_of_record(record, name)}, "")


def _shortened(text: str, ids: Ids, vocab: Vocabulary) -> int:
    """Count the lengths that the canonical form made shorter; known only where it neither dropped nor added a word."""
    given = np.array([vocab.id_of.get(word, 0) for word in text.split()])
    if len(given) != len(ids):
        return 0
    return int(((given[1:] > ids[1:]) & (given[:-1] == ids[:-1]) & (ids[1:] >= FIRST_DURATION)).sum())


def _facts(record: Record) -> dict[str, str]:
    names = ("title", "composer", "source", "licence", "kind")
    facts = {name: _clean(record.get(name) or "")[:LONGEST_FACT] for name in names}
    return facts | {"key": _clean(record["key"])}


def _clean(value: object) -> str:
    """Return a value as text on one line that any file can hold."""
    return " ".join(str(value).encode("utf-8", "replace").decode().split())

"""Pieces, folders and files for the tests of the corpus room."""

import json
import lzma
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nanopiano.corpus.build import build_corpus
from nanopiano.corpus.judge import Rules
from nanopiano.corpus.report import Report
from nanopiano.music.midi import write_midi
from nanopiano.music.piece import Piece
from nanopiano.music.words import piece_to_text

ALL = Rules(min_notes=1)


def some_piece(seed: int, notes: int = 70) -> Piece:
    """A piece of about so many notes, another one for each seed."""
    chance = random.Random(seed)
    onset, rows = 0, []
    for _ in range(notes):
        rows.append((onset, chance.randint(36, 84), chance.randint(1, 6)))
        onset += chance.randint(1, 4)
    return Piece.of(rows)


def write_folder(folder: Path, pieces: Iterable[Piece]) -> Path:
    """A folder of MIDI files 000.mid, 001.mid, ..."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, piece in enumerate(pieces):
        write_midi(piece, folder / f"{number:03d}.mid")
    return folder


def write_lines(path: Path, records: Iterable[dict[str, Any] | Piece]) -> Path:
    """A .jsonl or .jsonl.xz of records; a piece becomes one with a title of its own."""
    lines = []
    for number, record in enumerate(records):
        if isinstance(record, Piece):
            record = {"title": f"piece {number}", "text": piece_to_text(record)}  # noqa: PLW2901
        lines.append(json.dumps(record, ensure_ascii=False))
    data = "".join(line + "\n" for line in lines).encode()
    path.write_bytes(lzma.compress(data) if path.suffix == ".xz" else data)
    return path


def build(paths: Path | list[Path], out: Path, *, rules: Rules | None = None, workers: int = 1) -> Report:
    """Build without a bar."""
    return build_corpus(
        paths if isinstance(paths, list) else [paths], out, workers=workers, rules=rules, progress=False
    )


def contents(folder: Path) -> dict[str, bytes]:
    """All files below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def lines_of(path: Path) -> list[dict[str, Any]]:
    """The records of a .jsonl file."""
    return [json.loads(line) for line in path.read_bytes().splitlines()]

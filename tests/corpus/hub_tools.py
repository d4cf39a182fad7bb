"""Small data sets and a small byte-pair vocabulary, made on the spot; the Hub is never asked."""

import atexit
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

CACHE = tempfile.mkdtemp(prefix="nanopiano-tests-")  # the library leaves locks there, which are not the user's
atexit.register(shutil.rmtree, CACHE, ignore_errors=True)
# Read when the libraries are imported, so before that.
os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1", HF_HOME=CACHE)

import pytest  # noqa: E402

from nanopiano.music.midi import midi_bytes  # noqa: E402
from nanopiano.music.piece import Piece  # noqa: E402
from nanopiano.music.words import piece_to_text  # noqa: E402

datasets = pytest.importorskip("datasets")
tokenizers = pytest.importorskip("tokenizers")

SENTENCES = [f"The tune number {n} goes up {n % 7} steps, and down again.\nSo it goes." for n in range(60)]


def word_rows(pieces: list[Piece]) -> list[dict[str, Any]]:
    """Rows of words."""
    return [{"text": piece_to_text(piece), "title": f"Piece {n}", "licence": "CC0"} for n, piece in enumerate(pieces)]


def midi_rows(pieces: list[Piece]) -> list[dict[str, Any]]:
    """Rows of MIDI files, as bytes."""
    return [{"midi": midi_bytes(piece), "number": n} for n, piece in enumerate(pieces)]


def file_rows(pieces: list[Piece]) -> list[dict[str, Any]]:
    """Rows of MIDI files, as the library gives files."""
    return [{"file": {"bytes": midi_bytes(piece), "path": f"bach/invention {n}.mid"}} for n, piece in enumerate(pieces)]


def as_parquet(path: Path, rows: list[dict[str, Any]]) -> Path:
    datasets.Dataset.from_list(rows).to_parquet(str(path))
    return path


def as_jsonl(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def as_saved(path: Path, rows: list[dict[str, Any]]) -> Path:
    datasets.Dataset.from_list(rows).save_to_disk(str(path))
    return path


def as_saved_splits(path: Path, rows: list[dict[str, Any]]) -> Path:
    splits = {"train": rows[: len(rows) // 2], "test": rows[len(rows) // 2 :]}
    datasets.DatasetDict({name: datasets.Dataset.from_list(part) for name, part in splits.items()}).save_to_disk(path)
    return path


def as_folder(path: Path, rows: list[dict[str, Any]]) -> Path:
    """A folder of parquet files, two splits by their names."""
    path.mkdir()
    as_parquet(path / "train-00000.parquet", rows[: len(rows) // 2])
    as_parquet(path / "test-00000.parquet", rows[len(rows) // 2 :])
    return path


def vocabulary(folder: Path, *, size: int = 320, end: bool = True, whole: bool = True) -> Path:
    """A folder with a vocabulary of byte pairs learnt from the sentences."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=["<|endoftext|>"] if end else [],
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    if whole:
        tokenizer.save(str(folder / "tokenizer.json"))
    else:
        tokenizer.model.save(str(folder))
    return folder

"""Rows of a data set -> a file of lines of JSON, which a corpus is built from like any other.

A build reads its input more than once and can be gone on with after Ctrl-C; a stream can be neither counted nor
rewound. So its rows go to a file beside the corpus first, as they come, and the file goes when the corpus is built.
"""

import base64
import hashlib
import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nanopiano.corpus.hub.rows import Row, Wanted, open_rows
from nanopiano.corpus.place import beside, clear
from nanopiano.corpus.sources import MIDI_SUFFIXES
from nanopiano.corpus.split import key_of_path
from nanopiano.errors import NanopianoError
from nanopiano.files import write_atomically

STATE_FILE = "state.json"  # written last: rows without it are not whole
FACTS = ("title", "composer", "source", "licence", "kind", "key", "song_group", "path_in_source")

Watch = Callable[[int, int | None], None]  # rows that have come, rows in all if known


def spool_folder(out: Path) -> Path:
    """Return the folder beside the corpus `out` that takes the rows."""
    return beside(out.resolve(), ".rows")


def spool(wanted: Wanted, out: Path, watch: Watch = lambda _done, _total: None) -> Path:
    """Write the rows of a data set into a file for the corpus `out`; returns the file, which may be there already.

    Raises what `open_rows` raises, and NanopianoError if the disk is full.
    """
    folder = spool_folder(out)
    state = asdict(wanted) | {"stamp": _stamp(wanted.path)}
    with suppress(OSError, ValueError, KeyError, TypeError):
        known = json.loads((folder / STATE_FILE).read_bytes())
        if known["wanted"] == state:
            return folder / str(known["file"])
    rows = open_rows(wanted)
    name = f"{wanted.short_name}.{rows.split}.jsonl"
    clear(folder, ["*.jsonl", STATE_FILE])
    try:
        folder.mkdir(parents=True)
        with (folder / name).open("wb") as file:
            for number, row in enumerate(rows.rows, start=1):
                record = record_of(row, rows.column, wanted.short_name)
                file.write(json.dumps(record, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
                watch(number, rows.total)
        write_atomically(folder / STATE_FILE, json.dumps({"wanted": state, "file": name}).encode())
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)  # what is not whole is of no use to a later call
        if isinstance(error, OSError):
            why = (error.strerror or str(error)).lower()
            raise NanopianoError(f"cannot write the rows of {wanted.name} to {folder}: {why}") from None
        raise
    return folder / name


def _stamp(path: Path | None) -> str:
    """Return what changes when a file, or one in a folder, is edited; nothing for a data set of the Hub."""
    if path is None:
        return ""
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    told = [f"{file.relative_to(path)} {file.stat().st_size} {file.stat().st_mtime_ns}\n" for file in files]
    return hashlib.sha256("".join(told).encode("utf-8", "surrogateescape")).hexdigest()


def record_of(row: Row, column: str, source: str) -> dict[str, Any]:
    """Return a row as a line of JSON for `corpus build`: its text or its MIDI file, and what it says about itself.

    A text is words of the grammar; a MIDI file is bytes, or as the library gives files, a dict of `bytes` and `path`.
    Anything else becomes a line without either, which the build refuses with its reason.
    """
    facts = {name: row[name] for name in FACTS if isinstance(row.get(name), (str, int)) and name != column}
    if "licence" not in facts and isinstance(row.get("license"), str):
        facts["licence"] = row["license"]
    record: dict[str, Any] = {"source": source} | facts
    value = row[column]
    path = None
    if isinstance(value, dict):
        value, path = _file(value)
    if path and not {"key", "song_group", "title"} & facts.keys():
        record["key"] = key_of_path(path)
    if isinstance(value, bytes):
        return record | {"midi": base64.b64encode(value).decode()}
    return record | ({"text": value} if isinstance(value, str) else {})


def _file(value: dict[str, Any]) -> tuple[bytes | None, str | None]:
    """Return the bytes of a file and its path below the data set."""
    data, path = value.get("bytes"), value.get("path")
    path = path if isinstance(path, str) and path else None
    if data is None and path is not None and path.lower().endswith(MIDI_SUFFIXES):  # and no secret of this machine
        with suppress(OSError):
            data = Path(path).read_bytes()
        path = Path(path).name  # where it lies on this machine is nobody's business
    return (data if isinstance(data, bytes) else None), path

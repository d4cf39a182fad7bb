"""Open a data set, on the Hub or on this machine, as a stream of rows, and find the column that is meant.

Nothing of a data set is executed: the library has run no scripts of data sets since release 4.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from nanopiano.errors import InputError, NanopianoError

Row = dict[str, Any]

TRAIN = "train"
# What a column is most often called, best first, where none is named.
USUAL_COLUMNS = ("text", "words", "midi", "midi_bytes", "bytes", "file", "content")
READERS = {".parquet": "parquet", ".jsonl": "json", ".json": "json", ".arrow": "arrow", ".csv": "csv", ".txt": "text"}
# The Hub's own copy of a data set in parquet, of the first 5 GB where it is larger.
CONVERTED = "refs/convert/parquet"
SCRIPT = "scripts are no longer supported"  # what the library says of a data set that is a program
SAVED = ("dataset_dict.json", "dataset_info.json")  # what `save_to_disk` leaves in a folder


@dataclass(frozen=True)
class Wanted:
    """Which rows of which data set."""

    name: str  # on the Hub, or a file or folder
    split: str | None = None  # None: "train", or the only one
    column: str | None = None  # None: the one with a usual name, or the only one
    subset: str | None = None  # some data sets have several
    revision: str | None = None  # of a data set of the Hub: a branch, a tag or a commit

    @property
    def path(self) -> Path | None:
        """Return the file or folder, None for a data set of the Hub."""
        path = Path(self.name)
        return path if path.exists() else None

    @property
    def short_name(self) -> str:
        """Return the name without folders, fit for a file's name and for what leaves this machine."""
        return self.path.resolve().name if self.path else self.name.replace("/", "--")


@dataclass(frozen=True)
class Rows:
    """A stream of rows; it can be walked through once."""

    split: str
    column: str
    total: int | None  # rows, if known
    rows: Iterator[Row]


def open_rows(wanted: Wanted) -> Rows:
    """Open a data set as a stream.

    Raises ModuleNotFoundError without the library, InputError if the data set, its split or its column is not there,
    and NanopianoError if it can be reached no more on the way.
    """
    import datasets  # noqa: PLC0415  heavy, and an extra

    with _one_sentence(wanted, InputError):
        splits = _open(wanted, datasets)
        split = _split(wanted, list(splits))
        stream = splits[split]
        if stream.features:
            stream = stream.decode(False)  # sounds and pictures stay bytes: no codec is needed
        found = iter(stream)
        first = next(found, None)
    if first is None:
        raise InputError(f"{wanted.name} has no row in its split {split!r}")
    info = (stream.info.splits or {}).get(split)
    total = info.num_examples if info else None
    return Rows(split, _column(wanted, list(first)), total or None, _guarded(wanted, chain([first], found)))


def _open(wanted: Wanted, datasets: Any) -> dict[str, Any]:
    """Return the streams of all splits by name."""
    path = wanted.path
    if path is not None and path.is_dir() and any((path / name).is_file() for name in SAVED):
        saved = datasets.load_from_disk(str(path))
        if not isinstance(saved, dict):
            saved = {str(saved.split or TRAIN): saved}
        return {name: part.to_iterable_dataset() for name, part in saved.items()}
    if path is None:
        return dict(datasets.load_dataset(wanted.name, wanted.subset, revision=wanted.revision, streaming=True))
    files = [path] if path.is_file() else _texts(path)
    if not files:
        return dict(datasets.load_dataset(str(path), wanted.subset, streaming=True))
    reader = _reader(files[0])
    how = {"sample_by": "document"} if reader == "text" else {}
    return dict(datasets.load_dataset(reader, data_files=list(map(str, files)), streaming=True, **how))


def _texts(folder: Path) -> list[Path]:
    """Return the plain texts of a folder, each a document, if it holds nothing else that can be read."""
    files = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in READERS and path.is_file()]
    return files if all(_reader(path) == "text" for path in files) else []


def _reader(path: Path) -> str:
    """Return the library's reader for a file, compressed (`.jsonl.gz`) or not. Raises InputError."""
    for suffix in map(str.lower, path.suffixes):
        if suffix in READERS:
            return READERS[suffix]
    raise InputError(f"{path} is of no known kind: data sets are {', '.join(READERS)} files or folders of them")


def _split(wanted: Wanted, names: Sequence[str]) -> str:
    if wanted.split in names:
        return str(wanted.split)
    if wanted.split is None and (TRAIN in names or len(names) == 1):
        return TRAIN if TRAIN in names else names[0]
    asked = f"no split {wanted.split!r}" if wanted.split else f"no split {TRAIN!r}"
    raise InputError(f"{wanted.name} has {asked}: name one of {', '.join(names)} with --split")


def _column(wanted: Wanted, names: Sequence[str]) -> str:
    if wanted.column in names:
        return str(wanted.column)
    usual = next((name for name in USUAL_COLUMNS if name in names), names[0] if len(names) == 1 else None)
    if wanted.column is None and usual is not None:
        return usual
    asked = f"no column {wanted.column!r}" if wanted.column else "several columns"
    raise InputError(f"{wanted.name} has {asked}: name one of {', '.join(names)} with --column")


def _guarded(wanted: Wanted, rows: Iterator[Row]) -> Iterator[Row]:
    with _one_sentence(wanted, NanopianoError):
        yield from rows


@contextmanager
def _one_sentence(wanted: Wanted, kind: type[NanopianoError]) -> Iterator[None]:
    """Turn what goes wrong in the library, which raises what its many readers raise, into one sentence."""
    try:
        yield
    except NanopianoError:
        raise
    except Exception as error:
        why = " ".join(str(error).split())[:300] or type(error).__name__
        if SCRIPT in why and wanted.revision is None:
            why += f"; --revision {CONVERTED} reads the Hub's own copy of it, if it has one"
        where = "" if wanted.path else " (there is no such file or folder; it was looked for on the Hub)"
        raise kind(f"cannot read the data set {wanted.name}{where}: {why}") from error

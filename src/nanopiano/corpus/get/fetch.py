"""Fetch a published corpus: download, compare, unpack, and only then move into place.

All work happens in `DIR.part` beside the folder asked for: after Ctrl-C or a cut connection the same call goes on
there, and the folder itself is there whole or not at all. `DIR.source.json` beside it tells where it came from; it
outlives the folder, so that a later download can be compared with an earlier one.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nanopiano.corpus.get.catalogue import Published
from nanopiano.corpus.get.download import Patience, Say, Watch, digest_of, download
from nanopiano.corpus.get.unpack import BadArchiveError, Unpacked, unpack
from nanopiano.corpus.place import beside, check_place, check_work, move_to_place
from nanopiano.errors import NanopianoError
from nanopiano.files import write_atomically

WORK = ("archive", "archive.json", "unpacked")  # what may lie in `DIR.part`


@dataclass(frozen=True)
class Receipt:
    """Where a folder came from."""

    name: str
    title: str
    licence: str
    page: str
    address: str
    downloaded: str  # day, UTC
    size_bytes: int  # of the archive
    sha256: str  # of the archive
    files: int

    @staticmethod
    def file(out: Path) -> Path:
        """Return where the receipt of a folder lies."""
        return beside(out, ".source.json")

    def to_json(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        return asdict(self)

    @classmethod
    def read(cls, out: Path) -> "Receipt | None":
        """Return the receipt of a folder, None if there is none that can be read."""
        try:
            return cls(**json.loads(cls.file(out).read_bytes()))
        except (OSError, ValueError, TypeError):
            return None


def get_corpus(
    published: Published,
    out: Path,
    *,
    patience: Patience | None = None,
    watch: Watch = lambda _done, _total: None,
    watch_unpacking: Callable[[int], None] = lambda _: None,
    say: Say = lambda _: None,
) -> Receipt:
    """Download `published` and unpack it into the new folder `out`; a folder that is there already is left as it is.

    `watch` sees the bytes that have come, `watch_unpacking` those that were written. Raises InputError if `out` or
    its `.part` is taken by something else, NanopianoError if the download or the archive is no good, or the disk is
    full.
    """
    assert published.address is not None
    before = Receipt.read(out) if out.name else None
    if before is not None and out.is_dir() and before.name == published.name and any(out.iterdir()):
        say(f"{out} is there already, downloaded on {before.downloaded}: delete it to download it again")
        return before
    check_place(out)
    work = beside(out, ".part")
    archive = work / "archive"
    check_work(work, WORK)
    try:
        work.mkdir(parents=True, exist_ok=True)
        download(published.address, archive, patience=patience, watch=watch, say=say)
    except OSError as error:
        raise NanopianoError(f"cannot write {error.filename or work}: {(error.strerror or '').lower()}") from None
    except NanopianoError as error:
        _remove_if_empty(work)
        raise NanopianoError(f"{error}; about it: {published.page}") from None
    sha256 = _checked(published, archive, before, say)
    unpacked = _unpacked(archive, work, watch_unpacking)
    if unpacked.left_out:
        say(f"left out of what the archive holds, being links or devices: {unpacked.left_out:,}")
    receipt = Receipt(
        name=published.name,
        title=published.title,
        licence=published.terms.licence,
        page=published.page,
        address=published.address,
        downloaded=datetime.now(UTC).date().isoformat(),
        size_bytes=archive.stat().st_size,
        sha256=sha256,
        files=unpacked.files,
    )
    write_atomically(Receipt.file(out), json.dumps(receipt.to_json(), indent=1).encode() + b"\n")
    move_to_place(work / "unpacked", out)
    shutil.rmtree(work)
    return receipt


def _checked(published: Published, archive: Path, before: Receipt | None, say: Say) -> str:
    """Return the SHA-256 of the archive, compared with what is published and with an earlier download."""
    sha256 = digest_of(archive)
    if published.digest is not None:
        method, _, expected = published.digest.partition(":")
        found = sha256 if method == "sha256" else digest_of(archive, method)
        if found != expected:
            shutil.rmtree(archive.parent)
            raise NanopianoError(
                f"what came from {published.address} is not what {published.title} published: its {method} is {found}, "
                f"not {expected}; it was thrown away, so the same command downloads it again"
            )
    say(f"SHA-256 {sha256}" + ("" if published.digest else " (none is published to compare it with)"))
    if before is not None and before.name == published.name and before.sha256 != sha256:
        say(f"this is not the archive of {before.downloaded} (SHA-256 {before.sha256}): its publisher has changed it")
    return sha256


def _unpacked(archive: Path, work: Path, watch: Callable[[int], None]) -> Unpacked:
    folder = work / "unpacked"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        return unpack(archive, folder, watch=watch)
    except BadArchiveError:
        shutil.rmtree(work, ignore_errors=True)
        raise
    except BaseException:  # a full disk, or Ctrl-C: the archive is good and stays
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()

"""Unpack an archive that nobody has looked at: nothing is written outside its folder, and no more than is sensible.

Names are judged before anything is written. Links, devices and pipes are left out and counted; files are written as
plain ones, whatever rights the archive claims, and what they hold is counted while it is written, not believed.
"""

import bz2
import errno
import gzip
import lzma
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from nanopiano.errors import NanopianoError

CHUNK = 2**20  # bytes
MOST_FILES = 5_000_000
# Music as text shrinks to a tenth, MIDI to a third: what grows more than this was made to fill a disk.
MOST_GROWTH, ALWAYS_ALLOWED = 50, 2**28
ZIP_MARK, TAR_MARK, TAR_MARK_AT = b"PK", b"ustar", 257
PACKERS: dict[bytes, Callable[..., Any]] = {
    b"\x1f\x8b": gzip.open,
    b"\xfd7zXZ": lzma.open,
    b"BZh": bz2.open,
}  # by the first bytes
# A drive letter or a stream of NTFS, and names that are devices on Windows.
FORBIDDEN = re.compile(r"[:\0]|^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$", re.IGNORECASE)


FAULTS = (errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG)  # of its names, not of the disk
TRAILING = 2**26  # bytes that may follow the end of a tar; they are padding


class BadArchiveError(NanopianoError):
    """The archive is of no use: to unpack it once more would only fail again."""


@dataclass(frozen=True)
class Unpacked:
    """What came out of an archive."""

    files: int
    size_bytes: int
    left_out: int  # links, devices, pipes


@dataclass(frozen=True)
class _Member:
    name: str
    size_bytes: int  # as claimed
    plain: bool  # a file, not a link or a device
    open: Callable[[], IO[bytes] | None]


def unpack(archive: Path, folder: Path, *, watch: Callable[[int], None] = lambda _: None) -> Unpacked:
    """Unpack a zip or a tar (plain, gz, bz2, xz) into the new folder `folder`; `watch` is told of bytes written.

    Raises BadArchiveError if it is no such archive, damaged, larger than it can honestly be, or has a name that leads
    outside, NanopianoError if the disk is full; then the folder is left to be thrown away.
    """
    limit = ALWAYS_ALLOWED + MOST_GROWTH * archive.stat().st_size
    files = written = left_out = claimed = 0
    try:
        folder.mkdir(parents=True)
        for member in _members(archive):
            target = folder.joinpath(*safe_parts(member.name))
            claimed += member.size_bytes
            if claimed > limit or files + left_out >= MOST_FILES:
                raise _bomb(limit)
            if not member.plain or target == folder:
                left_out += 1
                continue
            files += 1
            target.parent.mkdir(parents=True, exist_ok=True)
            written += _copy(member, target, limit - written)
            watch(written)
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, ValueError) as error:
        raise _damaged(error) from None
    except (RuntimeError, NotImplementedError) as error:  # what zipfile says of a password, or of a rare method
        raise BadArchiveError(f"the archive cannot be unpacked: {error}") from None
    except OSError as error:
        if error.errno is None:  # how gzip and bz2 call what they cannot read
            raise _damaged(error) from None
        where, why = error.filename or folder, (error.strerror or str(error)).lower()
        if error.errno in FAULTS:
            raise BadArchiveError(f"the archive cannot be unpacked: {where}: {why}") from None
        raise NanopianoError(f"cannot unpack into {where}: {why}; mend that, then give the same command") from None
    if not files:
        raise BadArchiveError("the archive holds no file")
    return Unpacked(files, written, left_out)


def safe_parts(name: str) -> list[str]:
    """Return the parts of a member's name. Raises BadArchiveError if it leads outside the folder on any system."""
    path = name.replace("\\", "/")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    climbs = any(not part.strip(". ") for part in parts)  # Windows takes dots and spaces off the end of `.. .`
    if path.startswith("/") or climbs or any(FORBIDDEN.search(part) for part in parts):
        raise BadArchiveError(
            f"the archive is hostile: it wants to write {name!r}, outside its folder; nothing is kept"
        )
    return parts


def _members(archive: Path) -> Iterator[_Member]:
    with archive.open("rb") as file:
        head = file.read(TAR_MARK_AT + len(TAR_MARK))
    packer = next((packer for mark, packer in PACKERS.items() if head.startswith(mark)), None)
    if head.startswith(ZIP_MARK):
        yield from _members_of_zip(archive)
    elif packer is not None or head[TAR_MARK_AT:] == TAR_MARK:
        with closing((packer or open)(archive, "rb")) as file:
            yield from _members_of_tar(file)
    else:
        raise BadArchiveError(f"what came is {'neither a zip nor a tar archive' if head else 'an empty file'}")


def _members_of_zip(archive: Path) -> Iterator[_Member]:
    with zipfile.ZipFile(archive) as file:
        for info in file.infolist():
            if not info.is_dir():
                mode = info.external_attr >> 16  # 0 where the archive was made on Windows
                plain = stat.S_IFMT(mode) in (0, stat.S_IFREG)
                yield _Member(info.filename, info.file_size, plain, lambda info=info: file.open(info))  # type: ignore[misc]


def _members_of_tar(stream: IO[bytes]) -> Iterator[_Member]:
    with tarfile.open(fileobj=stream, mode="r|") as file:  # as a stream: nothing is read twice, nothing kept
        for info in file:
            if not info.isdir():
                yield _Member(info.name, info.size, info.isreg(), lambda info=info: file.extractfile(info))  # type: ignore[misc]
            file.members = []  # type: ignore[attr-defined]  # it keeps all it has seen, which may be millions
    for _ in range(TRAILING // CHUNK):
        if not stream.read(CHUNK):  # the very end, where the checksum is
            return
    raise BadArchiveError(f"the archive is hostile: over {TRAILING:,} bytes follow its end; nothing is kept")


def _copy(member: _Member, target: Path, limit: int) -> int:
    """Write one file; returns its size in bytes."""
    size = 0
    source = member.open()
    assert source is not None
    with source, target.open("wb") as file:
        while chunk := source.read(CHUNK):
            size += len(chunk)
            if size > limit:
                raise _bomb(limit)
            file.write(chunk)
    return size


def _damaged(error: Exception) -> BadArchiveError:
    return BadArchiveError(f"the archive is damaged ({error or type(error).__name__}): download it again")


def _bomb(limit: int) -> BadArchiveError:
    return BadArchiveError(f"the archive is hostile: it grows beyond {limit:,} bytes or {MOST_FILES:,} files; not kept")

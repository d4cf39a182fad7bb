"""Download a file over HTTP so that a cut connection costs nothing: what has come is kept and gone on with.

Ranges, validators and If-Range after RFC 9110, sections 14, 8.8 and 13.1.5. What lies on disk is appended to only if
the server says by a strong validator that it is still the same file; else the download begins anew.
"""

import hashlib
import re
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from nanopiano.corpus.get.part import Note, begin_part, check_room, forget, size_of
from nanopiano.errors import NanopianoError

CHUNK = 2**18  # bytes
NOT_SATISFIABLE, PARTIAL = 416, 206
PASSING = (408, 425, 429, 500, 502, 503, 504)  # statuses that another try may mend
PAGE = re.compile(rb"\s*<(!doctype|html|\?xml)", re.IGNORECASE)

Watch = Callable[[int, int | None], None]  # bytes that are there, bytes in all if known
Say = Callable[[str], None]


@dataclass(frozen=True)
class Patience:
    """How long a download is tried."""

    stall_seconds: float = 30.0  # without a byte
    tries: int = 5  # in a row that bring nothing new
    pause_seconds: float = 1.0  # after the first of them, doubled after each


class CutError(Exception):
    """A try failed in a way that another one may mend."""


class _NoWayDown(HTTPRedirectHandler):
    """Follows redirections, but never from https to http."""

    def redirect_request(self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str) -> Any:
        if req.type == "https" and not newurl.lower().startswith("https:"):
            raise NanopianoError(f"{req.full_url} leads to {newurl}, which is not encrypted: not followed")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def download(
    address: str,
    part: Path,
    *,
    patience: Patience | None = None,
    watch: Watch = lambda _done, _total: None,
    say: Say = lambda _: None,
) -> None:
    """Download `address` into the file `part`, going on from what is there of it; `watch` sees every chunk.

    Whatever ends the download, `part` stays for the next call. Raises NanopianoError if the server does not have the
    file, sends a web page, or goes on failing, and if the disk is full.
    """
    patience = patience or Patience()
    furthest, failures = size_of(part), 0
    while True:
        try:
            _try(address, part, patience.stall_seconds, watch)
            return
        except CutError as cut:
            # A server may cut for ever at the same place and know no ranges: only bytes never seen before count.
            failures = 0 if size_of(part) > furthest else failures + 1
            furthest = max(furthest, size_of(part))
            if failures >= patience.tries:
                note = Note.read(part)
                have = size_of(part) if note is not None and note.validator else 0  # else nobody can go on
                kept = f" ({have:,} bytes are kept: the same command goes on)" if have else ": try again later"
                raise NanopianoError(f"cannot download {address}: {cut}{kept}") from None
            say(f"{cut}: trying to go on")
            time.sleep(patience.pause_seconds * 2**failures)


def digest_of(path: Path, method: str = "sha256") -> str:
    """Return a digest of a file in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, method).hexdigest()


def _try(address: str, part: Path, stall_seconds: float, watch: Watch) -> None:
    """Ask once and write what comes. Raises CutError if it is worth asking again."""
    note = Note.read(part)
    usable = note is not None and note.address == address and note.validator
    have = size_of(part) if usable else 0
    headers = {"User-Agent": "nanopiano", "Accept-Encoding": "identity"}
    if have and note:
        headers |= {"Range": f"bytes={have}-", "If-Range": note.validator}
    try:
        response = build_opener(_NoWayDown).open(Request(address, headers=headers), timeout=stall_seconds)
    except HTTPError as error:
        if error.code == NOT_SATISFIABLE and note and have == note.total:
            return  # all of it was there
        raise _refusal(error, address, part, have) from None
    except (OSError, HTTPException) as error:
        raise _failure(error, address, stall_seconds) from None
    with response:
        begin = _begin(response, have, note, part)
        total = _total(response, begin)
        check_room(part, None if total is None else total - begin)
        if begin == 0:
            begin_part(part, Note(address, _validator(response), total))
        done = _write(response, part, begin, stall_seconds, lambda done: watch(done, total))
    if total is not None and done < total:
        raise CutError(f"the connection was cut after {done:,} of {total:,} bytes")


def _refusal(error: HTTPError, address: str, part: Path, have: int) -> Exception:
    """Return what to raise for a status that is an error."""
    if error.code == NOT_SATISFIABLE:
        if have and error.headers.get("Content-Range") == f"bytes */{have}":
            return CutError(f"the server has {have:,} bytes, fewer than it promised")
        forget(part)
        return CutError("the file on the server has changed")
    answer = f"the server answers {error.code} ({error.reason})"
    if error.code in PASSING:
        return CutError(answer)
    page = " with a web page" if error.headers.get_content_type() == "text/html" else ""
    return NanopianoError(f"cannot download {address}: {answer}{page}: the file was moved or is closed to the public")


def _failure(error: Exception, address: str, stall_seconds: float) -> Exception:
    """Return what to raise for a connection that failed."""
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, ssl.SSLCertVerificationError):
        return NanopianoError(f"cannot download {address}: its certificate is not valid ({reason.verify_message})")
    if isinstance(reason, TimeoutError):
        return CutError(f"nothing came for {stall_seconds:g} s")
    why = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
    return CutError(f"the connection failed ({why})")


def _begin(response: HTTPResponse, have: int, note: Note | None, part: Path) -> int:
    """Return where in the file the answer begins: at 0, or where the part on disk ends. Raises CutError."""
    if response.status != PARTIAL:
        if response.headers.get_content_type() == "text/html":
            raise NanopianoError(f"cannot download {response.url}: a web page came instead of a file")
        return 0
    found = re.match(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
    total = int(found[2]) if found and found[2] != "*" else None
    same = note is not None and _validator(response) in ("", note.validator) and total in (None, note.total)
    if not found or int(found[1]) != have or not same:
        forget(part)  # a server that took no notice of If-Range
        raise CutError("the file on the server has changed")
    return have


def _total(response: HTTPResponse, begin: int) -> int | None:
    length = response.headers.get("Content-Length", "")
    return begin + int(length) if length.isdecimal() else None


def _validator(response: HTTPResponse) -> str:
    """Return what If-Range may compare; a weak ETag does not promise the same bytes."""
    etag = response.headers.get("ETag", "")
    return str(etag if etag and not etag.startswith("W/") else response.headers.get("Last-Modified", ""))


def _write(response: HTTPResponse, part: Path, begin: int, stall_seconds: float, watch: Callable[[int], None]) -> int:
    """Append what comes; returns the size of the part, bytes."""
    done = begin
    chunk = _read(response, stall_seconds)
    if begin == 0 and PAGE.match(chunk):
        forget(part)
        raise NanopianoError(f"cannot download {response.url}: a web page came instead of a file")
    try:
        with part.open("ab") as file:
            while chunk:
                file.write(chunk)
                done += len(chunk)
                watch(done)
                chunk = _read(response, stall_seconds)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise NanopianoError(f"cannot write {part}: {why}; mend that, then give the same command to go on") from None
    return done


def _read(response: HTTPResponse, stall_seconds: float) -> bytes:
    """Return the next chunk, empty at the end; trouble of the network is told apart from that of the disk here."""
    try:
        return response.read1(CHUNK)
    except (OSError, HTTPException) as error:
        raise _failure(error, response.url, stall_seconds) from None

"""A web server of this machine that misbehaves as it is told, and archives good and hostile."""

import io
import stat
import tarfile
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from nanopiano.corpus.get.catalogue import CC0, Published
from nanopiano.corpus.get.download import Patience

QUICK = Patience(stall_seconds=0.3, tries=3, pause_seconds=0.001)


@dataclass
class Manners:
    """What the server does; what can only happen once is a list that is used up."""

    body: bytes
    etag: str | None = '"one"'
    ranges: bool = True
    if_range: bool = True  # False: takes no notice of it
    length: bool = True  # tells how long the answer is
    lie: int = 0  # bytes more than there are, so many are promised
    status: int = 200
    kind: str = "application/octet-stream"
    statuses: list[int] = field(default_factory=list)  # of the first answers
    cuts: list[int] = field(default_factory=list)  # after so many bytes of the first answers
    stalls: list[int] = field(default_factory=list)  # likewise, and then silence
    always_cut: int | None = None
    to: str | None = None  # redirects there
    asked: list[dict[str, str]] = field(default_factory=list)  # headers of each request


class Server(ThreadingHTTPServer):
    """Serves one file at any path."""

    daemon_threads = True

    def __init__(self, manners: Manners) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.manners = manners
        self.over = threading.Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/file"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        manners = self.server.manners
        manners.asked.append(dict(self.headers))
        status = manners.statuses.pop(0) if manners.statuses else manners.status
        if manners.to:
            self.send_response(302)
            self.send_header("Location", manners.to)
            self.end_headers()
            return
        begin = self._begin() if status == 200 else 0
        if begin > 0 and begin >= len(manners.body):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(manners.body)}")
            self.end_headers()
            return
        self._send(206 if begin else status, begin)

    def _begin(self) -> int:
        manners = self.server.manners
        wanted = self.headers.get("Range")
        same = self.headers.get("If-Range") == manners.etag or not manners.if_range
        return int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and manners.ranges and same else 0

    def _send(self, status: int, begin: int) -> None:
        manners = self.server.manners
        rest = manners.body[begin:]
        self.send_response(status)
        self.send_header("Content-Type", manners.kind)
        if manners.etag:
            self.send_header("ETag", manners.etag)
        if status == 206:
            total = len(manners.body)
            self.send_header("Content-Range", f"bytes {begin}-{total - 1}/{total}")
        if manners.length:
            self.send_header("Content-Length", str(len(rest) + manners.lie))
        self.end_headers()
        cut = manners.cuts.pop(0) if manners.cuts else manners.always_cut
        stall = manners.stalls.pop(0) if manners.stalls else None
        self.wfile.write(rest[: cut if stall is None else stall])
        if stall is not None:
            self.wfile.flush()
            self.server.over.wait(5)


@contextmanager
def serving(manners: Manners) -> Iterator[Server]:
    """A server in a thread, ended with the block."""
    with Server(manners) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.over.set()
            server.shutdown()
            thread.join()


def published(address: str, digest: str | None = None, name: str = "small") -> Published:
    """An entry of the catalogue."""
    return Published(name, "A small set", "few pieces", "MIDI", "http://page.invalid", CC0, address, digest=digest)


def zip_of(files: Mapping[str, bytes], links: Mapping[str, str] | None = None) -> bytes:
    """A zip archive of files and of links to targets."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        for name, target in (links or {}).items():
            info = zipfile.ZipInfo(name)
            info.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, target)
    return memory.getvalue()


def tar_of(
    files: Mapping[str, bytes],
    links: Mapping[str, str] | None = None,
    *,
    mode: str = "w:gz",
    kind: bytes = tarfile.SYMTYPE,
) -> bytes:
    """A tar archive of files and of members of another kind (symbolic links)."""
    memory = io.BytesIO()
    with tarfile.open(fileobj=memory, mode=mode) as archive:  # type: ignore[call-overload]
        for name, target in (links or {}).items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            archive.addfile(info)
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), 0o777
            archive.addfile(info, io.BytesIO(data))
    return memory.getvalue()


def names_below(folder: Path) -> set[str]:
    """All that lies below a folder, folders with a slash."""
    return {str(path.relative_to(folder)) + "/" * path.is_dir() for path in folder.rglob("*")}

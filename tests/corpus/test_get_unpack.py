"""Unpacking: what is inside comes out, and nothing lands outside."""

import gzip
import string
import tarfile
from pathlib import Path, PureWindowsPath

import pytest
from get_tools import names_below, tar_of, zip_of
from hypothesis import given
from hypothesis import strategies as st

from nanopiano.corpus.get import unpack as module
from nanopiano.corpus.get.unpack import BadArchiveError, Unpacked, safe_parts, unpack
from nanopiano.errors import NanopianoError

FILES = {"set/a.mid": b"MThd a", "set/below/b.mid": b"MThd b", "README": b"read me", "set/empty": b""}
OUTSIDE = [
    "../evil", ".. /evil", "a/. ./.. ./evil",
    "a/../../evil", "/evil", "a/..", "..\\evil", "a\\..\\..\\evil", "C:\\evil", "C:evil", "\\evil",
    "\\\\host\\evil", "a/file.txt:stream", "a/NUL", "con.mid", "a/LPT1.txt", "a\0b",
]  # fmt: skip


def make(folder: Path, data: bytes) -> Path:
    path = folder / "archive"
    path.write_bytes(data)
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("mode", ["zip", "w", "w:gz", "w:xz", "w:bz2"])
def test_every_kind_of_archive_gives_its_files(tmp_path: Path, mode: str) -> None:
    data = zip_of(FILES) if mode == "zip" else tar_of(FILES, mode=mode)
    assert unpack(make(tmp_path, data), tmp_path / "out") == Unpacked(4, sum(map(len, FILES.values())), 0)
    assert contents(tmp_path / "out") == FILES


def test_what_is_written_is_told(tmp_path: Path) -> None:
    seen: list[int] = []
    unpack(make(tmp_path, zip_of(FILES)), tmp_path / "out", watch=seen.append)
    assert seen == [6, 12, 19, 19]


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.parametrize("pack", [zip_of, tar_of])
def test_a_name_that_leads_outside_is_refused(tmp_path: Path, name: str, pack: object) -> None:
    if "\0" in name:  # the libraries cut such names themselves
        with pytest.raises(NanopianoError):
            safe_parts(name)
        return
    data = zip_of({name: b"bad"}) if pack is zip_of else tar_of({name: b"bad"})
    before = names_below(tmp_path) | {"archive"}
    with pytest.raises(NanopianoError, match="is hostile: it wants to write"):
        unpack(make(tmp_path, data), tmp_path / "out")
    assert names_below(tmp_path) - before == {"out/"}


@given(st.text(alphabet=string.ascii_letters + "./\\:~ \0%-", max_size=30))
def test_a_name_that_is_taken_stays_below_on_every_system(name: str) -> None:
    try:
        parts = safe_parts(name)
    except NanopianoError:
        return
    windows = PureWindowsPath("root").joinpath(*parts)
    assert ".." not in [part.rstrip(" .") or ".." for part in parts]
    assert windows.parts[0] == "root" and len(windows.parts) == len(parts) + 1
    assert Path("root").joinpath(*parts).parts == ("root", *parts)


@given(st.lists(st.text(alphabet=string.ascii_lowercase + "._- ", min_size=1, max_size=9), min_size=1, max_size=5))
def test_an_honest_name_is_taken_as_it_is(parts: list[str]) -> None:
    honest = [f"x{part}" for part in parts]
    assert safe_parts("/".join(honest)) == honest
    assert safe_parts("./" + "\\".join(honest)) == honest


@pytest.mark.parametrize("pack", [zip_of, tar_of])
def test_a_link_is_left_out_and_nothing_is_written_through_it(tmp_path: Path, pack: object) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    files, links = {"link/evil": b"bad"}, {"link": str(outside), "other": "../../secret"}
    data = zip_of(files, links) if pack is zip_of else tar_of(files, links)
    assert unpack(make(tmp_path, data), tmp_path / "out").left_out == 2
    assert names_below(tmp_path / "out") == {"link/", "link/evil"}
    assert not list(outside.iterdir())


@pytest.mark.parametrize("kind", [tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_hard_links_devices_and_pipes_are_left_out(tmp_path: Path, kind: bytes) -> None:
    data = tar_of({"a": b"a"}, {"odd": "a"}, kind=kind)
    assert unpack(make(tmp_path, data), tmp_path / "out") == Unpacked(1, 1, 1)
    assert names_below(tmp_path / "out") == {"a"}


def test_rights_that_an_archive_claims_are_not_given(tmp_path: Path) -> None:
    unpack(make(tmp_path, tar_of({"a": b"#!/bin/sh"})), tmp_path / "out")
    assert (tmp_path / "out" / "a").stat().st_mode & 0o111 == 0


@pytest.mark.parametrize("pack", [zip_of, tar_of])
def test_what_grows_too_much_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pack: object) -> None:
    monkeypatch.setattr(module, "ALWAYS_ALLOWED", 1000)
    bomb = {"zeros": bytes(5_000_000)}
    data = zip_of(bomb) if pack is zip_of else tar_of(bomb)
    with pytest.raises(NanopianoError, match="is hostile: it grows beyond"):
        unpack(make(tmp_path, data), tmp_path / "out")
    assert sum(len(data) for data in contents(tmp_path / "out").values()) < 1_000_000


def test_what_is_written_counts_and_not_what_is_claimed(tmp_path: Path) -> None:
    member = module._Member("a", 1, True, lambda: (tmp_path / "long").open("rb"))
    (tmp_path / "long").write_bytes(bytes(2000))
    with pytest.raises(NanopianoError, match="is hostile: it grows beyond"):
        module._copy(member, tmp_path / "a", 1000)


def test_too_many_files_are_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_FILES", 3)
    with pytest.raises(NanopianoError, match="or 3 files"):
        unpack(make(tmp_path, zip_of(FILES)), tmp_path / "out")


def test_what_follows_the_end_of_a_tar_is_not_read_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TRAILING", 2 * module.CHUNK)
    data = gzip.compress(gzip.decompress(tar_of(FILES)) + bytes(5 * module.CHUNK))
    with pytest.raises(NanopianoError, match="bytes follow its end"):
        unpack(make(tmp_path, data), tmp_path / "out")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_no_fault_of_the_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_copy", lambda *_: Path("/dev/full").write_bytes(b"x"))
    with pytest.raises(NanopianoError, match=r"cannot unpack into .*: no space left on device; mend that") as raised:
        unpack(make(tmp_path, zip_of(FILES)), tmp_path / "out")
    assert not isinstance(raised.value, BadArchiveError)


@pytest.mark.parametrize("mode", ["zip", "w:gz", "w:xz", "w:bz2"])
@pytest.mark.parametrize("keep", [0.5, 0.97])
def test_an_archive_that_is_cut_off_is_damaged(tmp_path: Path, mode: str, keep: float) -> None:
    files = {name: bytes(range(256)) * 40 for name in FILES}
    data = zip_of(files) if mode == "zip" else tar_of(files, mode=mode)
    with pytest.raises(NanopianoError, match=r"the archive is damaged \(.+\): download it again"):
        unpack(make(tmp_path, data[: int(keep * len(data))]), tmp_path / "out")


def test_a_zip_with_a_changed_byte_is_damaged(tmp_path: Path) -> None:
    data = bytearray(zip_of({"a": b"some music " * 50}))
    data[40] ^= 255
    with pytest.raises(NanopianoError, match="the archive is damaged"):
        unpack(make(tmp_path, bytes(data)), tmp_path / "out")


def test_an_empty_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(NanopianoError, match="what came is an empty file"):
        unpack(make(tmp_path, b""), tmp_path / "out")


@pytest.mark.parametrize("data", [b"MThd and so on", b"{}", bytes(600)])
def test_what_is_no_archive_is_told(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(NanopianoError, match="neither a zip nor a tar"):
        unpack(make(tmp_path, data), tmp_path / "out")


@pytest.mark.parametrize("data", [zip_of({}), tar_of({}, {"link": "a"})], ids=["zip", "tar"])
def test_an_archive_without_a_file_is_told(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(NanopianoError, match="holds no file"):
        unpack(make(tmp_path, data), tmp_path / "out")


def test_of_two_members_of_one_name_the_last_counts(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        import io  # noqa: PLC0415
        import zipfile  # noqa: PLC0415

        memory = io.BytesIO()
        with zipfile.ZipFile(memory, "w") as archive:
            archive.writestr("a", b"first")
            archive.writestr("a", b"second")
    unpack(make(tmp_path, memory.getvalue()), tmp_path / "out")
    assert contents(tmp_path / "out") == {"a": b"second"}


def test_a_name_that_is_a_file_and_a_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(NanopianoError, match=r"cannot be unpacked: .*out.a"):
        unpack(make(tmp_path, zip_of({"a": b"file", "a/b": b"below"})), tmp_path / "out")


def test_a_zip_with_a_password_is_told(tmp_path: Path) -> None:
    data = bytearray(zip_of({"a": b"secret"}))
    data[6] |= 1  # the flag of encryption, in both headers
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(NanopianoError, match=r"cannot be unpacked: .*encrypted"):
        unpack(make(tmp_path, bytes(data)), tmp_path / "out")

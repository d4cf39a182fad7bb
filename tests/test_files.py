"""Writing files whole or not at all."""

import errno
import os
from pathlib import Path
from typing import NoReturn

import pytest

from nanopiano.errors import InputError, NanopianoError
from nanopiano.files import write_atomically


def fail_with(number: int) -> object:
    def failing(*args: object, **kwargs: object) -> NoReturn:
        raise OSError(number, os.strerror(number))

    return failing


def test_a_file_is_written_and_replaced(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a", b"old and long")
    write_atomically(str(tmp_path / "a"), b"new")
    assert (tmp_path / "a").read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [tmp_path / "a"]


def test_a_file_gets_the_rights_that_any_new_file_gets(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    write_atomically(tmp_path / "a", b"")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no folder .*none; make it first"):
        write_atomically(tmp_path / "none" / "a", b"")


def test_a_folder_is_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="it is a folder"):
        write_atomically(tmp_path, b"")


def test_a_name_that_is_too_long_is_said(tmp_path: Path) -> None:
    with pytest.raises(NanopianoError, match=r"cannot write .*aaa"):
        write_atomically(tmp_path / ("a" * 300), b"")


def test_a_folder_that_must_not_be_looked_into_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "is_dir", fail_with(errno.EACCES))
    with pytest.raises(NanopianoError, match=r"cannot write .*a: permission denied"):
        write_atomically(tmp_path / "a", b"")


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_a_failure_is_one_sentence_and_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    (tmp_path / "a").write_bytes(b"old")
    monkeypatch.setattr(os, call, fail_with(number))
    with pytest.raises(NanopianoError, match=f"cannot write .*a: {os.strerror(number).lower()}$") as caught:
        write_atomically(tmp_path / "a", b"new")
    assert caught.value.exit_status == 1
    assert (tmp_path / "a").read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [tmp_path / "a"]


def test_an_interruption_leaves_no_temporary_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*args: object) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "a", b"new")
    assert list(tmp_path.iterdir()) == []


def test_a_link_goes_on_pointing_where_it_pointed(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"old")
    try:
        (tmp_path / "link").symlink_to(tmp_path / "target")
    except OSError:
        pytest.skip("no links on this system")
    write_atomically(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_bytes() == b"new"


@pytest.mark.skipif(not Path(os.devnull).is_char_device(), reason="no device file here")
def test_a_device_is_written_into_not_replaced() -> None:
    write_atomically(os.devnull, b"gone")
    assert Path(os.devnull).is_char_device()

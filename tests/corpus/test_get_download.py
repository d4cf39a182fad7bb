"""Downloads: whatever the server does, the file is whole in the end or one sentence says why not."""

import errno
import os
import shutil
from pathlib import Path
from types import SimpleNamespace
from urllib.request import Request, build_opener

import pytest
from get_tools import QUICK, Manners, serving

from nanopiano.corpus.get import download as module
from nanopiano.corpus.get.download import digest_of, download
from nanopiano.corpus.get.part import Note
from nanopiano.errors import NanopianoError

BODY = bytes(range(256)) * 4000  # 1,024,000 bytes: several chunks


@pytest.fixture
def part(tmp_path: Path) -> Path:
    return tmp_path / "archive"


def test_a_file_arrives_whole_and_its_progress_is_told(part: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    with serving(Manners(BODY)) as server:
        download(server.address, part, patience=QUICK, watch=lambda *told: seen.append(told))
    assert part.read_bytes() == BODY
    assert seen[-1] == (len(BODY), len(BODY))
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})


def test_after_a_cut_only_the_rest_is_asked_for(part: Path) -> None:
    said: list[str] = []
    with serving(Manners(BODY, cuts=[300_000])) as server:
        download(server.address, part, patience=QUICK, say=said.append)
        first, second = server.manners.asked
    assert part.read_bytes() == BODY
    assert "Range" not in first
    assert (second["Range"], second["If-Range"]) == ("bytes=300000-", '"one"')
    assert said == ["the connection was cut after 300,000 of 1,024,000 bytes: trying to go on"]


def test_many_cuts_do_not_end_a_download_that_goes_forward(part: Path) -> None:
    with serving(Manners(BODY, cuts=[100_000] * 9)) as server:
        download(server.address, part, patience=QUICK)
        assert len(server.manners.asked) == 10 > QUICK.tries
    assert part.read_bytes() == BODY


def test_a_later_call_goes_on_where_an_earlier_one_stopped(part: Path) -> None:
    with serving(Manners(BODY, always_cut=0, cuts=[400_000])) as server:
        with pytest.raises(NanopianoError, match=r"400,000 bytes are kept: the same command goes on"):
            download(server.address, part, patience=QUICK)
        server.manners.always_cut = None
        download(server.address, part, patience=QUICK)
        assert server.manners.asked[-1]["Range"] == "bytes=400000-"
    assert part.read_bytes() == BODY


def test_a_file_that_is_whole_already_is_not_sent_again(part: Path) -> None:
    with serving(Manners(BODY)) as server:
        download(server.address, part, patience=QUICK)
        seen: list[int] = []
        download(server.address, part, patience=QUICK, watch=lambda done, _: seen.append(done))
    assert part.read_bytes() == BODY
    assert not seen


def test_silence_counts_as_a_cut(part: Path) -> None:
    said: list[str] = []
    with serving(Manners(BODY, stalls=[200_000])) as server:
        download(server.address, part, patience=QUICK, say=said.append)
        assert server.manners.asked[1]["Range"] == "bytes=200000-"
    assert part.read_bytes() == BODY
    assert said == ["nothing came for 0.3 s: trying to go on"]


def test_a_server_without_ranges_sends_all_again(part: Path) -> None:
    with serving(Manners(BODY, ranges=False, cuts=[300_000])) as server:
        download(server.address, part, patience=QUICK)
    assert part.read_bytes() == BODY


def test_a_server_without_ranges_that_always_cuts_is_given_up(part: Path) -> None:
    with serving(Manners(BODY, etag=None, ranges=False, always_cut=300_000)) as server:
        with pytest.raises(NanopianoError, match="cut after 300,000 of 1,024,000 bytes: try again later"):
            download(server.address, part, patience=QUICK)
        assert len(server.manners.asked) == 1 + QUICK.tries


def test_a_file_that_changed_in_between_begins_anew(part: Path) -> None:
    other = BODY[::-1]
    with serving(Manners(BODY, cuts=[300_000], always_cut=0)) as server:
        with pytest.raises(NanopianoError):
            download(server.address, part, patience=QUICK)
        server.manners.body, server.manners.etag, server.manners.always_cut = other, '"two"', None
        download(server.address, part, patience=QUICK)
    assert part.read_bytes() == other


def test_a_changed_file_is_noticed_though_the_server_knows_no_if_range(part: Path) -> None:
    other = BODY[::-1]
    with serving(Manners(BODY, cuts=[300_000], always_cut=0, if_range=False)) as server:
        with pytest.raises(NanopianoError):
            download(server.address, part, patience=QUICK)
        server.manners.body, server.manners.etag, server.manners.always_cut = other, '"two"', None
        download(server.address, part, patience=QUICK)
    assert part.read_bytes() == other


def test_a_file_that_became_shorter_than_what_is_there_begins_anew(part: Path) -> None:
    with serving(Manners(BODY, cuts=[300_000], always_cut=0, if_range=False)) as server:
        with pytest.raises(NanopianoError):
            download(server.address, part, patience=QUICK)
        server.manners.body, server.manners.always_cut = BODY[:1000], None
        download(server.address, part, patience=QUICK)
    assert part.read_bytes() == BODY[:1000]


@pytest.mark.parametrize("etag", [None, 'W/"one"'])
def test_without_a_strong_validator_nothing_is_appended(part: Path, etag: str | None) -> None:
    with serving(Manners(BODY, etag=etag, cuts=[300_000])) as server:
        download(server.address, part, patience=QUICK)
        assert "Range" not in server.manners.asked[1]
    assert part.read_bytes() == BODY


def test_the_part_of_another_address_is_not_gone_on_with(part: Path) -> None:
    part.write_bytes(b"something else")
    with serving(Manners(BODY)) as server:
        Note(server.address + "2", '"one"', len(BODY)).file(part).write_text(
            f'{{"address": "{server.address}2", "validator": "\\"one\\"", "total": {len(BODY)}}}'
        )
        download(server.address, part, patience=QUICK)
        assert "Range" not in server.manners.asked[0]
    assert part.read_bytes() == BODY


def test_a_damaged_note_begins_anew(part: Path) -> None:
    part.write_bytes(BODY[:10])
    Note.file(part).write_bytes(b"[1, 2")
    with serving(Manners(BODY)) as server:
        download(server.address, part, patience=QUICK)
    assert part.read_bytes() == BODY


def test_a_length_that_is_too_long_is_given_up_and_told(part: Path) -> None:
    with (
        serving(Manners(BODY, lie=5000)) as server,
        pytest.raises(NanopianoError, match=r"the server has 1,024,000 bytes, fewer than it promised .*are kept"),
    ):
        download(server.address, part, patience=QUICK)
    assert part.read_bytes() == BODY


def test_a_file_without_a_length_arrives(part: Path) -> None:
    with serving(Manners(BODY, length=False)) as server:
        download(server.address, part, patience=QUICK)
    assert part.read_bytes() == BODY


@pytest.mark.parametrize("status", [404, 403, 410])
def test_a_status_that_will_not_change_is_told_at_once(part: Path, status: int) -> None:
    manners = Manners(b"<!DOCTYPE html><p>Gone", status=status, kind="text/html; charset=utf-8")
    with serving(manners) as server:
        with pytest.raises(NanopianoError, match=rf"answers {status} .* with a web page: the file was moved"):
            download(server.address, part, patience=QUICK)
        assert len(manners.asked) == 1
    assert not part.exists()


@pytest.mark.parametrize(
    ("kind", "page"),
    [("text/html", b"<p>Please log in"), ("application/zip", b"\n<!DOCTYPE html><html>not found"), ("", b"<HTML>no")],
)
def test_a_web_page_with_status_200_is_no_file(part: Path, kind: str, page: bytes) -> None:
    with serving(Manners(page, kind=kind)) as server, pytest.raises(NanopianoError, match="a web page came instead"):
        download(server.address, part, patience=QUICK)
    assert not list(part.parent.iterdir())


def test_a_server_that_is_busy_is_asked_again(part: Path) -> None:
    with serving(Manners(BODY, statuses=[503, 429])) as server:
        download(server.address, part, patience=QUICK)
        assert len(server.manners.asked) == 3
    assert part.read_bytes() == BODY


def test_a_server_that_is_not_there_is_one_sentence(part: Path) -> None:
    with serving(Manners(BODY)) as server:
        address = server.address
    with pytest.raises(NanopianoError, match=r"cannot download http://127.*the connection failed \(.*refused"):
        download(address, part, patience=QUICK)


def test_a_redirection_is_followed(part: Path) -> None:
    with serving(Manners(BODY)) as there, serving(Manners(b"", to=there.address)) as here:
        download(here.address, part, patience=QUICK)
    assert part.read_bytes() == BODY


def test_a_redirection_from_https_to_http_is_not_followed() -> None:
    request = Request("https://example.invalid/a")
    with pytest.raises(NanopianoError, match="not encrypted: not followed"):
        module._NoWayDown().redirect_request(request, None, 302, "", {}, "http://example.invalid/a")  # type: ignore[arg-type]


def test_too_little_room_is_told_before_anything_is_written(part: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
    with (
        serving(Manners(BODY)) as server,
        pytest.raises(NanopianoError, match=r"1,024,000 bytes are to come and 1,000"),
    ):
        download(server.address, part, patience=QUICK)
    assert not list(part.parent.iterdir())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_sentence(part: Path) -> None:
    part.symlink_to("/dev/full")
    with serving(Manners(BODY)) as server:
        response = build_opener().open(server.address)
        with (
            response,
            pytest.raises(NanopianoError, match=f"cannot write .*: {os.strerror(errno.ENOSPC).lower()}; mend"),
        ):
            module._write(response, part, 0, 1, lambda _: None)


def test_a_digest_is_that_of_the_file(part: Path) -> None:
    part.write_bytes(b"abc")
    assert digest_of(part) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert digest_of(part, "md5") == "900150983cd24fb0d6963f7d28e17f72"

"""Fetching a corpus: the folder is there whole or not at all, and its receipt tells where it came from."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from get_tools import QUICK, Manners, names_below, published, serving, tar_of, zip_of

from nanopiano.corpus.get import download as downloading
from nanopiano.corpus.get.catalogue import CATALOGUE, find_published
from nanopiano.corpus.get.fetch import Receipt, get_corpus
from nanopiano.errors import InputError, NanopianoError

ARCHIVE = zip_of({"set/a.mid": b"MThd a", "set/b.mid": b"MThd b"})
SHA256 = hashlib.sha256(ARCHIVE).hexdigest()


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "music"


def test_a_corpus_arrives_with_its_receipt_and_nothing_else(out: Path) -> None:
    said: list[str] = []
    with serving(Manners(ARCHIVE)) as server:
        receipt = get_corpus(published(server.address), out, patience=QUICK, say=said.append)
    assert names_below(out.parent) == {
        "music/", "music/set/", "music/set/a.mid", "music/set/b.mid", "music.source.json",
    }  # fmt: skip
    assert json.loads((out.parent / "music.source.json").read_bytes())["sha256"] == SHA256
    assert (receipt.sha256, receipt.files, receipt.size_bytes) == (SHA256, 2, len(ARCHIVE))
    assert said == [f"SHA-256 {SHA256} (none is published to compare it with)"]


def test_what_is_there_already_is_not_downloaded_again(out: Path) -> None:
    with serving(Manners(ARCHIVE)) as server:
        first = get_corpus(published(server.address), out, patience=QUICK)
        said: list[str] = []
        assert get_corpus(published(server.address), out, patience=QUICK, say=said.append) == first
        assert len(server.manners.asked) == 1
    assert "is there already" in said[0]


def test_a_second_download_is_compared_with_the_first(out: Path) -> None:
    other = zip_of({"set/a.mid": b"MThd changed"})
    with serving(Manners(ARCHIVE)) as server:
        get_corpus(published(server.address), out, patience=QUICK)
        (out / "set" / "a.mid").unlink()
        (out / "set" / "b.mid").unlink()
        (out / "set").rmdir()
        out.rmdir()
        server.manners.body = other
        said: list[str] = []
        receipt = get_corpus(published(server.address), out, patience=QUICK, say=said.append)
    assert receipt.sha256 == hashlib.sha256(other).hexdigest()
    assert f"(SHA-256 {SHA256}): its publisher has changed it" in said[-1]


@pytest.mark.parametrize("method", ["sha256", "md5"])
def test_a_published_checksum_is_held_against_the_download(out: Path, method: str) -> None:
    digest = f"{method}:{hashlib.new(method, ARCHIVE).hexdigest()}"
    with serving(Manners(ARCHIVE)) as server:
        get_corpus(published(server.address, digest), out, patience=QUICK)
    assert (out / "set" / "a.mid").is_file()


def test_a_download_with_another_checksum_is_thrown_away(out: Path) -> None:
    with serving(Manners(ARCHIVE)) as server:
        wrong = published(server.address, "sha256:" + "0" * 64)
        with pytest.raises(NanopianoError, match=f"its sha256 is {SHA256}, not 0000"):
            get_corpus(wrong, out, patience=QUICK)
    assert not names_below(out.parent)


def test_a_cut_download_leaves_only_the_part_and_goes_on(out: Path) -> None:
    big = zip_of({"a.mid": bytes(hashlib.shake_256(b"music").digest(500_000))})
    with serving(Manners(big, cuts=[200_000], always_cut=0)) as server:
        with pytest.raises(NanopianoError, match=r"200,000 bytes are kept.*; about it: http://page.invalid"):
            get_corpus(published(server.address), out, patience=QUICK)
        assert names_below(out.parent) == {"music.part/", "music.part/archive", "music.part/archive.json"}
        server.manners.always_cut = None
        get_corpus(published(server.address), out, patience=QUICK)
        assert server.manners.asked[-1]["Range"] == "bytes=200000-"
    assert names_below(out.parent) == {"music/", "music/a.mid", "music.source.json"}


def test_ctrl_c_in_a_download_leaves_the_part_to_go_on_with(out: Path) -> None:
    big = zip_of({"a.mid": bytes(hashlib.shake_256(b"music").digest(900_000))})

    def stop(_done: int, _total: int | None) -> None:
        raise KeyboardInterrupt

    with serving(Manners(big)) as server:
        with pytest.raises(KeyboardInterrupt):
            get_corpus(published(server.address), out, patience=QUICK, watch=stop)
        assert not out.exists()
        get_corpus(published(server.address), out, patience=QUICK)
        assert server.manners.asked[-1].get("Range", "").startswith("bytes=")
    assert (out / "a.mid").stat().st_size == 900_000


def test_ctrl_c_while_unpacking_keeps_the_archive_only(out: Path) -> None:
    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with serving(Manners(ARCHIVE)) as server:
        with pytest.raises(KeyboardInterrupt):
            get_corpus(published(server.address), out, patience=QUICK, watch_unpacking=stop)
        assert names_below(out.parent) == {"music.part/", "music.part/archive", "music.part/archive.json"}
        get_corpus(published(server.address), out, patience=QUICK)
    assert (out / "set" / "b.mid").is_file()


@pytest.mark.parametrize(
    "archive",
    [zip_of({"../../evil.mid": b"bad"}), tar_of({"a.mid": b"a", "/evil.mid": b"bad"}), ARCHIVE[:80], b"no archive"],
    ids=["zip", "tar", "cut", "none"],
)
def test_of_a_bad_archive_nothing_stays(out: Path, archive: bytes) -> None:
    with serving(Manners(archive)) as server, pytest.raises(NanopianoError, match="archive"):
        get_corpus(published(server.address), out, patience=QUICK)
    assert not names_below(out.parent)


def test_a_404_with_a_web_page_leaves_nothing_and_names_the_page_of_the_corpus(out: Path) -> None:
    manners = Manners(b"<html>no such file", status=404, kind="text/html")
    with (
        serving(manners) as server,
        pytest.raises(NanopianoError, match=r"404 .*web page.*about it: http://page.invalid"),
    ):
        get_corpus(published(server.address), out, patience=QUICK)
    assert not names_below(out.parent)


def test_a_folder_that_holds_something_else_is_left_alone(out: Path) -> None:
    out.mkdir()
    (out / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match="holds something else"):
        get_corpus(published("http://127.0.0.1:9/never"), out, patience=QUICK)
    assert names_below(out.parent) == {"music/", "music/letter.txt"}


def test_a_folder_in_the_way_of_the_work_is_left_alone(out: Path) -> None:
    part = out.with_name("music.part")
    (part / "unpacked").mkdir(parents=True)
    (part / "unpacked" / "letter.txt").write_text("dear")
    (part / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match=r"music\.part is needed for the work and holds letter\.txt: move that folder"):
        get_corpus(published("http://127.0.0.1:9/never"), out, patience=QUICK)
    assert names_below(part) == {"unpacked/", "unpacked/letter.txt", "letter.txt"}


def test_a_receipt_beside_an_empty_folder_does_not_stand_for_a_corpus(out: Path) -> None:
    with serving(Manners(ARCHIVE)) as server:
        get_corpus(published(server.address), out, patience=QUICK)
        shutil.rmtree(out)
        out.mkdir()
        get_corpus(published(server.address), out, patience=QUICK)
    assert (out / "set" / "a.mid").is_file()


def test_an_empty_folder_is_filled(out: Path) -> None:
    out.mkdir()
    with serving(Manners(ARCHIVE)) as server:
        get_corpus(published(server.address), out, patience=QUICK)
    assert (out / "set" / "a.mid").is_file()


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NanopianoError, match=r"cannot write .*not a directory"):
        get_corpus(published("http://127.0.0.1:9/never"), tmp_path / "file" / "music", patience=QUICK)


def test_a_damaged_receipt_is_no_receipt(out: Path) -> None:
    Receipt.file(out).write_text("{")
    assert Receipt.read(out) is None


def test_a_name_that_is_not_known_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match="no corpus 'maestr' is known: did you mean 'maestro'"):
        find_published("maestr")


def test_a_corpus_behind_a_disclaimer_names_its_page() -> None:
    with pytest.raises(InputError, match=r"can only be downloaded by hand: .*disclaimer\.md"):
        find_published("giantmidi")


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_entry_of_the_catalogue_is_whole(name: str) -> None:
    entry = CATALOGUE[name]
    assert all((entry.title, entry.holds, entry.form, entry.page.startswith("https://")))
    assert all((entry.terms.licence, entry.terms.commercial, entry.terms.training, entry.terms.sharing))
    assert entry.address is None or entry.address.startswith(("https://", "http://hog.ee.columbia.edu/"))
    if entry.digest is not None:
        method, _, digest = entry.digest.partition(":")
        assert len(bytes.fromhex(digest)) == hashlib.new(method).digest_size


def test_the_patience_by_default_outlives_a_router_that_starts_anew() -> None:
    patience = downloading.Patience()
    assert sum(patience.pause_seconds * 2**n for n in range(1, patience.tries)) >= 30

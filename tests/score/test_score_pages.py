"""Scores as pages and files."""

import re
import zlib
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import pytest

from nanopiano.errors import InputError
from nanopiano.music.piece import Piece
from nanopiano.score.draw import check_score, save_score
from nanopiano.score.pdf import pdf_bytes

SHORT = Piece.of([(4 * n, 60 + n, 4) for n in range(8)], title="Etüde Żal", bpm=84)
LONG = Piece.of([(n, 48 + n % 30, 1) for n in range(16 * 60)], title="Long")
needs_extra = pytest.mark.skipif(
    find_spec("verovio") is None or find_spec("resvg_py") is None, reason="the extra `score` is not installed"
)
A_PAGE = """<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"><defs><g id="head">
<path transform="scale(1,-1)" d="M0 0h10v-10H0zm5 5c1 1 2 2 3 3"/></g></defs><svg viewBox="0 0 21000 29700">
<g transform="translate(500, 500)"><path d="M0 10 L90 10" stroke-width="13"/><use xlink:href="#head"
transform="translate(7, 8) scale(0.5, 0.5)"/><polygon points="0,0 5,0 5,5"/><ellipse cx="5" cy="5" rx="2" ry="2"/>
<text x="9000" y="80" text-anchor="middle" font-size="400">Żal Ω</text></g></svg></svg>"""


def contents(pdf: bytes) -> str:
    streams = re.findall(rb"stream\n(.*?)\nendstream", pdf, re.DOTALL)
    return "\n".join(zlib.decompress(stream).decode("latin-1") for stream in streams)


@needs_extra
def test_one_page_has_the_name_asked_for_and_several_are_numbered(tmp_path: Path) -> None:
    assert save_score(SHORT, tmp_path / "a.svg") == [tmp_path / "a.svg"]
    files = save_score(LONG, tmp_path / "b.svg")
    assert len(files) > 1 and files == [tmp_path / f"b-page-{n}.svg" for n in range(1, len(files) + 1)]
    assert all(file.exists() for file in files)


@needs_extra
def test_pages_say_title_and_tempo_in_plain_text_and_are_the_same_every_time(tmp_path: Path) -> None:
    file = save_score(SHORT, tmp_path / "a.svg")[0]
    texts = {text.text for text in ElementTree.fromstring(file.read_bytes()).iter("{http://www.w3.org/2000/svg}text")}
    assert {"Etüde Żal", "\xa0=\xa084"} <= texts
    first = file.read_bytes()
    assert save_score(SHORT, file)[0].read_bytes() == first


@needs_extra
def test_a_long_title_is_set_smaller(tmp_path: Path) -> None:
    sizes = []
    for title in ("Short", "A title that is so long, " * 6 + "indeed"):
        page = ElementTree.fromstring(save_score(replace(SHORT, title=title), tmp_path / "a.svg")[0].read_bytes())
        texts = {text.text: text for text in page.iter("{http://www.w3.org/2000/svg}text")}
        sizes.append(float(texts[title].get("font-size", 0)))
    assert sizes[1] < 0.7 * sizes[0]


@needs_extra
def test_pictures_and_prints_are_of_their_kind(tmp_path: Path) -> None:
    assert save_score(SHORT, tmp_path / "a.png")[0].read_bytes().startswith(b"\x89PNG")
    pdf = save_score(LONG, tmp_path / "a.PDF")[0].read_bytes()
    assert pdf.startswith(b"%PDF-1.7") and pdf.endswith(b"%%EOF\n") and pdf.count(b"/Type /Page ") > 1


def test_a_page_becomes_the_operators_of_a_pdf() -> None:
    drawn = contents(pdf_bytes([A_PAGE]))
    assert "0 10 m\n90 10 l\nS" in drawn  # a line is stroked
    assert "0 0 m 10 0 l 10 -10 l 0 -10 l h 5 5 m 6 6 7 7 8 8 c f" in drawn  # a glyph in relative and absolute moves
    assert "1 0 0 1 7 8 cm" in drawn and "/X0 Do" in drawn
    assert "/F1 400 Tf" in drawn and "<01616c203f>" in drawn  # a letter beyond code page 1252, and one that none has


def test_the_places_of_the_objects_in_a_pdf_are_right() -> None:
    pdf = pdf_bytes([A_PAGE, A_PAGE])
    table = int(pdf.rpartition(b"startxref\n")[2].split()[0])
    places = [int(entry) for entry in re.findall(rb"(\d{10}) 00000 n", pdf[table:])]
    assert [pdf[place:].split(b" obj")[0] for place in places] == [b"%d 0" % (n + 1) for n in range(len(places))]
    assert b"/Count 2" in pdf and b"/zdotaccent" not in pdf and b"/Zdotaccent" in pdf


@pytest.mark.parametrize("name", ["a.jpg", "a", "a.xml"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"\.musicxml, \.mxl, \.svg, \.png, \.pdf"):
        check_score(name)


def test_without_the_extra_pages_are_refused_and_musicxml_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nanopiano.score.engraver.find_spec", lambda _: None)
    with pytest.raises(InputError, match=r'verovio is not installed: pip install "nanopiano\[score\]"'):
        save_score(SHORT, tmp_path / "a.pdf")
    assert save_score(SHORT, tmp_path / "a.musicxml") == [tmp_path / "a.musicxml"]

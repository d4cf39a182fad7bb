"""`--score`, and scores where a file is read."""

from importlib.util import find_spec
from pathlib import Path

import pytest
from cli_tools import Cli, some_midi, some_piece

from nanopiano.music.midi import read_midi
from nanopiano.music.words import piece_to_text
from nanopiano.score.musicxml import write_musicxml
from nanopiano.score.read import read_score

needs_verovio = pytest.mark.skipif(find_spec("verovio") is None, reason="the extra `score` is not installed")


def test_render_writes_a_score_and_reads_it(cli: Cli) -> None:
    some_midi("mine.mid")
    ran = cli("render", "mine.mid", "--score", "mine.musicxml")
    assert ran.status == 0 and "mine.musicxml: 40 notes" in ran.err and ran.out == ""
    piece = read_score("mine.musicxml")[0]
    assert piece.title == "mine" and piece.notes[:, :3].tolist() == some_piece().notes[:, :3].tolist()
    assert cli("render", "mine.musicxml", "--picture", "mine.png").status == 0
    assert cli("encode", "mine.musicxml").out == piece_to_text(some_piece()) + "\n"


@needs_verovio
def test_pages_are_named_where_there_are_several(cli: Cli) -> None:
    some_midi("mine.mid", bars=90)
    ran = cli("render", "mine.mid", "--score", "mine.svg")
    assert ran.status == 0 and "mine-page-1.svg, mine-page-2.svg" in ran.err and "mine.svg" not in cli.files


@needs_verovio
def test_pages_replace_no_piece_that_is_numbered(cli: Cli) -> None:
    some_midi("mine.mid", bars=90)
    Path("mine-2.svg").write_text("a drawing of mine")
    ran = cli("render", "mine.mid", "--score", "mine.svg")
    assert ran.status == 0 and "mine-page-1.svg, mine-page-2.svg" in ran.err
    assert Path("mine-2.svg").read_text() == "a drawing of mine"


def test_a_new_piece_has_a_score_beside_it(cli: Cli) -> None:
    ran = cli.compose("generate", "--words", "20", "--seed", "1", "-o", "a.mid", "--score", "a.mxl", "--json")
    assert ran.status == 0 and ran.json["score"] == ["a.mxl"] and "a.mid, a.mxl" in ran.err
    assert read_score("a.mxl")[0].notes[:, :3].tolist() == read_midi("a.mid")[0].notes[:, :3].tolist()


def test_many_pieces_have_many_scores(cli: Cli) -> None:
    assert cli.compose("generate", "--words", "10", "--count", "2", "-o", "a.mid", "--score", "a.musicxml").status == 0
    assert {"a-1.musicxml", "a-2.musicxml"} <= cli.files


def test_a_score_is_continued_and_filled(cli: Cli) -> None:
    write_musicxml(some_piece(), "tune.musicxml")
    assert cli.compose("continue", "tune.musicxml", "--words", "10", "-o", "longer.mid").status == 0
    assert len(read_midi("longer.mid")[0]) > len(some_piece())
    ran = cli.compose("fill", "tune.musicxml", "--bars", "3-4", "-o", "new.mid", "--score", "new.musicxml")
    assert ran.status == 0
    before = [row for row in some_piece().notes[:, :3].tolist() if row[0] < 32]
    assert read_score("new.musicxml")[0].notes[: len(before), :3].tolist() == before


def test_what_cannot_be_is_refused_before_the_work(cli: Cli) -> None:
    some_midi("mine.mid")
    assert "end its name with" in cli.refuses("render", "mine.mid", "--score", "mine.doc")
    assert "end its name with" in cli.refuses("generate", "--score", "mine.doc", "-o", "a.mid")
    assert "there is no folder" in cli.refuses("render", "mine.mid", "--score", "none/mine.musicxml")
    write_musicxml(some_piece(), "tune.musicxml")
    assert "never written to" in cli.refuses("render", "tune.musicxml", "--score", "tune.musicxml")
    Path("bad.musicxml").write_text("<score-partwise><part>")
    assert "cut short or damaged" in cli.refuses("continue", "bad.musicxml", "-o", "a.mid")
    assert not {"a.mid", "mine.doc"} & cli.files

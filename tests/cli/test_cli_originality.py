"""`nanopiano originality`, the line under every new piece, and `--original`."""

import shutil
from pathlib import Path

import pytest
from cli_tools import Cli, some_midi, some_piece

from nanopiano.model.defaults import DEFAULT_ORIGINAL
from nanopiano.model.originality.build import build_index
from nanopiano.model.originality.index import save_index
from nanopiano.music.grid import Grid
from nanopiano.music.midi import write_midi

KEYS = ["longest_passage_notes", "piece", "bars", "share_of_12", "human_share_of_12"]


@pytest.fixture
def learnt(cli: Cli) -> Path:
    """The small model, having learnt from `some_piece`."""
    folder = Path("learnt")
    shutil.copytree(cli.model, folder)
    piece = some_piece(bars=40).canonical()
    training = [("Opus 1", "Nobody", piece.notes)]
    save_index(build_index(training, [piece.transpose(-3).notes], Grid()), folder)
    return folder


def test_what_is_shared_is_told_with_piece_and_bars(cli: Cli, learnt: Path) -> None:
    write_midi(some_piece(bars=8).transpose(2), "mine.mid")
    facts = cli("originality", "mine.mid", "--model", learnt, "--json").json
    assert list(facts)[:5] == KEYS
    assert (facts["piece"], facts["composer"]) == ("Opus 1", "Nobody")
    assert facts["bars"] == facts["file_bars"] == [1, 8]
    assert facts["longest_passage_notes"] == 40
    assert facts["share_of_12"] == facts["human_share_of_12"] == 1.0


def test_it_is_told_to_people_too(cli: Cli, learnt: Path) -> None:
    some_midi()
    said = cli("originality", "mine.mid", "--model", learnt).out
    for part in ("40 notes in bars 1-8", "Nobody: Opus 1 (bars 1-8)", "100.0% (29 of 29)"):
        assert part in said
    assert "1 human pieces held out, 250 notes of each" in said


def test_a_model_without_an_index_is_refused_in_a_sentence(cli: Cli) -> None:
    some_midi()
    assert "has no passages.npz" in cli.refuses("originality", "mine.mid", "--model", cli.model)
    assert "there is no model 'none'" in cli.refuses("originality", "mine.mid", "--model", "none")


def test_what_is_no_music_is_refused(cli: Cli, learnt: Path) -> None:
    Path("text.mid").write_text("no notes")
    assert "text.mid" in cli.refuses("originality", "text.mid", "--model", learnt)
    assert "missing.mid" in cli.refuses("originality", "missing.mid", "--model", learnt)


def test_a_damaged_index_is_refused_before_anything_is_composed(cli: Cli, learnt: Path) -> None:
    (learnt / "passages.npz").write_bytes(b"damaged")
    assert "is damaged" in cli.refuses("generate", "--words", "20", "--model", learnt)
    assert cli.files == {"learnt"}


def test_every_new_piece_is_told_with_its_originality(cli: Cli, learnt: Path) -> None:
    ran = cli("generate", "--words", "60", "--count", "2", "--seed", "1", "--model", learnt, "--json")
    for facts in ran.json["pieces"]:
        assert list(facts["originality"])[:5] == KEYS
        assert facts["originality"]["human_share_of_12"] == 1.0
    assert ran.err.count("of its passages of 12 notes are in training") == 2


def test_without_an_index_nothing_is_said_of_it(cli: Cli) -> None:
    ran = cli.compose("generate", "--words", "60", "--json")
    assert "originality" not in ran.json and "training" not in ran.err


def test_only_the_new_music_of_a_continuation_and_of_a_fill_counts(cli: Cli, learnt: Path) -> None:
    some_midi(bars=8)
    new = cli("continue", "mine.mid", "--words", "60", "--seed", "1", "--model", learnt, "--json").json["originality"]
    assert new["passages_of_12"] < 60 and new["longest_passage_notes"] < 30 and new["share_of_12"] < 0.5
    common = ("fill", "mine.mid", "--bars", "3-4", "-o", "x.mid", "--seed", "1", "--model", learnt, "--json")
    new = cli(*common).json["originality"]
    assert new["longest_passage_notes"] < 30 and new["share_of_12"] < 0.5


def test_a_piece_is_kept_original(cli: Cli, learnt: Path) -> None:
    some_midi(bars=8)
    words = ("continue", "mine.mid", "--words", "60", "--temperature", "0", "--model", learnt, "--json")
    assert cli(*words, "--original").json["originality"]["longest_passage_notes"] <= 16
    assert cli(*words, "--original", "9").json["originality"]["longest_passage_notes"] <= 9


def test_what_original_cannot_be(cli: Cli, learnt: Path) -> None:
    words = ("generate", "--words", "20", "--original")
    assert "no index of the music that it learnt from" in cli.refuses(*words, "--model", cli.model)
    assert "original is 3" in cli.refuses(*words, "3", "--model", learnt)
    assert "'much' is not a whole number" in cli.refuses(*words, "much", "--model", learnt)


def test_help_tells_the_true_limit(cli: Cli) -> None:
    said = " ".join(cli("generate", "--help").out.split())
    assert f"more than N notes ({DEFAULT_ORIGINAL})" in said

"""`nanopiano generate`: what is written where, and what is told."""

import json
from pathlib import Path

import pytest
from cli_tools import Cli

from nanopiano.model.defaults import DEFAULT_LENGTH, DEFAULT_SAMPLING
from nanopiano.music.midi import read_midi
from nanopiano.music.words import text_to_piece


def test_a_piece_is_written_and_told_as_one_json_object(cli: Cli) -> None:
    ran = cli.compose("generate", "--words", "60", "--seed", "5", "--json")
    assert ran.status == 0
    facts = ran.json
    piece, _ = read_midi(facts["file"])
    assert facts["file"] == "nanopiano-5.mid" and cli.files == {"nanopiano-5.mid"}
    assert (facts["seed"], facts["notes"], facts["bars"]) == (5, len(piece), piece.bars)
    assert 60 <= facts["words"] <= 200
    assert facts["seconds"] == pytest.approx(piece.seconds, abs=0.001)
    assert facts["words_per_second"] > 0
    assert "nanopiano-5.mid" in ran.err and "seed 5" in ran.err


def test_the_same_seed_makes_the_same_bytes_and_another_seed_others(cli: Cli) -> None:
    for seed, name in ((3, "a"), (3, "b"), (4, "c")):
        assert cli.compose("generate", "--words", "40", "--seed", str(seed), "-o", f"{name}.mid").status == 0
    a, b, c = (Path(f"{name}.mid").read_bytes() for name in "abc")
    assert a == b != c


def test_a_name_that_is_taken_is_numbered_unless_it_was_asked_for(cli: Cli) -> None:
    for _ in range(3):
        assert cli.compose("generate", "--words", "10", "--seed", "1").status == 0
    assert cli.files == {"nanopiano-1.mid", "nanopiano-1-2.mid", "nanopiano-1-3.mid"}
    Path("mine.mid").write_text("old")
    assert cli.compose("generate", "--words", "10", "--seed", "1", "-o", "mine.mid").status == 0
    assert Path("mine.mid").read_bytes() == Path("nanopiano-1.mid").read_bytes()


def test_several_pieces_have_seeds_in_a_row_and_numbered_files(cli: Cli) -> None:
    words = ("generate", "--words", "20", "--seed", "7", "--count", "3", "--json")
    facts = cli.compose(*words, "-o", "x.mid", "--text", "x.txt").json
    assert [piece["seed"] for piece in facts["pieces"]] == [7, 8, 9]
    assert cli.files == {f"x-{number}.{kind}" for number in (1, 2, 3) for kind in ("mid", "txt")}
    alone = cli.compose("generate", "--words", "20", "--seed", "8", "-o", "alone.mid")
    assert alone.status == 0 and Path("alone.mid").read_bytes() == Path("x-2.mid").read_bytes()
    assert len(cli.compose(*words).json["pieces"]) == 3
    assert {"nanopiano-7.mid", "nanopiano-8.mid", "nanopiano-9.mid"} <= cli.files
    assert list(cli.compose("generate", "--words", "9", "--count", "1", "--json").json) == ["pieces"]


@pytest.mark.parametrize(("unit", "amount", "bars"), [("--bars", 8, 8), ("--seconds", 16, 8), ("--seconds", 20.5, 11)])
def test_lengths_in_bars_and_seconds(cli: Cli, unit: str, amount: float, bars: int) -> None:
    facts = cli.compose("generate", unit, str(amount), "--seed", "2", "--json").json
    assert bars <= facts["bars"] <= bars + 5


def test_tempo_words_and_loudness(cli: Cli) -> None:
    common = ("generate", "--words", "40", "--seed", "2", "--bpm", "72.5", "--text", "t.txt")
    assert cli.compose(*common, "-o", "flat.mid").status == 0
    assert cli.compose(*common, "-o", "shaped.mid", "--expressive").status == 0
    flat, shaped = (read_midi(f"{name}.mid")[0] for name in ("flat", "shaped"))
    assert flat.bpm == 72.5
    assert set(flat.notes[:, 3].tolist()) == {80} and len(set(shaped.notes[:, 3].tolist())) > 3
    assert (flat.notes[:, :3] == shaped.notes[:, :3]).all()
    assert (text_to_piece(Path("t.txt").read_text())[0].notes == flat.notes).all()


def test_a_picture_is_drawn(cli: Cli) -> None:
    ran = cli.compose("generate", "--words", "30", "-o", "x.mid", "--picture", "x.png", "--json")
    assert Path("x.png").read_bytes().startswith(b"\x89PNG")
    assert ran.json["picture"] == "x.png"  # and pygame's greeting is not on standard output


def test_the_likeliest_words_need_no_seed(cli: Cli) -> None:
    for seed in ("1", "2"):
        words = ("generate", "--words", "20", "--temperature", "0", "--top-k", "5", "--min-p", "0.1", "--top-p", "0.9")
        assert cli.compose(*words, "--seed", seed, "-o", f"{seed}.mid").status == 0
    assert Path("1.mid").read_bytes() == Path("2.mid").read_bytes()


def test_a_free_end_may_come_earlier(cli: Cli) -> None:
    freely = [
        cli.compose("generate", "--words", "900", "--free-end", "--seed", str(seed), "--json").json["words"]
        for seed in range(3)
    ]
    assert min(freely) < 900


def test_help_tells_the_true_defaults(cli: Cli) -> None:
    said = " ".join(cli("generate", "--help").out.split())
    assert f"high takes risks ({DEFAULT_SAMPLING.temperature})" in said
    assert f"this share together ({DEFAULT_SAMPLING.top_p})" in said
    assert f"as the likeliest ({DEFAULT_SAMPLING.min_p})" in said
    assert f"({DEFAULT_SAMPLING.min_surprise}; 0: never)" in said
    assert f"({DEFAULT_SAMPLING.returns:g}; 1: as learnt)" in said
    assert f"({DEFAULT_SAMPLING.chromatic:g}; 1: as learnt)" in said
    assert f"two a note or wait ({DEFAULT_LENGTH.words})" in said
    assert DEFAULT_SAMPLING.top_k is None and "likeliest words only (all)" in said


def test_json_is_plain_letters_whatever_a_file_is_called(cli: Cli) -> None:
    ran = cli.compose("generate", "--words", "10", "-o", "träumerei \udcff.mid", "--json")
    assert ran.status == 0 and ran.out.isascii()
    assert json.loads(ran.out)["file"] == "träumerei \udcff.mid"

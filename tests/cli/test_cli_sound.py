"""`--wav`: sound files from the command line."""

from pathlib import Path

import pytest
import soundfile
from cli_tools import Cli, some_midi

from nanopiano.music.midi import read_midi

SHORT = ("--words", "24", "--seed", "3", "--bpm", "500")


def test_generate_plays_the_piece_into_a_file(cli: Cli) -> None:
    facts = cli.compose("generate", *SHORT, "-o", "a.mid", "--wav", "a.wav", "--json").json
    assert facts["wav"] == "a.wav"
    piece, _ = read_midi("a.mid")
    assert soundfile.info("a.wav").duration > piece.seconds


def test_the_same_seed_gives_the_same_sound_and_expression_another(cli: Cli) -> None:
    for name, more in (("a", ()), ("b", ()), ("c", ("--expressive",))):
        assert cli.compose("generate", *SHORT, "-o", "p.mid", "--wav", f"{name}.flac", *more).status == 0
    a, b, c = (Path(f"{name}.flac").read_bytes() for name in "abc")
    assert a == b != c


def test_several_pieces_have_numbered_sound_files(cli: Cli) -> None:
    facts = cli.compose("generate", *SHORT, "--count", "2", "-o", "a.mid", "--wav", "a.ogg", "--json").json
    assert [piece["wav"] for piece in facts["pieces"]] == ["a-1.ogg", "a-2.ogg"]
    assert cli.files == {"a-1.mid", "a-2.mid", "a-1.ogg", "a-2.ogg"}


def test_continue_and_fill_play_what_they_write(cli: Cli) -> None:
    some_midi("mine.mid", bars=3)
    ran = cli.compose("continue", "mine.mid", *SHORT, "-o", "a.mid", "--wav", "a.flac")
    assert ran.status == 0 and "a.mid, a.flac" in ran.err
    assert cli.compose("fill", "mine.mid", "--bars", "2", "-o", "b.mid", "--wav", "b.flac").status == 0
    assert {"a.flac", "b.flac"} <= cli.files


def test_render_plays_and_draws(cli: Cli) -> None:
    some_midi("mine.mid", bars=2)
    ran = cli("render", "mine.mid", "--wav", "mine.mp3", "--picture", "mine.png")
    assert ran.status == 0 and "mine.mp3, mine.png: 10 notes, 2 bars" in ran.err
    assert cli.files == {"mine.mid", "mine.mp3", "mine.png"}


@pytest.mark.parametrize("name", ["sound.aac", "sound"])
def test_a_sound_file_of_another_kind_is_refused_before_any_work(cli: Cli, name: str) -> None:
    some_midi("mine.mid")
    assert "end its name with .wav" in cli.refuses("render", "mine.mid", "--wav", name, "--picture", "a.png")
    assert "end its name with .wav" in cli.refuses("generate", "--model", "no such model", "--wav", name)
    assert "no folder" in cli.refuses("generate", "--model", "no such model", "--wav", "nowhere/a.wav")
    assert cli.files == {"mine.mid"}

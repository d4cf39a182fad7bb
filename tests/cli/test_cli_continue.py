"""`nanopiano continue`: songs, files, chance, and the same again."""

from pathlib import Path

import numpy as np
import pytest
from cli_tools import Cli, some_midi, some_piece

from nanopiano.music.midi import read_midi, write_midi
from nanopiano.songbook import find_song, random_song

SONG = "joplin-maple-leaf-rag"


def test_a_song_is_kept_for_eight_bars_and_then_goes_on(cli: Cli) -> None:
    facts = cli.compose("continue", SONG, "--words", "60", "--seed", "2", "-o", "x.mid", "--json").json
    song, piece = find_song(SONG).piece(), read_midi("x.mid")[0]
    prompt = song.clip(0, 128)
    assert (piece.notes[: len(prompt), :2] == prompt.notes[:, :2]).all()
    assert piece.onsets[len(prompt)] >= 128
    assert facts["notes"] == len(piece) and 60 <= facts["words"] < 2 * len(piece)
    assert (piece.bpm, piece.title, facts["prompt"]) == (song.bpm, song.title, SONG)


def test_a_file_is_kept_whole_with_its_tempo(cli: Cli) -> None:
    some_midi("mine.mid", bars=3)
    before = Path("mine.mid").read_bytes()
    ran = cli.compose("continue", "mine.mid", "--bars", "4", "-o", "longer.mid", "--json", "--picture", "longer.png")
    piece = read_midi("longer.mid")[0]
    assert ran.status == 0 and 7 <= piece.bars <= 12 and piece.bpm == 90
    assert (piece.clip(0, 48).notes == some_piece(3).notes).all()
    assert Path("mine.mid").read_bytes() == before


def test_a_file_is_as_loud_as_it_was_and_new_notes_are_all_alike(cli: Cli) -> None:
    notes = some_piece(2).notes.copy()
    notes[:, 3] = 1 + np.arange(len(notes)) * 9
    write_midi(some_piece(2).with_notes(notes), "mine.mid")
    assert cli.compose("continue", "mine.mid", "--bars", "2", "-o", "x.mid").status == 0
    piece = read_midi("x.mid")[0]
    assert (piece.clip(0, 32).notes == notes).all()
    assert set(piece.clip(32, piece.steps).notes[:, 3].tolist()) == {80}


def test_bars_of_the_prompt_and_tempo_can_be_chosen(cli: Cli) -> None:
    some_midi("mine.mid", bars=8)
    words = ("continue", "mine.mid", "--prompt-bars", "2", "--bars", "4", "--bpm", "60", "-o", "x.mid")
    assert cli.compose(*words).status == 0
    piece = read_midi("x.mid")[0]
    assert piece.bpm == 60 and 6 <= piece.bars <= 11
    assert (piece.clip(0, 32).notes == some_piece().clip(0, 32).notes).all()


def test_chance_is_fixed_by_the_seed(cli: Cli) -> None:
    facts = [cli.compose("continue", "random", "--words", "20", "--seed", "11", "--json").json for _ in range(2)]
    assert facts[0]["prompt"] == facts[1]["prompt"] == random_song(11).id
    one, two = (Path(fact["file"]).read_bytes() for fact in facts)
    assert one == two


def test_retry_takes_the_last_song_with_a_new_seed(cli: Cli) -> None:
    first = cli.compose("continue", SONG, "--prompt-bars", "3", "--words", "20", "--seed", "1", "--json").json
    again = cli.compose("continue", "--retry", "--words", "20", "--json").json
    assert again["prompt"] == first["prompt"] == SONG and again["seed"] != first["seed"]
    assert read_midi(again["file"])[0].clip(0, 48).notes[:, :2].tolist() == (
        read_midi(first["file"])[0].clip(0, 48).notes[:, :2].tolist()
    )
    assert cli.compose("continue", "random", "--retry", "--words", "20", "--json").json["prompt"] == SONG


def test_retry_finds_a_file_from_another_folder(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    some_midi("mine.mid")
    assert cli.compose("continue", "mine.mid", "--words", "10").status == 0
    other = cli.folder / "other"
    other.mkdir()
    monkeypatch.chdir(other)
    assert cli.compose("continue", "--retry", "--words", "10", "--prompt-bars", "1", "-o", "x.mid").status == 0
    assert read_midi("x.mid")[0].clip(0, 16).notes.tolist() == some_piece().clip(0, 16).notes.tolist()


def test_retry_beside_another_song_is_refused(cli: Cli) -> None:
    assert cli.compose("continue", SONG, "--words", "10", "-o", "x.mid").status == 0
    said = cli.refuses("continue", "--retry", "maple leaf")
    assert "leave out --retry, or 'maple leaf'" in said


def test_a_prompt_without_notes_is_refused_with_the_bar_where_they_begin(cli: Cli) -> None:
    write_midi(some_piece(2).shift(6 * 16), "late.mid")
    words = ("continue", "late.mid", "--words", "10", "-o", "x.mid", "--prompt-bars")
    assert "the first 2 bars have no notes: the music begins in bar 7" in cli.refuses(*words, "2", "--model", cli.model)
    assert cli.compose(*words, "7").status == 0


def test_retry_before_anything_was_continued(cli: Cli) -> None:
    assert "nothing to retry" in cli.refuses("continue", "--retry")


@pytest.mark.parametrize("content", ["", "[]", '{"target": 5, "prompt_bars": 1}', '{"target": "x"}'])
def test_retry_from_a_damaged_memory(cli: Cli, content: str) -> None:
    last = cli.folder.parent / "home" / "last.json"
    last.parent.mkdir()
    last.write_text(content)
    assert "is damaged" in cli.refuses("continue", "--retry")


def test_a_home_that_cannot_be_written_hinders_nothing(cli: Cli) -> None:
    (cli.folder.parent / "home").write_text("a file where a folder should be")
    ran = cli.compose("continue", SONG, "--words", "10", "-o", "x.mid")
    assert ran.status == 0 and "--retry will not know" in ran.err


def test_what_reading_a_file_mended_is_told(cli: Cli) -> None:
    piece = some_piece()
    data = bytearray(Path(some_midi("mine.mid")).read_bytes())
    data[12:14] = (479).to_bytes(2, "big")  # ticks a beat: now everything is a little off the grid
    Path("mine.mid").write_bytes(data)
    ran = cli.compose("continue", "mine.mid", "--words", "10", "-o", "x.mid")
    assert ran.status == 0 and "mine.mid: the onsets were moved to the grid" in ran.err
    write_midi(piece, "clean.mid")
    assert "clean.mid:" not in cli.compose("continue", "clean.mid", "--words", "10", "-o", "x.mid").err


def test_songs_are_guessed_and_several_are_listed(cli: Cli) -> None:
    assert "did you mean joplin-maple-leaf-rag (Maple Leaf Rag)?" in cli.refuses("continue", "maple leef rag")
    assert "lists them" in cli.refuses("continue", "qqqqqq")
    said = cli.refuses("continue", "bach")
    assert "songs match 'bach'" in said and "bach-bwv-" in said and " more" in said
    assert "say what to continue" in cli.refuses("continue")


def test_the_input_is_never_written_to_under_any_name(cli: Cli) -> None:
    some_midi("mine.mid")
    before = Path("mine.mid").read_bytes()
    Path("link.mid").symlink_to("mine.mid")
    Path("hard.mid").hardlink_to("mine.mid")
    for name in ("mine.mid", "../here/mine.mid", "link.mid", "hard.mid"):
        assert "never written to" in cli.refuses("continue", "mine.mid", "-o", name)
    assert "never written to" in cli.refuses("continue", "mine.mid", "--text", "mine.mid")
    assert Path("mine.mid").read_bytes() == before

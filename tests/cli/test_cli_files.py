"""`encode`, `decode`, `render`, and the lists."""

from pathlib import Path

import pytest
from cli_tools import Cli, some_midi, some_piece

from nanopiano.music.midi import read_midi
from nanopiano.music.words import piece_to_text


def test_encode_and_decode_are_inverse(cli: Cli) -> None:
    some_midi("mine.mid")
    ran = cli("encode", "mine.mid")
    assert ran.out == piece_to_text(some_piece()) + "\n"
    assert cli("encode", "mine.mid", "-o", "mine.txt").out == ""
    assert Path("mine.txt").read_text() == ran.out
    assert cli("decode", "mine.txt", "-o", "back.mid", "--bpm", "90").status == 0
    assert Path("back.mid").read_bytes() == Path("mine.mid").read_bytes()


def test_decode_tells_what_it_mended_and_what_is_wrong(cli: Cli) -> None:
    Path("a.txt").write_text("n60 d4\nsepxx d2 sepxx d2 n64 d500 ")
    ran = cli("decode", "a.txt", "-o", "a.mid", "--expressive")
    assert ran.status == 0 and "a.txt: waits merged: 1" in ran.err and "a.txt: notes cut: 1" in ran.err
    assert read_midi("a.mid")[0].onsets.tolist() == [0, 4]
    Path("b.txt").write_text("START n60 n62 d4")
    assert "b.txt: word 3: 'n62' where a duration must stand" in cli.refuses("decode", "b.txt", "-o", "b.mid")
    Path("c.txt").write_text("START END")
    assert "no notes" in cli.refuses("decode", "c.txt", "-o", "c.mid")
    Path("d.txt").write_bytes(b"\xff\xfe\x00")
    assert "no text" in cli.refuses("decode", "d.txt", "-o", "d.mid")
    assert "no such file" in cli.refuses("decode", "e.txt", "-o", "e.mid")
    Path("f.txt").write_text("START " + "sepxx d128 " * 31_250 + "n60 d1 END")
    assert "lasts 1,000,001 beats: at most 1,000,000" in cli.refuses("decode", "f.txt", "-o", "f.mid")
    assert "never written to" in cli.refuses("decode", "a.txt", "-o", "a.txt")
    assert "required" in cli.refuses("decode", "a.txt")


def test_render_draws_a_picture(cli: Cli) -> None:
    some_midi("mine.mid")
    ran = cli("render", "mine.mid", "--picture", "mine.PNG")
    assert ran.status == 0 and "mine.PNG: 40 notes, 8 bars" in ran.err and ran.out == ""
    assert Path("mine.PNG").read_bytes().startswith(b"\x89PNG")
    assert "required" in cli.refuses("render", "mine.mid")
    assert "end its name with .png" in cli.refuses("render", "mine.mid", "--picture", "mine.jpg")


def test_songs_are_listed_and_searched(cli: Cli) -> None:
    songs = cli("songs", "--json").json["songs"]
    assert len(songs) >= 150
    assert {"id", "title", "composer", "bars"} <= set(songs[0]) and all(song["bars"] > 0 for song in songs)
    rag = cli("songs", "joplin", "leaf").out.splitlines()
    assert len(rag) == 2 and rag[1].startswith("joplin-maple-leaf-rag") and "Scott Joplin" in rag[1]
    assert "no song has 'qqq'" in cli.refuses("songs", "qqq")


def test_models_are_listed_with_what_is_wrong_with_them(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    models = cli.folder.parent / "home" / "models"
    (models / "broken").mkdir(parents=True)
    (models / "broken" / "config.json").write_text("{}")
    (models / "fine").symlink_to(cli.model)
    found = {model["name"]: model for model in cli("models", "--json").json["models"]}
    assert found["fine"]["n_layer"] == 2 and "lacks" in found["broken"]["problem"]
    said = cli("models").out
    assert "fine" in said and "cannot be used" in said
    monkeypatch.setattr("nanopiano.model.store.model_folders", dict)
    ran = cli("models")
    assert ran.status == 0 and "no model is installed" in ran.err

"""The songbook: what is in it, and how a song is found."""

import lzma
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from nanopiano import songbook
from nanopiano.errors import InputError
from nanopiano.music.grid import Grid
from nanopiano.music.words import text_to_piece
from nanopiano.songbook import find_song, matching, random_song, songs


def test_it_holds_many_songs_all_in_the_public_domain() -> None:
    assert len(songs()) >= 150
    assert len({song.id for song in songs()}) == len(songs())
    assert all(song.died <= date.today().year - 100 for song in songs())
    assert all(song.title and song.composer and song.source and song.licence for song in songs())


def test_every_song_is_in_canonical_form_and_long_enough_to_go_on_from() -> None:
    for song in songs():
        piece, repairs = text_to_piece(song.text)
        assert not repairs and piece.bars >= 4, song.id
        assert 20 <= song.bpm <= 320


def test_a_piece_knows_title_and_tempo_and_fits_a_finer_grid() -> None:
    song = find_song("joplin-maple-leaf-rag")
    piece, fine = song.piece(), song.piece(Grid(12))
    assert (piece.title, piece.bpm) == ("Maple Leaf Rag", song.bpm)
    assert fine.grid.steps_per_beat == 12 and fine.bars == piece.bars
    assert (fine.onsets == 3 * piece.onsets).all() and fine.seconds == pytest.approx(piece.seconds)
    with pytest.raises(InputError, match="leave the grid"):
        song.piece(Grid(3))


@pytest.mark.parametrize("name", ["joplin-maple-leaf-rag", "MAPLE leaf rag", "leaf r", "Joplin-Maple"])
def test_a_song_is_found_by_id_title_or_part(name: str) -> None:
    assert find_song(name).id == "joplin-maple-leaf-rag"


def test_accents_and_quotation_marks_do_not_matter() -> None:
    song = next(song for song in songs() if "ä" in song.title)
    assert song in matching([song.title.replace("ä", "a").replace("’", "")])
    assert matching([]) == songs()


def test_chance_depends_on_the_seed_alone() -> None:
    assert random_song(4) == random_song(4)
    assert len({random_song(seed).id for seed in range(40)}) > 10


def test_chance_favours_no_composer() -> None:
    composers = [random_song(seed).composer for seed in range(200)]
    assert composers.count("Johann Sebastian Bach") < 50


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    monkeypatch.setattr(songbook, "FILE", tmp_path / "songbook.jsonl.xz")
    songs.cache_clear()
    yield songbook.FILE
    songs.cache_clear()


@pytest.mark.parametrize("content", [None, b"", b"no xz", lzma.compress(b"{"), lzma.compress(b"{}\n")])
def test_a_songbook_that_cannot_be_read_is_said(broken: Path, content: bytes | None) -> None:
    if content is not None:
        broken.write_bytes(content)
    with pytest.raises(InputError, match="cannot be read"):
        songs()

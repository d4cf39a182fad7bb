"""Scores among what a corpus is built from."""

from pathlib import Path

from corpus_tools import build, some_piece, write_folder

from nanopiano.score.musicxml import write_musicxml


def test_a_score_is_read_as_the_midi_file_of_the_same_piece_is(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "midi", [some_piece(1)])
    write_musicxml(some_piece(1), folder / "copy.musicxml")
    write_musicxml(some_piece(2), folder / "other.mxl")
    (folder / "damaged.mei").write_bytes(b"<mei")
    report = build([folder], tmp_path / "corpus")
    assert (report.read, report.kept) == (4, 2)
    assert (report.refused["duplicate"], report.refused["damaged"]) == (1, 1)

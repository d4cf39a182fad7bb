"""Writing MIDI files: one plain form that every player takes, and that reads back to the same piece."""

import io
from pathlib import Path

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from midi_tools import second_reading, unhex

from nanopiano.errors import InputError
from nanopiano.music.grid import Grid
from nanopiano.music.midi import midi_bytes, parse_midi, read_midi, write_midi
from nanopiano.music.piece import Note, Piece

notes = st.lists(st.tuples(st.integers(0, 400), st.integers(21, 108), st.integers(1, 128), st.integers(1, 127)))
pieces = st.builds(
    lambda rows, per_beat, bpm, signature, title: Piece.of(
        rows, grid=Grid(per_beat), bpm=bpm, time_signature=signature, title=title
    ),
    notes.filter(bool),
    st.sampled_from([4, 12]),
    st.integers(4, 400).map(float),
    st.sampled_from([(4, 4), (3, 4), (6, 8), (7, 16), (2, 2)]),
    st.text(st.characters(categories=["L", "N"]), max_size=20),
)


def test_the_file_is_these_bytes() -> None:
    piece = Piece.of([Note(0, 60, 4), Note(4, 64, 2, 100), Note(4, 60, 4)], bpm=90, title="Ö", time_signature=(3, 4))
    assert midi_bytes(piece) == unhex(
        """
        4d546864 00000006 0001 0002 01e0  # header: format 1, 2 tracks, 480 ticks a beat
        4d54726b 00000019
        00 ff03 02 c396                   # title in UTF-8
        00 ff58 04 03 02 18 08            # 3/4, a click a quarter
        00 ff51 03 0a2c2b                 # 666,667 microseconds a beat
        00 ff2f 00
        4d54726b 00000022
        00 c0 00                          # grand piano
        00 90 3c 50                       # middle C
        8360 80 3c 40                     # let go before it is struck again
        00 90 3c 50
        00 90 40 64                       # E, louder
        8170 80 40 40
        8170 80 3c 40
        00 ff2f 00
        """
    )


def test_other_programs_find_format_1_480_ticks_tempo_metre_and_program_0() -> None:
    file = mido.MidiFile(file=io.BytesIO(midi_bytes(Piece.of([(0, 60, 4)], bpm=90))))
    assert (file.type, file.ticks_per_beat, len(file.tracks)) == (1, 480, 2)
    said = {message.type: message for message in file.tracks[0] + file.tracks[1]}
    assert said["set_tempo"].tempo == 666_667
    assert (said["time_signature"].numerator, said["time_signature"].denominator) == (4, 4)
    assert said["program_change"].program == 0
    assert said["note_on"].velocity == 80


def test_the_same_piece_gives_the_same_bytes_whatever_the_file_is_called(tmp_path: Path) -> None:
    piece = Piece.of([(0, 60, 4), (3, 64, 2)])
    for name in ("a.mid", "another name.mid"):
        write_midi(piece, tmp_path / name)
    assert (tmp_path / "a.mid").read_bytes() == (tmp_path / "another name.mid").read_bytes() == midi_bytes(piece)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    piece = Piece.of([(0, 60, 4), (3, 64, 2)], title="Song", bpm=72.0)
    write_midi(piece, tmp_path / "a.mid")
    read, reading = read_midi(tmp_path / "a.mid")
    assert read == piece
    assert reading.remarks() == []


def test_an_empty_piece_is_a_valid_file() -> None:
    file = mido.MidiFile(file=io.BytesIO(midi_bytes(Piece.of([]))))
    assert [message.type for message in file.tracks[1]] == ["program_change", "end_of_track"]


def test_a_wait_longer_than_a_midi_number_can_say_is_written_in_parts() -> None:
    far = 2_300_000  # steps; four bytes say 2,236,962
    piece = Piece.of([(0, 60, 1), (far, 60, 1)])
    assert parse_midi(midi_bytes(piece), "far.mid")[0] == piece


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no folder"):
        write_midi(Piece.of([(0, 60, 1)]), tmp_path / "none" / "a.mid")


@settings(max_examples=100, deadline=None)
@given(pieces)
def test_writing_and_reading_is_the_identity(piece: Piece) -> None:
    data = midi_bytes(piece)
    read, reading = parse_midi(data, "test.mid", piece.grid)
    assert read == piece
    assert reading.mean_distance == 0
    assert second_reading(data, piece.grid.steps_per_beat) == [tuple(row[:3]) for row in piece.notes.tolist()]
    assert midi_bytes(read) == data

"""Pieces as MusicXML: what is written reads back as the same notes, and obeys the format."""

import io
import zipfile
from collections import Counter, defaultdict
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from score_tools import number, pitch_of, sounds, written
from strategies import pieces

from nanopiano.errors import InputError
from nanopiano.music.grid import Grid
from nanopiano.music.piece import Piece
from nanopiano.score.musicxml import musicxml_bytes, mxl_bytes, write_musicxml
from nanopiano.songbook import find_song

METRES = st.sampled_from(
    [(4, 4), (3, 4), (2, 2), (6, 8), (5, 8), (12, 8), (3, 8), (7, 16), (1, 1), (13, 2), (6, 32), (12, 32)]
)


def notes_of(piece: Piece) -> list[tuple[int, ...]]:
    return [tuple(row) for row in piece.notes[:, :3].tolist()]


def with_metre(piece: Piece, metre: tuple[int, int]) -> Piece:
    return Piece(piece.notes, time_signature=metre, grid=piece.grid)


@given(pieces(), METRES)
def test_every_piece_reads_back_as_the_same_notes(piece: Piece, metre: tuple[int, int]) -> None:
    assert sounds(musicxml_bytes(with_metre(piece, metre))) == notes_of(piece)


@given(st.sampled_from([1, 2, 3, 5, 6, 12, 24, 28, 96]).flatmap(lambda steps: pieces(Grid(steps))), METRES)
def test_pieces_of_every_grid_read_back_as_the_same_notes(piece: Piece, metre: tuple[int, int]) -> None:
    assert sounds(musicxml_bytes(with_metre(piece, metre))) == notes_of(piece)


@given(pieces(), METRES)
def test_every_voice_fills_every_bar(piece: Piece, metre: tuple[int, int]) -> None:
    lengths: Counter[tuple[int, str | None]] = Counter()
    for _, bar, note in written(data := musicxml_bytes(with_metre(piece, metre))):
        if note.find("chord") is None:
            lengths[bar, note.findtext("voice")] += number(note, "duration")
    time = ElementTree.fromstring(data).find("part/measure/attributes/time")
    assert time is not None
    assert set(lengths.values()) == {16 * number(time, "beats") // number(time, "beat-type")}


@given(st.sampled_from([4, 12]).flatmap(lambda steps: pieces(Grid(steps))))
def test_the_written_value_of_every_note_is_its_duration(piece: Piece) -> None:
    quarters = {"breve": 8.0, "whole": 4.0, "half": 2.0, "quarter": 1.0, "eighth": 0.5, "16th": 0.25, "32nd": 0.125}
    for _, _, note in written(musicxml_bytes(piece)):
        kind = note.findtext("type")
        if kind is not None:  # rests of a whole bar have none
            dots = 1.5 if note.find("dot") is not None else 1.0
            ratio = number(note, "time-modification/normal-notes", 1) / number(
                note, "time-modification/actual-notes", 1
            )
            assert quarters[kind] * dots * ratio * piece.grid.steps_per_beat == pytest.approx(number(note, "duration"))


@given(pieces())
def test_an_accidental_stands_where_a_note_is_not_what_the_bar_says(piece: Piece) -> None:
    data = musicxml_bytes(piece)
    key = ElementTree.fromstring(data).find("part/measure/attributes/key")
    assert key is not None
    fifths = number(key, "fifths")
    signature = dict.fromkeys("FCGDAEB"[: max(fifths, 0)], 1) | dict.fromkeys("BEADGCF"[: max(-fifths, 0)], -1)
    signs = {"flat-flat": -2, "flat": -1, "natural": 0, "sharp": 1, "double-sharp": 2}
    state: defaultdict[tuple[object, ...], int | None] = defaultdict(lambda: None)
    for _, bar, note in sorted(
        written(data), key=lambda some: (some.onset, number(some.element, "staff"), number(some.element, "voice"))
    ):
        if pitch_of(note) is None or any(tie.get("type") == "stop" for tie in note.findall("tie")):
            continue
        step = note.findtext("pitch/step") or ""
        line = (bar, note.findtext("staff"), step, note.findtext("pitch/octave"))
        sign = note.findtext("accidental")
        if sign is not None:
            state[line] = signs[sign]
        now = state[line]
        assert number(note, "pitch/alter") == (signature.get(step, 0) if now is None else now)


@given(pieces())
def test_beams_that_begin_end(piece: Piece) -> None:
    open_beams: Counter[tuple[str | None, str | None]] = Counter()
    for _, _, note in written(musicxml_bytes(piece)):
        for beam in note.findall("beam"):
            voice = (note.findtext("voice"), beam.get("number"))
            assert open_beams[voice] == (beam.text in ("continue", "end")) or "hook" in (beam.text or "")
            open_beams[voice] += {"begin": 1, "end": -1}.get(beam.text or "", 0)
    assert not any(open_beams.values())


@given(pieces(Grid(12)))
def test_tuplets_that_begin_end(piece: Piece) -> None:
    opened: Counter[str | None] = Counter()
    for _, _, note in written(musicxml_bytes(piece)):
        for tuplet in note.findall("notations/tuplet"):
            opened[note.findtext("voice")] += 1 if tuplet.get("type") == "start" else -1
            assert 0 <= opened[note.findtext("voice")] <= 1
        assert (
            (opened[note.findtext("voice")] == 1)
            or note.find("notations/tuplet") is not None
            or (note.find("time-modification") is None)
            or note.find("chord") is not None
        )
    assert not any(opened.values())


def test_no_staff_has_more_than_two_voices() -> None:
    cluster = Piece.of([(step, 60 + step, 20 - 2 * step) for step in range(8)])
    voices = {(note.findtext("staff"), note.findtext("voice")) for _, _, note in written(musicxml_bytes(cluster))}
    assert sounds(musicxml_bytes(cluster)) == notes_of(cluster)
    assert Counter(staff for staff, _ in voices).most_common(1)[0][1] <= 2


def test_a_held_bass_under_a_moving_line_is_a_voice_of_its_own_without_ties() -> None:
    piece = Piece.of([(0, 36, 16), *((step, 43 + step % 6, 2) for step in range(0, 16, 2)), (0, 76, 16)])
    data = musicxml_bytes(piece)
    assert b"<tie " not in data
    assert {note.findtext("voice") for _, _, note in written(data) if note.find("pitch") is not None} == {"1", "5", "6"}


def test_triplets_are_written_as_triplets() -> None:
    piece = Piece.of([(4 * n, 60 + n, 4) for n in range(12)], grid=Grid(12))
    notes = [note for _, _, note in written(musicxml_bytes(piece)) if note.find("pitch") is not None]
    assert {note.findtext("type") for note in notes} == {"eighth"}
    assert {note.findtext("time-modification/actual-notes") for note in notes} == {"3"}


def test_a_syncopation_is_one_note_but_the_middle_of_the_bar_shows() -> None:
    piece = Piece.of([(0, 72, 2), (2, 74, 4), (6, 76, 4), (10, 77, 6)])
    written_types = [
        note.findtext("type") for _, _, note in written(musicxml_bytes(piece)) if note.find("pitch") is not None
    ]
    assert written_types == ["eighth", "quarter", "eighth", "eighth", "quarter"]


def test_title_tempo_and_program_are_in_the_file(tmp_path: Path) -> None:
    piece = Piece.of([(0, 60, 4)], title="Żal & <Sehnsucht>\x00\x1b", bpm=92.5)
    root = ElementTree.fromstring(musicxml_bytes(piece))
    assert root.findtext("work/work-title") == "Żal & <Sehnsucht>"
    assert root.findtext("identification/encoding/software") == "nanopiano"
    assert root.findtext(".//per-minute") == "92.5" and root.find(".//sound").get("tempo") == "92.5"  # type: ignore[union-attr]


def test_a_compressed_score_holds_the_same_file_and_the_same_bytes_every_time(tmp_path: Path) -> None:
    piece = find_song("joplin-maple-leaf-rag").piece().clip(0, 64)
    write_musicxml(piece, tmp_path / "a.mxl")
    with zipfile.ZipFile(io.BytesIO((tmp_path / "a.mxl").read_bytes())) as archive:
        assert archive.read("score.musicxml") == musicxml_bytes(piece)
        assert b'full-path="score.musicxml"' in archive.read("META-INF/container.xml")
    assert mxl_bytes(piece) == (tmp_path / "a.mxl").read_bytes()


def test_a_piece_without_notes_is_an_empty_bar() -> None:
    data = musicxml_bytes(Piece.of([]))
    assert len(ElementTree.fromstring(data).findall("part/measure")) == 1 and sounds(data) == []


def test_a_folder_is_no_place_for_a_score(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="folder"):
        write_musicxml(Piece.of([(0, 60, 4)]), tmp_path)

"""Reading MIDI files: every standard file gives its notes, every other one an InputError of one sentence."""

import io
import os
import random
import time
from dataclasses import asdict
from pathlib import Path

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from midi_tools import END, files, number, second_reading, smf, unhex

from nanopiano.errors import InputError
from nanopiano.music.grid import Grid
from nanopiano.music.midi import MOST_BYTES, midi_bytes, parse_midi, read_midi
from nanopiano.music.piece import Piece
from nanopiano.music.reading import Reading

# 480 ticks a beat, so a step is 120 ticks: 78 in hex, and a beat 83 60 as a number of two bytes.
NOTE = "00 903c40  8360 803c40"  # middle C for a beat


def notes_of(data: bytes) -> list[tuple[int, int, int]]:
    """Return (onset, pitch, length)."""
    return [(note.onset, note.pitch, note.length) for note in parse_midi(data, "test.mid")[0]]


def reading_of(data: bytes) -> Reading:
    return parse_midi(data, "test.mid")[1]


def refusal(data: bytes) -> str:
    with pytest.raises(InputError) as caught:
        parse_midi(data, "test.mid")
    return str(caught.value)


# --- what notes are --------------------------------------------------------------------------------------------------


def test_a_file_of_format_0_is_read() -> None:
    assert notes_of(smf(NOTE + END, kind=0)) == [(0, 60, 4)]


def test_all_tracks_of_format_1_sound_together() -> None:
    low = "00 913040  8360 813040"
    assert notes_of(smf(NOTE + END, low + END)) == [(0, 60, 4), (0, 48, 4)]


def test_patterns_of_format_2_follow_one_another() -> None:
    data = smf(NOTE + "8360 ff2f00", NOTE + END, kind=2)
    assert notes_of(data) == [(0, 60, 4), (8, 60, 4)]
    assert "the 2 patterns (format 2) follow one another" in reading_of(data).remarks()


def test_running_status_is_followed() -> None:
    assert notes_of(smf("00 903c40  00 4040  8360 3c00  00 4000" + END)) == [(0, 64, 4), (0, 60, 4)]


def test_running_status_goes_on_over_a_meta_event() -> None:
    assert notes_of(smf("00 903c40  8360 ff010161  00 3c00" + END)) == [(0, 60, 4)]


def test_running_status_goes_on_over_a_system_message() -> None:
    assert notes_of(smf("00 903c40  8360 f8  00 fe  00 f17f  00 3c00" + END)) == [(0, 60, 4)]


def test_note_on_with_velocity_0_is_a_note_off() -> None:
    assert notes_of(smf("00 903c40  8360 903c00" + END)) == [(0, 60, 4)]


def test_a_note_off_ends_the_earliest_open_note_of_its_key() -> None:
    overlap = "00 903c40  8360 903c41  8360 803c40  8360 803c40"
    # The first lasts two beats, to the second note-off's one; the canonical form ends it at the second stroke.
    piece, reading = parse_midi(smf(overlap + END), "test.mid")
    assert [tuple(note) for note in piece] == [(0, 60, 4, 64), (4, 60, 8, 65)]
    assert reading.restruck == 1


def test_a_note_off_leaves_other_channels_alone() -> None:
    data = smf("00 903c40  8360 803c40" + END, "00 913040  8360 903040  8360 813040" + END)
    assert notes_of(data) == [(0, 60, 4), (0, 48, 4), (4, 48, 4)]


def test_a_note_off_leaves_other_tracks_alone() -> None:
    assert notes_of(smf("00 903c40  8740 803c40" + END, "8360 803c40" + END)) == [(0, 60, 8)]


def test_a_hanging_note_ends_with_its_track() -> None:
    data = smf("00 903c40  8740 ff2f00", "00 902840  8360 802840" + END)
    assert notes_of(data) == [(0, 60, 8), (0, 40, 4)]
    assert reading_of(data).hanging == 1


def test_a_hanging_note_ends_with_the_last_event_of_a_track_without_end() -> None:
    assert notes_of(smf("00 903c40  8360 b00740")) == [(0, 60, 4)]


def test_a_note_off_without_a_note_does_nothing() -> None:
    assert notes_of(smf("00 803c40  8360 903c40  8360 803c40  00 803c40" + END)) == [(4, 60, 4)]


def test_halves_of_a_step_are_rounded_up() -> None:
    # 60 ticks are half a step: on at 59 and 60, off after 179 and 180.
    data = smf("3b 903c40  01 904040  8132 803c40  02 804040" + END)
    assert notes_of(data) == [(0, 60, 1), (1, 64, 2)]


def test_a_note_is_at_least_a_step_long() -> None:
    data = smf("00 903c40  00 803c40  78 904040  10 804040" + END)
    assert notes_of(data) == [(0, 60, 1), (1, 64, 1)]
    assert reading_of(data).lengthened == 2


def test_a_note_over_the_longest_word_is_cut_and_counted() -> None:
    data = smf(unhex("00 903c40") + number(480 * 33) + unhex("803c40" + END))
    assert notes_of(data) == [(0, 60, 128)]
    assert reading_of(data).cut == 1


def test_equal_notes_of_two_tracks_are_merged_the_longest_winning() -> None:
    data = smf(NOTE + END, "00 913c40  78 813c40" + END)
    assert notes_of(data) == [(0, 60, 4)]
    assert (reading_of(data).doubled, reading_of(data).notes) == (1, 1)


def test_a_first_note_far_from_zero_stays_there() -> None:
    data = smf(number(480 * 4000) + unhex("903c40  8360 803c40" + END))
    assert notes_of(data) == [(16000, 60, 4)]


def test_percussion_is_dropped_and_counted() -> None:
    data = smf("00 992440  00 993c40  8360 892440" + NOTE + END)
    assert notes_of(data) == [(4, 60, 4)]
    assert reading_of(data).percussion == 2


def test_pitches_outside_the_keyboard_are_dropped_and_counted_never_folded() -> None:
    data = smf("00 901440  00 901540  00 906c40  00 906d40  8360 801440  00 801540  00 806c40  00 806d40" + END)
    assert notes_of(data) == [(0, 108, 4), (0, 21, 4)]
    assert reading_of(data).out_of_range == 2


def test_velocities_are_kept() -> None:
    assert parse_midi(smf("00 903c01  00 40 7f  8360 3c00  00 4000" + END), "x")[0].notes[:, 3].tolist() == [127, 1]


def test_another_grid_reads_triplets() -> None:
    data = smf("00 903c40  8120 3c00  00 4040  8120 4000" + END)  # 160 ticks are a third of a beat
    piece, _ = parse_midi(data, "test.mid", Grid(12))
    assert piece.notes[:, :3].tolist() == [[0, 60, 4], [4, 64, 4]]


# --- what else a file says -------------------------------------------------------------------------------------------


def test_a_file_without_tempo_plays_at_120() -> None:
    assert parse_midi(smf(NOTE + END), "test.mid")[0].bpm == 120


def test_the_tempo_is_that_of_the_first_note_and_changes_after_it_are_counted() -> None:
    tempi = "00 ff51030a2c2b  8360 ff51030a2c2b  01 ff510307a120  01 ff51030f4240"  # 90, 90 again, 120, 60
    piece, reading = parse_midi(smf(tempi + END, NOTE + END), "test.mid")
    assert (piece.bpm, reading.tempo_changes) == (90, 2)
    assert notes_of(smf(tempi + END, NOTE + END)) == [(0, 60, 4)]


def test_of_two_tempi_at_one_tick_the_last_holds() -> None:
    piece, reading = parse_midi(smf("00 ff510307a120 00 ff51030f4240" + END, NOTE + END), "test.mid")  # 120, 60
    assert (piece.bpm, reading.tempo_changes) == (60, 0)


def test_a_tempo_that_changes_before_the_first_note_is_no_change() -> None:
    late = NOTE.replace("00", "8360", 1)
    piece, reading = parse_midi(smf("00 ff510307a120 0a ff51030f4240" + END, late + END), "test.mid")
    assert (piece.bpm, reading.tempo_changes) == (60, 0)


def test_a_tempo_that_comes_after_the_first_note_is_better_than_none() -> None:
    assert parse_midi(smf("8360 ff51030f4240" + END, NOTE + END), "test.mid")[0].bpm == 60


def test_a_tempo_of_nothing_is_passed_over() -> None:
    assert parse_midi(smf("00 ff5103000000" + NOTE + END), "test.mid")[0].bpm == 120


@pytest.mark.parametrize("tempo", [1, 18, 333_333, 500_001, 666_667, 2**24 - 1])
def test_every_tempo_survives_writing(tempo: int) -> None:
    data = smf(unhex("00 ff5103") + tempo.to_bytes(3, "big") + unhex(NOTE + END))
    written = midi_bytes(parse_midi(data, "test.mid")[0])
    assert b"\xff\x51\x03" + tempo.to_bytes(3, "big") in written


def test_the_time_signature_is_the_first_one() -> None:
    assert parse_midi(smf("00 ff580406031808  8360 ff580403021808" + NOTE + END), "x")[0].time_signature == (6, 8)


@pytest.mark.parametrize("broken", ["00 ff580400021808", "00 ff5804040c1808", "00 ff580104", "00 ff59020b00"])
def test_an_impossible_signature_is_passed_over(broken: str) -> None:
    assert parse_midi(smf(broken + NOTE + END), "test.mid")[0].time_signature == (4, 4)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Für Elise".encode(), "Für Elise"),
        ("Für Elise".encode("latin-1"), "Für Elise"),
        (b"\x93\xfa\x96\x7b", "ú {"),  # Shift-JIS, misread but harmless
        (b" a\x1b[31m\nb\0 ", "a [31m b"),  # nothing that could steer a terminal
        (b"x" * 10_000, "x" * 200),
        (b"", ""),
    ],
)
def test_a_title_in_any_encoding_is_text(name: bytes, title: str) -> None:
    data = smf(b"\0\xff\x03" + number(len(name)) + name + unhex(NOTE + END))
    assert parse_midi(data, "test.mid")[0].title == title


def test_the_title_is_the_name_of_the_first_track() -> None:
    name = "00 ff030141"
    assert parse_midi(smf(NOTE + END, name + END), "test.mid")[0].title == ""
    assert parse_midi(smf(name + NOTE + END, NOTE + END), "test.mid")[0].title == "A"


def test_time_on_an_unknown_meta_event_counts() -> None:
    assert notes_of(smf("00 903c40  8360 ff600100  00 803c40" + END)) == [(0, 60, 4)]


def test_smpte_time_is_made_beats_by_the_first_tempo() -> None:
    # 25 frames of 40 ticks a second: a tick is a millisecond, a beat of 120 a minute 500 of them.
    data = smf("00 903c40  8374 803c40" + END, division=0xE728)
    assert notes_of(data) == [(0, 60, 4)]
    assert reading_of(data).in_seconds
    slow = smf("00 ff51030f4240  00 903c40  8374 803c40" + END, division=0xE728)
    assert notes_of(slow) == [(0, 60, 2)]


@pytest.mark.parametrize(("frames", "ticks"), [(24, 12), (25, 12), (29, 15), (30, 15)])
def test_all_frame_rates_count_half_a_second_as_a_beat(frames: int, ticks: int) -> None:
    data = smf(f"00 903c40  {ticks:02x} 803c40" + END, division=(256 - frames) << 8 | 1)
    assert notes_of(data) == [(0, 60, 4)]


def test_sustain_pedal_is_counted_not_applied() -> None:
    data = smf("00 b0407f  00 903c40  8360 803c40  8740 b04000" + END)
    assert notes_of(data) == [(0, 60, 4)]
    assert reading_of(data).pedal == 2


def test_a_riff_wrapper_is_taken_off() -> None:
    inner = smf(NOTE + END)
    chunks = b"DISP\x03\0\0\0abc\0" + b"data" + len(inner).to_bytes(4, "little") + inner
    data = b"RIFF" + (len(chunks) + 4).to_bytes(4, "little") + b"RMID" + chunks
    assert notes_of(data) == [(0, 60, 4)]


def test_chunks_of_other_kinds_and_longer_headers_are_allowed() -> None:
    data = smf(NOTE + END)
    assert notes_of(data[:14] + b"XFIH\0\0\0\x01a" + data[14:]) == [(0, 60, 4)]
    assert notes_of(data[:7] + b"\x08" + data[8:14] + b"\0\0" + data[14:]) == [(0, 60, 4)]


def test_a_track_that_the_header_does_not_count_is_left_out_and_reported() -> None:
    data = smf(NOTE + END, NOTE.replace("3c", "40") + END)
    data = data[:11] + b"\x01" + data[12:]
    assert notes_of(data) == [(0, 60, 4)]
    assert reading_of(data).remarks() == ["1 track more than the header says left out"]


def test_what_follows_the_end_of_a_track_is_ignored() -> None:
    assert notes_of(smf(NOTE + END + NOTE) + b"and more") == [(0, 60, 4)]


# --- the report ------------------------------------------------------------------------------------------------------


def test_a_plain_file_needs_no_remark() -> None:
    assert reading_of(smf(NOTE + END)).remarks() == []


def test_the_distance_to_the_grid_is_reported() -> None:
    reading = reading_of(smf("0c 903c40  8360 803c40" + END))  # 12 ticks are a tenth of a step
    assert reading.mean_distance == pytest.approx(0.1)
    assert (reading.on_grid, reading.off_grid) == (1.0, False)
    assert reading.remarks() == [
        "the onsets were moved to the grid, by 0.10 step on average (100% of them within 0.13)"
    ]


def test_a_piece_off_the_grid_is_warned_of() -> None:
    reading = reading_of(smf("1e 903c40  8360 803c40" + END))  # 30 ticks are a quarter of a step
    assert reading.mean_distance == pytest.approx(0.25)
    assert (reading.on_grid, reading.off_grid) == (0.0, True)
    assert reading.remarks()[0].startswith("warning: the onsets lie 0.25 step from the grid on average")


def test_everything_that_happened_is_said_in_one_sentence_each() -> None:
    quiet = reading_of(smf(NOTE + END))
    for name in ("percussion", "out_of_range", "hanging", "restruck", "doubled", "cut", "lengthened", "pedal"):
        one, many = (Reading(**asdict(quiet) | {name: count}).remarks() for count in (1, 1200))
        assert len(one) == len(many) == 1
        assert one[0].startswith("1 ")
        assert many[0].startswith("1,200 ")


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "it is empty"),
        (b"C major, please", "it is no MIDI file: it begins with b'C ma'"),
        (bytes(100), "it is no MIDI file"),
        (b"MThd", "damaged in its header"),
        (b"MThd\0\0\0\x02\0\1" + bytes(10), "damaged in its header"),
        (smf(kind=1), "no notes for a piano"),
        (smf(END), "no notes for a piano"),
        (smf("00 993c40 00 891640" + END), "only 1 of percussion"),
        (smf("00 900140" + END), "only 1 outside its keys"),
        (smf(NOTE + END, kind=3), "format 3"),
        (smf(NOTE + END, division=0), "time division of 0x0000"),
        (smf(NOTE + END, division=0xE700), "time division of 0xe700"),
        (smf(NOTE + END, division=0xEE04), "time division of 0xee04"),
        (smf(NOTE + END)[:-5], "track 1 of 1 is not whole"),
        (smf(NOTE + END, NOTE + END)[: -8 - 12], "track 2 of 2 is not whole"),
        (smf("00 3c40" + END), "no whole event at byte 0"),
        (smf("00 903c40 00 90ff40" + END), "no whole event at byte 4"),
        (smf("00 903c40 00 f4" + END), "no whole event at byte 4"),
        (smf("00 903c40 ffffffffff7f 803c40" + END), "no whole event at byte 4"),
        (smf("00 903c40 00 ff01ffffff7f61"), "no whole event at byte 4"),  # claims 256 MB of text
        (smf("00 903c40 00"), "no whole event at byte 4"),
        (b"RIFF\0\0\0\0RMIDxxxx\xff\xff\xff\xff", "without MIDI data"),
    ],
)
def test_what_is_no_whole_midi_file_is_refused_in_one_sentence(data: bytes, why: str) -> None:
    sentence = refusal(data)
    assert sentence.startswith("cannot read test.mid: ")
    assert why in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize("division", [480, 0xE201])
def test_an_absurdly_long_piece_is_refused(division: int) -> None:
    far = unhex("ffffff7f ff0100") * 20  # 20 times the longest delta time, 268 million ticks
    assert "its last note would end" in refusal(smf(far + unhex(NOTE + END), division=division))


def test_open_notes_piled_up_on_one_key_do_not_hang() -> None:
    data = smf(b"\0\x90\x3c\x40" + b"\0\x3c\x40" * 50_000 + b"\0\x3c\0" * 50_000 + unhex(END))
    begin = time.process_time()
    assert reading_of(data).doubled == 50_000
    assert time.process_time() - begin < 10


# --- files on disk ---------------------------------------------------------------------------------------------------


def test_a_file_is_read_and_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "Größe ♪.mid"
    path.write_bytes(smf(NOTE + END))
    path.chmod(0o444)
    before = path.stat()
    piece, reading = read_midi(path)
    assert (len(piece), reading.notes) == (1, 1)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (smf(NOTE + END), before.st_mtime_ns)
    assert read_midi(str(path))[0] == piece


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read .*none\.mid: there is no such file"):
        read_midi(tmp_path / "none.mid")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="it is a folder, not a MIDI file"):
        read_midi(tmp_path)


@pytest.mark.skipif(not Path(os.devnull).is_char_device(), reason="no device file here")
def test_a_device_is_refused() -> None:
    with pytest.raises(InputError, match="it is a device, not a MIDI file"):
        read_midi(os.devnull)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.mid").touch()
    with pytest.raises(InputError, match="it is empty"):
        read_midi(tmp_path / "empty.mid")


def test_a_name_that_is_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read"):
        read_midi(tmp_path / ("x" * 5000))


def test_a_file_of_200_megabytes_of_zeros_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "zeros.mid"
    with path.open("wb") as file:
        file.truncate(200_000_000)  # takes no room on disk
    begin = time.process_time()
    with pytest.raises(InputError, match="it is no MIDI file"):
        read_midi(path)
    assert time.process_time() - begin < 1


def test_a_huge_midi_file_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "huge.mid"
    with path.open("wb") as file:
        file.write(smf(NOTE + END))
        file.truncate(200_000_000)
    with pytest.raises(InputError, match=f"200,000,000 bytes, piano music at most {MOST_BYTES:,}"):
        read_midi(path)


# --- whatever comes --------------------------------------------------------------------------------------------------


@settings(max_examples=300, deadline=None)
@given(files(), st.sampled_from([4, 12]))
def test_a_second_reading_by_mido_finds_the_same_notes(data: bytes, steps_per_beat: int) -> None:
    expected = second_reading(data, steps_per_beat)
    if not expected:
        assert "no notes" in refusal(data)
        return
    piece, reading = parse_midi(data, "test.mid", Grid(steps_per_beat))
    assert [tuple(row[:3]) for row in piece.notes.tolist()] == expected
    assert reading.notes == len(expected)
    assert Piece.of(piece, grid=piece.grid).notes.tolist() == piece.notes.tolist()


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(), st.builds(smf, st.binary()), st.builds(smf, st.binary().map(lambda b: b"\0\x90" + b))))
def test_any_bytes_give_a_piece_or_an_input_error(data: bytes) -> None:
    try:
        piece, reading = parse_midi(data, "test.mid")
    except InputError as error:
        assert "\n" not in str(error)
    else:
        assert len(piece) == reading.notes > 0


def test_a_thousand_damaged_files_give_a_piece_or_an_input_error() -> None:
    rng = random.Random(1)
    file = mido.MidiFile(tracks=[mido.MidiTrack(), mido.MidiTrack()])
    for track in file.tracks:
        track.append(mido.MetaMessage("track_name", name="hand"))
        for place in range(60):
            track.append(mido.Message("note_on", note=rng.randrange(128), velocity=place % 3 * 40, time=60))
    whole = io.BytesIO()
    file.save(file=whole)
    outcomes: set[object] = set()
    for _ in range(1000):
        data = bytearray(whole.getvalue())
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(data))
            data[at : at + rng.randint(0, 3)] = rng.randbytes(rng.randint(0, 3))
        try:
            outcomes.add(parse_midi(bytes(data), "test.mid")[1].tracks)
        except InputError as error:
            outcomes.add(str(error).split(":")[1])
    assert len(outcomes) > 3

"""Filling a region of a file: the new notes are in, and every event outside of the region is where it was."""

import io
from collections import Counter

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from midi_tools import (
    END,
    Played,
    canonical,
    files,
    messages,
    on_grid,
    played,
    second_reading,
    smf,
    steps,
    unhex,
)

from nanopiano.errors import InputError
from nanopiano.music.grid import Grid
from nanopiano.music.midi import parse_midi
from nanopiano.music.piece import Piece
from nanopiano.music.splice import splice_midi

# 96 ticks a beat, so a step is 24 ticks: 18 in hex. A bar is 83 00 as a number of two bytes.
BAR = "8300"


def bars(*lines: str) -> bytes:
    """Return a file of one track for each of `lines`."""
    return smf(*[line + END for line in lines], division=96)


def notes_of(data: bytes) -> list[tuple[int, int, int]]:
    return [(note.onset, note.pitch, note.length) for note in parse_midi(data, "test.mid")[0]]


# c for a bar, d for a bar, e for a bar; the pedal and a text on the way
THREE_BARS = bars(
    f"00 c005 00 ff5103070000 00 903c50 {BAR} 803c40 00 903e50 18 b0407f 00 ff010161 8268 803e40"
    f"00 904050 {BAR} 804040 00 b04000"
)


def test_the_notes_of_the_region_give_way_to_the_new_ones() -> None:
    middle = Piece.of([(16, 67, 8), (24, 65, 8)])
    filled = splice_midi(THREE_BARS, middle, 16, 32)
    assert notes_of(filled) == [(0, 60, 16), (16, 67, 8), (24, 65, 8), (32, 64, 16)]


def test_everything_else_keeps_its_bytes() -> None:
    # What is left when the region is emptied: the file without note-on and note-off of d, waits joined.
    assert splice_midi(THREE_BARS, Piece.of([]), 16, 32) == bars(
        f"00 c005 00 ff5103070000 00 903c50 {BAR} 803c40 18 b0407f 00 ff0101618268 904050 {BAR} 804040 00 b04000"
    )


def test_tracks_without_notes_in_the_region_keep_every_byte() -> None:
    odd = unhex("8000 903c40 18 3c00 00 ff600161 8000 ff2f00") + b"left over"  # numbers padded, running status
    data = smf(f"00 913c50 {BAR} 813c40 00 3e50 18 3e40" + END, odd, division=96)
    assert odd in splice_midi(data, Piece.of([(16, 62, 1)]), 16, 32)


def test_chunks_of_other_kinds_stay() -> None:
    data = THREE_BARS[:14] + b"XFIH\0\0\0\x01a" + THREE_BARS[14:]
    assert b"XFIH\0\0\0\x01a" in splice_midi(data, Piece.of([(16, 62, 1)]), 16, 32)


def test_a_note_that_begins_before_the_region_and_ends_in_it_stays() -> None:
    data = bars("00 903c50 8348 803c40 8348 904050 18 804040")  # c for 19 steps
    assert notes_of(splice_midi(data, Piece.of([(16, 67, 4)]), 16, 32)) == [(0, 60, 19), (16, 67, 4), (38, 64, 1)]


def test_a_note_that_begins_in_the_region_goes_with_its_note_off_after_it() -> None:
    data = bars("00 903c50 18 803c40 8268 903e50 8348 803e40 18 904050 18 804040")  # d for 19 steps from step 16
    assert notes_of(splice_midi(data, Piece.of([(16, 67, 4)]), 16, 32)) == [(0, 60, 1), (16, 67, 4), (36, 64, 1)]


def test_the_quantised_onset_decides_what_is_in_the_region() -> None:
    early = bars("00 903c50 18 803c40 8260 903e50 18 803e40")  # d 8 ticks before step 16
    assert notes_of(splice_midi(early, Piece.of([]), 16, 32)) == [(0, 60, 1)]


def test_notes_of_all_tracks_give_way_and_percussion_stays() -> None:
    drum = "992440 18 892440"
    data = bars(f"00 903c50 {BAR} 803c40 00 903e50 18 803e40", f"{BAR} 913050 18 813040", f"{BAR} {drum}")
    filled = splice_midi(data, Piece.of([(20, 67, 4)]), 16, 32)
    assert notes_of(filled) == [(0, 60, 16), (20, 67, 4)]
    assert parse_midi(filled, "test.mid")[1].percussion == 1


def test_new_notes_go_to_the_first_track_with_notes_on_its_channel() -> None:
    data = bars("00 ff030141", "00 992440 18 892440", f"00 933c50 {BAR} 833c40", f"00 903050 {BAR} 803040")
    new = [note for note in played(splice_midi(data, Piece.of([(16, 67, 4)]), 16, 32)) if note.pitch == 67]
    assert [(note.track, note.channel) for note in new] == [(2, 3)]


def test_a_file_of_format_0_is_filled() -> None:
    data = smf(f"00 903c50 {BAR} 803c40" + END, kind=0, division=96)
    assert notes_of(splice_midi(data, Piece.of([(16, 67, 4)]), 16, 32)) == [(0, 60, 16), (16, 67, 4)]


def test_the_velocity_is_the_mean_of_the_notes_within_a_bar() -> None:
    far, before, after = "00 903c7f 18 803c40", "8b68 903c20 18 803c40", "8268 903c40 18 803c40"  # steps 0, 64, 80
    filled = splice_midi(bars(far + before + after), Piece.of([(68, 67, 4)]), 66, 70)
    assert next(note.velocity for note in played(filled) if note.pitch == 67) == 0x30


def test_the_velocity_is_80_without_notes_near_by() -> None:
    filled = splice_midi(bars("00 903c20 18 803c40"), Piece.of([(160, 67, 4)]), 160, 176)
    assert next(note.velocity for note in played(filled) if note.pitch == 67) == 80


def test_an_expressive_middle_keeps_its_accents() -> None:
    middle = Piece.of([(16, 67, 4, 80), (20, 69, 4, 90)])
    filled = splice_midi(bars(f"00 903c20 {BAR} 803c40"), middle, 16, 32)
    assert [note.velocity for note in played(filled)] == [0x20, 0x20, 0x20 + 10]


def test_a_new_note_waits_for_the_old_one_of_its_key_to_end() -> None:
    data = bars("00 903c50 8308 803c40")  # c ends 8 ticks after step 16
    filled = splice_midi(data, Piece.of([(16, 60, 4)]), 16, 32)
    assert [(note.start, note.end) for note in played(filled)] == [(0, 392), (392, 480)]
    assert notes_of(filled) == [(0, 60, 16), (16, 60, 4)]


def test_a_new_note_ends_where_the_old_one_of_its_key_begins() -> None:
    data = bars("00 903e50 18 803e40 8560 903c50 18 803c40")  # c 8 ticks before step 32
    filled = splice_midi(data, Piece.of([(28, 60, 4)]), 16, 32)
    assert sorted((note.start, note.end) for note in played(filled)) == [(0, 24), (672, 760), (760, 784)]
    assert notes_of(filled) == [(0, 62, 1), (28, 60, 4), (32, 60, 1)]


def test_a_new_note_under_an_old_one_of_its_key_takes_a_free_channel() -> None:
    data = bars(f"00 903c50 {BAR} ff010161 {BAR} 803c40", "00 913050 18 813040")  # c for two bars
    filled = splice_midi(data, Piece.of([(16, 60, 4), (16, 67, 4)]), 16, 32)
    assert {(n.pitch, n.channel) for n in played(filled) if n.start == 384} == {(60, 2), (67, 0)}
    assert (0, 60, 16) in notes_of(filled)  # cut in the canonical form, at the new stroke
    assert (16, 60, 4) in notes_of(filled)


def test_a_note_off_that_ended_nothing_does_not_end_a_new_note() -> None:
    data = bars(f"00 903c50 {BAR} 803c40 30 804340")  # a stray note-off of g two steps into the region
    assert notes_of(splice_midi(data, Piece.of([(16, 67, 4)]), 16, 32)) == [(0, 60, 16), (16, 67, 4)]


def test_a_track_grows_for_new_notes_and_hanging_ones_still_end_where_it_ended() -> None:
    data = bars("00 903c50 18 903e50 18 803e40")  # c hangs, to the end of the track at step 2
    filled = splice_midi(data, Piece.of([(16, 67, 4)]), 16, 32)
    assert notes_of(filled) == [(0, 60, 2), (1, 62, 1), (16, 67, 4)]


def test_a_new_note_that_runs_past_the_region_is_cut_there() -> None:
    assert notes_of(splice_midi(THREE_BARS, Piece.of([(30, 67, 9)]), 16, 32))[1] == (30, 67, 2)


@pytest.mark.parametrize("division", [10, 30, 90, 110, 250])
def test_a_key_that_is_repeated_is_let_go_before_it_is_struck_again(division: int) -> None:
    data = smf(f"00 903c50 {BAR} 803c40" + END, division=division)
    filled = splice_midi(data, Piece.of([(onset, 64, 1) for onset in range(160, 168)]), 160, 176)
    order = [message.type for track in messages(filled) for _, message in track if getattr(message, "note", 0) == 64]
    assert order == ["note_on", "note_off"] * 8


def test_a_riff_file_is_filled() -> None:
    wrapped = b"RIFF\0\0\0\0RMIDdata" + len(THREE_BARS).to_bytes(4, "little") + THREE_BARS
    middle = Piece.of([(16, 67, 4)])
    assert splice_midi(wrapped, middle, 16, 32) == splice_midi(THREE_BARS, middle, 16, 32)


@pytest.mark.parametrize(
    ("data", "rows", "start", "end", "why"),
    [
        (THREE_BARS, [], 16, 16, "region from step 16 to step 16 is empty"),
        (THREE_BARS, [], -1, 16, "region from step -1"),
        (THREE_BARS, [(15, 60, 1)], 16, 32, "begin at steps 15 to 15, the region has 16 to 31"),
        (THREE_BARS, [(32, 60, 1)], 16, 32, "begin at steps 32 to 32"),
        (THREE_BARS[:-3], [], 16, 32, "not whole"),
        (smf("00 903c40 60 803c40" + END, kind=2), [], 16, 32, "format 2"),
        (smf("00 903c40 60 803c40" + END, division=0xE728), [], 16, 32, "SMPTE"),
        (smf("00 993c40 60 893c40" + END), [], 16, 32, "no notes beside percussion"),
        (smf("00 903c40 60 803c40" + END, division=2), [(17, 60, 1)], 16, 32, "2 ticks a beat are too few for 4 steps"),
    ],
)
def test_what_cannot_be_filled_is_refused_in_one_sentence(
    data: bytes, rows: list[tuple[int, int, int]], start: int, end: int, why: str
) -> None:
    with pytest.raises(InputError, match=why):
        splice_midi(data, Piece.of(rows), start, end)


def test_a_key_that_sounds_on_every_channel_is_refused() -> None:
    chord = [f"00 9{channel:x}3c50" for channel in range(16)]
    with pytest.raises(InputError, match="key 60 sounds on every channel at step 16"):
        splice_midi(bars("".join(chord) + f"{BAR} ff010161 {BAR} ff010161"), Piece.of([(16, 60, 4)]), 16, 32)


# --- random files, random fills --------------------------------------------------------------------------------------

rows = st.lists(st.tuples(st.integers(0, 15), st.sampled_from([60, 61, 62, 108]), st.integers(1, 16)), max_size=8)


def without(data: bytes, gone: list[Played]) -> list[Counter[tuple[int, str]]]:
    """Return (tick, message) of each track but for the events of these notes and the ends of the tracks."""
    numbers = {(note.track, place) for note in gone for place in (note.on, note.off)}
    return [
        Counter(
            (tick, str(message))
            for place, (tick, message) in enumerate(track)
            if (number_of_track, place) not in numbers and message.type != "end_of_track"
        )
        for number_of_track, track in enumerate(messages(data))
    ]


@settings(max_examples=300, deadline=None)
@given(files(), rows, st.integers(0, 40), st.integers(1, 16), st.sampled_from([4, 12]))
def test_a_random_fill_leaves_the_outside_alone_and_reads_back(
    data: bytes, rows: list[tuple[int, int, int]], start: int, width: int, per_beat: int
) -> None:
    end, division = start + width, mido.MidiFile(file=io.BytesIO(data)).ticks_per_beat
    middle = Piece.of([(start + onset % width, pitch, length) for onset, pitch, length in rows], grid=Grid(per_beat))
    old = played(data)
    if not old:
        return
    inside = [note for note in old if start <= steps(note.start, division, per_beat) < end]
    outside = [note for note in old if note not in inside]

    filled = splice_midi(data, middle, start, end)

    new = [(onset, pitch, min(length, end - onset)) for onset, pitch, length, _ in middle]
    expected = canonical(on_grid(outside, division, per_beat) + new, 32 * per_beat)
    assert second_reading(filled, per_beat) == expected
    target = min(note.track for note in old)
    hanging = sum(note.track == target and note.off is None for note in outside)
    for track, (left, now) in enumerate(zip(without(data, inside), without(filled, []), strict=True)):
        assert not left - now  # everything outside is there
        added = (now - left).total()
        assert added in ((2 * len(new), 2 * len(new) + hanging) if track == target else (0,))

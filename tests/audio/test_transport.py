"""The transport: what is heard when, looked at in the rendered samples."""

from dataclasses import replace

import numpy as np
import pytest
from audio_tools import PIANO, STEP, bends, decibel, play, played, score
from hypothesis import given, settings
from hypothesis import strategies as st

from nanopiano.audio.samples import RATE
from nanopiano.audio.score import score_of
from nanopiano.audio.transport import LATENCY, Transport
from nanopiano.music.piece import Piece

TUNE = [(4 * place, 55 + 3 * place % 14, 4, 90) for place in range(16)] + [(16 * bar, 40, 16, 70) for bar in range(4)]
CLOSE = 1e-6


def test_every_note_is_heard_within_five_milliseconds_of_its_time() -> None:
    transport = Transport(PIANO)
    notes = [(8 * place, 33 + 7 * place % 70, 1, 45 + 13 * place % 80) for place in range(30)]
    loud = np.abs(play(transport, score(*notes), 8 * 30 + 8)).max(axis=1)[LATENCY:]
    for onset, *_ in notes:
        expected = round(onset * STEP)
        window = loud[max(expected - 2000, 0) : expected + 3000]
        before = loud[max(expected - 2000, 0) : expected].max(initial=0.0)
        heard = np.argmax(window > max(0.14 * window.max(), 1.5 * before)) + max(expected - 2000, 0)
        assert abs(heard - expected) < 0.005 * RATE


def test_the_sound_is_the_same_in_blocks_of_any_size() -> None:
    in_blocks = [play(Transport(PIANO), score_of(Piece.of(TUNE)), 40, block) for block in (1024, 333, 8192)]
    for other in in_blocks[1:]:
        assert np.abs(other - in_blocks[0]).max() < CLOSE


def test_no_block_border_can_be_seen_in_the_wave() -> None:
    transport = Transport(PIANO)
    held = score((0, 50, 60, 100), (0, 62, 60, 100), (0, 69, 60, 100))
    bend = bends(play(transport, held, 40, block=1000))
    rest = bend[20_000:200_000].reshape(-1, 1000)
    assert rest[:, [998, 999, 0]].max() <= rest[:, 3:990].max()


def test_the_loudest_music_stays_below_minus_one_decibel() -> None:
    transport = Transport(PIANO)
    everything = score(*[(4 * chord, 30 + place, 8, 127) for chord in range(4) for place in range(64)])
    sound = play(transport, everything, 20)
    assert 0.7 < np.abs(sound).max() < 10 ** (-1 / 20)


def test_a_usual_piece_is_neither_faint_nor_crushed() -> None:
    transport = Transport(PIANO)
    notes = [(2 * place, 48 + (5 * place) % 31, 4) for place in range(64)] + [(8 * n, 40 + n % 5, 8) for n in range(16)]
    sound = play(transport, score_of(Piece.of(notes)), 128)
    assert -23 < decibel(sound) < -15


def test_a_performance_sounds_other_than_what_is_written() -> None:
    written, performed = (play(Transport(PIANO), score_of(Piece.of(TUNE), expressive=yes), 20) for yes in (False, True))
    assert np.abs(written - performed).max() > 0.01


# --- stop, pause, seek -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["pause", "stop"])
def test_what_is_cut_is_silent_from_the_next_frame_on(verb: str) -> None:
    transport = Transport(PIANO)
    play(transport, score_of(Piece.of(TUNE)), 6)
    getattr(transport, verb)()
    transport.cut()
    assert not transport.render(4096).any()


def test_after_a_pause_it_plays_on_where_the_ear_was() -> None:
    notes = score((0, 60, 4, 90), (8, 72, 4, 90))
    transport = Transport(PIANO)
    play(transport, notes, 9)
    transport.pause()
    transport.cut(7.5)
    assert transport.position == 7.5
    transport.play()
    transport.render(round(0.4 * STEP))
    assert np.abs(transport.render(round(0.3 * STEP))).max() > 0.01, "the stroke of step 8 is heard again"


def test_stop_is_silent_within_50_milliseconds_and_goes_back() -> None:
    transport = Transport(PIANO)
    play(transport, score(*[(0, 40 + place, 100, 120) for place in range(30)]), 8)
    transport.stop()
    assert transport.state == "stopped" and transport.position == 0.0
    fading = played(transport, 0.05 * RATE)
    assert bends(fading).max() < 0.2 and not fading[-200:].any()
    assert not played(transport, RATE).any()


def test_what_is_played_after_a_stop_is_what_was_played_before() -> None:
    transport = Transport(PIANO)
    first = play(transport, score(*TUNE), 12)
    transport.stop()
    played(transport, 5000)
    transport.play()
    assert np.abs(played(transport, 12 * STEP) - first).max() < CLOSE


def test_a_pause_keeps_what_sounds_for_later() -> None:
    transport = Transport(PIANO)
    play(transport, score((0, 60, 100, 100)), 8)
    transport.pause()
    fading = played(transport, 0.05 * RATE)
    assert not fading[-100:].any() and 8 <= transport.position < 8.5
    transport.play()
    again = played(transport, 0.2 * RATE)
    assert decibel(again[5000:]) > decibel(fading[:500]) - 10
    assert bends(again).max() < 0.01


def test_time_stands_still_where_nothing_plays() -> None:
    transport = Transport(PIANO)
    transport.set_score(score(*TUNE))
    played(transport, RATE)
    assert transport.position == 0.0
    transport.seek(10)
    played(transport, RATE)
    assert transport.position == 10.0


def test_a_seek_into_a_note_does_not_strike_it() -> None:
    transport = Transport(PIANO)
    transport.set_score(score((0, 60, 40, 100), (48, 72, 4, 100)))
    transport.seek(20)
    transport.play()
    assert not played(transport, 27 * STEP).any()
    assert played(transport, 2 * STEP).any()


def test_a_seek_while_it_plays_fades_what_sounds() -> None:
    transport = Transport(PIANO)
    play(transport, score((0, 50, 100, 120), (90, 72, 4, 100)), 8)
    transport.seek(60)
    after = played(transport, 8 * STEP)
    assert bends(after).max() < 0.05 and decibel(after[10_000:15_000]) < decibel(after[:300]) - 15


def test_after_the_end_it_has_ended_and_play_begins_again() -> None:
    transport = Transport(PIANO)
    first = play(transport, score((0, 60, 4, 100)), 4)
    played(transport, 4 * RATE)
    assert transport.state == "ended" and transport.position == 4.0 and not transport.playing
    assert not played(transport, 1000).any()
    transport.play()
    assert np.abs(played(transport, 4 * STEP) - first).max() < CLOSE


def test_play_behind_the_end_of_a_shorter_score_begins_at_its_beginning() -> None:
    transport = Transport(PIANO)
    transport.set_score(score(*TUNE))
    transport.seek(40)
    transport.set_score(score((0, 60, 4, 100)))
    transport.play()
    assert transport.position == 0.0 and transport.state == "playing"


# --- a score that grows ----------------------------------------------------------------------------------------------


def test_a_growing_score_is_waited_for_and_goes_on_by_itself() -> None:
    transport = Transport(PIANO)
    play(transport, score(*TUNE, edge=16), 24)
    assert transport.waiting and transport.playing and transport.position == 16.0
    transport.set_score(score(*TUNE))
    assert transport.playing and not transport.waiting
    played(transport, 8 * STEP)
    assert transport.position == pytest.approx(24.0, abs=1e-3)


def test_what_rings_at_the_edge_rings_on_without_a_click() -> None:
    transport = Transport(PIANO)
    held = [(0, 48, 32, 100), (8, 60, 24, 100)]
    sound = play(transport, score(*held, edge=16), 32)
    assert decibel(sound[-5000:]) > decibel(sound[int(15 * STEP) : int(16 * STEP)]) - 12
    assert bends(sound)[int(15 * STEP) :].max() < bends(sound)[: int(15 * STEP)].max()


@settings(max_examples=8)
@given(st.lists(st.integers(1, 9), min_size=20, max_size=20))
def test_music_that_grows_in_time_sounds_as_if_it_had_been_there(growths: list[int]) -> None:
    piece = Piece.of(TUNE)
    whole = play(Transport(PIANO), score_of(piece, edge=200), 20, block=STEP_BLOCK)
    transport = Transport(PIANO)
    edge, sound = 2, []
    transport.set_score(score_of(piece, edge=edge))
    transport.play()
    for growth in growths:
        sound.append(transport.render(STEP_BLOCK))
        edge += growth
        transport.set_score(score_of(piece, edge=edge))
    assert np.abs(np.concatenate(sound) - whole[: 20 * STEP_BLOCK]).max() < 1e-4


STEP_BLOCK = 5500  # a little less than a step


def test_another_score_strikes_nothing_that_is_past() -> None:
    one, other = Transport(PIANO), Transport(PIANO)
    play(one, score((0, 60, 30, 90), (40, 62, 8, 90)), 20)
    play(other, score((0, 60, 30, 90), (40, 62, 8, 90)), 20)
    other.set_score(score((0, 60, 30, 90), (12, 80, 20, 127), (19, 84, 20, 127), (40, 62, 8, 90)))
    assert np.abs(played(one, 30 * STEP) - played(other, 30 * STEP)).max() < CLOSE


def test_what_is_held_is_held_on_when_more_music_comes_at_another_tempo() -> None:
    chords = Piece.of([(16 * bar, pitch, 16) for bar in range(20) for pitch in (72, 64, 60, 48)], bpm=108.0)
    ends = []
    for bpm in (108.0, 112.0):
        transport = Transport(PIANO)
        play(transport, score_of(chords, edge=160), 8)
        transport.set_score(score_of(replace(chords, bpm=bpm), edge=176))
        ends.append(decibel(played(transport, 4 * STEP)[-5000:]))
    assert ends[1] == pytest.approx(ends[0], abs=0.5)


def test_a_note_that_is_no_longer_in_the_score_is_released() -> None:
    transport = Transport(PIANO)
    play(transport, score((0, 60, 100, 90), (100, 60, 1)), 8)
    transport.set_score(score((100, 60, 1)))
    assert not played(transport, 3 * RATE)[-100:].any()


# --- loop, tempo, volume ---------------------------------------------------------------------------------------------


def test_a_loop_is_as_seamless_as_the_same_bar_written_out() -> None:
    bar = [(2 * place, 60 + place, 2, 90) for place in range(8)]
    written = score(*[(16 * time + onset, *rest) for time in range(4) for onset, *rest in bar])
    wanted = play(Transport(PIANO), written, 64)
    looping = Transport(PIANO)
    looping.loop = (0, 16)
    assert np.abs(play(looping, score(*bar), 64) - wanted).max() < 1e-4
    assert looping.position < 16


def test_a_loop_keeps_the_silence_at_its_end() -> None:
    transport = Transport(PIANO)
    transport.loop = (0, 16)
    play(transport, score((0, 60, 4, 90)), 15)
    assert transport.position == pytest.approx(15, abs=1e-3) and transport.state == "playing"
    played(transport, 2 * STEP)
    assert transport.position == pytest.approx(1, abs=1e-3)


def test_play_goes_into_the_loop_and_stop_back_to_its_beginning() -> None:
    transport = Transport(PIANO)
    transport.set_score(score(*TUNE))
    transport.loop = (16, 32)
    transport.play()
    assert transport.position == 16
    played(transport, 20 * STEP)
    assert 16 <= transport.position < 32
    transport.stop()
    assert transport.position == 16


def test_a_change_of_tempo_keeps_the_position_and_the_wave() -> None:
    transport = Transport(PIANO)
    before = play(transport, score((0, 48, 100, 100), (0, 64, 100, 100)), 8)
    position = transport.position
    transport.bpm = 60
    assert transport.position == pytest.approx(position, abs=1e-9)
    after = played(transport, 4 * STEP)
    assert transport.position == pytest.approx(position + 2, abs=1e-3)
    assert bends(np.concatenate([before[-100:], after])).max() <= bends(before[20_000:]).max() * 1.1


def test_to_be_told_the_same_at_every_frame_changes_nothing() -> None:
    wanted = play(Transport(PIANO), score(*TUNE), 20)
    told, sound = Transport(PIANO), []
    what = score(*TUNE)
    told.set_score(what)
    told.play()
    for _ in range(len(wanted) // 735):  # at 60 frames a second
        told.volume, told.bpm, told.loop = 1.0, 120.0, None
        told.play()
        told.set_score(what)
        sound.append(told.render(735))
    assert np.abs(np.concatenate(sound) - wanted[: len(sound) * 735]).max() < 1e-4


def test_after_a_change_of_tempo_notes_come_when_the_new_tempo_says() -> None:
    transport = Transport(PIANO)
    transport.set_score(score((0, 60, 1, 50), (16, 72, 4, 120)))
    transport.play()
    played(transport, 8 * STEP)
    transport.bpm = 240
    loud = np.abs(played(transport, 8 * STEP)).max(axis=1)
    heard = np.argmax(loud > 0.14 * loud.max())
    assert abs(heard - LATENCY - 4 * STEP) < 0.005 * RATE


def test_every_note_is_struck_once_however_the_tempo_and_the_score_change() -> None:
    transport = Transport(PIANO)
    rng = np.random.default_rng(3)
    what = score(*[(place, 40 + 7 * place % 48, 1, 60) for place in range(64)])
    struck: list[int] = []
    strike = transport._synth.strike

    def counted(pitch: int, velocity: int, frame: int) -> object:
        struck.append(pitch)
        return strike(pitch, velocity, frame)

    transport._synth.strike = counted  # type: ignore[method-assign, assignment]
    transport.set_score(what)
    transport.play()
    while transport.playing:
        transport.render(int(rng.integers(1, 4000)))
        transport.bpm = float(rng.choice([60.0, 61.7, 120.0, 240.0]))
        transport.set_score(what)
    assert struck == what.pitches.tolist()


def test_the_volume_moves_without_a_click_down_to_nothing() -> None:
    transport = Transport(PIANO)
    before = play(transport, score((0, 48, 100, 110)), 8)
    transport.volume = 0.0
    after = played(transport, 4096)
    assert bends(np.concatenate([before[-100:], after])).max() <= bends(before[20_000:]).max() * 1.1
    assert not after[1024:].any()


def test_half_the_volume_is_about_half_as_loud_to_the_ear() -> None:
    loud, soft = Transport(PIANO), Transport(PIANO)
    soft.volume = 0.5
    played(soft, 1024)
    what = score((0, 60, 8, 80))
    assert 9 < decibel(play(loud, what, 8)[2048:]) - decibel(play(soft, what, 8)[2048:]) < 14

"""Voices: pitch, loudness, onsets, dampers, and how one is taken away."""

import numpy as np
import pytest
from audio_tools import PIANO, bends, decibel

from nanopiano.audio import synth as synth_module
from nanopiano.audio.samples import RATE
from nanopiano.audio.synth import VOICES, Synth
from nanopiano.audio.voice import CUT, Stereo


def note(pitch: int, velocity: int = 80, seconds: float = 1.0, up: float | None = None) -> Stereo:
    """One stroke; the key goes up after `up` seconds."""
    synth = Synth(PIANO)
    voice = synth.strike(pitch, velocity, 0)
    assert voice is not None
    if up is not None:
        voice.release(int(up * RATE))
    return synth.render(int(seconds * RATE))


def fundamental(sound: Stereo, near: float) -> float:
    """The frequency of the strongest partial within a semitone of `near`, in Hz."""
    heard = sound.real + sound.imag
    size = 8 * len(heard)
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard)), size))
    low, high = int(near * 0.95 * size / RATE), int(near * 1.05 * size / RATE)
    return float((low + np.argmax(spectrum[low:high])) * RATE / size)


@pytest.mark.parametrize("pitch", [60, 62, 64, 65, 67, 69, 71, 72])
def test_a_scale_is_in_tune(pitch: int) -> None:
    wanted = 440 * 2 ** ((pitch - 69) / 12)
    cents = 1200 * np.log2(fundamental(note(pitch, seconds=2.0), wanted) / wanted)
    assert abs(cents) < 6  # a piano's octaves are tuned a little wide


@pytest.mark.parametrize("pitch", [36, 60, 61, 83])
def test_loudness_grows_evenly_with_velocity_across_the_layers(pitch: int) -> None:
    levels = [decibel(note(pitch, velocity, 0.5).view(np.float32)) for velocity in range(40, 100)]
    steps = np.diff(levels)
    assert (steps > -0.7).all() and (steps < 1.3).all()
    assert 10 < levels[-1] - levels[0] < 16


def test_neighbouring_keys_are_about_as_loud() -> None:
    levels = [decibel(note(pitch, 90, 0.5).view(np.float32)) for pitch in range(40, 90)]
    assert np.abs(np.diff(levels)).max() < 2.5


@pytest.mark.parametrize("velocity", [45, 65, 95])
def test_a_stroke_is_heard_within_two_milliseconds(velocity: int) -> None:
    for pitch in range(30, 109, 7):
        loud = np.abs(note(pitch, velocity, 0.1))
        assert np.argmax(loud > 0.14 * loud.max()) < 0.002 * RATE


def test_a_note_rings_after_its_key_is_released_only_for_a_while() -> None:
    damped = note(60, seconds=2.0, up=0.5)
    held = note(60, seconds=2.0)
    after = slice(int(0.55 * RATE), int(0.6 * RATE))
    assert -12 < decibel(damped[after].view(np.float32)) - decibel(held[after].view(np.float32)) < -2
    assert np.abs(damped[int(1.8 * RATE) :]).max() == 0.0 and np.abs(held[int(1.8 * RATE) :]).max() > 0.0


def test_the_highest_keys_have_no_dampers() -> None:
    assert np.array_equal(note(95, up=0.1), note(95))


def test_a_voice_is_taken_away_without_a_click() -> None:
    synth = Synth(PIANO)
    synth.strike(50, 100, 0)
    before = synth.render(4000)
    synth.take_away()
    after = synth.render(4000)
    whole = np.concatenate([before, after]).view(np.float32).reshape(-1, 2)
    assert bends(whole)[3990:].max() <= 1.2 * bends(whole)[2000:3990].max()
    assert np.abs(after[CUT:]).max() == 0.0 and synth.silent


def test_striking_a_key_again_takes_its_old_voice_away() -> None:
    synth = Synth(PIANO)
    old = synth.strike(60, 100, 0)
    synth.render(4000)
    synth.strike(60, 50, synth.clock)
    assert old is not None and old.cut == 4000


def test_more_strokes_than_voices_take_away_the_softest() -> None:
    synth = Synth(PIANO)
    voices = [synth.strike(22 + place, 30 if place == 20 else 90, 0) for place in range(VOICES)]
    synth.render(1000)
    synth.strike(22 + VOICES, 90, synth.clock)
    assert [voice is not None and voice.cut for voice in voices].index(1000) == 20
    assert sum(voice is not None and voice.cut is not None for voice in voices) == 1


def test_what_stealing_takes_from_the_sound_has_no_click(monkeypatch: pytest.MonkeyPatch) -> None:
    def struck(most: int) -> Stereo:
        monkeypatch.setattr(synth_module, "VOICES", most)
        synth = Synth(PIANO)
        for place in range(6):
            synth.strike(40 + 5 * place, 90, 0)
        first = synth.render(5000)
        synth.strike(80, 90, synth.clock)
        return np.concatenate([first, synth.render(5000)])

    taken = struck(100) - struck(6)
    loudest = bends(struck(100).view(np.float32).reshape(-1, 2))[2000:5000].max()
    assert np.abs(taken).max() > 0.0
    assert bends(taken.view(np.float32).reshape(-1, 2)).max() < loudest

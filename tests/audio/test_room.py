"""The room and the limiter: what they do, however the sound is parted into blocks."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nanopiano.audio.limiter import CEILING, LATENCY, Limiter
from nanopiano.audio.room import FRAMES, HOP, Room, response
from nanopiano.audio.voice import Stereo


def noise(frames: int, seed: int = 0, gain: float = 0.3) -> Stereo:
    rng = np.random.default_rng(seed)
    return (gain * (rng.standard_normal(frames) + 1j * rng.standard_normal(frames))).astype(np.complex64)


def parts(sound: Stereo, sizes: list[int]) -> list[Stereo]:
    """The sound in blocks of these sizes, and the rest."""
    return [part for part in np.split(sound, np.minimum(np.cumsum(sizes), len(sound))) if len(part)]


def test_the_room_answers_by_its_response() -> None:
    sound = noise(6000)
    heard = Room().answer(np.concatenate([sound, np.zeros(4000, np.complex64)]))
    left, right = response()
    wanted = np.convolve(sound.real, left)[: 10_000 - HOP] + 1j * np.convolve(sound.imag, right)[: 10_000 - HOP]
    assert not heard[:HOP].any()
    assert np.abs(heard[HOP:] - wanted).max() < 1e-4


def test_the_room_falls_silent() -> None:
    room = Room()
    room.answer(noise(1000))
    room.answer(np.zeros(FRAMES + 2 * HOP, np.complex64))
    assert not room.answer(np.zeros(HOP, np.complex64)).any()


def test_the_room_is_light() -> None:
    assert 0.1 < np.sqrt((response() ** 2).sum(axis=1)).max() < 0.25


@settings(max_examples=15)
@given(st.lists(st.integers(1, 2000), max_size=12))
def test_the_room_answers_alike_in_any_blocks(sizes: list[int]) -> None:
    sound = noise(5000)
    room = Room()
    assert np.array_equal(np.concatenate([room.answer(part) for part in parts(sound, sizes)]), Room().answer(sound))


@given(st.lists(st.integers(1, 700), max_size=12), st.integers(0, 99), st.floats(0.01, 50.0))
def test_the_limiter_keeps_every_peak_below_its_ceiling_in_any_blocks(sizes: list[int], seed: int, gain: float) -> None:
    sound = noise(3000, seed, 0.1)
    sound[seed * 20 : seed * 20 + 500] *= gain
    limiter = Limiter()
    limited = np.concatenate([limiter.limit(part) for part in parts(sound, sizes)])
    assert np.abs(limited.view(np.float32)).max() <= CEILING * 1.000001
    assert np.allclose(limited, Limiter().limit(sound), atol=1e-6)


def test_the_limiter_leaves_alone_what_is_soft_enough() -> None:
    sound = noise(3000, gain=0.1)
    assert np.array_equal(Limiter().limit(sound)[LATENCY:], sound[:-LATENCY])


def test_the_limiter_turns_down_without_bending_the_wave() -> None:
    time = np.arange(20_000) / 44_100
    wave = np.sin(2 * np.pi * 1000 * time) * np.where(time < 0.2, 0.5, 2.0)
    limited = Limiter().limit((wave + 0j).astype(np.complex64)).real[-4410:]
    spectrum = np.abs(np.fft.rfft(limited * np.hanning(4410)))
    others = np.delete(spectrum, np.arange(90, 111))
    assert others.max() < 0.003 * spectrum[100]

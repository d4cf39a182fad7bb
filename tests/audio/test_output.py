"""Where sound goes, without a sound card: SDL's drivers that write to a file or nowhere."""

from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

import numpy as np
import pytest
from audio_tools import PIANO, Sound, score

from nanopiano.audio.output import AHEAD, FADE, Mixer, open_output
from nanopiano.audio.samples import Piano
from nanopiano.audio.transport import Transport

TUNE = score(*[(2 * place, 50 + place % 24, 2, 90) for place in range(64)])
LONG = 60.0  # seconds after which what should happen never will


class Recording(Transport):
    """A transport that remembers what it rendered."""

    def __init__(self, piano: Piano) -> None:
        super().__init__(piano)
        self.rendered: list[Sound] = []

    def render(self, frames: int) -> Sound:
        self.rendered.append(super().render(frames))
        return self.rendered[-1]


def wait_for(happened: Callable[[], bool]) -> None:
    begun = monotonic()
    while not happened():
        assert monotonic() - begun < LONG
        sleep(0.005)


def test_the_mixer_plays_every_sample_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_AUDIODRIVER", "disk")
    monkeypatch.setenv("SDL_DISKAUDIOFILE", str(tmp_path / "sound.raw"))
    monkeypatch.setenv("SDL_DISKAUDIODELAY", "30")  # milliseconds for 12 of sound: a busy machine keeps up too
    transport = Recording(PIANO)
    transport.set_score(TUNE)
    transport.play()
    output = open_output(transport)
    assert output.silent_because is None
    wait_for(lambda: output.position > 3)
    output.close()
    assert output.starved == 0
    rendered = np.rint(np.concatenate(transport.rendered) * 32767).astype("<i2")
    heard = np.frombuffer((tmp_path / "sound.raw").read_bytes(), "<i2").reshape(-1, 2)
    begin, first = (int(np.flatnonzero(sound.any(axis=1))[0]) for sound in (heard, rendered))
    both = min(len(heard) - begin, len(rendered) - first - 3 * 2048)  # the last blocks were on their way
    assert both > 10_000
    assert np.array_equal(heard[begin : begin + both], rendered[first : first + both])


def test_after_a_jump_what_is_on_its_way_fades_and_the_rest_is_not_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_AUDIODRIVER", "dummy")
    transport = Transport(PIANO)
    transport.set_score(TUNE)
    transport.play()
    output = open_output(transport)
    assert isinstance(output, Mixer)
    wait_for(lambda: output.position > 3)
    output._closing.set()
    output._thread.join()
    output._heard = output._on_the_way[0], monotonic() + 1e6  # it is heard from its beginning
    blocks = [*output._on_the_way]
    before = [block.samples.copy() for block in blocks]
    transport.stop()
    transport.cut()
    output._write_anew()
    after = [block.samples for block in blocks]
    assert len(blocks) == 2 and all(sound.any() for sound in before)
    assert np.array_equal(after[0][:AHEAD], before[0][:AHEAD])
    fading = slice(AHEAD, AHEAD + FADE)
    assert np.abs(after[0][fading].astype(int)).sum() < 0.7 * np.abs(before[0][fading].astype(int)).sum()
    assert not after[0][AHEAD + FADE :].any() and not after[1].any()
    output.close()


class Sought(Transport):
    """A transport that is told to go elsewhere as soon as it has rendered."""

    def render(self, frames: int) -> Sound:
        sound = super().render(frames)
        self.seek(40.0)
        return sound


def test_a_seek_beside_the_rendering_does_not_stretch_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_AUDIODRIVER", "dummy")
    transport = Sought(PIANO)
    transport.set_score(TUNE)
    output = open_output(transport)
    assert isinstance(output, Mixer)
    output._closing.set()
    output._thread.join()
    transport.seek(4.0)
    block = output._rendered(2048)
    output.close()
    assert (block.begin, block.end) == (4.0, 4.0)


def test_what_is_heard_lies_behind_what_is_rendered_and_never_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_AUDIODRIVER", "dummy")
    transport = Transport(PIANO)
    transport.set_score(TUNE)
    transport.play()
    output = open_output(transport)
    heard = [0.0]

    def listened() -> bool:
        heard.append(output.position)
        assert heard[-1] <= transport.position
        return heard[-1] > 4

    wait_for(listened)
    output.close()
    assert (np.diff(heard) >= 0).all() and len(set(heard)) > 20


class Slow(Transport):
    """Once takes far longer than the two blocks that are on their way."""

    def __init__(self) -> None:
        super().__init__(PIANO)
        self.asked: list[int] = []

    def render(self, frames: int) -> Sound:
        self.asked.append(frames)
        sleep(0.4 if len(self.asked) == 12 else 0)
        return super().render(frames)


def test_a_machine_that_does_not_keep_up_gets_larger_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_AUDIODRIVER", "dummy")
    transport = Slow()
    transport.set_score(TUNE)
    transport.play()
    output = open_output(transport)
    wait_for(lambda: len(transport.asked) > 16)
    output.close()
    assert output.starved >= 1
    assert transport.asked[0] == 2048 and transport.asked[-1] >= 4096


def test_a_gap_in_silence_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_AUDIODRIVER", "dummy")
    transport = Slow()
    output = open_output(transport)
    wait_for(lambda: len(transport.asked) > 16)
    output.close()
    assert output.starved == 0 and {*transport.asked} == {2048}


def test_without_a_sound_card_time_passes_and_a_sentence_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_AUDIODRIVER", "nothing")
    transport = Transport(PIANO)
    transport.set_score(TUNE)
    transport.play()
    output = open_output(transport)
    assert output.silent_because is not None
    assert output.silent_because.startswith("There is no sound") and output.silent_because.endswith(".")
    wait_for(lambda: output.position > 2)
    output.close()
    stopped = transport.position
    sleep(0.1)
    assert transport.position == stopped

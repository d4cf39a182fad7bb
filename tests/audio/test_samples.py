"""The recorded piano."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from audio_tools import PIANO

from nanopiano.audio.samples import FOLDER, Piano
from nanopiano.errors import InputError


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A folder with two recordings: middle C, and a damaged one two octaves higher."""
    index = json.loads((FOLDER / "index.json").read_text("utf-8"))
    index["samples"] = [sample for sample in index["samples"] if sample["file"] in ("060-08.ogg", "084-08.ogg")]
    (tmp_path / "index.json").write_text(json.dumps(index))
    shutil.copy(FOLDER / "060-08.ogg", tmp_path)
    (tmp_path / "084-08.ogg").write_bytes(b"no sound")
    return tmp_path


def test_every_key_has_a_recording_within_a_semitone_of_it_and_softer_ones_play_softer_strokes() -> None:
    for pitch in (21, 22, 61, 107, 108):
        soft, loud = PIANO.sample(pitch, 30), PIANO.sample(pitch, 110)
        assert soft is not None and loud is not None and soft is not loud
        assert abs(soft.pitch - pitch) <= 1 and abs(loud.pitch - pitch) <= 1


def test_a_recording_fades_to_nothing_at_both_ends() -> None:
    sample = PIANO.sample(60, 80)
    assert sample is not None and sample.frames.dtype == np.int16
    assert not sample.frames[:4].any() and not sample.frames[-4:].any()
    assert np.abs(sample.frames[-100:]).max() < 0.001 * np.abs(sample.frames).max()


def test_a_live_piano_plays_a_near_recording_where_one_is_missing(small: Path) -> None:
    piano = Piano(folder=small)
    piano.wait()
    assert piano.ready == 0.5
    stand_in = piano.sample(84, 127)
    assert stand_in is not None and stand_in.pitch == 60


def test_a_damaged_recording_is_told_where_the_sound_depends_on_it(small: Path) -> None:
    with pytest.raises(InputError, match="install nanopiano again"):
        Piano(folder=small, live=False).sample(84, 60)


def test_a_missing_piano_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="install nanopiano again"):
        Piano(folder=tmp_path)


def test_the_attribution_that_the_licence_asks_for_is_in_the_package() -> None:
    said = (FOLDER / "ATTRIBUTION").read_text("utf-8")
    assert "Alexander Holm" in said and "Attribution 3.0" in said and "Changes made" in said

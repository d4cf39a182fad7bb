"""Settings: what is saved comes back, and whatever lies in their file, a window opens."""

import json
from dataclasses import asdict, fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanopiano.errors import NanopianoError
from nanopiano.gui.state.settings import Settings, load_settings, save_settings
from nanopiano.model.defaults import DEFAULT_LENGTH, DEFAULT_SAMPLING
from nanopiano.model.sample import Sampling

NAMES = [field.name for field in fields(Settings)]

settings = st.builds(
    Settings,
    temperature=st.floats(0, 10),
    words=st.integers(1, 1_000_000),
    top_k=st.none() | st.integers(1, 225),
    top_p=st.floats(0, 1, exclude_min=True),
    min_p=st.floats(0, 1, exclude_max=True),
    min_surprise=st.floats(0, 2),
    returns=st.floats(1, 1000),
    chromatic=st.floats(0.01, 10),
    bpm=st.integers(5, 1000),
    volume=st.floats(0, 1),
    expressive=st.booleans(),
    original=st.booleans(),
    model=st.text(min_size=1).filter(str.strip),
    theme=st.sampled_from(["dark", "light"]),
    ui_scale=st.floats(1, 2),
    view=st.sampled_from(["roll", "falling"]),
    colour_by=st.sampled_from(["pitch class", "hand"]),
    takes_open=st.booleans(),
    last_folder=st.text(st.characters()),
    window_size=st.tuples(st.integers(960, 8000), st.integers(600, 8000)),
    keep_seed=st.booleans(),
    seed=st.integers(0, 2**63 - 1),
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=2)
)


def loaded_from(data: bytes) -> Settings:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "settings.json"
        path.write_bytes(data)
        return load_settings(path)


@given(settings)
def test_settings_that_are_saved_are_loaded_again(wanted: Settings) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "home" / "settings.json"
        save_settings(wanted, path)
        assert load_settings(path) == wanted


@given(settings, st.sampled_from(NAMES), values)
def test_a_wrong_value_falls_back_alone(wanted: Settings, name: str, value: object) -> None:
    loaded = loaded_from(json.dumps({**asdict(wanted), name: value}).encode("ascii"))
    kept: dict[str, Any] = {name: getattr(loaded, name)}
    assert loaded == replace(wanted, **kept)


@given(st.dictionaries(st.sampled_from(NAMES), values))
def test_what_is_loaded_can_be_saved_and_loaded_again(found: dict[str, object]) -> None:
    loaded = loaded_from(json.dumps(found).encode("ascii"))
    assert loaded_from(json.dumps(asdict(loaded)).encode("ascii")) == loaded


@given(st.binary())
def test_a_file_of_anything_gives_the_settings_of_a_new_window(data: bytes) -> None:
    assert loaded_from(data) == Settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", 10.1),
        ("temperature", float("nan")),
        ("temperature", True),
        ("words", 0),
        ("words", 600.0),
        ("top_k", 0),
        ("top_p", 0),
        ("min_p", 1),
        ("min_surprise", 2.1),
        ("returns", 0.9),
        ("chromatic", 0.0),
        ("bpm", 4),
        ("volume", 1.1),
        ("expressive", 0),
        ("original", "16"),
        ("model", ""),
        ("model", None),
        ("theme", "pink"),
        ("ui_scale", 3),
        ("view", None),
        ("colour_by", "mood"),
        ("takes_open", "yes"),
        ("last_folder", 1),
        ("window_size", [100, 100]),
        ("window_size", [1280]),
        ("window_size", 1280),
        ("keep_seed", None),
        ("seed", -1),
    ],
)
def test_a_value_out_of_range_is_as_in_a_new_window(name: str, value: object) -> None:
    other = Settings(
        temperature=0.5, words=50, top_k=4, top_p=0.5, min_p=0.5, bpm=60, volume=0.1, expressive=False, theme="light",
        min_surprise=0.1, model="m", ui_scale=2.0, view="falling", colour_by="hand", takes_open=False, last_folder="x",
        returns=3.0, chromatic=0.8, window_size=(999, 999), keep_seed=True, seed=9,
    )  # fmt: skip
    fallen = loaded_from(json.dumps({**asdict(other), name: value}).encode("ascii"))
    default: dict[str, Any] = {name: getattr(Settings(), name)}
    assert fallen == replace(other, **default)


def test_a_whole_number_is_good_for_a_fraction() -> None:
    loaded = loaded_from(b'{"temperature": 1}')
    assert loaded.temperature == 1
    assert isinstance(loaded.temperature, float)


def test_a_setting_of_another_release_does_no_harm() -> None:
    assert loaded_from(b'{"bpm": 90, "colour of the piano": "black"}') == Settings(bpm=90)


@pytest.mark.parametrize("data", [b"[" * 100_000, b"[]", b"null", b"1" * 5000])
def test_json_that_is_no_object_gives_the_settings_of_a_new_window(data: bytes) -> None:
    assert loaded_from(data) == Settings()


def test_a_missing_file_gives_the_settings_of_a_new_window(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "none" / "settings.json") == Settings()


def test_a_new_window_composes_as_the_command_line_does() -> None:
    new = Settings()
    asked = {name: value for name, value in vars(new).items() if name in vars(DEFAULT_SAMPLING) and name != "original"}
    assert Sampling(**asked) == DEFAULT_SAMPLING
    assert not new.original
    assert new.words == DEFAULT_LENGTH.words


def test_a_home_that_cannot_be_written_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where the folder should be")
    with pytest.raises(NanopianoError, match=r"settings cannot be kept in .*: "):
        save_settings(Settings(), tmp_path / "home" / "here" / "settings.json")

"""Models are found by name, in the package or the user's folder, or by path."""

from pathlib import Path

import platformdirs
import pytest

from nanopiano.errors import InputError
from nanopiano.model.store import find_model, model_folders, user_folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folder with one model, `mine`."""
    monkeypatch.setenv("NANOPIANO_HOME", str(tmp_path / "home"))
    folder = tmp_path / "home" / "models" / "mine"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    return tmp_path / "home"


def test_the_environment_overrides_the_user_folder(home: Path) -> None:
    assert user_folder() == home


def test_without_it_the_user_folder_is_the_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NANOPIANO_HOME", raising=False)
    assert user_folder() == Path(platformdirs.user_data_dir("nanopiano", appauthor=False))


def test_a_model_of_the_user_is_found_by_name(home: Path) -> None:
    assert find_model("mine") == home / "models" / "mine"


def test_a_model_is_found_by_path(home: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    assert find_model(str(tmp_path / "elsewhere")) == tmp_path / "elsewhere"


def test_a_folder_without_config_is_no_model(home: Path) -> None:
    (home / "models" / "half").mkdir()
    assert "half" not in model_folders()


def test_the_users_model_wins_over_one_of_the_package(home: Path) -> None:
    for name in model_folders():
        folder = home / "models" / name
        folder.mkdir(exist_ok=True)
        (folder / "config.json").write_text("{}")
    assert {path.parent for path in model_folders().values()} == {home / "models"}


def test_an_unknown_name_is_refused_listing_the_known_ones(home: Path) -> None:
    with pytest.raises(InputError, match=r"there is no model 'nobody': .* models known \(.*mine\)"):
        find_model("nobody")


def test_a_file_is_no_model(home: Path, tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"")
    with pytest.raises(InputError, match="neither a folder nor one of the models known"):
        find_model(str(tmp_path / "model.onnx"))

from pathlib import Path

import numpy as np
import pytest
from benchmark_tools import chorale
from poly import main
from scipy.io import savemat


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with a set of eight made-up rolls."""
    cells = {}
    for name, seeds in {"traindata": range(4), "validdata": range(4, 6), "testdata": range(6, 8)}.items():
        cells[name] = np.empty((1, len(seeds)), dtype=object)
        cells[name][0] = [chorale(seed) for seed in seeds]
    savemat(tmp_path / "JSB_Chorales.mat", cells)
    return tmp_path


def run(data: Path, *changes: str, options: tuple[str, ...] = ()) -> None:
    """Run the script on the made-up set."""
    small = ["n_layer=1", "n_embd=32", "length=64", "total_words=600", "eval_words=300", *changes]
    call = ["JSB_Chorales", "--data", str(data), "--out", str(data / "run"), "--threads", "1", "--seeds", "1", "2"]
    main([*call, *options, "--set", *small])


def test_a_call_reports_validation_and_test_and_the_same_call_again_trains_no_more(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(data)
    first = capsys.readouterr()
    run(data)
    again = capsys.readouterr()
    assert [line.split(":")[0] for line in first.out.splitlines()] == ["JSB_Chorales val", "JSB_Chorales test"]
    assert "M words" in first.err
    assert "M words" not in again.err
    assert again.out == first.out


def test_choosing_by_validation_leaves_test_unscored(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(data, options=("--validation-only",))
    assert "test" not in capsys.readouterr().out


def test_a_recipe_that_is_none_is_refused_in_one_line(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        run(data, "depth=3")
    assert refused.value.code == 2
    assert capsys.readouterr().err.startswith("poly.py: --set depth=3")

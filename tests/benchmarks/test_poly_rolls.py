from pathlib import Path

import numpy as np
import pytest
from benchmark_tools import chorale, some_rolls
from hypothesis import given
from polyphony import rolls as module
from polyphony.rolls import Roll, ids_to_roll, read_rolls, roll_to_ids, spell
from scipy.io import savemat

from nanopiano.errors import InputError
from nanopiano.music.words import ids_to_text


def saved(folder: Path, **changes: list[Roll]) -> Path:
    """A folder with a set of five made-up rolls."""
    splits = {"traindata": [chorale(1), chorale(2)], "validdata": [chorale(3)], "testdata": [chorale(4), chorale(5)]}
    cells = {}
    for name, several in {**splits, **changes}.items():
        cells[name] = np.empty((1, len(several)), dtype=object)
        cells[name][0] = several
    savemat(folder / "JSB_Chorales.mat", cells)
    return folder


@given(some_rolls())
def test_words_give_every_roll_back(roll: Roll) -> None:
    assert np.array_equal(ids_to_roll(roll_to_ids(roll)), roll)


def test_a_run_longer_than_a_word_is_struck_again_and_silence_after_it_is_a_wait() -> None:
    roll = np.zeros((300, 88), dtype=np.uint8)
    roll[2:150, 40] = 1
    assert ids_to_text(roll_to_ids(roll)) == ("START sepxx d2 n61 d128 sepxx d128 n61 d20 sepxx d128 sepxx d42 END")


def test_an_empty_roll_is_start_and_end() -> None:
    assert ids_to_text(roll_to_ids(np.zeros((0, 88), dtype=np.uint8))) == "START END"


def test_a_set_is_read_as_it_was_stored(tmp_path: Path) -> None:
    found = read_rolls(saved(tmp_path), "JSB_Chorales")
    assert [len(several) for several in found.values()] == [2, 1, 2]
    assert np.array_equal(found["test"][1], chorale(5))


def test_a_missing_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read .*Nottingham\.mat"):
        read_rolls(tmp_path, "Nottingham")


def test_a_roll_of_other_numbers_than_0_and_1_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="roll 0 of val"):
        read_rolls(saved(tmp_path, validdata=[2 * chorale(3)]), "JSB_Chorales")


def test_words_that_do_not_give_a_roll_back_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ids_to_roll", lambda ids: ids_to_roll(ids)[:-1])
    with pytest.raises(InputError, match="roll 0 of test"):
        spell({"test": [chorale(1)]})

"""`evaluate --music`: pieces composed or given, beside human ones."""

import builtins
import json
import re
from pathlib import Path
from typing import Any

import pytest
from cli_tools import Cli

from nanopiano.model.composer import Composer
from nanopiano.music.midi import write_midi
from nanopiano.music.words import piece_to_text
from nanopiano.songbook import songs

AMOUNT = ("--words", "200", "--bars", "2")


@pytest.fixture
def human() -> Path:
    path = Path("human.jsonl")
    path.write_text("".join(json.dumps({"text": piece_to_text(song.piece())}) + "\n" for song in songs()[:10]))
    return path


@pytest.fixture
def given() -> Path:
    folder = Path("given")
    folder.mkdir()
    for song in songs()[10:16]:
        write_midi(song.piece(), folder / f"{song.id}.mid")
    return folder


def test_given_pieces_are_compared_with_human_ones(cli: Cli, human: Path, given: Path) -> None:
    facts = cli("evaluate", "--music", "--texts", human, "--generated", given, *AMOUNT, "--json").json
    assert facts["files"] == ["given"] and (facts["words"], facts["bars"]) == (200, 2)
    assert (facts["generated"]["pieces"], facts["human"]["pieces"]) == (6, 10)
    assert 0.3 < facts["overlapped_area"] < 1 and len(facts["measures"]) > 20
    said = cli("evaluate", "--music", "--texts", human, "--generated", given, *AMOUNT).out
    assert "scale consistency" in said and "mean of all" in said and "stuck: 0 of 6 generated pieces" in said


def test_composed_pieces_are_those_of_the_seed_and_the_sampling(cli: Cli, human: Path) -> None:
    words = ("evaluate", "--music", "--texts", human, *AMOUNT, "--pieces", "9", "--seed", "3", "--json")
    first, again = cli.compose(*words), cli.compose(*words)
    assert first.out == again.out
    assert first.json["seed"] == 3 and first.json["generated"]["pieces"] == 9
    colder = cli.compose(*words, "--temperature", "0.5").json
    assert colder["sampling"]["temperature"] == 0.5 and colder["measures"] != first.json["measures"]


def test_seeds_that_were_drawn_are_said_and_compose_the_same_again(cli: Cli, human: Path) -> None:
    words = ("evaluate", "--music", "--texts", human, *AMOUNT, "--pieces", "4")
    first = cli.compose(*words)
    said = re.fullmatch(r"composing 4 pieces, seeds (\d+) to (\d+)", first.err.splitlines()[0])
    assert said and int(said[2]) == int(said[1]) + 3
    assert cli.compose(*words, "--seed", said[1]).out == first.out


def test_pictures_are_drawn_into_a_folder_that_is_there(cli: Cli, human: Path, given: Path) -> None:
    words = ("evaluate", "--music", "--texts", human, "--generated", given, *AMOUNT)
    assert "no folder pictures" in cli.refuses(*words, "--pictures", "pictures")
    Path("pictures").mkdir()
    assert cli(*words, "--pictures", "pictures").status == 0
    drawn = {path.name: path.read_bytes() for path in Path("pictures").iterdir()}
    assert set(drawn) == {"figures.png", "histograms.png"}
    assert all(data.startswith(b"\x89PNG") for data in drawn.values())


def test_options_that_would_do_nothing_are_refused(cli: Cli, human: Path, given: Path) -> None:
    amounts = ("--pieces", "--words", "--bars", "--seed", "--top-k")
    for option in (*amounts, "--temperature", "--returns", "--chromatic", "--original"):
        assert f"{option} is for --music" in cli.refuses("evaluate", "--texts", human, option, "2")
    music = ("evaluate", "--music", "--texts", human, "--generated", given)
    for option in ("--pieces", "--seed", "--min-p", "--returns", "--chromatic", "--original", "--model"):
        assert f"{option} tells how to compose" in cli.refuses(*music, option, "0.5" if option == "--min-p" else "2")


def test_what_cannot_be_compared_is_said(cli: Cli, human: Path, given: Path) -> None:
    music = ("evaluate", "--music", "--texts", human, "--generated")
    assert "missing.mid does not exist" in cli.refuses(*music, "missing.mid")
    assert "1 generated pieces are long enough" in cli.refuses(*music, next(given.iterdir()), *AMOUNT)
    assert "fewer bars" in cli.refuses(*music, given, "--bars", "5000")
    assert "length of 0 words" in cli.refuses(*music, given, "--words", "0")
    assert "0 human pieces are long enough" in cli.refuses(*music, given, "--words", "1")


def test_too_few_human_pieces_are_refused_before_anything_is_composed(
    cli: Cli, human: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    human.write_text("".join(human.read_text().splitlines(keepends=True)[:2]))
    monkeypatch.setattr(Composer, "batch", None)
    assert "2 human pieces are long enough" in cli.refuses("evaluate", "--music", "--texts", human, *AMOUNT)


def test_without_the_extra_pictures_are_refused_before_the_work(
    cli: Cli, human: Path, given: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original: Any = builtins.__import__

    def without(name: str, *others: Any) -> Any:
        if name == "nanopiano.train.music_pictures":
            raise ModuleNotFoundError("No module named 'matplotlib'", name="matplotlib")
        return original(name, *others)

    monkeypatch.setattr(builtins, "__import__", without)
    words = ("evaluate", "--music", "--texts", human, "--generated", given, *AMOUNT)
    assert 'pip install "nanopiano[train]"' in cli.refuses(*words, "--pictures", ".")
    assert cli(*words).status == 0

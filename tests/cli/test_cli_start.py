"""How the program starts: quickly, helpfully, and quietly where nobody listens."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from cli_tools import Cli

import nanopiano
from nanopiano.cli.parser import COMMANDS
from nanopiano.songbook import songs

HEAVY = ("numpy", "onnxruntime", "torch", "pygame", "pygame_gui", "mido", "tqdm", "shtab", "matplotlib", "platformdirs")


def python(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["genrate"], ["generate", "--words", "x"]])
def test_help_and_mistakes_load_nothing_heavy(words: list[str]) -> None:
    script = f"import sys\nfrom nanopiano.cli import main\nmain({words!r})\n"
    script += f"print(*[name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    assert python("-c", script).stderr.splitlines()[-1] == ""


def test_composing_loads_neither_torch_nor_pygame(cli: Cli) -> None:
    words = ["generate", "--words", "9", "--model", str(cli.model)]
    script = f"import sys\nfrom nanopiano.cli import main\nassert main({words!r}) == 0\n"
    script += "print(*[name for name in ('torch', 'pygame', 'matplotlib', 'onnx') if name in sys.modules])"
    assert python("-c", script).stdout == "\n"


def test_the_version_is_that_of_the_package(cli: Cli) -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert project["version"] == nanopiano.__version__
    ran = cli("--version")
    assert ran.status == 0 and ran.out == f"nanopiano {nanopiano.__version__}\n"
    assert python("-m", "nanopiano", "--version").stdout == ran.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples(cli: Cli, command: str) -> None:
    ran = cli(command, "--help")
    assert ran.status == 0 and ran.err == ""
    assert f"usage: nanopiano {command}" in ran.out
    assert f"examples:\n  nanopiano {command}" in ran.out
    assert command in cli("--help").out


def test_bars_are_explained_where_they_are_asked_for(cli: Cli) -> None:
    for command in ("generate", "continue", "fill", "render"):
        assert "four beats, 16 steps, counted from the beginning" in " ".join(cli(command, "--help").out.split())


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_completion_knows_commands_and_options(cli: Cli, shell: str) -> None:
    said = cli("completion", shell).out
    assert "--temperature" in said or shell == "tcsh"
    assert all(command in said for command in COMMANDS)


@pytest.mark.skipif(sys.platform == "win32", reason="pipes break otherwise there")
def test_a_pipe_closed_by_its_reader_ends_quietly() -> None:
    for words in (["songs", "--json"], ["--help"], ["completion", "bash"]):
        command = [sys.executable, "-m", "nanopiano", *words]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None and child.stderr is not None
            child.stdout.close()
            assert child.stderr.read() == ""
            assert child.wait(60) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a device that is always full")
def test_a_result_that_finds_no_room_is_said() -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "nanopiano", "songs"]
        ran = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    assert ran.returncode == 1 and ran.stderr == "nanopiano: no space left on device\n"


def test_closed_streams_are_no_obstacle(cli: Cli) -> None:
    words = f"generate --words 9 -o x.mid --model '{cli.model}' --json"
    for closing in (">&-", "2>&-", ">&- 2>&-"):
        command = f"'{sys.executable}' -m nanopiano {words} {closing}"
        assert subprocess.run(["sh", "-c", command], capture_output=True, check=False, timeout=60).returncode == 0


def test_letters_that_a_terminal_cannot_show_do_no_harm() -> None:
    song = next(song for song in songs() if "ä" in song.title)
    command = [sys.executable, "-m", "nanopiano", "songs", song.id]
    ran = subprocess.run(command, capture_output=True, check=False, timeout=60, env={"PYTHONIOENCODING": "ascii"})
    assert ran.returncode == 0 and song.title.encode("ascii", "backslashreplace") in ran.stdout


def test_a_defect_of_ours_is_one_sentence_too(cli: Cli) -> None:
    script = """
import sys
from nanopiano.cli import main, terminal
def broken(facts):
    raise ZeroDivisionError("oh\\nno")
terminal.show_json = broken
sys.exit(main(["models", "--json"]))
"""
    ran = python("-c", script)
    assert ran.returncode == 1
    assert len(ran.stderr.splitlines()) == 1 and "ZeroDivisionError oh no at <string>:5" in ran.stderr

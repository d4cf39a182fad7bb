"""Ctrl-C at every stage: exit status 130, whole events kept, nothing half-written."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_tools import Cli, some_midi, some_piece

from nanopiano.errors import NanopianoError
from nanopiano.model.composer import Composition
from nanopiano.music.midi import read_midi
from nanopiano.music.piece import Note, Piece
from nanopiano.music.words import piece_to_text

Stop = Any


@pytest.fixture
def stop_after(monkeypatch: pytest.MonkeyPatch) -> Stop:
    """Let Ctrl-C come when so many notes were composed, in all pieces together."""

    def stop(notes: int) -> None:
        whole = Composition.__iter__
        left = [notes]

        def cut(self: Composition) -> Iterator[Note]:
            for note in whole(self):
                if not left[0]:
                    raise KeyboardInterrupt
                left[0] -= 1
                yield note

        monkeypatch.setattr(Composition, "__iter__", cut)

    return stop


def test_the_piece_so_far_is_written_and_told(cli: Cli, stop_after: Stop) -> None:
    stop_after(12)
    ran = cli.compose("generate", "--words", "900", "--seed", "3", "--json", "--text", "x.txt", "--picture", "x.png")
    assert ran.status == 130
    facts = ran.json
    assert facts["interrupted"] and facts["file"] == "nanopiano-3.mid"
    assert facts["notes"] == len(read_midi("nanopiano-3.mid")[0]) == 13
    assert ran.err.splitlines()[-1] == "nanopiano: stopped" and "nanopiano-3.mid" in ran.err
    assert cli.files == {"nanopiano-3.mid", "x.txt", "x.png"}


def test_before_the_first_note_there_is_nothing_to_keep(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def at_once(_: Composition) -> Iterator[Note]:
        raise KeyboardInterrupt

    monkeypatch.setattr(Composition, "__iter__", at_once)
    ran = cli.compose("generate", "--json")
    assert ran.status == 130 and ran.json == {"interrupted": True} and not cli.files
    assert cli.compose("continue", "random", "--json").status == 130 and not cli.files


def test_of_several_pieces_the_first_ones_are_whole(cli: Cli, stop_after: Stop) -> None:
    stop_after(60)
    ran = cli.compose("generate", "--words", "40", "--seed", "1", "--count", "9", "--json")
    assert ran.status == 130
    pieces = ran.json["pieces"]
    assert [piece["interrupted"] for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    assert 2 <= len(pieces) < 9 and cli.files == {piece["file"] for piece in pieces}


def test_files_that_are_there_are_told_however_it_ends(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    ends: list[BaseException] = [KeyboardInterrupt(), NanopianoError("cannot write a-2.wav: no space left on device")]

    def save_wav(_: Piece, path: Path, *, expressive: bool) -> None:
        if path.name == "a-2.wav":
            raise ends.pop(0)

    monkeypatch.setattr("nanopiano.cli.composing.save_wav", save_wav)
    for status in (130, 1):
        words = ("--words", "20", "--seed", "1", "--count", "3", "-o", "a.mid", "--wav", "a.wav", "--json")
        ran = cli.compose("generate", *words)
        assert ran.status == status
        told = [(piece["file"], piece.get("wav")) for piece in ran.json["pieces"]]
        assert told == [("a-1.mid", "a-1.wav"), ("a-2.mid", None)]
        assert "a-2.mid: " in ran.err and cli.files == {"a-1.mid", "a-2.mid"}


def test_a_fill_keeps_what_stands_around_it(cli: Cli, stop_after: Stop) -> None:
    some_midi("mine.mid", bars=8)
    stop_after(1)
    assert cli.compose("fill", "mine.mid", "--bars", "3-6", "-o", "new.mid").status == 130
    new, old = read_midi("new.mid")[0], some_piece(8)
    assert (new.clip(96, 128).notes == old.clip(96, 128).notes).all() and len(new.clip(32, 96)) in (1, 2)


def test_ctrl_c_between_any_two_words_leaves_whole_events(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """The writer reads a word before it writes it down: Ctrl-C between the two once lost the piece."""
    from nanopiano.music.listen import Listener  # noqa: PLC0415

    feed, left = Listener.feed, [41]

    def cut(self: Listener, number: int) -> None:
        feed(self, number)
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt

    for words in (41, 42, 43, 44):
        left[0] = words
        monkeypatch.setattr(Listener, "feed", cut)
        ran = cli.compose("generate", "--words", "900", "--seed", "3", "-o", f"{words}.mid")
        assert ran.status == 130 and len(read_midi(f"{words}.mid")[0])


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_a_real_signal_ends_a_real_process(cli: Cli) -> None:
    script = """
import sys
from nanopiano.cli import main
from nanopiano.model.composer import Composition
whole = Composition.__iter__
def told(self):
    for number, note in enumerate(whole(self)):
        if number == 20:
            print("composing", flush=True)
        yield note
Composition.__iter__ = told
sys.exit(main(sys.argv[1:]))
"""
    words = ["generate", "--words", "1000000", "--model", str(cli.model), "-o", "x.mid"]
    with subprocess.Popen([sys.executable, "-c", script, *words], stdout=-1, stderr=-1, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "composing\n"
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=60)
    assert child.returncode == 130
    assert "x.mid: " in said and "Traceback" not in said
    assert len(read_midi("x.mid")[0]) > 20 and cli.files == {"x.mid"}


@pytest.mark.skipif(os.name != "posix", reason="ends by a signal")
def test_ctrl_c_while_the_program_is_still_imported_leaves_no_traceback() -> None:
    script = """
import os, signal, sys
import nanopiano.__main__
class Struck:
    def find_spec(self, name, path=None, target=None):
        if name == "nanopiano.cli":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Struck())
nanopiano.__main__.main()
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert (ran.returncode, ran.stderr) == (-signal.SIGINT, b"")


def test_a_corpus_goes_on_where_it_stopped(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [piece_to_text(some_piece(20 + number)) for number in range(70)]
    Path("t.jsonl").write_text("".join(f'{{"text": "{text}", "key": "{n}"}}\n' for n, text in enumerate(texts)))
    build = ("corpus", "build", "t.jsonl", "-o", "c", "--workers", "1", "--val-one-in", "2")
    with monkeypatch.context() as patch:
        made: list[object] = []

        def make_batch(job: object, rules: object) -> Any:
            if made:
                raise KeyboardInterrupt
            made.append(job)
            return original(job, rules)

        from nanopiano.corpus import parallel  # noqa: PLC0415

        original: Any = parallel._make_batch
        patch.setattr(parallel, "_make_batch", make_batch)
        ran = cli(*build)
    assert ran.status == 130 and "the same command goes on where this one stopped" in ran.err
    ran = cli(*build, "--json")
    assert ran.status == 0 and "going on with the unfinished build" in ran.err
    assert ran.json["kept"] > 0 and Path("c/corpus.json").is_file()

"""`nanopiano fill`: new bars, and everything else as it was."""

from pathlib import Path

import mido
import pytest
from cli_tools import Cli, some_midi, some_piece

from nanopiano.model.composer import Composer
from nanopiano.music.midi import read_midi, write_midi

Struck = list[tuple[int, int, int, int, int]]


def strokes(path: str) -> Struck:
    """Track, tick, channel, pitch and velocity of every note-on, read by another program."""
    found: Struck = []
    for number, track in enumerate(mido.MidiFile(path).tracks):
        tick = 0
        for message in track:
            tick += message.time
            if message.type == "note_on" and message.velocity:
                found.append((number, tick, message.channel, message.note, message.velocity))
    return found


def test_only_the_bars_asked_for_change(cli: Cli) -> None:
    some_midi("mine.mid", bars=8)
    before = Path("mine.mid").read_bytes()
    words = ("fill", "mine.mid", "--bars", "3-4", "-o", "new.mid", "--seed", "4", "--picture", "p.png", "--json")
    facts = cli.compose(*words).json
    bar = 4 * 480
    outside = [stroke for stroke in strokes("mine.mid") if not 2 * bar <= stroke[1] < 4 * bar]
    assert [stroke for stroke in strokes("new.mid") if not 2 * bar <= stroke[1] < 4 * bar] == outside
    new, old = read_midi("new.mid")[0], some_piece(8)
    assert new.clip(32, 64).notes.tolist() != old.clip(32, 64).notes.tolist() and len(new.clip(32, 64))
    assert (facts["first_bar"], facts["last_bar"], facts["notes"]) == (3, 4, len(new))
    assert Path("mine.mid").read_bytes() == before


def test_the_same_seed_fills_the_same_and_a_single_bar_can_be_named(cli: Cli) -> None:
    some_midi("mine.mid", bars=4)
    for name in ("a", "b"):
        words = ("fill", "mine.mid", "--bars", "4", "--seed", "9", "-o", f"{name}.mid", "--expressive")
        assert cli.compose(*words).status == 0
    assert Path("a.mid").read_bytes() == Path("b.mid").read_bytes()
    facts = cli.compose("fill", "mine.mid", "--bars", "2", "--count", "2", "--seed", "1", "-o", "c.mid", "--json").json
    assert [piece["file"] for piece in facts["pieces"]] == ["c-1.mid", "c-2.mid"]


@pytest.mark.parametrize(
    ("bars", "said"),
    [
        ("9-12", "bars 9-12 are not in mine.mid: it has bars 1-8"),
        ("3-9", "are not in mine.mid"),
        ("4-3", "are not in mine.mid"),
        ("0-2", "are not in mine.mid"),
        ("1-99999999999999", "are not in mine.mid"),
        ("-3", "expected"),
        ("3-", "no range of bars"),
        ("a-b", "no range of bars"),
        ("1-2-3", "no range of bars"),
        ("", "no range of bars"),
    ],
)
def test_bars_that_are_none(cli: Cli, bars: str, said: str) -> None:
    some_midi("mine.mid", bars=8)
    assert said in cli.refuses("fill", "mine.mid", "--bars", bars, "-o", "x.mid", "--model", cli.model)
    assert cli.files == {"mine.mid"}


def test_what_only_the_model_does_not_hear_is_said_so(cli: Cli) -> None:
    file = mido.MidiFile(some_midi("mine.mid", bars=8))
    file.tracks[0].insert(-1, mido.MetaMessage("set_tempo", tempo=400_000, time=960))
    file.save("mine.mid")
    said = cli("fill", "mine.mid", "--bars", "1-2", "-o", "x.mid", "--model", cli.model)
    assert said.status == 0
    assert "mine.mid: as the model hears it, 1 tempo change left out, the first tempo kept" in said.err


def test_a_file_whose_time_cannot_be_kept_is_refused_before_the_work(cli: Cli) -> None:
    data = bytearray(some_midi("mine.mid", bars=8).read_bytes())
    data[9] = 2  # format 2: patterns
    Path("mine.mid").write_bytes(data)
    said = cli("fill", "mine.mid", "--bars", "1-2", "-o", "x.mid", "--model", cli.model)
    assert said.status == 2 and "format 2" in said.err.splitlines()[-1]
    assert "never written to" in cli.refuses("fill", "mine.mid", "--bars", "1-2", "-o", "mine.mid")


@pytest.mark.parametrize("more", [(), ("--expressive",)])
def test_what_is_heard_of_a_fill_is_what_its_file_says(cli: Cli, more: tuple[str, ...]) -> None:
    notes = some_piece(3).notes.copy()
    notes[:, 3] = 25
    write_midi(some_piece(3).with_notes(notes), "quiet.mid")
    words = ("fill", "quiet.mid", "--bars", "2", "--seed", "1", "-o", "new.mid", "--wav", "new.wav", *more)
    assert cli.compose(*words).status == 0
    assert len(read_midi("new.mid")[0].clip(16, 32))
    assert cli("render", "new.mid", "--wav", "again.wav", *more).status == 0
    assert Path("new.wav").read_bytes() == Path("again.wav").read_bytes()


def test_a_file_too_coarse_for_sixteenths_is_refused_before_the_work(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    strokes = [mido.Message(kind, note=60, time=2 * (kind == "note_off")) for kind in 8 * ("note_on", "note_off")]
    mido.MidiFile(ticks_per_beat=2, tracks=[mido.MidiTrack(strokes)]).save("coarse.mid")
    monkeypatch.setattr(Composer, "fill", None)
    said = cli.refuses("fill", "coarse.mid", "--bars", "1", "-o", "x.mid", "--model", cli.model)
    assert "2 ticks a beat are too few for 4 steps" in said and "--seed" not in said

"""Scores of others: what is read, and what is refused."""

import io
import zipfile
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import sounding_pieces

from nanopiano.errors import InputError
from nanopiano.music.midi import midi_bytes, write_midi
from nanopiano.music.piece import Piece
from nanopiano.score.musicxml import musicxml_bytes, mxl_bytes
from nanopiano.score.read import read_any, read_score

needs_extra = pytest.mark.skipif(
    find_spec("verovio") is None or find_spec("symusic") is None, reason="the extra `score` is not installed"
)
PLAIN = "<divisions>2</divisions><time><beats>3</beats><beat-type>4</beat-type></time>"


def note(pitch: str, duration: int, inside: str = "", *, grace: bool = False) -> str:
    """A note as MusicXML: `C#4`, its duration in eighths, and elements after it."""
    alter = f"<alter>{pitch.count('#') - pitch.count('b')}</alter>"
    length = "<grace/>" if grace else f"<duration>{duration}</duration>"
    return f"<note>{length}<pitch><step>{pitch[0]}</step>{alter}<octave>{pitch[-1]}</octave></pitch>{inside}</note>"


def score(*measures: str, head: str = "") -> bytes:
    """A score of one part; its first bar has the usual attributes before it."""
    bars = "".join(
        f"<measure>{f'<attributes>{PLAIN}</attributes>' * (not n)}{bar}</measure>" for n, bar in enumerate(measures)
    )
    return f"<score-partwise>{head}<part-list/><part id='P1'>{bars}</part></score-partwise>".encode()


def read(data: bytes, name: str = "a.musicxml") -> Piece:
    Path(name).write_bytes(data)
    return read_score(name)[0]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def rows(piece: Piece) -> list[tuple[int, ...]]:
    return [tuple(row) for row in piece.notes[:, :3].tolist()]


@given(piece=sounding_pieces(), metre=st.sampled_from([(4, 4), (3, 4), (6, 8)]), packed=st.booleans())
def test_what_we_write_reads_back_as_the_same_piece(
    tmp_path_factory: pytest.TempPathFactory, piece: Piece, metre: tuple[int, int], packed: bool
) -> None:
    given = Piece(piece.notes, bpm=97.5, title="Lied ohne Worte", time_signature=metre)
    file = tmp_path_factory.mktemp("scores") / "piece.mxl"
    file.write_bytes(mxl_bytes(given) if packed else musicxml_bytes(given))
    assert read_score(file)[0] == given


def test_repeats_are_played_out() -> None:
    repeat = "<barline><repeat direction='backward'/></barline>"
    assert rows(read(score(note("C4", 6) + repeat, note("D4", 6)))) == [(0, 60, 12), (12, 60, 12), (24, 62, 12)]


def test_tied_notes_are_one() -> None:
    tied = note("C4", 6, "<tie type='start'/>"), note("C4", 2, "<tie type='stop'/>") + note("E4", 4)
    assert rows(read(score(*tied))) == [(0, 60, 16), (16, 64, 8)]


def test_notes_of_two_voices_tied_over_the_same_bar_line_are_both_held() -> None:
    high = note("C4", 6, "<tie type='start'/>") + "<backup><duration>6</duration></backup>"
    low = "<forward><duration>4</duration></forward>" + note("C4", 2, "<tie type='start'/>")
    stops = note("C4", 6, "<tie type='stop'/>") + "<backup><duration>6</duration></backup>"
    found = rows(read(score(high + low, stops + note("C4", 6, "<tie type='stop'/>"))))
    assert [onset for onset, *_ in found] == [0, 8]


def test_a_tie_that_leads_nowhere_ends_with_its_note() -> None:
    broken = note("C4", 6, "<tie type='start'/>"), note("D4", 6), note("C4", 6, "<tie type='stop'/>")
    assert rows(read(score(*broken))) == [(0, 60, 12), (12, 62, 12), (24, 60, 12)]


def test_grace_notes_take_no_time_and_are_told() -> None:
    Path("a.musicxml").write_bytes(score(note("B3", 0, grace=True) + note("C4", 6)))
    piece, reading = read_score("a.musicxml")
    assert rows(piece) == [(0, 60, 12)] and reading.remarks() == ["1 grace or cue note left out"]


def test_a_pick_up_is_as_short_as_it_is() -> None:
    assert rows(read(score(note("G4", 2), note("C5", 6)))) == [(0, 67, 4), (4, 72, 12)]


def test_a_part_that_is_silent_in_the_pick_up_does_not_make_it_longer() -> None:
    silent = "<measure/>" + f"<measure>{note('C3', 3)}</measure>"
    data = score(note("G4", 2), note("C5", 6)).replace(b"</part>", f"</part><part>{silent}</part>".encode())
    assert rows(read(data)) == [(0, 67, 4), (4, 72, 12), (4, 48, 12)]


def test_divisions_may_be_written_as_decimals() -> None:
    assert rows(read(score(note("C4", 6)).replace(b"<divisions>2<", b"<divisions>2.0<"))) == [(0, 60, 12)]


@pytest.mark.parametrize("time", ["300/4", "-3/4", "0/4", "3/6", "3/128", "4/0"])
def test_a_metre_that_nobody_can_write_is_passed_over(time: str) -> None:
    beats, unit = time.split("/")
    asked = f"<time><beats>{beats}</beats><beat-type>{unit}</beat-type></time>"
    piece = read(score(note("C4", 6)).replace(b"<time><beats>3</beats><beat-type>4</beat-type></time>", asked.encode()))
    assert piece.time_signature == (4, 4) and midi_bytes(piece)


@pytest.mark.parametrize("tempo", ["1e-320", "0", "-60", "inf", "nan"])
def test_a_tempo_that_nobody_can_play_is_passed_over(tempo: str) -> None:
    piece = read(score(f"<sound tempo='{tempo}'/>" + note("C4", 6)))
    assert piece.bpm == 120.0 and midi_bytes(piece)


def test_tempi_that_every_part_says_count_once() -> None:
    tempi = "<sound tempo='100'/><sound tempo='60'/>"
    data = score(tempi + note("C4", 6))
    part = data[data.index(b"<part ") : data.index(b"</part>") + 7]
    Path("a.musicxml").write_bytes(data.replace(b"</part>", b"</part>" + part.replace(b"P1", b"P2")))
    piece, reading = read_score("a.musicxml")
    assert (piece.bpm, reading.tempo_changes) == (100.0, 1)


def test_transposing_instruments_sound_where_they_sound() -> None:
    clarinet = "<attributes><transpose><chromatic>-2</chromatic></transpose></attributes>"
    assert rows(read(score(clarinet + note("D4", 6)))) == [(0, 60, 12)]


def test_parts_sound_together_and_chords_and_voices_too() -> None:
    chord = (
        note("C4", 6)
        + note("E4", 6).replace("<note>", "<note><chord/>")
        + "<backup><duration>6</duration></backup>"
        + note("C3", 4)
    )
    data = score(chord).replace(b"</part>", b"</part><part><measure>%s</measure></part>" % note("G5", 2).encode())
    assert rows(read(data)) == [(0, 79, 8), (0, 64, 12), (0, 60, 12), (0, 48, 8)]


def test_tempo_metre_and_title_are_taken_over() -> None:
    metronome = "<metronome><beat-unit>half</beat-unit><per-minute>60</per-minute></metronome>"
    mark = f"<direction><direction-type>{metronome}</direction-type></direction>"
    piece = read(score(mark + note("C4", 6), head="<movement-title>Aria\n da capo</movement-title>"))
    assert (piece.bpm, piece.time_signature, piece.title) == (120.0, (3, 4), "Aria da capo")


@needs_extra
def test_kern_is_read_with_its_title() -> None:
    piece = read(b"!!!OTL: Tune\n**kern\n*M4/4\n=1\n4c\n8d\n8e-\n2g\n*-\n", "a.krn")
    assert rows(piece) == [(0, 60, 4), (4, 62, 2), (6, 63, 2), (8, 67, 8)] and piece.title == "Tune"


@needs_extra
def test_abc_is_read_with_repeats_without_graces_and_accompaniment_and_only_its_first_tune() -> None:
    tune = 'X:1\nT:Reel\nM:4/4\nL:1/8\nQ:1/4=100\nK:G\n|:"G" G2 {a}B2 d4:|\n\nX:2\nT:Other\nK:C\nc8|\n'
    piece = read(tune.encode(), "a.abc")
    once = [(0, 67, 4), (4, 71, 4), (8, 74, 8)]
    assert rows(piece) == [*once, *((onset + 16, pitch, length) for onset, pitch, length in once)]
    assert (piece.title, piece.bpm) == ("Reel", 100.0)


@needs_extra
def test_mei_is_read() -> None:
    body = "<note pname='c' oct='4' dur='2'/><note pname='f' oct='4' dur='2' accid.ges='s'/>"
    mei = f"""<mei xmlns='http://www.music-encoding.org/ns/mei'><meiHead><fileDesc><titleStmt><title>M</title></titleStmt>
    </fileDesc></meiHead><music><body><mdiv><score><scoreDef><staffGrp><staffDef n='1' lines='5' clef.shape='G'
    clef.line='2' meter.count='4' meter.unit='4'/></staffGrp></scoreDef><section><measure n='1'><staff n='1'>
    <layer n='1'>{body}</layer></staff></measure></section></score></mdiv></body></music></mei>"""
    piece = read(mei.encode(), "a.mei")
    assert rows(piece) == [(0, 60, 8), (8, 66, 8)] and piece.title == "M"


GOOD = score(note("C4", 6))
PACKED = mxl_bytes(Piece.of([(0, 60, 4)]))


def archive(**files: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as some:
        for name, data in files.items():
            some.writestr(name.replace("__", "/").replace("_xml", ".xml"), data)
    return target.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("a.musicxml", b"", "empty"),
        ("a.musicxml", b"hello", "damaged"),
        ("a.musicxml", GOOD[:-30], "damaged"),
        ("a.musicxml", GOOD.replace(b"<octave>4", b"<octave>four"), "damaged"),
        ("a.musicxml", GOOD.replace(b"<step>C", b"<step>H"), "damaged"),
        ("a.musicxml", GOOD.replace(b"<duration>6", b"<duration>1/0"), "damaged"),
        ("a.musicxml", GOOD.replace(b"<divisions>2", b"<divisions>0"), "damaged"),
        ("a.musicxml", GOOD.replace(b"<duration>6", b"<duration>-6"), "damaged|no notes"),
        ("a.musicxml", GOOD.replace(b"<duration>6", b"<duration>99999999999999"), "damaged"),
        ("a.musicxml", GOOD.replace(b"<octave>4", b"<octave>14"), "no notes"),
        ("a.musicxml", score("<note><rest/><duration>6</duration></note>"), "no notes"),
        ("a.xml", b"<html/>", "begins with <html>"),
        ("a.mxl", PACKED[:100], "damaged"),
        ("a.mxl", archive(nothing=b""), "archive"),
        (
            "a.mxl",
            archive(**{"META-INF__container_xml": b"<container><rootfile full-path='../x'/></container>"}),
            "archive",
        ),
        ("a.krn", b"no spines here", "no .krn file"),
        ("a.abc", b"X:1\n", "no .abc file"),
    ],
)
def test_what_is_damaged_is_refused_in_one_sentence(name: str, data: bytes, why: str) -> None:
    Path(name).write_bytes(data)
    with pytest.raises(InputError, match=why) as refused:
        read_score(name)
    assert str(refused.value).startswith(f"cannot read {name}: ") and "\n" not in str(refused.value)


def test_an_archive_with_any_bit_turned_is_read_or_refused() -> None:
    for place in range(0, 8 * len(PACKED), 37):
        damaged = bytearray(PACKED)
        damaged[place // 8] ^= 1 << place % 8
        with suppress(InputError):
            read(bytes(damaged), "a.mxl")


def test_what_is_not_there_or_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_score("none.musicxml")
    (tmp_path / "folder.mei").mkdir()
    with pytest.raises(InputError, match="folder, not a score"):
        read_score("folder.mei")


@needs_extra
@pytest.mark.parametrize("name", ["a.krn", "a.abc", "a.mei"])
def test_what_makes_the_library_fail_is_refused(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    data = {"a.krn": b"**kern\n*^\n4c", "a.abc": b"X:1\nK:\n", "a.mei": b"<mei/>"}[name]
    Path(name).write_bytes(data)
    with pytest.raises(InputError):
        read_score(name)
    assert capfd.readouterr() == ("", "")


def test_a_name_says_whether_a_file_is_a_score_or_midi() -> None:
    piece = Piece.of([(0, 60, 4), (4, 64, 4)])
    write_midi(piece, "a.mid")
    Path("a.musicxml").write_bytes(musicxml_bytes(piece))
    assert read_any("a.mid")[0] == read_any("a.musicxml")[0] == piece

"""MIDI files <-> pieces. Reading takes every standard file and counts what it changes; writing gives one plain form."""

from pathlib import Path

from nanopiano.errors import InputError
from nanopiano.files import write_atomically
from nanopiano.music.grid import MOST_BEATS, Grid
from nanopiano.music.piece import Piece
from nanopiano.music.quantise import SMPTE, Clock, quantise
from nanopiano.music.reading import Reading
from nanopiano.music.smf import (
    END_OF_TRACK,
    META,
    NOTE_OFF,
    NOTE_ON,
    PROGRAM,
    TEMPO,
    TIME_SIGNATURE,
    TRACK_NAME,
    Event,
    Smf,
    parse_smf,
    smf_bytes,
    track_bytes,
)
from nanopiano.music.tracks import Heard, hear_tracks

MOST_BYTES = 8 * 2**20  # a million words of ours take 5 MB; more is no piano music, and would fill the memory
TICKS_PER_BEAT = 480  # of written files
DEFAULT_TEMPO = 500_000  # microseconds a beat, which a file without a tempo means
SLOWEST_TEMPO = 2**24 - 1  # what three bytes can say, 3.6 beats a minute

# --- reading ---------------------------------------------------------------------------------------------------------


def read_midi(path: Path | str, grid: Grid | None = None) -> tuple[Piece, Reading]:
    """Read a MIDI file of format 0, 1 or 2 (bare or .rmi) as one piano part in canonical form, and tell what changed.

    The tempo is that of the first note, or the first one after it; the patterns of format 2 follow one another. Raises
    InputError for what is missing, no MIDI file, damaged, over 8 MB, or without a note for the piano.
    """
    return parse_midi(read_file(path), str(path), grid)


def parse_midi(data: bytes, name: str, grid: Grid | None = None) -> tuple[Piece, Reading]:
    """Read the bytes of a MIDI file like `read_midi`; `name` is what errors call it."""
    try:
        smf = parse_smf(data)
        return _piece(smf, hear_tracks(smf), grid or Grid())
    except InputError as error:
        raise InputError(f"cannot read {name}: {error}") from None


def read_file(path: Path | str) -> bytes:
    """Return the bytes of what may be a MIDI file, after a look at its kind, size and first letters.

    Of a file that begins otherwise only these letters. Raises InputError.
    """
    path = Path(path)
    try:
        if not path.exists():
            raise InputError(f"cannot read {path}: there is no such file")
        if not path.is_file():
            raise InputError(f"cannot read {path}: it is a {'folder' if path.is_dir() else 'device'}, not a MIDI file")
        with path.open("rb") as file:
            letters, size = file.read(4), path.stat().st_size
            if letters not in (b"MThd", b"RIFF"):
                return letters
            if size > MOST_BYTES:
                raise InputError(f"cannot read {path}: it has {size:,} bytes, piano music at most {MOST_BYTES:,}")
            return letters + file.read(MOST_BYTES)
    except OSError as error:
        raise InputError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None


def _piece(smf: Smf, heard: Heard, grid: Grid) -> tuple[Piece, Reading]:
    tempo = next(iter(heard.tempos_from_first_note), DEFAULT_TEMPO)
    clock = Clock.of(smf.division, tempo)
    if not heard.notes:
        raise InputError(_no_notes(heard))
    notes, *_ = quantised = quantise(heard.notes, clock, grid)
    _, beats, unit = heard.signatures[0] if heard.signatures else (0, 4, 4)
    reading = Reading(
        notes=len(notes),
        tracks=len(smf.tracks),
        parts=heard.parts,
        percussion=heard.percussion,
        out_of_range=heard.out_of_range,
        hanging=heard.hanging,
        restruck=quantised.restruck,
        doubled=quantised.doubled,
        cut=quantised.cut,
        lengthened=quantised.lengthened,
        tempo_changes=heard.tempo_changes,
        pedal=heard.pedal,
        mean_distance=quantised.mean_distance,
        on_grid=quantised.on_grid,
        in_seconds=smf.division >= SMPTE,
        in_patterns=smf.format == 2,
        unannounced=smf.unannounced,
    )
    return Piece(notes, _bpm(tempo), heard.title, (beats, unit), grid), reading


def _no_notes(heard: Heard) -> str:
    why = [f"{heard.percussion} of percussion"] * (heard.percussion > 0)
    why += [f"{heard.out_of_range} outside its keys"] * (heard.out_of_range > 0)
    return "it holds no notes for a piano" + f" (only {' and '.join(why)})" * bool(why)


def _bpm(tempo: int) -> float:
    """Return the roundest number of beats a minute that is written as `tempo` microseconds a beat again."""
    exact = 60e6 / tempo
    return next((bpm for bpm in (round(exact, digits) for digits in range(4)) if bpm and _tempo(bpm) == tempo), exact)


def _tempo(bpm: float) -> int:
    return min(max(round(60e6 / bpm), 1), SLOWEST_TEMPO)


# --- writing ---------------------------------------------------------------------------------------------------------


def write_midi(piece: Piece, path: Path | str) -> None:
    """Write a piece as a MIDI file, whole or not at all; see `midi_bytes`.

    Raises InputError if the folder is missing or `path` is one, NanopianoError if the system refuses.
    """
    write_atomically(path, midi_bytes(piece))


def midi_bytes(piece: Piece) -> bytes:
    """Return a piece as a MIDI file that every player takes: format 1, 480 ticks a beat, one track on the grand piano.

    Velocities are the piece's. The same piece gives the same bytes: no date and no file name is in them. Raises
    InputError for a piece that is too long to be read again.
    """
    if (lasts := -(-piece.steps // piece.grid.steps_per_beat)) > MOST_BEATS:
        raise InputError(f"the piece lasts {lasts:,} beats: at most {MOST_BEATS:,} can be written")
    beats, unit = piece.time_signature
    facts = [
        Event(0, META, bytes([TIME_SIGNATURE, beats, unit.bit_length() - 1, 24, 8])),
        Event(0, META, bytes([TEMPO]) + _tempo(piece.bpm).to_bytes(3, "big")),
        Event(0, META, bytes([END_OF_TRACK])),
    ]
    if piece.title:
        facts.insert(0, Event(0, META, bytes([TRACK_NAME]) + piece.title.encode("utf-8", "replace")))
    tracks = [track_bytes(facts), track_bytes(_note_events(piece))]
    return smf_bytes(Smf(1, TICKS_PER_BEAT, [(b"MTrk", track) for track in tracks]))


def _note_events(piece: Piece) -> list[Event]:
    """Return the track of the notes; a key is let go before it is struck again at the same tick."""
    found = []
    for onset, pitch, length, velocity in piece.canonical().notes.tolist():
        start, end = _ticks(onset, piece.grid), _ticks(onset + length, piece.grid)
        found.append(Event(start, NOTE_ON, bytes([pitch, min(max(velocity, 1), 127)])))
        found.append(Event(end, NOTE_OFF, bytes([pitch, 64])))
    found.sort()
    last = found[-1].tick if found else 0
    return [Event(0, PROGRAM, b"\0"), *found, Event(last, META, bytes([END_OF_TRACK]))]


def _ticks(step: int, grid: Grid) -> int:
    return (2 * TICKS_PER_BEAT * step + grid.steps_per_beat) // (2 * grid.steps_per_beat)

"""Put new music into a region of a MIDI file and leave every event outside of it where it is."""

from collections import defaultdict
from dataclasses import dataclass, field
from statistics import fmean

from nanopiano.errors import InputError
from nanopiano.music.grid import Grid
from nanopiano.music.piece import DEFAULT_VELOCITY, Note, Piece
from nanopiano.music.quantise import SMPTE
from nanopiano.music.smf import (
    END_OF_TRACK,
    META,
    NOTE_OFF,
    NOTE_ON,
    PERCUSSION,
    SYSEX,
    Event,
    Smf,
    Stroke,
    events,
    parse_smf,
    smf_bytes,
    strokes,
    track_bytes,
)

# At one tick new note-offs come first, then what was there, then new note-ons: no note ends by another's note-off.
FIRST, THERE, LAST = range(3)


def splice_midi(source: bytes, middle: Piece, start: int, end: int) -> bytes:
    """Return the MIDI file `source` with its notes that begin in steps [start, end) replaced by those of `middle`.

    What is removed are these notes, on all channels but percussion: note-ons, and the note-offs that end them. Every
    other event keeps its tick, velocity, channel and track. New notes go into the first track with such notes, on its
    channel; on another one, free if there is any, where an old note of channel and key would sound together with them.
    What runs past `end` is cut there. The velocity is the mean of the old notes within a bar of the region (80 if there
    are none), plus what the velocity in `middle` differs from 80.

    Raises InputError for a damaged file, one without notes, format 2 (patterns have no common time), SMPTE time
    (seconds, not beats), too few ticks a beat, or a note of `middle` that begins outside the region.
    """
    smf = parse_smf(source)
    _check(smf, middle, start, end)
    grid = middle.grid
    tracks = [_Track.of(body) for body in smf.tracks]
    target = next((track for track in tracks if track.played), None)
    if target is None:
        raise InputError("cannot fill a file that holds no notes beside percussion")
    channels = _channels(target, tracks)
    for track in tracks:
        track.remove(start, end, grid, smf.division)
    velocity = _velocity(tracks, start - grid.bar_steps, end + grid.bar_steps, grid, smf.division)
    rests = _rests(tracks)
    for note in middle.canonical():
        louder = note._replace(
            length=min(note.length, end - note.onset),
            velocity=min(max(velocity + note.velocity - DEFAULT_VELOCITY, 1), 127),
        )
        target.new += _placed(louder, channels, rests, grid, smf.division)
    rest = iter(tracks)
    chunks = [(kind, next(rest).bytes() if kind == b"MTrk" else body) for kind, body in smf.chunks]
    return smf_bytes(Smf(smf.format, smf.division, chunks))


def _check(smf: Smf, middle: Piece, start: int, end: int) -> None:
    if not 0 <= start < end:
        raise InputError(f"a region from step {start} to step {end} is empty: its end must come after its start")
    if smf.format == 2:
        raise InputError("cannot fill a file of format 2, whose patterns have no common time; save it as format 1")
    if smf.division >= SMPTE:
        raise InputError("cannot fill a file that counts seconds (SMPTE), not beats; save it with ticks per beat")
    if len(middle) and not start <= middle.onsets.min() <= middle.onsets.max() < end:
        raise InputError(
            f"the new notes begin at steps {middle.onsets.min()} to {middle.onsets.max()}, "
            f"the region has {start} to {end - 1}"
        )


@dataclass
class _Track:
    """A track on its way: old notes go out, new ones come in."""

    body: bytes
    events: list[Event]
    played: list[Stroke]  # notes but percussion; those of the region until they are removed
    removed: set[int] = field(default_factory=set)  # numbers of events
    new: list[tuple[int, int, Event]] = field(default_factory=list)  # tick, FIRST or LAST, event

    @classmethod
    def of(cls, body: bytes) -> "_Track":
        found = list(events(body))
        return cls(body, found, [stroke for stroke in strokes(found) if stroke.channel != PERCUSSION])

    def remove(self, start: int, end: int, grid: Grid, per_beat: int) -> None:
        """Take out the notes that begin in steps [start, end). What is left pairs as before: first in, first out."""
        inside = [stroke for stroke in self.played if start <= grid.step_at(stroke.start, per_beat) < end]
        self.removed = {number for stroke in inside for number in (stroke.on, stroke.off) if number is not None}
        self.played = [stroke for stroke in self.played if stroke.on not in self.removed]

    def bytes(self) -> bytes:
        """Return the body with what was removed and added; as it was where nothing was."""
        if not self.removed and not self.new:
            return self.body
        old_end = self.events[-1].tick
        there = [event for number, event in enumerate(self.events) if number not in self.removed]
        there = [event for event in there if event.status != META or event.data[0] != END_OF_TRACK]
        end = max([old_end, *(tick for tick, _, _ in self.new)])
        if end > old_end:  # notes that end with the track must still end where it ended
            there += [_off(old_end, stroke.channel, stroke.pitch) for stroke in self.played if stroke.off is None]
        ordered = sorted([*self.new, *((event.tick, THERE, event) for event in there)], key=lambda item: item[:2])
        return track_bytes([*(event for _, _, event in ordered), Event(end, META, bytes([END_OF_TRACK]))])


Rests = defaultdict[tuple[int, int], list[tuple[int, int]]]  # (channel, key): ticks from and to which it is not free


def _rests(tracks: list[_Track]) -> Rests:
    """Return when old notes sound, and note-offs that end none: each would end a new note of its channel and key."""
    rests: Rests = defaultdict(list)
    for track in tracks:
        for stroke in track.played:
            rests[stroke.channel, stroke.pitch].append((stroke.start, stroke.end))
        used = {stroke.off for stroke in track.played} | track.removed
        for number, (tick, status, data) in enumerate(track.events):
            if (status < NOTE_ON or (status < NOTE_ON + 16 and not data[1])) and number not in used:
                rests[status & 15, data[0]].append((tick, tick))
    return rests


def _channels(target: _Track, tracks: list[_Track]) -> list[int]:
    """Return the channels in the order in which they are tried: that of the first note, the unused ones, the others."""
    first = min(target.played, key=lambda stroke: stroke.on).channel
    used = {event.status & 15 for track in tracks for event in track.events if event.status < SYSEX}
    others = [channel for channel in range(16) if channel not in (first, PERCUSSION)]
    return [first, *sorted(others, key=lambda channel: channel in used)]


def _velocity(tracks: list[_Track], start: int, end: int, grid: Grid, per_beat: int) -> int:
    near = [s.velocity for track in tracks for s in track.played if start <= grid.step_at(s.start, per_beat) < end]
    return round(fmean(near)) if near else DEFAULT_VELOCITY


def _placed(note: Note, channels: list[int], rests: Rests, grid: Grid, per_beat: int) -> list[tuple[int, int, Event]]:
    """Return note-on and note-off of a new note on the first channel where it meets no old note of its key."""
    for channel in channels:
        if ticks := _fit(note, rests[channel, note.pitch], grid, per_beat):
            start, end = ticks
            on = Event(start, NOTE_ON | channel, bytes([note.pitch, note.velocity]))
            return [(start, LAST, on), (end, FIRST, _off(end, channel, note.pitch))]
    raise InputError(f"cannot fill: key {note.pitch} sounds on every channel at step {note.onset}")


def _fit(note: Note, rests: list[tuple[int, int]], grid: Grid, per_beat: int) -> tuple[int, int] | None:
    """Return the ticks of a note, begun later or ended earlier within half a step to keep clear of `rests`, or None."""

    def reads_the_same(start: int, end: int) -> bool:
        return (grid.step_at(start, per_beat), grid.step_at(end - start, per_beat)) == (note.onset, note.length)

    start = _tick(note.onset, grid, per_beat)
    end = _tick(note.onset + note.length, grid, per_beat)  # not later than the next note of its key may begin
    if not reads_the_same(start, end):
        end = start + _tick(note.length, grid, per_beat)
    if not reads_the_same(start, end):
        raise InputError(f"cannot fill: {per_beat} ticks a beat are too few for {grid.steps_per_beat} steps")
    for first, last in rests:
        if end <= first or last <= start:
            continue
        if reads_the_same(last, end):
            start = last
        elif reads_the_same(start, first):
            end = first
        else:
            return None
    return start, end


def _tick(step: int, grid: Grid, per_beat: int) -> int:
    return (2 * step * per_beat + grid.steps_per_beat) // (2 * grid.steps_per_beat)


def _off(tick: int, channel: int, pitch: int) -> Event:
    return Event(tick, NOTE_OFF | channel, bytes([pitch, 64]))

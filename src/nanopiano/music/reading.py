"""What happened to the notes of a MIDI file on their way to the grid, in numbers and in sentences."""

from dataclasses import dataclass

from nanopiano.music.grid import HIGHEST_PITCH, LONGEST_BEATS, LOWEST_PITCH

# Steps. Files played to a click or written by a program lie well below; onsets that know nothing of the grid lie 0.25
# from it on average, and half of them (52%) within this distance.
NEAR = 0.13
WORTH_SAYING = 0.005  # steps; less is the rounding of whoever wrote the file


@dataclass(frozen=True)
class Reading:
    """What was read from a MIDI file, and everything that was dropped, cut or moved on the way."""

    notes: int  # notes in the piece
    tracks: int  # tracks in the file
    parts: int  # tracks with notes of the piece in them
    percussion: int  # notes on channel 10, dropped
    out_of_range: int  # notes outside the 88 keys, dropped
    hanging: int  # notes without a note-off, ended at the end of their track
    restruck: int  # notes ended where their key is struck again
    doubled: int  # notes merged into a longer one of the same key and step
    cut: int  # notes cut to the longest length that a word can say
    lengthened: int  # notes under half a step, made one step long
    tempo_changes: int  # not kept: the piece has the tempo at its first note, or the first one after it
    pedal: int  # events of the sustain pedal, not applied
    mean_distance: float  # of the onsets from the grid, in steps
    on_grid: float  # share of onsets within NEAR steps of the grid
    in_seconds: bool  # the file counts time in film frames (SMPTE); its first tempo, else 120, made beats of them
    in_patterns: bool  # format 2: patterns, laid one after the other
    unannounced: int  # tracks beyond those that the header counts, left out
    graces: int = 0  # grace and cue notes of a score, left out

    @property
    def off_grid(self) -> bool:
        """Whether the notes lie so far from the grid that it can hardly be theirs."""
        return self.mean_distance > NEAR

    def remarks(self) -> list[str]:
        """Return a sentence for each thing that happened, the warning first; none for a file read as it stands."""
        n, distance = _notes, f"{self.mean_distance:.2f} step"
        near = f"{self.on_grid:.0%} of them within {NEAR}"
        moved = self.mean_distance > WORTH_SAYING
        said = [
            (self.off_grid, f"warning: the onsets lie {distance} from the grid on average ({near}): not played to it?"),
            (moved and not self.off_grid, f"the onsets were moved to the grid, by {distance} on average ({near})"),
            (self.in_patterns and self.tracks > 1, f"the {self.tracks} patterns (format 2) follow one another"),
            (self.in_seconds, "time in seconds (SMPTE) was made beats by the first tempo, or 120 a minute"),
            (self.parts > 1, f"{self.parts} tracks were merged into one piano part"),
            (self.unannounced, f"{_count(self.unannounced, 'track')} more than the header says left out"),
            (self.percussion, f"{n(self.percussion)} of percussion (channel 10) dropped"),
            (self.out_of_range, f"{n(self.out_of_range)} outside keys {LOWEST_PITCH} to {HIGHEST_PITCH} dropped"),
            (self.hanging, f"{n(self.hanging)} without a note-off ended at the end of the track"),
            (self.restruck, f"{n(self.restruck)} ended where the key is struck again"),
            (self.doubled, f"{n(self.doubled)} merged with another of the same key and step"),
            (self.cut, f"{n(self.cut)} longer than {LONGEST_BEATS} beats cut"),
            (self.lengthened, f"{n(self.lengthened)} shorter than half a step made one step long"),
            (self.tempo_changes, f"{_count(self.tempo_changes, 'tempo change')} left out, the first tempo kept"),
            (self.pedal, f"{_count(self.pedal, 'event')} of the sustain pedal not applied"),
            (self.graces, f"{_count(self.graces, 'grace or cue note')} left out"),
        ]
        return [sentence for happened, sentence in said if happened]


def _notes(number: int) -> str:
    return _count(number, "note")


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("s" if number != 1 else "")

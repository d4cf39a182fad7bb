"""The two themes: a calm ground, dark or light, on which the music stands out."""

from dataclasses import dataclass, field
from functools import cached_property
from math import cos, radians

from nanopiano.gui.draw.palette import Colour, blend, from_oklch
from nanopiano.music.grid import HIGHEST_PITCH, LOWEST_PITCH, N_KEYS

FIRST_HUE = 25.0  # degrees, of C; each fifth is 30 on
TILT = 0.065  # how much darker than the mean the reds are, and how much lighter the greens, in lightness
LEFT_HUE, RIGHT_HUE = 262.0, 50.0  # of the hands: blue and orange, which colour-blind eyes tell apart
PAST = 0.42  # how far past notes fade into the ground
N_OCTAVES = HIGHEST_PITCH // 12 - LOWEST_PITCH // 12  # above the one of the lowest key
BLACK_KEYS = frozenset((1, 3, 6, 8, 10))  # pitch classes


@dataclass(frozen=True)
class Theme:
    """Colours by role. Texts keep a contrast of 4.5 or more on every ground, notes of 3 on what they stand on."""

    name: str
    ground: Colour
    panel: Colour
    raised: Colour
    text: Colour
    dim: Colour  # text of less weight
    line: Colour
    accent: Colour  # the action, the playhead
    on_accent: Colour  # text on it
    error: Colour
    prompt: Colour  # notes that are not new
    white_key: Colour
    black_key: Colour
    note_lightness: tuple[float, float] = field(repr=False)  # of the lowest and the highest octave, in Oklab
    note_chroma: float = field(repr=False)
    lift: float = field(repr=False)  # how far a sounding note goes towards the colour of text

    def note(self, pitch: int) -> Colour:
        """Return the colour of a new note: hue by the circle of fifths, lightness by octave.

        Reds are a little darker and greens a little lighter than their octave says, so that pitch classes which
        look alike without one kind of cone still differ in lightness.
        """
        return self.notes[pitch - LOWEST_PITCH]

    @cached_property
    def notes(self) -> tuple[Colour, ...]:
        """The colours of the 88 keys by pitch class and octave, from the lowest up; see `note`."""
        hues = [FIRST_HUE + 30 * fifths(pitch) for pitch in range(LOWEST_PITCH, HIGHEST_PITCH + 1)]
        return tuple(
            from_oklch(self._lightness(key) - TILT * cos(radians(hue)), self.note_chroma, hue)
            for key, hue in enumerate(hues)
        )

    @cached_property
    def hands(self) -> tuple[tuple[Colour, ...], tuple[Colour, ...]]:
        """The colours of the 88 keys for the left and for the right hand, from the lowest up."""
        left, right = (
            tuple(from_oklch(self._lightness(key), self.note_chroma, hue) for key in range(N_KEYS))
            for hue in (LEFT_HUE, RIGHT_HUE)
        )
        return left, right

    def _lightness(self, key: int) -> float:
        """Return the lightness of an octave, C to B, counted from the lowest key of the piano."""
        lowest, highest = self.note_lightness
        return lowest + (highest - lowest) * ((key + LOWEST_PITCH) // 12 - LOWEST_PITCH // 12) / N_OCTAVES

    def past(self, colour: Colour) -> Colour:
        """Return the colour of a note that has sounded."""
        return blend(colour, self.panel, PAST)

    def sounding(self, colour: Colour) -> Colour:
        """Return the colour of a note while it sounds."""
        return blend(colour, self.text, self.lift)

    @cached_property
    def black_row(self) -> Colour:
        """The ground of the rows of black keys; those of white keys stand on `panel`."""
        return blend(self.panel, self.ground, 0.55)

    @cached_property
    def bar_line(self) -> Colour:
        """The lines between bars."""
        return blend(self.line, self.dim, 0.15)

    def faint(self, share: float) -> Colour:
        """Return the colour of lines that are less than bar lines, the fainter the smaller `share` is, 0 to 1."""
        return blend(self.panel, self.line, share)


def fifths(pitch: int) -> int:
    """Return how many fifths above C the pitch class lies, 0 to 11."""
    return pitch * 7 % 12


DARK = Theme(
    name="dark",
    ground=(0x0F, 0x11, 0x15),
    panel=(0x17, 0x1A, 0x21),
    raised=(0x20, 0x24, 0x2E),
    text=(0xEC, 0xEE, 0xF2),
    dim=(0x9A, 0xA3, 0xB2),
    line=(0x2B, 0x30, 0x3B),
    accent=(0xF2, 0xB1, 0x34),
    on_accent=(0x14, 0x10, 0x06),
    error=(0xFF, 0x6B, 0x5E),
    prompt=(0x5B, 0x64, 0x72),
    white_key=(0x86, 0x8E, 0x9C),
    black_key=(0x1B, 0x1E, 0x26),
    note_lightness=(0.64, 0.88),
    note_chroma=0.125,
    lift=0.35,
)
LIGHT = Theme(
    name="light",
    ground=(0xF6, 0xF6, 0xF3),
    panel=(0xFF, 0xFF, 0xFF),
    raised=(0xEC, 0xEC, 0xE7),
    text=(0x1A, 0x1D, 0x23),
    dim=(0x5B, 0x64, 0x72),
    line=(0xD9, 0xDA, 0xD5),
    accent=(0xB9, 0x7A, 0x00),
    on_accent=(0x0D, 0x0A, 0x02),
    error=(0xC8, 0x32, 0x1F),
    prompt=(0xA9, 0xAF, 0xBA),
    white_key=(0xFF, 0xFF, 0xFF),
    black_key=(0x3A, 0x3E, 0x47),
    note_lightness=(0.45, 0.57),
    note_chroma=0.16,
    lift=0.12,
)

"""The colours: a dark ground on which the music is the brightest thing."""

from functools import cache
from math import cos, radians, sin

from nanopiano.music.grid import HIGHEST_PITCH, LOWEST_PITCH

Colour = tuple[int, int, int]

GROUND: Colour = (0x0F, 0x11, 0x15)
PANEL: Colour = (0x17, 0x1A, 0x21)
RAISED: Colour = (0x20, 0x24, 0x2E)
TEXT: Colour = (0xEC, 0xEE, 0xF2)
DIM_TEXT: Colour = (0x9A, 0xA3, 0xB2)
LINE: Colour = (0x2B, 0x30, 0x3B)
ACCENT: Colour = (0xF2, 0xB1, 0x34)
PROMPT: Colour = (0x5B, 0x64, 0x72)

DARKEST, LIGHTEST = 0.58, 0.90  # lightness of the lowest and the highest key, of 1
COLOURFULNESS = 0.125
FIRST_HUE = 30.0  # degrees, of C; each fifth is 30 on


def fifths(pitch: int) -> int:
    """Return how many fifths above C the pitch class lies, 0 to 11."""
    return pitch * 7 % 12


@cache
def note_colour(pitch: int) -> Colour:
    """Return the colour of a new note: hue by the circle of fifths, lightness by height on the keyboard."""
    height = (pitch - LOWEST_PITCH) / (HIGHEST_PITCH - LOWEST_PITCH)
    return from_oklch(DARKEST + (LIGHTEST - DARKEST) * height, COLOURFULNESS, FIRST_HUE + 30 * fifths(pitch))


def blend(one: Colour, other: Colour, share: float) -> Colour:
    """Return a colour `share` of the way from one to the other."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def contrast(one: Colour, other: Colour) -> float:
    """Return the contrast of two colours, 1 to 21, as WCAG 2 defines it."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def from_oklch(lightness: float, chroma: float, hue: float) -> Colour:
    """Return a colour of Oklch, in which equal steps look equal (Björn Ottosson, 2020); `hue` in degrees."""
    a, b = chroma * cos(radians(hue)), chroma * sin(radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        _encoded(4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short),
        _encoded(-1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short),
        _encoded(-0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short),
    )


def _encoded(light: float) -> int:
    """Return linear light 0..1 as a byte of sRGB."""
    light = min(max(light, 0.0), 1.0)
    return round(255 * (12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055))


def _luminance(colour: Colour) -> float:
    parts = [part / 255 for part in colour]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue

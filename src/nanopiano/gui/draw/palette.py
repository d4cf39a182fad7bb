"""What is known of colours in general: mixing, contrast, a space in which equal steps look equal."""

from math import cos, radians, sin

Colour = tuple[int, int, int]  # sRGB, 0..255


def blend(one: Colour, other: Colour, share: float) -> Colour:
    """Return a colour `share` of the way from one to the other."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def contrast(one: Colour, other: Colour) -> float:
    """Return the contrast of two colours, 1 to 21, as WCAG 2 defines it."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def from_oklch(lightness: float, chroma: float, hue: float) -> Colour:
    """Return a colour of Oklch (Björn Ottosson, 2020); `hue` in degrees, less `chroma` where sRGB has not so much."""
    while max(light := _linear(lightness, chroma, hue)) > 1.001 or min(light) < -0.001:
        chroma *= 0.97
    red, green, blue = (_encoded(part) for part in light)
    return red, green, blue


def _linear(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    """Return a colour of Oklch as linear light of red, green and blue; outside 0..1 sRGB does not have it."""
    a, b = chroma * cos(radians(hue)), chroma * sin(radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )


def _encoded(light: float) -> int:
    """Return linear light 0..1 as a byte of sRGB."""
    light = min(max(light, 0.0), 1.0)
    return round(255 * (12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055))


def _luminance(colour: Colour) -> float:
    parts = [part / 255 for part in colour]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue

"""The sliders: every value that each can show, and what it does in a musician's words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from random import Random

from nanopiano.model.defaults import DEFAULT_LENGTH, DEFAULT_SAMPLING
from nanopiano.model.ending import Length
from nanopiano.model.sample import Sampling

Value = float | int | None  # None: no bound

DEFAULT_WINDOW_BPM = 108


@dataclass(frozen=True)
class Controls:
    """What the sliders show, which is what is used."""

    temperature: float = DEFAULT_SAMPLING.temperature
    words: int = DEFAULT_LENGTH.words or 600
    top_k: int | None = DEFAULT_SAMPLING.top_k
    bpm: int = DEFAULT_WINDOW_BPM
    top_p: float = DEFAULT_SAMPLING.top_p
    min_p: float = DEFAULT_SAMPLING.min_p
    min_surprise: float = DEFAULT_SAMPLING.min_surprise
    returns: float = DEFAULT_SAMPLING.returns
    chromatic: float = DEFAULT_SAMPLING.chromatic
    volume: float = 0.8

    @property
    def sampling(self) -> Sampling:
        """How freely words are drawn."""
        names = [entry.name for entry in fields(Sampling) if entry.name in vars(self)]
        return Sampling(**{name: getattr(self, name) for name in names})

    @property
    def length(self) -> Length:
        """How much new music is asked for."""
        return Length(words=self.words)


@dataclass(frozen=True)
class Slider:
    """A control: its places from left to right, each of which is a value."""

    name: str
    label: str
    values: tuple[Value, ...]
    tooltip: str
    show: Callable[[Value], str] = str

    @property
    def default(self) -> Value:
        """The value of a new window."""
        value: Value = getattr(Controls(), self.name)
        return value

    def place(self, value: Value) -> int:
        """Return the place whose value is nearest to `value`."""
        if value is None:
            return self.values.index(None) if None in self.values else len(self.values) - 1
        known = [(abs(other - value), place) for place, other in enumerate(self.values) if other is not None]
        return min(known)[1]

    def nearest(self, value: Value) -> Value:
        """Return the value that the slider can show and that is nearest to `value`."""
        return self.values[self.place(value)]

    def moved(self, value: Value, places: int) -> Value:
        """Return the value so many places to the right (left if negative), as far as there are any."""
        return self.values[min(max(self.place(value) + places, 0), len(self.values) - 1)]


def _hundredths(first: int, last: int, every: int) -> tuple[float, ...]:
    return tuple(number / 100 for number in range(first, last + 1, every))


def _decimals(value: Value) -> str:
    return f"{value:.2f}"


def _times(value: Value) -> str:
    return f"{value:g} ×"


def _count(value: Value) -> str:
    return "All" if value is None else f"{value:,}"


def _tempo(value: Value) -> str:
    return f"{value:.4g}"


def _percent(value: Value) -> str:
    return f"{round((value or 0) * 100)} %"


WORDS = (*range(50, 1000, 50), *range(1000, 3000, 250), *range(3000, 10_001, 1000))
TOP_K = (*range(1, 33), *range(36, 65, 4), 80, 96, 128, None)

SLIDERS: dict[str, Slider] = {
    slider.name: slider
    for slider in (
        Slider(
            "temperature",
            "Temperature",
            _hundredths(0, 200, 5),
            "Low stays close to what it has learnt, high takes risks. 0 always takes the likeliest note.",
            _decimals,
        ),
        Slider(
            "words",
            "Words",
            WORDS,
            "How much new music is composed. A note is two words, a wait two more: 600 words are about 14 bars.",
            _count,
        ),
        Slider(
            "top_k",
            "Top-k",
            TOP_K,
            "At each note only so many of the likeliest choices are open. Few is safe, All leaves every key open.",
            _count,
        ),
        Slider(
            "bpm",
            "BPM",
            tuple(range(30, 241)),
            "Beats a minute. It changes at once, also while the music plays.",
            _tempo,
        ),
        Slider(
            "top_p",
            "Top-p",
            _hundredths(5, 100, 5),
            "Leaves out the least likely choices: at 0.95 those that together have one chance in twenty.",
            _decimals,
        ),
        Slider(
            "min_p",
            "Min-p",
            _hundredths(0, 50, 1),
            "Leaves out what is far less likely than the likeliest choice: 0.10 means ten times less. 0 is off.",
            _decimals,
        ),
        Slider(
            "min_surprise",
            "Least surprise",
            _hundredths(0, 100, 5),
            "Takes more risks while the music is easier to foresee than this, so that it does not get stuck. 0 is off.",
            _decimals,
        ),
        Slider(
            "returns",
            "Returns",
            (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 15.0, 20.0),
            "How readily a theme comes back: so many times as likely as the model itself finds it. 1 leaves it so.",
            _times,
        ),
        Slider(
            "chromatic",
            "Chromatic notes",
            (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.75, 0.9, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0),
            "How readily notes come that the last four bars did not have. Low keeps to the key, 1 is as learnt.",
            _times,
        ),
        Slider("volume", "Volume", _hundredths(0, 100, 2), "How loud the piano plays.", _percent),
    )
}


def as_shown(controls: Controls) -> Controls:
    """Return controls at values that the sliders can show, so that what is shown is what is used."""
    return Controls(
        **{entry.name: SLIDERS[entry.name].nearest(getattr(controls, entry.name)) for entry in fields(controls)}  # type: ignore[arg-type]
    )


# What surprises, but sensibly: (temperature, top-k, top-p, min-p) that still make music, see docs/measures.md.
_SENSIBLE: tuple[tuple[float, int | None, float, float], ...] = (
    (0.85, None, 0.95, 0.0),
    (0.95, None, 0.95, 0.0),
    (1.0, 32, 1.0, 0.0),
    (1.05, None, 0.95, 0.0),
    (1.1, None, 0.95, 0.02),
    (1.2, None, 0.9, 0.03),
    (1.3, 24, 0.95, 0.05),
)


def surprise(controls: Controls, seed: int) -> Controls:
    """Return controls with a sampling, a length and a tempo drawn by `seed` from what is sensible."""
    rng = Random(seed)
    temperature, top_k, top_p, min_p = rng.choice(_SENSIBLE)
    words, bpm = rng.choice((300, 450, 600, 900, 1250)), rng.randrange(66, 145, 2)
    return Controls(temperature, words, top_k, bpm, top_p, min_p, volume=controls.volume)

"""Measure a dozen small pieces with MusPy and keep notes and figures as the fixture of `tests/measures`.

    python -m venv VENV && VENV/bin/pip install muspy==0.5.0
    VENV/bin/python scripts/muspy_figures.py tests/measures/muspy.json

MusPy reads the end of a note as included wherever it parts time into beats or bars (a note that ends on a bar line
sounds in the next bar too, and makes that bar exist). So for these measures the notes are given to it a step shorter,
which is what it means by their ends.
"""

import json
import random
import sys
from pathlib import Path

import muspy  # type: ignore[import-not-found, import-untyped, unused-ignore]  # in an environment of its own

STEPS_PER_BEAT = 4
BAR_STEPS = 16

Note = tuple[int, int, int]  # onset in steps, MIDI number, length in steps

BY_NOTES = (
    *("pitch_range", "n_pitches_used", "n_pitch_classes_used", "pitch_entropy", "pitch_class_entropy"),
    *("scale_consistency", "polyphony"),
)


def line(pitches: list[int], length: int, begin: int = 0) -> list[Note]:
    return [(begin + length * place, pitch, length) for place, pitch in enumerate(pitches)]


def chords(roots: list[int], kinds: list[tuple[int, ...]], length: int) -> list[Note]:
    pairs = zip(roots, kinds, strict=True)
    return [(length * place, root + up, length) for place, (root, kind) in enumerate(pairs) for up in kind]


def wandering(seed: int, notes: int, low: int, high: int, longest_wait: int, longest: int) -> list[Note]:
    """Notes at random places, none struck while its key still sounds."""
    draw = random.Random(seed)
    until: dict[int, int] = {}
    onset = draw.randrange(2 * BAR_STEPS)
    made = []
    for _ in range(notes):
        free = [pitch for pitch in range(low, high + 1) if until.get(pitch, 0) <= onset]
        pitch, length = draw.choice(free), draw.randint(1, longest)
        until[pitch] = onset + length
        made.append((onset, pitch, length))
        onset += draw.randint(0, longest_wait)
    return made


MAJOR, MINOR, SEVENTH = (0, 4, 7), (0, 3, 7), (0, 4, 7, 10)

PIECES = {
    "one note": [(0, 60, 4)],
    "one note late and long": [(21, 108, 128)],
    "scale": line([60, 62, 64, 65, 67, 69, 71, 72], 4),
    "chromatic scale in 16ths": line(list(range(21, 61)), 1),
    "minor melody over a pedal": [*line([69, 71, 72, 74, 76, 77, 76, 72, 69], 6), (0, 45, 30), (30, 40, 24)],
    "chords in whole notes": chords([48, 53, 55, 48], [MAJOR, MAJOR, SEVENTH, MAJOR], 16),
    "Alberti bass": [*line([48, 55, 52, 55] * 8, 2), *line([72, 71, 74, 72], 16)],
    "waltz across the bars": [
        note
        for bar in range(5)
        for note in ((12 * bar, 43, 4), *chords([59], [MINOR], 4), (12 * bar + 8, 62 + bar, 3))
        if note[0] or not bar
    ],
    "phrases with silence between": [*line([60, 64, 67], 2), *line([65, 69, 72], 2, 47), *line([60], 5, 130)],
    "cluster": [(3, pitch, 7) for pitch in range(60, 72)],
    "wandering, sparse": wandering(1, 30, 30, 100, 20, 6),
    "wandering, dense": wandering(2, 200, 40, 90, 2, 12),
    "wandering, white": [note for note in wandering(3, 90, 48, 84, 5, 20) if note[1] % 12 in (0, 2, 4, 5, 7, 9, 11)],
}


def music(notes: list[Note], shorter: int = 0) -> muspy.Music:
    """Return the notes in MusPy's form, each `shorter` steps shorter."""
    strokes = [muspy.Note(onset, pitch, length - shorter) for onset, pitch, length in notes]
    return muspy.Music(resolution=STEPS_PER_BEAT, tracks=[muspy.Track(notes=strokes)])


def figures(notes: list[Note]) -> dict[str, float]:
    """Return MusPy's figures by our names."""
    whole, inclusive = music(notes), music(notes, shorter=1)
    facts = {name: float(getattr(muspy, name)(whole)) for name in BY_NOTES}
    facts["polyphony_rate"] = float(muspy.polyphony_rate(whole, threshold=1))
    facts["empty_beat_rate"] = float(muspy.empty_beat_rate(inclusive))
    facts["empty_bar_rate"] = float(muspy.empty_measure_rate(inclusive, BAR_STEPS))
    if inclusive.get_end_time() >= BAR_STEPS:  # a single bar has none
        facts["groove_consistency"] = float(muspy.groove_consistency(inclusive, BAR_STEPS))
    return facts


def main() -> None:
    lines = [
        f"{json.dumps(name)}: {json.dumps({'notes': notes, 'muspy': figures(notes)})}" for name, notes in PIECES.items()
    ]
    facts = f'"made_by": "scripts/muspy_figures.py", "muspy": "{muspy.__version__}"'
    Path(sys.argv[1]).write_text(f'{{{facts}, "pieces": {{\n' + ",\n".join(lines) + "\n}}\n", "utf-8")


if __name__ == "__main__":
    main()

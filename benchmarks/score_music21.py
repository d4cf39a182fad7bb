"""Our scores read by music21, and scores of composers beside what we make of them. Needs only music21 and NumPy.

`PYTHONPATH=src python benchmarks/score_music21.py FOLDER` tells how many of the scores that `score_readers.py` wrote
come back as the same notes. Without FOLDER: of 25 scores of music21's corpus, the share of notes that we spell as in
the score, how many key signatures are the score's, and how many notes (onset and pitch, repeats played out) our reader
and music21 have in common, as F1.
"""

import argparse
import json
import math
import warnings
from pathlib import Path
from typing import Any

from music21 import converter, corpus

from nanopiano.music.piece import Note, Piece
from nanopiano.score.keys import find_key
from nanopiano.score.read import read_score
from nanopiano.score.spelling import alteration, letter, spell

EVERY = 6  # of the first 120 chorales of the corpus
OTHERS = (
    "joplin/maple_leaf_rag.mxl",
    "schumann_clara/polonaise_op1n1.mxl",
    "schumann_clara/polonaise_op1n3.mxl",
    "mozart/k545/movement1_exposition.mxl",
    "schubert/Lindenbaum.xml",
)

Names = dict[tuple[int, int], str]  # onset in steps and pitch -> name


def check(folder: Path) -> None:
    """Read our scores; ties are joined note by note, music21's own way takes a chord for one thing."""
    same, total = 0, 0
    for file in sorted(folder.glob("*.musicxml")):
        found = []
        tied: dict[tuple[int, int], int] = {}  # where a note ends so far, and its pitch -> where it began
        chords = converter.parse(file, forceSource=True).flatten().notes
        for chord in sorted(chords, key=lambda chord: chord.offset):
            start, length = _steps(chord.offset), _steps(chord.quarterLength)
            for note in chord.notes if chord.isChord else [chord]:
                kind = note.tie.type if note.tie else ""
                begin = tied.pop((start, note.pitch.midi)) if kind in ("stop", "continue") else start
                if kind in ("start", "continue"):
                    tied[start + length, note.pitch.midi] = begin
                else:
                    found.append([begin, note.pitch.midi, start + length - begin])
        rows = json.loads(file.with_suffix(".json").read_text())
        same, total = same + (sorted(found, key=lambda row: (row[0], -row[1])) == rows), total + 1
    print(f"music21: {same} of {total} scores are the same notes")


def compare() -> None:
    """Compare with the corpus."""
    root = Path(corpus.__file__).parent
    files = sorted((root / "bach").glob("*.mxl"))[: 20 * EVERY : EVERY] + [root / other for other in OTHERS]
    spelled = notes = signatures = 0
    for file in files:
        score = converter.parse(file).toSoundingPitch()
        names, piece = _notes(score)
        key = find_key(piece)
        same = sum(
            names[note.onset, note.pitch] == letter(name) + "#" * alteration(name) + "-" * -alteration(name)
            for note, name in zip(piece, spell(piece, key).tolist(), strict=True)
        )
        written = score.flatten().getElementsByClass("KeySignature").first()
        spelled, notes = spelled + same, notes + len(piece)
        signatures += written is not None and written.sharps == key.fifths
        print(f"{file.name}: {same / len(piece):.1%} of the names, {key}, read with F1 {_f1(file, score):.3f}")
    print(f"{spelled:,} of {notes:,} notes ({spelled / notes:.2%}) are spelled as in the score")
    print(f"{signatures} of {len(files)} key signatures are the score's")


def _notes(score: Any) -> tuple[Names, Piece]:
    """Return how a score spells its notes, and the piece of them."""
    names: Names = {}
    rows = []
    for chord in score.flatten().notes:
        if not chord.duration.isGrace:
            onset, length = _steps(chord.offset), max(_steps(chord.quarterLength), 1)
            rows += [Note(onset, pitch.midi, length) for pitch in chord.pitches]
            names.update({(onset, pitch.midi): pitch.name for pitch in chord.pitches})
    return names, Piece.of(rows)


def _f1(file: Path, score: Any) -> float:
    played = set(_notes(score.expandRepeats().stripTies())[0])
    read = {(note.onset, note.pitch) for note in read_score(file)[0]}
    return 2 * len(played & read) / (len(played) + len(read))


def _steps(beats: float) -> int:
    return math.floor(4 * beats + 0.5)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path)
    args = parser.parse_args()
    check(args.folder) if args.folder else compare()

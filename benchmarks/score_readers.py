"""Does verovio read our scores as the notes that we wrote?

`python benchmarks/score_readers.py FOLDER` writes 50 songs of the songbook and 20 new pieces as MusicXML with their
notes beside them, for `score_music21.py`, and tells how many verovio reads as the same notes: onset, pitch and length.
"""

import argparse
import json
import random
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from nanopiano.model.composer import Composer
from nanopiano.model.ending import Length
from nanopiano.music.midi import parse_midi
from nanopiano.music.piece import Piece
from nanopiano.score.engraver import midi_of
from nanopiano.score.musicxml import musicxml_bytes
from nanopiano.songbook import songs

N_SONGS, N_NEW, SEED = 50, 20, 1


def main(folder: Path) -> None:
    """Write the scores and their notes, and read them through verovio."""
    folder.mkdir(parents=True, exist_ok=True)
    same, total, notes, seconds = 0, 0, 0, 0.0
    for number, piece in enumerate(some_pieces()):
        began = perf_counter()
        score = musicxml_bytes(piece)
        seconds += perf_counter() - began
        rows = piece.notes[:, :3].tolist()
        (folder / f"{number:02d}.musicxml").write_bytes(score)
        (folder / f"{number:02d}.json").write_text(json.dumps(rows))
        played = midi_of(score, ".musicxml")
        same += played is not None and parse_midi(played, "it")[0].notes[:, :3].tolist() == rows
        total, notes = total + 1, notes + len(rows)
    print(f"verovio: {same} of {total} scores are the same notes; {notes / seconds:,.0f} notes a second written")


def some_pieces() -> Iterator[Piece]:
    """Yield songs and new pieces."""
    for song in random.Random(SEED).sample(songs(), N_SONGS):
        yield song.piece()
    composer = Composer()
    for seed in range(N_NEW):
        composition = composer.compose(seed=seed, length=Length(bars=16))
        for _ in composition:
            pass
        yield composition.piece


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    main(parser.parse_args().folder)

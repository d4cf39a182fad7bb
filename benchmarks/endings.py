"""Where do pieces end? The chance of END there beside that at all places where they might, and the last notes.

    python benchmarks/endings.py --corpus CORPUS [--model small] [--pieces 40] [--words 600]

Three ways to end the same pieces: at the last place of the bars past the length (what closing on a bar line does),
where the model finds END likeliest, and so among the places where something rings for a beat or more, which is what
the composer does. The chance of END is the model's own, without temperature.
"""

import argparse
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nanopiano.corpus.packed import Corpus
from nanopiano.model.composer import Composer
from nanopiano.model.ending import Ending, Length, Place
from nanopiano.model.score import word_nats
from nanopiano.music.piece import Piece
from nanopiano.music.words import ids_to_piece, piece_to_ids


class Seen(NamedTuple):
    """A place where a piece may end."""

    log_chance: float
    n_words: int
    rings: bool


class WatchedEnding(Ending):
    """Keeps every place that is weighed."""

    def __init__(self, ending: Ending) -> None:
        vars(self).update(vars(ending))
        self.places: list[Seen] = []

    def weigh(self, log_chance: float, place: Place) -> None:
        self.places.append(Seen(log_chance, place.n_words, self.rings))
        super().weigh(log_chance, place)


def last_notes(piece: Piece) -> tuple[bool, bool, bool]:
    """Return whether the last notes are a beat long or more, begin on a beat, and on the first or third of a bar."""
    onset, beat = int(piece.onsets[-1]), piece.grid.steps_per_beat
    longest = int(piece.lengths[piece.onsets == onset].max())
    return longest >= beat, onset % beat == 0, onset % (2 * beat) == 0


def held_out(composer: Composer, corpus: Path) -> list[tuple[float, float, bool, bool, bool]]:
    split = Corpus.open(corpus).split("val")
    rows = []
    for number in range(0, len(split), 4):
        piece = ids_to_piece(split.ids(number))
        rows.append((-word_nats(composer.engine, piece_to_ids(piece))[-1], np.nan, *last_notes(piece)))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--model", default="small")
    parser.add_argument("--pieces", type=int, default=40)
    parser.add_argument("--words", type=int, default=600)
    args = parser.parse_args()
    composer = Composer(args.model)
    ways: dict[str, list[tuple[float, float, bool, bool, bool]]] = {
        "at the last place": [],
        "where END is likeliest": [],
        "the same where something rings": [],
    }
    n_places = []
    for seed in range(1, args.pieces + 1):
        composition = composer.compose(length=Length(words=args.words), seed=seed)
        writer = composition.writer
        assert writer.ending is not None
        writer.ending = watched = WatchedEnding(writer.ending)
        cut = writer.ids  # every word, the ones past the end too, is still in the list that the writer cuts from
        composition.finish()
        mean = float(np.mean([place.log_chance for place in watched.places]))
        best = max(watched.places, key=lambda place: place.log_chance)
        chosen = max(watched.places, key=lambda place: (place.rings, place.log_chance))
        n_places.append(len(watched.places))
        for rows, place in zip(ways.values(), (watched.places[-1], best, chosen), strict=True):
            piece = ids_to_piece([*composition.prompt, *cut[: place.n_words]], composer.vocab)
            rows.append((place.log_chance, mean, *last_notes(piece)))
    print(f"{args.pieces} pieces, {np.mean(n_places):.0f} places each where END may stand past the length")
    print("ends: log chance of END there, mean over all places, last notes long, on a beat, on the first or third")
    for name, rows in {**ways, "held-out pieces": held_out(composer, args.corpus)}.items():
        print(f"{name}: " + ", ".join(f"{value:.2f}" for value in np.mean(rows, axis=0)))


if __name__ == "__main__":
    main()

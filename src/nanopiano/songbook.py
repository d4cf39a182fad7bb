"""The songbook: pieces in the public domain that a composer can go on from."""

import json
import lzma
import random
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from nanopiano.errors import InputError
from nanopiano.music.grid import Grid
from nanopiano.music.piece import Piece
from nanopiano.music.words import text_to_piece

FILE = Path(__file__).parent / "data" / "songbook.jsonl.xz"
NAMED = 5  # songs that an error names at most


@dataclass(frozen=True)
class Song:
    """A song as the songbook has it; `text` is its words on the usual grid."""

    id: str
    title: str
    composer: str
    died: int  # the year in which the composer died
    source: str  # the package that the encoding comes from
    path_in_source: str
    licence: str  # what the source says of its rights
    bpm: float
    text: str

    def piece(self, grid: Grid | None = None) -> Piece:
        """Return the song on `grid` (the usual one if None). Raises InputError if it does not fit there."""
        usual, grid = Grid(), grid or Grid()
        piece, _ = text_to_piece(self.text)
        piece = replace(piece, bpm=self.bpm, title=self.title, grid=grid)
        return piece if grid == usual else piece.stretch(grid.steps_per_beat, usual.steps_per_beat)


@cache
def songs() -> list[Song]:
    """Return all songs, ordered by id; read once. Raises InputError if the file is missing or damaged."""
    names = [field.name for field in fields(Song)]
    try:
        with lzma.open(FILE, "rt", encoding="utf-8") as file:
            records = [json.loads(line) for line in file]
        found = [Song(**{name: record[name] for name in names}) for record in records]
    except (OSError, lzma.LZMAError, EOFError, ValueError, KeyError) as error:
        raise InputError(f"the songbook {FILE} cannot be read ({error}): install nanopiano again") from error
    return sorted(found, key=lambda song: song.id)


def find_song(name: str) -> Song:
    """Return the song with this id, this title, or a title of which `name` is a part that no other has.

    Raises InputError where several match or none.
    """
    wanted = _plain(name)
    exact = [song for song in songs() if wanted in (song.id, _plain(song.title))]
    matches = exact or matching([name])
    if len(matches) == 1:
        return matches[0]
    if not matches:
        known = {_plain(key): song for song in songs() for key in (song.id, song.title)}
        near = [known[key] for key in get_close_matches(wanted, known, n=1)]
        hint = f"did you mean {near[0].id} ({near[0].title})?" if near else "`nanopiano songs` lists them"
        raise InputError(f"there is no song {name!r}: {hint} (a MIDI file is named with .mid at its end)")
    some = ", ".join(f"{song.id} ({song.title})" for song in matches[:NAMED])
    more = f" and {len(matches) - NAMED} more" if len(matches) > NAMED else ""
    raise InputError(f"{len(matches)} songs match {name!r}, name one by its id: {some}{more}")


def matching(words: Sequence[str]) -> list[Song]:
    """Return the songs in whose id, title or composer all `words` are found, without regard to case and accents."""
    wanted = [_plain(word) for word in words]
    return [
        song for song in songs() if all(word in _plain(f"{song.id} {song.title} {song.composer}") for word in wanted)
    ]


def random_song(seed: int) -> Song:
    """Return a song drawn by `seed`: first a composer, then a song, since nine songs in ten are Bach's chorales."""
    rng = random.Random(seed)
    composer = rng.choice(sorted({song.composer for song in songs()}))
    return rng.choice([song for song in songs() if song.composer == composer])


def _plain(text: str) -> str:
    """Return text in lower case, without accents, quotation marks and more than one space in a row."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(letter for letter in letters if not unicodedata.combining(letter) and letter not in "'\"’‘ʻʼ“”«»")
    return " ".join(kept.split())

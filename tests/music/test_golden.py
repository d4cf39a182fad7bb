"""Files whose words are known: two that the original's encoder read, when they are there, and one of our own."""

import json
import lzma
from itertools import islice
from pathlib import Path

import pytest
from midi_tools import END, second_reading, smf

from nanopiano.music.midi import midi_bytes, parse_midi, read_midi
from nanopiano.music.words import piece_to_text, text_to_piece

SHARED = Path(__file__).parents[3] / "shared"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared folder is not part of the repository")

# Two bars of a song in 3/4, right and left hand, 96 ticks a beat: an upbeat, late and short notes, a long low one.
RIGHT = """
    00 ff0304 536f6e67                # "Song"
    00 ff5804 03021808                # 3/4
    00 90 4340   60 4300              # g: the upbeat
    00 4840      60 4800              # c
    00 4c40 00 4f40  60 4c00 00 4f00  # e and g together
    0c 4d40 0c 4d00                   # f, a 32nd late and a 32nd long
    0c 4f40 3c 4f00                   # g, late too, two steps and a half long
"""
LEFT = """
    60 91 1530                        # a beat late: the lowest a
    00 3040 8140 3000                 # and c, for two beats
    00 81 1540                        # like the low a
"""
SONG = "START n67 d4 sepxx d4 n72 d4 n48 d8 n21 d8 sepxx d4 n79 d4 n76 d4 sepxx d5 n77 d1 sepxx d1 n79 d3 END"


def test_our_own_file_has_these_words() -> None:
    data = smf(RIGHT + END, LEFT + END, division=96)
    piece, reading = parse_midi(data, "song.mid")
    assert piece_to_text(piece) == SONG
    assert (piece.title, piece.time_signature, reading.parts) == ("Song", (3, 4), 2)


@needs_shared
@pytest.mark.parametrize("name", ["bach_bwv846", "mozart_k545_movement1_exposition"])
def test_a_golden_file_has_the_words_beside_it(name: str) -> None:
    piece, reading = read_midi(SHARED / "golden" / f"{name}.mid")
    golden = (SHARED / "golden" / f"{name}.txt").read_text()
    assert text_to_piece(golden)[0].notes[:, :3].tolist() == piece.notes[:, :3].tolist()
    # The words beside differ in nothing but notes that run on under a later stroke of their key.
    ours, theirs = piece_to_text(piece).split(), [*golden.split(), "END"]
    assert sum(a != b for a, b in zip(ours, theirs, strict=True)) == reading.restruck


@needs_shared
@pytest.mark.parametrize("name", ["bach_bwv846", "mozart_k545_movement1_exposition"])
def test_a_golden_file_reads_the_same_by_mido(name: str) -> None:
    path = SHARED / "golden" / f"{name}.mid"
    assert read_midi(path)[0].notes[:, :3].tolist() == [list(note) for note in second_reading(path.read_bytes())]


@needs_shared
def test_pieces_of_the_corpus_survive_midi() -> None:
    with lzma.open(SHARED / "corpus" / "open.jsonl.xz", "rt", encoding="utf-8") as lines:
        for line in islice(lines, 20):
            piece, _ = text_to_piece(json.loads(line)["text"])
            assert parse_midi(midi_bytes(piece), "corpus.mid")[0] == piece

"""Sound files: every format, whole or not at all, the same bytes for the same piece."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from audio_tools import decibel

from nanopiano.audio.files import FORMATS, save_sound
from nanopiano.audio.ogg import HEADER, SERIAL, checksum
from nanopiano.audio.samples import RATE
from nanopiano.errors import InputError
from nanopiano.music.piece import Piece

PIECE = Piece.of([(0, 60, 4), (4, 64, 4), (8, 67, 8), (8, 48, 8)], bpm=240)


@pytest.mark.parametrize("suffix", [*FORMATS, ".WAV"])
def test_a_piece_is_saved_in_the_format_that_its_name_ends_with(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"piece{suffix}"
    save_sound(PIECE, path)
    sound, rate = soundfile.read(path)
    assert soundfile.info(path).format == suffix[1:].upper()
    assert rate == RATE and sound.shape[1] == 2
    assert PIECE.seconds + 0.5 < len(sound) / RATE < PIECE.seconds + 6
    assert decibel(sound[: int(PIECE.seconds * RATE)]) > -30 and decibel(sound[-1000:]) < -80


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_same_piece_gives_the_same_bytes(tmp_path: Path, suffix: str) -> None:
    short = PIECE.clip(0, 4)
    first, second = (tmp_path / f"{name}{suffix}" for name in "ab")
    save_sound(short, first)
    save_sound(short, second)
    assert first.read_bytes() == second.read_bytes()


def test_a_plain_file_begins_each_note_where_it_is_written(tmp_path: Path) -> None:
    piece = Piece.of([(0, 60, 1), (8, 72, 1)], bpm=60)
    save_sound(piece, tmp_path / "plain.wav", expressive=False)
    loud = np.abs(soundfile.read(tmp_path / "plain.wav")[0]).max(axis=1)
    for begin in (0, 2 * RATE):
        window = loud[begin : begin + 3000]
        assert np.argmax(window > 0.14 * window.max()) < 0.003 * RATE
    assert loud[int(1.9 * RATE) : 2 * RATE].max() < 0.001


def test_progress_rises_to_one(tmp_path: Path) -> None:
    told: list[float] = []
    save_sound(PIECE, tmp_path / "piece.wav", progress=told.append)
    assert told == sorted(told) and told[-1] == 1.0 and len(told) > 2


def test_an_empty_piece_is_a_short_silence(tmp_path: Path) -> None:
    save_sound(Piece.of([]), tmp_path / "empty.wav")
    sound, _ = soundfile.read(tmp_path / "empty.wav")
    assert 0 < len(sound) < 2 * RATE and not sound.any()


def test_another_suffix_is_refused_and_a_failure_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"end its name with \.wav, .* or \.mp3"):
        save_sound(PIECE, tmp_path / "piece.aac")
    with pytest.raises(InputError, match="no folder"):
        save_sound(PIECE.clip(0, 4), tmp_path / "missing" / "piece.wav")
    assert list(tmp_path.iterdir()) == []


def test_the_checksums_of_an_ogg_file_are_right(tmp_path: Path) -> None:
    save_sound(PIECE.clip(0, 4), tmp_path / "piece.ogg")
    data, start, pages = (tmp_path / "piece.ogg").read_bytes(), 0, 0
    while start < len(data):
        magic, *_, serial, _, said, segments = HEADER.unpack_from(data, start)
        body = start + HEADER.size + segments
        end = body + sum(data[start + HEADER.size : body])
        assert magic == b"OggS" and serial == SERIAL
        assert checksum(data[start : start + 22] + bytes(4) + data[start + 26 : end]) == said
        start, pages = end, pages + 1
    assert pages > 2


def test_the_checksum_is_that_of_a_known_page() -> None:
    page = bytes.fromhex("4f676753000200000000000000000000000000000000000000000100")
    register = 0
    for byte in page:  # bit by bit, as RFC 3533 defines it
        register ^= byte << 24
        for _ in range(8):
            register = (register << 1 ^ (0x04C11DB7 if register >> 31 else 0)) & 0xFFFFFFFF
    assert checksum(page) == register

"""A piece as a sound file."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from nanopiano.audio.ogg import with_constant_serial
from nanopiano.audio.samples import RATE, Piano
from nanopiano.audio.score import score_of
from nanopiano.audio.transport import LATENCY, Transport
from nanopiano.errors import InputError
from nanopiano.files import write_atomically
from nanopiano.music.piece import Piece

FORMATS = {
    ".wav": ("WAV", "PCM_16"),
    ".flac": ("FLAC", "PCM_16"),
    ".ogg": ("OGG", "VORBIS"),
    ".mp3": ("MP3", "MPEG_LAYER_III"),
}
BLOCK = 16_384  # frames at a time; libsndfile crashes on a minute of OGG at once
LONGEST_TAIL = 8.0  # seconds that a piece may ring on after its end
ROOM_TAIL = 0.7  # seconds that the room rings on after the last string
FADE = 0.2


def check_sound(path: Path) -> None:
    """Refuse a sound file of a kind that cannot be written. Raises InputError."""
    if path.suffix.lower() not in FORMATS:
        *most, last = FORMATS
        raise InputError(f"cannot write sound to {path}: end its name with {', '.join(most)} or {last}")


def save_sound(
    piece: Piece,
    path: Path | str,
    *,
    expressive: bool = True,
    progress: Callable[[float], None] | None = None,
) -> None:
    """Write a piece as sound, 44.1 kHz, 16 bits, stereo, in the format that the suffix names; whole or not at all.

    `progress` is told the share that is done, 0 to 1. The same piece gives the same bytes. Raises InputError for
    another suffix, NanopianoError if the system refuses.
    """
    check_sound(Path(path))
    kind, subtype = FORMATS[Path(path).suffix.lower()]
    data = io.BytesIO()
    with soundfile.SoundFile(data, "w", RATE, 2, format=kind, subtype=subtype) as file:
        for block, share in blocks(piece, expressive=expressive):
            file.write(block)
            if progress is not None:
                progress(share)
    sound = data.getvalue()
    write_atomically(path, with_constant_serial(sound) if kind == "OGG" else sound)


def blocks(piece: Piece, *, expressive: bool = True) -> Iterator[tuple[NDArray[np.float32], float]]:
    """Yield the sound of a piece, float32 [frames, 2] from its step 0 on, with the share that is done."""
    transport = Transport(Piano(live=False))
    score = score_of(piece, expressive=expressive)
    transport.set_score(score)
    transport.bpm = piece.bpm
    transport.play()
    transport.render(LATENCY)
    tail = LONGEST_TAIL
    while transport.playing:
        block = transport.render(BLOCK)
        yield block, min(transport.position / max(score.end, 1.0), 1.0)
    while tail > 0:
        tail = min(tail, ROOM_TAIL) if transport.silent else tail
        block = transport.render(BLOCK)
        tail -= BLOCK / RATE
        if tail <= 0:
            block *= np.linspace(1, 0, BLOCK, dtype=np.float32)[:, None]
        yield block, 1.0

"""The recorded piano: which recording plays a key, decoded when it is needed or beforehand in the background."""

import json
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
from numpy.typing import NDArray

from nanopiano.errors import InputError

RATE = 44_100  # frames a second, everywhere in this room
FOLDER = Path(__file__).parent.parent / "data" / "piano"
MARGIN = 4  # silent frames before and after a recording, for who reads between its frames
COMMON_KEY = 64  # most music is around it
FAR_LAYER = 7  # semitones that another layer is as bad as, where a recording has to stand in


class Entry(NamedTuple):
    """A recording in the index: of the key `pitch` (MIDI), of a velocity layer; `gain` evens out the recordings."""

    pitch: int
    layer: int
    file: str
    gain: float


@dataclass(frozen=True, eq=False)
class Sample:
    """A decoded recording. `frames`: int16 [MARGIN + n + MARGIN, 2]; the stroke is 1 ms after the first of the n."""

    pitch: int
    frames: NDArray[np.int16]
    gain: float

    @property
    def length(self) -> int:
        """Frames without the margins."""
        return len(self.frames) - 2 * MARGIN


class Piano:
    """All recordings. Live, they are decoded by a thread, and a recording nearby stands in for one that is missing.

    Not live, each is decoded when it is first asked for, so that what is played depends on nothing else.
    Raises InputError if the recordings are not there.
    """

    def __init__(self, *, live: bool = True, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._live = live
        try:
            index = json.loads((folder / "index.json").read_text("utf-8"))
            entries = [Entry(**entry) for entry in index["samples"]]
            self._layers = [(layer["highest"], layer["layer"]) for layer in index["layers"]]  # by velocity
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"the piano in {folder} cannot be read ({error}): install nanopiano again") from None
        self._entries = {(entry.pitch, entry.layer): entry for entry in entries}
        self._roots = np.array(sorted({entry.pitch for entry in entries}))
        self._samples: dict[tuple[int, int], Sample] = {}
        self._thread = threading.Thread(target=self._decode_all, name="piano", daemon=True)
        if live:
            self._thread.start()

    @property
    def ready(self) -> float:
        """The share of the recordings that are decoded, 0 to 1."""
        return len(self._samples) / len(self._entries)

    def wait(self) -> None:
        """Return when a live piano has decoded all."""
        self._thread.join()

    def sample(self, pitch: int, velocity: int) -> Sample | None:
        """Return the recording to play a key with, the nearest there is; None while there is none at all."""
        layer = next(layer for highest, layer in self._layers if velocity <= highest)
        root = int(self._roots[np.abs(self._roots - pitch).argmin()])
        found = self._samples.get((root, layer))
        if found is None and not self._live:
            return self._decode((root, layer))
        if found is None:
            there = list(self._samples)  # the thread may add to it meanwhile
            if there:
                found = self._samples[min(there, key=lambda key: abs(key[0] - pitch) + FAR_LAYER * (key[1] != layer))]
        return found

    def _decode(self, key: tuple[int, int]) -> Sample:
        entry = self._entries[key]
        try:
            frames, _ = soundfile.read(self._folder / entry.file, dtype="int16", always_2d=True)
        except (OSError, RuntimeError) as error:
            raise InputError(f"the piano in {self._folder} is damaged ({error}): install nanopiano again") from None
        sample = Sample(entry.pitch, np.pad(frames, ((MARGIN, MARGIN), (0, 0))), entry.gain / 32768)
        self._samples[key] = sample
        return sample

    def _decode_all(self) -> None:
        """Decode all recordings, first what most music needs: the middle layer and keyboard, loud before soft."""
        layers = [layer for _, layer in self._layers]
        order = sorted(layers, key=lambda layer: (abs(layers.index(layer) - len(layers) // 2), -layer))
        for key in sorted(self._entries, key=lambda key: order.index(key[1]) * 12 + abs(key[0] - COMMON_KEY)):
            try:
                self._decode(key)
            except InputError:
                continue  # its neighbours stand in

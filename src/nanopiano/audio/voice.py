"""One string that was struck: a recording, read at its pitch, with its loudness over time."""

import numpy as np
from numpy.typing import NDArray

from nanopiano.audio.samples import MARGIN, RATE, Sample

Stereo = NDArray[np.complex64]  # [frames]: a frame is left + i * right, so both are computed at once

TAPS = 8  # frames that a value between frames is computed from; a window of `MARGIN` frames to either side
PHASES = 4096  # places between two frames
CUT = round(0.012 * RATE)  # frames in which a voice is taken away
GONE = 9.5  # time constants after which a damped string is silent: -82 dB
HIGHEST_DAMPED = 89  # F6: the keys above have no dampers


def _kernel() -> list[NDArray[np.float32]]:
    """Return a windowed sinc: TAPS arrays of float32 [PHASES] (Smith, "Digital Audio Resampling Home Page", CCRMA)."""
    phase = np.arange(PHASES) / PHASES
    distance = [phase - (tap - (TAPS // 2 - 1)) for tap in range(TAPS)]
    return [(np.sinc(d) * np.cos(np.pi * d / TAPS) ** 2).astype(np.float32) for d in distance]


KERNEL = _kernel()


def damping(pitch: int) -> float:
    """Return the frames in which a damper brings a string down by 8.7 dB: long strings take longer."""
    return RATE * float(np.interp(pitch, [21, 48, 72, HIGHEST_DAMPED], [0.22, 0.14, 0.09, 0.07]))


class Voice:
    """A stroke. All times are frames of the synthesizer's clock; `released` and `cut` are None until it happens."""

    def __init__(self, sample: Sample, pitch: int, gain: float, start: int) -> None:
        self.pitch = pitch
        self.start = start
        self.released: int | None = None
        self.cut: int | None = None
        self._sample = sample
        self._gain = gain * sample.gain
        self._ratio = 2.0 ** ((pitch - sample.pitch) / 12)
        self._damping = damping(pitch)
        self._end = start + int(sample.length / self._ratio)
        self._fading = RATE * float(np.interp(pitch, [21, 60, 84, 108], [4.0, 1.6, 0.6, 0.25]))  # by 8.7 dB, roughly

    def release(self, frame: int) -> None:
        """Let the damper fall, if there is one and it has not fallen yet."""
        if self.released is None and self.pitch <= HIGHEST_DAMPED:
            self.released = frame
            self._end = min(self._end, frame + int(GONE * self._damping))

    def take_away(self, frame: int) -> None:
        """Fade the voice out at once."""
        if self.cut is None:
            self.cut = frame
            self._end = min(self._end, frame + CUT)

    def is_over(self, frame: int) -> bool:
        """Return whether nothing sounds from `frame` on."""
        return frame >= self._end

    def level(self, frame: int) -> float:
        """Return about how loud the voice is, for choosing which one is missed least."""
        decay = (frame - self.start) / self._fading
        if self.released is not None:
            decay += max(frame - self.released, 0) / self._damping
        return float(self._gain * np.exp(-decay))

    def add_to(self, mix: Stereo, clock: int) -> None:
        """Add the voice to a mix of which the first frame is at `clock`."""
        first = max(self.start, clock)
        last = min(self._end, clock + len(mix))
        if last <= first:
            return
        sound = self._read(first - self.start, last - first)
        sound *= self._envelope(first, last - first)
        mix[first - clock : last - clock] += sound

    def _read(self, age: int, frames: int) -> Stereo:
        """Return the recording at the voice's pitch from `age` frames on."""
        if self._ratio == 1.0:
            piece = self._sample.frames[MARGIN + age : MARGIN + age + frames]
            return piece.astype(np.float32).view(np.complex64).ravel()
        place = (age + np.arange(frames)) * self._ratio
        index = place.astype(np.intp)
        phase = ((place - index) * PHASES).astype(np.intp)
        start = int(index[0]) + MARGIN - (TAPS // 2 - 1)
        piece = self._sample.frames[start : int(index[-1]) + MARGIN + TAPS // 2 + 1]
        recorded = piece.astype(np.float32).view(np.complex64).ravel()
        index -= index[0]
        sound = np.zeros(frames, dtype=np.complex64)
        for tap, kernel in enumerate(KERNEL):
            sound += recorded[tap:].take(index) * kernel.take(phase)
        return sound

    def _envelope(self, first: int, frames: int) -> NDArray[np.float32] | np.float32:
        gain: NDArray[np.float32] | np.float32 = np.float32(self._gain)
        if self.released is not None and self.released < first + frames:
            since = np.arange(first - self.released, first - self.released + frames)
            gain = gain * np.exp(np.maximum(since, 0) / -self._damping).astype(np.float32)
        if self.cut is not None and self.cut < first + frames:
            since = np.arange(first - self.cut, first - self.cut + frames)
            gain = gain * (0.5 + 0.5 * np.cos(np.pi * np.clip(since / CUT, 0, 1))).astype(np.float32)
        return gain

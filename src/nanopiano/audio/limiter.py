"""Keeps every peak below -1 dB of full scale, without bending the wave."""

import numpy as np

from nanopiano.audio.samples import RATE
from nanopiano.audio.voice import Stereo

CEILING = 0.885  # -1.06 dBFS
HOP = 32  # frames; the loudness is looked at and the gain set once a hop
AHEAD = 4  # hops in which the gain goes down before a peak
LATENCY = (AHEAD + 1) * HOP  # frames
UNITY = 0.9999  # as good as 1
RECOVERY = HOP / (0.2 * RATE)  # of what is missing comes back in a hop: 0.2 s


class Limiter:
    """Turns loud passages down in time: the gain falls before a peak comes and rises slowly after it.

    A look-ahead limiter (Giannoulis, Massberg and Reiss, "Digital dynamic range compressor design", J. Audio Eng. Soc.
    60, 2012). What comes out is `LATENCY` frames late.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget what came in."""
        self._sound = np.zeros(LATENCY, dtype=np.complex64)  # from the first hop on that is not wholly out
        self._out = 0  # frames of that hop that are out
        self._gain = 1.0  # at its beginning
        self._allowed = [1.0] * (AHEAD + 1)  # the gain that each whole hop of `_sound` bears

    def limit(self, sound: Stereo) -> Stereo:
        """Return as many frames as came in; however they are parted into calls, the same sound comes out."""
        self._sound = np.concatenate([self._sound, sound])
        new = self._sound[len(self._allowed) * HOP : len(self._sound) // HOP * HOP].reshape(-1, HOP)
        peaks = np.maximum(np.abs(new.real), np.abs(new.imag)).max(axis=1, initial=0.0)
        self._allowed += np.minimum(1.0, CEILING / np.maximum(peaks, 1e-9)).tolist()
        end = self._out + len(sound)
        gains = self._gains(-(-end // HOP))
        hops_out = end // HOP
        limited = self._sound[self._out : end]
        if min(gains) < 1.0:
            limited = limited * np.interp(np.arange(self._out, end) / HOP, np.arange(len(gains)), gains).astype("f4")
        self._sound, self._out = self._sound[hops_out * HOP :], end - hops_out * HOP
        self._allowed, self._gain = self._allowed[hops_out:], gains[hops_out]
        return limited

    def _gains(self, hops: int) -> list[float]:
        """Return the gains at the borders of the next hops; a hop never gets more than it bears at either end."""
        gains = [self._gain]
        for hop in range(hops):
            gain = gains[-1] + (1 - gains[-1]) * RECOVERY
            if gain > UNITY:
                gain = 1.0
            before, *after = self._allowed[hop : hop + AHEAD + 1]
            falling = (allowed + (1 - allowed) * place / AHEAD for place, allowed in enumerate(after))
            gains.append(min(gain, before, *falling))
        return gains

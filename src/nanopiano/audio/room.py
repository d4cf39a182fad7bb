"""A little room around the piano: a synthetic reverberation, by convolution."""

import random

import numpy as np
from numpy.typing import NDArray

from nanopiano.audio.samples import RATE
from nanopiano.audio.voice import Stereo

HOP = 512  # frames; the room answers so much later, as a wall two metres away does
FRAMES = 32_768  # of the answer: 0.74 s
SEED = 1979
DECAY = {125.0: 0.75, 500.0: 0.65, 2_000.0: 0.5, 8_000.0: 0.25}  # seconds to -60 dB at a frequency
WET = 0.16  # of the answer's energy to that of what is played


def response() -> NDArray[np.float32]:
    """Return how the room answers a click, float32 [2, frames].

    Noise, another for each ear, that decays by exponentials, high frequencies first (Moorer, "About this reverberation
    business", Computer Music Journal 3, 1979); the same at every start.
    """
    noise = np.frombuffer(random.Random(SEED).randbytes(4 * FRAMES), "<i2").reshape(2, FRAMES)
    time = np.arange(FRAMES) / RATE
    spectrum = np.fft.rfft(noise)
    frequency = np.fft.rfftfreq(FRAMES, 1 / RATE)
    answer = np.zeros((2, FRAMES))
    bands = list(DECAY)
    octaves = np.log2(np.maximum(frequency, 20.0))
    for place, band in enumerate(bands):  # bands that cross over into one another and sum to one
        peak = np.zeros(len(bands))
        peak[place] = 1.0
        share = np.interp(octaves, np.log2(bands), peak)
        answer += np.fft.irfft(spectrum * share) * 10 ** (-3 * time / DECAY[band])
    answer *= np.minimum(time / 0.008, 1.0)  # the room fills up
    low_cut = 1 / (1 + (120 / np.maximum(frequency, 1.0)) ** 4)  # a small room does not boom
    answer = np.fft.irfft(np.fft.rfft(answer) * low_cut)
    answer[:, -1000:] *= np.linspace(1, 0, 1000)
    return np.asarray(WET * answer / np.sqrt((answer**2).sum(axis=1, keepdims=True)), dtype=np.float32)


class Room:
    """Answers what it hears `HOP` frames later; in parts of equal size (Gardner, J. Audio Eng. Soc. 43, 1995)."""

    def __init__(self) -> None:
        answer = response()
        parts = -(-answer.shape[1] // HOP)
        answer = np.pad(answer, ((0, 0), (0, parts * HOP - answer.shape[1]))).reshape(2, parts, HOP)
        self._filter = np.fft.rfft(answer, 2 * HOP).astype(np.complex64)  # [2, parts, bins]
        self._parts = parts
        self.clear()

    def clear(self) -> None:
        """Forget what was heard."""
        self._heard = np.zeros((2, 2 * HOP), dtype=np.float32)  # the last hop and the one that is being filled
        self._answer = np.zeros(HOP, dtype=np.complex64)
        self._filled = 0
        self._spectra = np.zeros((2, 2 * self._parts, HOP + 1), dtype=np.complex64)  # a ring, twice side by side
        self._newest = 0
        self._ringing = 0  # hops until all is silent

    def answer(self, sound: Stereo) -> Stereo:
        """Return what the room adds to `sound`, complex64 of the same length; however it is parted into calls."""
        answer = np.empty_like(sound)
        done = 0
        while done < len(sound):
            n = min(HOP - self._filled, len(sound) - done)
            place = slice(self._filled, self._filled + n)
            answer[done : done + n] = self._answer[place]
            self._heard[0, HOP:][place] = sound[done : done + n].real
            self._heard[1, HOP:][place] = sound[done : done + n].imag
            self._filled += n
            done += n
            if self._filled == HOP:
                self._turn()
        return answer

    def _turn(self) -> None:
        """Compute the answer to the hop that is full."""
        self._filled = 0
        self._ringing = self._parts + 1 if self._heard.any() else max(self._ringing - 1, 0)
        if not self._ringing:
            self._answer = np.zeros(HOP, dtype=np.complex64)
            return
        self._newest = (self._newest - 1) % self._parts
        spectrum = np.fft.rfft(self._heard)
        self._spectra[:, self._newest] = self._spectra[:, self._newest + self._parts] = spectrum
        past = self._spectra[:, self._newest : self._newest + self._parts]
        answer = np.fft.irfft(np.einsum("cpf,cpf->cf", past, self._filter))[:, HOP:]
        self._answer = (answer[0] + 1j * answer[1]).astype(np.complex64)
        self._heard[:, :HOP] = self._heard[:, HOP:]

"""The voices of the piano: strikes keys, takes voices away where there are too many, mixes."""

import numpy as np

from nanopiano.audio.samples import Piano
from nanopiano.audio.voice import Stereo, Voice

VOICES = 64
LOUDER = 1.7  # amplitude grows with this power of velocity: 27 dB from velocity 20 to 127, like a piano's pp to ff
GAIN = 1.25  # brings usual pieces to -20 to -16 dB of full scale


class Synth:
    """Voices on a clock of frames that only `render` moves. A frame of sound is left + i * right."""

    def __init__(self, piano: Piano) -> None:
        self.clock = 0  # frames rendered so far
        self._piano = piano
        self._voices: list[Voice] = []

    @property
    def silent(self) -> bool:
        """Whether no voice sounds."""
        return not self._voices

    def strike(self, pitch: int, velocity: int, frame: int) -> Voice | None:
        """Strike a key at `frame` of the clock; None if no recording is there yet."""
        sample = self._piano.sample(pitch, velocity)
        if sample is None:
            return None
        sounding = [voice for voice in self._voices if voice.cut is None]
        for voice in sounding:
            if voice.pitch == pitch:
                voice.take_away(frame)  # the hammer stops what rings on its string
        sounding = [voice for voice in sounding if voice.cut is None]
        if len(sounding) >= VOICES:
            min(sounding, key=lambda voice: voice.level(frame)).take_away(frame)
        voice = Voice(sample, pitch, GAIN * (velocity / 127) ** LOUDER, frame)
        self._voices.append(voice)
        return voice

    def take_away(self) -> None:
        """Fade all voices out now."""
        for voice in self._voices:
            voice.take_away(self.clock)

    def clear(self) -> None:
        """Forget all voices."""
        self._voices.clear()

    def render(self, frames: int) -> Stereo:
        """Return the next frames, complex64 [frames]."""
        mix = np.zeros(frames, dtype=np.complex64)
        for voice in self._voices:
            voice.add_to(mix, self.clock)
        self.clock += frames
        self._voices = [voice for voice in self._voices if not voice.is_over(self.clock)]
        return mix

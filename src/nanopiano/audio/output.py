"""Where sound goes: the sound card, by pygame's mixer, or, where there is none, nowhere at the same pace."""

import os
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter, sleep
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nanopiano.audio.samples import RATE
from nanopiano.audio.transport import LATENCY, Transport

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
import pygame  # it greets on standard output unless told not to

BLOCK = 2048  # frames rendered at a time, at first
LARGEST_BLOCK = 8192  # what a machine gets that did not keep up: it is heard later, but whole
DEVICE_BUFFER = 512  # frames that the mixer asks the card for; a block must be a multiple
LOOKS = 5  # looks at the channel in the time of a block
PATIENCE = 4  # looks that a channel may be empty while SDL swaps the queued block in
FORMAT = (RATE, -16, 2)
AHEAD = 2 * DEVICE_BUFFER  # frames that the card may be further than the clock says: they are left as they are
FADE = 512  # frames in which what was on its way fades after a jump


class Output(Protocol):
    """Plays a transport until it is closed."""

    silent_because: str | None  # a sentence where nothing is heard
    starved: int  # times that the card had to wait for sound

    @property
    def position(self) -> float:
        """The step that is heard now."""
        ...

    def jump(self) -> None:
        """Play at once what the transport now plays, in place of what is on its way."""
        ...

    def close(self) -> None:
        """Stop playing."""
        ...


def open_output(transport: Transport) -> Output:
    """Play a transport on the sound card; without one, let its time pass in silence."""
    try:
        if (pygame.mixer.get_init() or FORMAT) != FORMAT:
            pygame.mixer.quit()  # opened in another format by somebody else
        with _without_chatter():
            pygame.mixer.init(*FORMAT, buffer=DEVICE_BUFFER, allowedchanges=0)
    except pygame.error as error:
        return Silent(transport, f"There is no sound ({error}): connect a sound card and start again.")
    return Mixer(transport)


@contextmanager
def _without_chatter() -> Iterator[None]:
    """Keep what a system's sound library writes to standard error (ALSA: ten lines for no card) from the user."""
    try:
        kept = os.dup(2)
    except OSError:  # there is no standard error
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


@dataclass
class _Block:
    """A block on its way: its samples, int16 [frames, 2], and the steps where it begins and ends."""

    samples: NDArray[np.int16]
    begin: float
    end: float

    @property
    def seconds(self) -> float:
        return len(self.samples) / RATE


class _Playing:
    """What both outputs share: a thread that renders, and where in its blocks the ear is."""

    def __init__(self, transport: Transport, silent_because: str | None) -> None:
        self.silent_because = silent_because
        self.starved = 0
        self._transport = transport
        self._block = BLOCK
        self._sounds = False  # whether the last block holds more than silence
        self._on_the_way: deque[_Block] = deque()  # the first one is heard
        self._begun, self._begun_at = perf_counter(), transport.position
        # The first block and since when it is heard: set together, for another thread asks for the position.
        self._heard: tuple[_Block, float] | None = None
        self._closing, self._jumped = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="sound", daemon=True)
        self._thread.start()

    @property
    def position(self) -> float:
        """The step that is heard now."""
        if self._heard is None:  # the first block is still being rendered
            return self._begun_at
        block, since = self._heard
        share = (perf_counter() - since - LATENCY / RATE) / block.seconds
        if block.end < block.begin:  # it went back in a loop
            return block.end
        return block.begin + min(max(share, 0.0), 1.0) * (block.end - block.begin)

    def jump(self) -> None:
        """Play at once what the transport now plays, in place of what is on its way."""
        self._jumped.set()

    def close(self) -> None:
        """Stop playing."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        raise NotImplementedError

    def _rendered(self, frames: int) -> _Block:
        """Return the next frames of the transport."""
        sound = self._transport.render(frames)
        self._sounds = bool(sound.any())
        return _Block(np.rint(sound * 32767).astype(np.int16), *self._transport.span)

    def _send(self, block: _Block) -> None:
        """Put a block on its way."""
        self._on_the_way.append(block)
        if self._heard is None:
            self._heard = block, self._begun

    def _forget(self, on_the_way: int, since: float) -> None:
        """Forget what has been heard: so many blocks are on their way, a new first one is heard since then."""
        while len(self._on_the_way) > on_the_way:
            self._on_the_way.popleft()
            self._heard = self._on_the_way[0], since


class Mixer(_Playing):
    """Plays on the sound card: one block sounds, one is queued. After a jump both are written anew where they lie."""

    def __init__(self, transport: Transport) -> None:
        self._channel = pygame.mixer.Channel(0)
        super().__init__(transport, None)

    def close(self) -> None:
        """Stop playing and let go of the sound card."""
        super().close()
        pygame.mixer.quit()

    def _run(self) -> None:
        self._channel.play(self._next())
        idle = 0
        while not self._closing.is_set():
            look = self._block / RATE / LOOKS
            if self._jumped.is_set():
                self._jumped.clear()
                self._write_anew()
            if self._channel.get_queue() is not None:
                sleep(look)
                continue
            now, sounded = perf_counter(), self._sounds
            block = self._next()
            while not self._channel.get_busy() and idle < PATIENCE:
                idle += 1
                sleep(look / 2)
            if idle == PATIENCE:
                self._channel.play(block)
                self._forget(1, perf_counter())
                if sounded or self._sounds:  # else nobody has heard it
                    self.starved += 1
                    self._block = min(2 * self._block, LARGEST_BLOCK)
            else:
                self._channel.queue(block)
                self._forget(2, now)
            idle = 0

    def _next(self) -> pygame.mixer.Sound:
        """Put the next block on its way, and keep hold of the very samples that the mixer will read."""
        block = self._rendered(self._block)
        sound = pygame.mixer.Sound(buffer=block.samples.tobytes())
        block.samples = pygame.sndarray.samples(sound)
        self._send(block)
        return sound

    def _write_anew(self) -> None:
        """Let what is on its way fade, from what the card may have read already on, into what is played now."""
        since = self._heard[1] if self._heard else self._begun
        gone = round(max(perf_counter() - since, 0.0) * RATE) + AHEAD
        ramp = np.linspace(1.0, 0.0, FADE, dtype=np.float32)[:, None]
        for block in self._on_the_way:
            start, gone = min(gone, len(block.samples)), max(gone - len(block.samples), 0)
            if start == len(block.samples):
                continue
            new = self._rendered(len(block.samples) - start)
            ramp = ramp[: len(new.samples)]
            fading = block.samples[start : start + len(ramp)] * ramp
            block.samples[start:] = new.samples
            block.samples[start : start + len(ramp)] = np.clip(new.samples[: len(ramp)] + fading, -32767, 32767)
            block.begin, block.end = new.begin, new.end
            ramp = ramp[:0]


class Silent(_Playing):
    """Lets the time of a transport pass by the clock on the wall."""

    def _run(self) -> None:
        due = perf_counter()
        while not self._closing.is_set():
            self._jumped.clear()  # nothing of what is on its way can be heard
            self._send(self._rendered(self._block))
            self._forget(1, perf_counter())
            due += self._block / RATE
            sleep(max(due - perf_counter(), 0.0))

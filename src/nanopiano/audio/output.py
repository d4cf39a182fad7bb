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

from nanopiano.audio.samples import RATE
from nanopiano.audio.transport import LATENCY, Transport

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
import pygame  # it greets on standard output unless told not to

BLOCK = 1024  # frames rendered at a time, at first
LARGEST_BLOCK = 4096  # what a machine gets that did not keep up: it is heard later, but whole
DEVICE_BUFFER = 512  # frames that the mixer asks the card for; a block must be a multiple
LOOKS = 5  # looks at the channel in the time of a block
PATIENCE = 4  # looks that a channel may be empty while SDL swaps the queued block in
FORMAT = (RATE, -16, 2)


class Output(Protocol):
    """Plays a transport until it is closed."""

    silent_because: str | None  # a sentence where nothing is heard
    starved: int  # times that the card had to wait for sound

    @property
    def position(self) -> float:
        """The step that is heard now."""
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
    """A block on its way: its length in seconds and the steps where it begins and ends."""

    seconds: float
    begin: float
    end: float


class _Playing:
    """What both outputs share: a thread that renders, and where in its blocks the ear is."""

    def __init__(self, transport: Transport, silent_because: str | None) -> None:
        self.silent_because = silent_because
        self.starved = 0
        self._transport = transport
        self._block = BLOCK
        self._sounds = False  # whether the last block holds more than silence
        self._on_the_way: deque[_Block] = deque()  # the first one is heard
        self._heard_since = perf_counter()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sound", daemon=True)
        self._thread.start()

    @property
    def position(self) -> float:
        """The step that is heard now."""
        try:
            block = self._on_the_way[0]
        except IndexError:
            return self._transport.position
        share = (perf_counter() - self._heard_since - LATENCY / RATE) / block.seconds
        if block.end < block.begin:  # it went back in a loop
            return block.end
        return block.begin + min(max(share, 0.0), 1.0) * (block.end - block.begin)

    def close(self) -> None:
        """Stop playing."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        raise NotImplementedError

    def _render(self) -> bytes:
        """Return the next block as the mixer takes it, and put it on its way."""
        begin = self._transport.position
        sound = self._transport.render(self._block)
        self._sounds = bool(sound.any())
        self._on_the_way.append(_Block(self._block / RATE, begin, self._transport.position))
        return np.rint(sound * 32767).astype("<i2").tobytes()

    def _next_is_heard(self) -> None:
        if len(self._on_the_way) > 1:
            self._on_the_way.popleft()
        self._heard_since = perf_counter()


class Mixer(_Playing):
    """Plays on the sound card: one block sounds, one is queued."""

    def __init__(self, transport: Transport) -> None:
        self._channel = pygame.mixer.Channel(0)
        super().__init__(transport, None)

    def close(self) -> None:
        """Stop playing and let go of the sound card."""
        super().close()
        pygame.mixer.quit()

    def _run(self) -> None:
        block = pygame.mixer.Sound(buffer=self._render())
        self._channel.play(block)
        idle = 0
        while not self._closing.is_set():
            look = self._block / RATE / LOOKS
            if self._channel.get_queue() is not None:
                sleep(look)
                continue
            sounded = self._sounds
            block = pygame.mixer.Sound(buffer=self._render())
            while not self._channel.get_busy() and idle < PATIENCE:
                idle += 1
                sleep(look / 2)
            if idle == PATIENCE:
                self._channel.play(block)
                if sounded or self._sounds:  # else nobody has heard it
                    self.starved += 1
                    self._block = min(2 * self._block, LARGEST_BLOCK)
            else:
                self._channel.queue(block)
            self._next_is_heard()
            idle = 0


class Silent(_Playing):
    """Lets the time of a transport pass by the clock on the wall."""

    def _run(self) -> None:
        due = perf_counter()
        while not self._closing.is_set():
            self._render()
            self._next_is_heard()
            due += self._block / RATE
            sleep(max(due - perf_counter(), 0.0))

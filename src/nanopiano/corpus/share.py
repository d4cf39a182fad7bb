"""Which of the input one of several machines reads."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from nanopiano.corpus.sources import Item
from nanopiano.errors import InputError

MOST = 10_000  # machines


class Share(NamedTuple):
    """Share `number` of `of`: every `of`-th batch of the input, so that each machine gets its part of every folder.

    It follows from the order of the input alone, so machines that know nothing of each other read everything once.
    """

    number: int  # 1..of
    of: int

    @classmethod
    def parse(cls, text: str) -> "Share":
        """Read `2/4`. Raises InputError."""
        number, _, of = text.partition("/")
        if not (number.isdecimal() and of.isdecimal()):
            raise InputError(f"{text!r} is no share: expected I/N, as in 2/4 for the second of four machines")
        share = cls(int(number), int(of))
        if not 1 <= share.number <= share.of <= MOST:
            raise InputError(f"{text!r} is no share: expected I/N with I from 1 to N and N up to {MOST:,}")
        return share

    def __str__(self) -> str:
        return f"{self.number} of {self.of}"

    @property
    def makes(self) -> str:
        """What is made of it."""
        return "build" if self == ALONE else f"part {self}"

    def batches_of(self, items: Iterable[Item], size: int) -> Iterator[tuple[int, list[Item]]]:
        """Yield the batches of the share with their numbers; a batch has `size` items, the last one maybe fewer."""
        return islice(enumerate(_batches(items, size)), self.number - 1, None, self.of)

    def numbers(self, items: int, size: int) -> range:
        """Return the numbers of the batches of the share, of an input of so many items."""
        return range(self.number - 1, -(-items // size), self.of)

    def items(self, items: int, size: int) -> int:
        """Return how many of so many items are in the share."""
        return sum(min(size, items - size * number) for number in self.numbers(items, size))


ALONE = Share(1, 1)


def _batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    items = iter(items)
    while batch := list(islice(items, size)):
        yield batch

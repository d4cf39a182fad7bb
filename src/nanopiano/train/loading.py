"""Batches made ahead by processes of their own: a GPU learns faster than one processor core can listen.

What is made, and in which order, is the same as without them, so runs are computed and resumed alike.
"""

from collections.abc import Iterable, Iterator

from torch.utils.data import DataLoader, Dataset

from nanopiano.train.data import Batch, BatchMaker, Window

Step = list[list[Window]]  # the windows of the batches of a step


class _Batches(Dataset[list[Batch]]):
    """The batches of a step by its windows: process `rank` of `size` has its share of each."""

    def __init__(self, maker: BatchMaker, rank: int, size: int) -> None:
        self.maker, self.rank, self.size = maker, rank, size

    def __getitem__(self, step: Step) -> list[Batch]:
        return [self.maker.batch(windows, self.rank, self.size) for windows in step]


def load(maker: BatchMaker, steps: Iterable[Step], rank: int, size: int, loaders: int) -> Iterator[list[Batch]]:
    """Yield the batches of every step, made by so many processes beside this one, or by itself if there are none."""
    batches = _Batches(maker, rank, size)
    if not loaders:
        yield from map(batches.__getitem__, steps)
        return
    yield from DataLoader(batches, batch_size=None, sampler=steps, num_workers=loaders, collate_fn=_as_it_is)


def _as_it_is(batches: list[Batch]) -> list[Batch]:
    return batches

"""What `evaluate --music` does: compose, measure, and show generated beside human pieces."""

from argparse import Namespace
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nanopiano.cli import terminal
from nanopiano.cli.composing import load_composer, sampling_of, seeds_of
from nanopiano.cli.extras import needs_extra
from nanopiano.cli.given import pieces_of
from nanopiano.errors import InputError
from nanopiano.measures.compare import Comparison, Row, compare, expect_enough
from nanopiano.measures.figures import Amount, Figures, measured
from nanopiano.model.composer import Composer
from nanopiano.model.ending import Length
from nanopiano.model.sample import Sampling
from nanopiano.music.piece import Piece
from nanopiano.music.vocab import vocabulary

PIECES = 50  # composed unless another number is asked for
AT_ONCE = 8  # pieces composed together


def compare_music(args: Namespace) -> None:
    """Compare and show. Raises InputError."""
    amount = Amount(**{name: getattr(args, name) for name in ("words", "bars") if getattr(args, name) is not None})
    length = Length(words=amount.words)
    save_pictures = _pictures(args)
    if args.generated:
        vocab = vocabulary()
        facts: dict[str, Any] = {"files": [str(path) for path in args.generated]}
        pieces = pieces_of(args.generated, vocab)
    else:
        args.count = args.count or PIECES
        composer, seeds, sampling = load_composer(args), seeds_of(args), sampling_of(args)
        vocab = composer.vocab
        facts = {"seed": seeds[0], "sampling": vars(sampling)}
        pieces = _composed(composer, seeds, length, sampling)
    human = _measured(pieces_of(args.texts, vocab), amount, "measuring human pieces")
    expect_enough(human, "human")  # before anything is composed
    comparison = compare(_measured(pieces, amount, "measuring generated pieces"), human)
    if args.json:
        terminal.show_json(facts | vars(amount) | comparison.to_json())
    else:
        _show(comparison, amount)
    if save_pictures:
        save_pictures({row.measure.name: (row.generated, row.human) for row in comparison.rows}, args.pictures)


def _pictures(args: Namespace) -> Any:
    """Return what draws the pictures, None if none are asked for; what would hinder it is said before the work."""
    if args.pictures is None:
        return None
    with needs_extra("train"):
        from nanopiano.train.music_pictures import save_pictures  # noqa: PLC0415  brings matplotlib, which is slow
    if not args.pictures.is_dir():
        raise InputError(f"there is no folder {args.pictures} for the pictures: make it first")
    return save_pictures


def _composed(composer: Composer, seeds: list[int], length: Length, sampling: Sampling) -> Iterator[Piece]:
    terminal.say(f"composing {len(seeds):,} pieces, seeds {seeds[0]} to {seeds[-1]}")
    for first in range(0, len(seeds), AT_ONCE):
        begun = composer.batch(seeds[first : first + AT_ONCE], length=length, sampling=sampling)
        yield from (composition.finish() for composition in begun)


def _measured(pieces: Iterable[Piece], amount: Amount, what: str) -> Figures:
    with terminal.progress(None, what, " pieces") as bar:
        return measured(pieces, amount, bar.update)


def _show(comparison: Comparison, amount: Amount) -> None:
    """Write the table for people."""
    heads = ("", "unit", "generated", "human", "overlap", "halves", "KL", "halves")
    mean = ("mean of all", "", "", "", f"{comparison.area:.3f}", f"{comparison.human_area:.3f}", "", "")
    terminal.show_table([heads, *map(cells, comparison.rows), mean])
    for name in ("stuck", "silent"):
        sides = [f"{side[name]} of {side['pieces']}" for side in (comparison.generated.faulty, comparison.human.faulty)]
        terminal.show(f"{name}: {sides[0]} generated pieces, {sides[1]} human ones")
    terminal.show(
        f"first {amount.words} words of each piece; where length alone changes a figure, first {amount.bars} bars"
    )


def cells(row: Row) -> tuple[str, ...]:
    """Return a measure as shown: name, unit, both sides, overlap and KL with those of the human halves."""
    if row.shared is not None:
        unit, sides = "shared", [f"{share:.3f}" for share in row.shared]
    else:
        unit, sides = row.measure.unit, [_mean_and_spread(figures) for figures in (row.generated, row.human)]
    marks = (row.likeness.area, row.yardstick.area, row.likeness.divergence, row.yardstick.divergence)
    return (row.measure.name.replace("_", " "), unit, *sides, *(f"{mark:.3f}" for mark in marks))


def _mean_and_spread(figures: NDArray[np.float64]) -> str:
    means, spreads = figures.mean(axis=0), figures.std(axis=0)
    if len(means) > 1:
        return ", ".join(f"{mean:.3f}" for mean in means)
    return f"{means[0]:.3g} ± {spreads[0]:.2g}"

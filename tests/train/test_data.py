"""Training reads windows of whole pieces, and every batch again the same."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from train_tools import PiecesAtHand, some_network, some_piece

from nanopiano.model.config import SIZES, plain_size
from nanopiano.music.listen import Listener, hear
from nanopiano.music.piece import Piece
from nanopiano.music.recall import recall
from nanopiano.music.vocab import END, FILL, GAP, START, vocabulary
from nanopiano.music.words import Ids, ids_to_piece, ids_to_text, piece_to_ids
from nanopiano.train.data import (
    IGNORED,
    Batch,
    BatchMaker,
    EveryNth,
    WindowPlan,
    fill_example,
    never_composed,
    transposed,
)
from nanopiano.train.prove import network_logits
from nanopiano.train.validate import validate

LENGTH = 64


@pytest.fixture(scope="module")
def pieces() -> PiecesAtHand:
    """Twelve pieces, some shorter than a window, some at the ends of the keyboard."""
    made = [some_piece(seed, n_notes) for seed, n_notes in enumerate([1, 3, 10, 20, 30, 40, 50, 60, 60, 60])]
    low = made[3].transpose(21 - int(made[3].pitches.min()))
    high = made[4].transpose(108 - int(made[4].pitches.max()))
    return PiecesAtHand([*made, low, high])


def plan_of(pieces: PiecesAtHand, *, fill_rate: float = 0.0, semitones: int = 6, seed: int = 1) -> WindowPlan:
    return WindowPlan(pieces, LENGTH, 256, fill_rate, semitones, seed)


def batches_of(pieces: PiecesAtHand, plan: WindowPlan, epoch: int = 0) -> list[Batch]:
    maker = BatchMaker(pieces, plan, SIZES["tiny"])
    return [maker.batch(windows) for windows in plan.epoch(epoch)]


def as_bytes(batches: list[Batch]) -> list[bytes]:
    return [array.tobytes() for batch in batches for array in batch]


def rows_of(batches: list[Batch]) -> list[tuple[list[int], list[int]]]:
    """Words and targets of every row that has a target, without what is ignored at its end."""
    rows = []
    for batch in batches:
        for ids, targets in zip(batch.ids, batch.targets, strict=True):
            counted = np.flatnonzero(targets != IGNORED)
            if len(counted):
                rows.append((ids[: counted[-1] + 1].tolist(), targets[: counted[-1] + 1].tolist()))
    return rows


def is_in(part: list[int], whole: Ids) -> bool:
    text = " ".join(map(str, whole.tolist()))
    return f" {' '.join(map(str, part))} " in f" {text} "


@pytest.mark.parametrize("n", [1, 2, 3])
def test_every_nth_piece_is_what_it_was_among_all(pieces: PiecesAtHand, n: int) -> None:
    part = EveryNth(pieces, n)
    numbers = range(0, len(pieces.lengths), n)
    assert len(part.lengths) == len(part.lowest) == len(part.highest) == len(numbers)
    for number, one in enumerate(numbers):
        assert part.ids(number).tolist() == pieces.ids(one).tolist()
        assert part.lengths[number] == pieces.lengths[one]
        assert (part.lowest[number], part.highest[number]) == (pieces.lowest[one], pieces.highest[one])


def test_a_batch_is_a_function_of_seed_epoch_and_number(pieces: PiecesAtHand) -> None:
    first, second = (as_bytes(batches_of(pieces, plan_of(pieces, fill_rate=0.5), epoch=3)) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(("seed", "epoch"), [(1, 1), (2, 0)])
def test_another_seed_or_epoch_reads_other_windows(pieces: PiecesAtHand, seed: int, epoch: int) -> None:
    assert plan_of(pieces, seed=seed).epoch(epoch) != plan_of(pieces).epoch(0)


def test_every_row_is_a_cut_from_one_piece_and_its_targets_are_the_next_words(pieces: PiecesAtHand) -> None:
    for words, targets in rows_of(batches_of(pieces, plan_of(pieces, semitones=0))):
        assert targets[:-1] == words[1:]
        assert any(is_in([*words, targets[-1]], pieces.ids(number)) for number in range(len(pieces.lengths)))


def test_what_is_heard_is_heard_from_the_beginning_of_the_piece(pieces: PiecesAtHand) -> None:
    plan = plan_of(pieces)
    maker = BatchMaker(pieces, plan, SIZES["tiny"])
    for windows in plan.epoch(0):
        batch = maker.batch(windows)
        for row, window in enumerate(windows):
            whole = hear(transposed(pieces.ids(window.piece), window.semitones))
            here = slice(window.start, window.start + window.length)
            np.testing.assert_array_equal(batch.sounding[row, : window.length], whole.sounding[here])
            np.testing.assert_array_equal(batch.place[row, : window.length], whole.time[here] % 16)


def test_what_is_recalled_is_recalled_from_the_whole_piece(pieces: PiecesAtHand) -> None:
    plan, recalled_before = plan_of(pieces), 0
    maker = BatchMaker(pieces, plan, replace(SIZES["tiny"], hear_recall=True, hear_moved=True))
    for windows in plan.epoch(0):
        batch = maker.batch(windows)
        for row, window in enumerate(windows):
            whole = transposed(pieces.ids(window.piece), window.semitones)
            here = slice(window.start, window.start + window.length)
            told, alone = (recall(words, hear(words).time, True, 16) for words in (whole, whole[here]))
            np.testing.assert_array_equal(batch.recalled[row, : window.length], told[here])
            recalled_before += int((told[here] != alone).sum())
    assert recalled_before  # something stood before the window


def test_validation_tells_the_network_what_is_recalled() -> None:
    pitches = np.random.default_rng(1).integers(48, 84, 12).tolist()
    piece = Piece.of([(number, pitch, 1) for number, pitch in enumerate([*pitches, *pitches])])
    network, ids = some_network(hear_recall=True, hear_moved=True), piece_to_ids(piece)
    logits = torch.from_numpy(network_logits(network, ids[:-1])).double()
    expected = torch.nn.functional.cross_entropy(logits, torch.from_numpy(ids[1:].astype(np.int64)), reduction="sum")
    with torch.no_grad():
        loss = validate(network, PiecesAtHand([piece]), network.config, 256, torch.device("cpu"))
    assert loss.nats == pytest.approx(float(expected), rel=1e-5)


def test_a_plain_network_reads_the_same_words_and_hears_nothing(pieces: PiecesAtHand) -> None:
    plan = plan_of(pieces)
    plain, hearing = (
        BatchMaker(pieces, plan, config).batch(plan.epoch(0)[0]) for config in (plain_size("tiny", 64), SIZES["tiny"])
    )
    assert (plain.ids == hearing.ids).all() and (plain.targets == hearing.targets).all()
    assert not plain.sounding.any() and hearing.sounding.any()


def test_an_epoch_reads_about_as_many_words_as_there_are(pieces: PiecesAtHand) -> None:
    words = sum(batch.n_words for batch in batches_of(pieces, plan_of(pieces)))
    total = int((pieces.lengths - 1).sum())
    assert total <= words <= total + LENGTH * len(pieces.lengths)


def test_beginnings_and_ends_of_pieces_are_read(pieces: PiecesAtHand) -> None:
    rows = [row for epoch in range(4) for row in rows_of(batches_of(pieces, plan_of(pieces), epoch))]
    assert sum(words[0] == START for words, _ in rows) >= len(pieces.lengths)
    assert sum(targets[-1] == END for _, targets in rows) >= len(pieces.lengths)


def test_transposition_stays_on_the_keyboard_and_within_its_bounds(pieces: PiecesAtHand) -> None:
    windows = [w for epoch in range(10) for batch in plan_of(pieces).epoch(epoch) for w in batch]
    for window in windows:
        assert pieces.lowest[window.piece] + window.semitones >= 21
        assert pieces.highest[window.piece] + window.semitones <= 108
    assert {window.semitones for window in windows} == set(range(-6, 7))


def test_transposed_words_are_the_words_of_the_transposed_piece() -> None:
    piece = some_piece(1)
    np.testing.assert_array_equal(transposed(piece_to_ids(piece), -5), piece_to_ids(piece.transpose(-5)))


def test_rows_are_padded_to_a_few_shapes(pieces: PiecesAtHand) -> None:
    batches = batches_of(pieces, plan_of(pieces, fill_rate=0.5))
    assert {batch.ids.shape for batch in batches} <= {(16, 16), (8, 32), (5, 48), (4, 64)}


def test_padding_is_ignored(pieces: PiecesAtHand) -> None:
    plan = plan_of(pieces)
    for windows, batch in zip(plan.epoch(0), batches_of(pieces, plan), strict=True):
        counted = (batch.targets != IGNORED).sum(axis=1)
        lengths = [window.length for window in windows] + (len(batch.ids) - len(windows)) * [0]
        assert counted.tolist() == lengths
        assert batch.n_words == sum(lengths)


def test_gaps_are_asked_for_at_the_set_rate(pieces: PiecesAtHand) -> None:
    plan = plan_of(pieces, fill_rate=0.25)
    windows = [window for epoch in range(40) for batch in plan.epoch(epoch) for window in batch]
    assert np.mean([window.fill_seed is not None for window in windows]) == pytest.approx(0.25, abs=0.04)
    assert all(window.fill_seed is None for batch in plan_of(pieces).epoch(0) for window in batch)


def fills_of(piece: Piece, length: int = LENGTH, n_fills: int = 40) -> list[Ids]:
    ids = piece_to_ids(piece)
    made = [fill_example(ids, vocabulary(), length, np.random.default_rng(seed)) for seed in range(n_fills)]
    return [fill for fill in made if fill is not None]


@pytest.mark.parametrize("piece", [some_piece(1), some_piece(2, 300), Piece.of([(0, 60, 4), (5_000, 62, 200)])])
def test_examples_of_a_fill_are_legal_and_fit_a_window(piece: Piece) -> None:
    fills = fills_of(piece)
    assert fills
    for fill in fills:
        listener = Listener(vocabulary())
        for place, number in enumerate(fill.tolist()):
            assert place <= fill.tolist().index(FILL) or listener.allowed()[number]
            listener.feed(number)
        assert listener.ended
        assert len(fill) <= LENGTH + 1


def test_the_fill_of_a_short_piece_is_the_whole_piece() -> None:
    piece = some_piece(1, 8)
    for fill in fills_of(piece, length=128):
        assert len(ids_to_piece(fill)) == len(piece)


def test_there_is_no_gap_in_an_empty_piece() -> None:
    assert fills_of(Piece.of([])) == []


def test_a_gap_too_full_for_the_window_is_not_asked_for() -> None:
    crowd = Piece.of([(step, pitch, 1) for step in range(16) for pitch in range(60, 70)])
    assert fills_of(crowd) == []


def test_what_a_fill_is_given_is_no_target(pieces: PiecesAtHand) -> None:
    fills = [row for row in rows_of(batches_of(pieces, plan_of(pieces, fill_rate=1.0))) if FILL in row[0]]
    assert fills
    for words, targets in fills:
        assert targets[:2] == [IGNORED, IGNORED]
        given = never_composed(np.array(words))
        assert targets[2:-1] == [IGNORED if given[i] else words[i] for i in range(3, len(words))]
        assert GAP in words, ids_to_text(words)

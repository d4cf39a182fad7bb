"""Every word of a piece is scored exactly once."""

import numpy as np
import pytest
from model_tools import Mood, all_logits, some_engine

from nanopiano.model.cache import CHUNK
from nanopiano.model.engine import Engine
from nanopiano.model.score import Score, score, word_nats
from nanopiano.music.piece import Piece
from nanopiano.music.vocab import END
from nanopiano.music.words import Ids, ids_to_piece
from nanopiano.train.prove import random_words


@pytest.fixture(scope="module")
def exact() -> Engine:
    """An engine in float32."""
    return some_engine()


def whole(n_words: int) -> Ids:
    """The words of a piece, about so many."""
    ids = random_words(n_words)
    return np.append(ids[: len(ids) // 2 * 2 - 1], [5, 94, END]).astype(np.uint16)


@pytest.mark.parametrize("n_words", [2, 3, CHUNK, CHUNK + 1, CHUNK + 2, 2 * CHUNK + 9])
def test_every_word_but_start_is_scored_once_by_what_stands_before_it(exact: Engine, n_words: int) -> None:
    ids = random_words(n_words)
    logits = all_logits(exact, ids)[:-1].astype(np.float64)
    chances = np.exp(logits - logits.max(-1, keepdims=True))
    chances /= chances.sum(-1, keepdims=True)
    expected = -np.log(chances[np.arange(n_words - 1), ids[1:].astype(int)])
    np.testing.assert_allclose(word_nats(exact, ids), expected, atol=1e-4)


def test_end_counts_and_start_does_not() -> None:
    total = score(Mood(), [Piece.of([(0, 60, 4), (4, 62, 4)])])
    assert (total.words, total.notes, total.beats, total.pieces) == (7, 2, 2.0, 1)
    assert total.nats == pytest.approx(7 * np.log(221))


def test_pieces_add_up(exact: Engine) -> None:
    pieces = [ids_to_piece(whole(n)) for n in (40, 60)]
    together, alone = score(exact, pieces), [score(exact, [piece]) for piece in pieces]
    assert together.nats == pytest.approx(sum(one.nats for one in alone))
    assert together.words == sum(one.words for one in alone)


def test_a_piece_is_scored_in_its_canonical_form() -> None:
    untidy = Piece(np.array([[4, 62, 4, 80], [0, 60, 900, 80], [0, 60, 2, 80]], dtype=np.int32))
    assert score(Mood(), [untidy]) == score(Mood(), [untidy.canonical()])


def test_every_piece_ticks() -> None:
    ticks: list[int] = []
    score(Mood(), 3 * [Piece.of([(0, 60, 4)])], lambda: ticks.append(1))
    assert len(ticks) == 3


def test_figures_are_a_word_a_note_and_a_beat() -> None:
    figures = Score(nats=12.0, words=6, notes=3, beats=4.0, pieces=1).to_json()
    assert [figures[f"nats_per_{unit}"] for unit in ("word", "note", "beat")] == [2.0, 4.0, 3.0]


def test_nothing_scored_is_no_division_by_zero() -> None:
    assert Score().to_json()["nats_per_word"] == 0

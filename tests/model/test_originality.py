"""What a piece shares with training is found, in any key, and told with its piece and bars."""

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from originality_tools import MOST_TOO_LONG, in_key, index_of, joined, piece_of, some_notes

from nanopiano.errors import InputError
from nanopiano.model.originality.build import HUMAN_NOTES
from nanopiano.model.originality.index import INDEX_FILE, Index, load_index, save_index
from nanopiano.model.originality.measure import Passage, originality
from nanopiano.music.grid import Grid
from nanopiano.music.piece import NoteArray, Piece

TRAINING = [some_notes(seed) for seed in range(3)]
INDEX = index_of(TRAINING)
OTHER, ANOTHER = some_notes(101, 40), some_notes(102, 40)  # no part of the training


def passage_of(notes: NoteArray, index: Index = INDEX, start: int = 0, end: int | None = None) -> Passage:
    passage = originality(index, piece_of(notes), start, end).passage
    assert passage is not None
    return passage


# --- the longest passage ---------------------------------------------------------------------------------------------


@given(st.integers(0, 2), st.integers(12, 60), st.integers(0, 90), st.integers(-20, 20))
def test_a_planted_passage_is_found_in_any_key(number: int, n_notes: int, first: int, semitones: int) -> None:
    quoted = TRAINING[number][first : first + n_notes]
    passage = passage_of(joined(OTHER, in_key(quoted, semitones), ANOTHER))
    assert n_notes <= passage.n_notes <= n_notes + MOST_TOO_LONG
    assert (passage.spot.title, passage.spot.composer) == ("ABC"[number], "abc"[number])
    bars = quoted[[0, -1], 0] // 16 + 1
    assert np.abs(np.array(passage.spot.bars) - bars).max() <= 1


def test_the_bars_of_a_passage_are_those_of_its_first_and_last_note() -> None:
    passage = passage_of(TRAINING[1])
    assert passage.n_notes == 150
    assert passage.spot.bars == passage.file_bars == (1, TRAINING[1][-1, 0] // 16 + 1)


@given(st.integers(0, 60), st.integers(12, 40), st.integers(-20, 20))
def test_the_key_never_changes_the_figures(first: int, n_notes: int, semitones: int) -> None:
    notes = joined(OTHER, TRAINING[0][first : first + n_notes], ANOTHER)
    moved = originality(INDEX, piece_of(in_key(notes, semitones)))
    assert moved == originality(INDEX, piece_of(notes))


def test_lengths_do_not_matter() -> None:
    longer = TRAINING[0] + np.array([0, 0, 5, 0], dtype=np.int32)
    assert passage_of(longer).n_notes == 150


def test_a_run_over_two_pieces_is_not_one_passage() -> None:
    a, common, b = some_notes(11, 30), some_notes(12, 15), some_notes(13, 40)
    index = index_of([joined(a, common), joined(common, b)])
    passage = passage_of(joined(a, common, b), index)
    assert 55 <= passage.n_notes <= 55 + MOST_TOO_LONG
    assert passage.spot.title == "B"


def test_a_figure_that_is_repeated_more_often_than_in_training_is_no_longer_than_there() -> None:
    figure = [some_notes(14, 4)]
    index = index_of([joined(OTHER, *6 * figure, ANOTHER)])
    assert 24 <= passage_of(joined(*20 * figure), index).n_notes <= 24 + MOST_TOO_LONG


def test_a_passage_in_many_pieces_says_how_many() -> None:
    common = some_notes(15, 20)
    pieces = [joined(some_notes(seed, 30), common, some_notes(seed + 50, 30)) for seed in range(4)]
    passage = passage_of(joined(OTHER, common, ANOTHER), index_of([some_notes(16), *pieces]))
    assert (passage.n_notes, passage.n_pieces, passage.spot.title) == (20, 4, "B")


def test_two_training_pieces_in_a_row_make_no_passage() -> None:
    over = joined(TRAINING[0][-8:], TRAINING[1][:8])
    index = index_of([TRAINING[0], joined(TRAINING[1])])
    assert originality(index, piece_of(over)).passage is None


def test_music_of_its_own_shares_nothing() -> None:
    found = originality(INDEX, piece_of(OTHER))
    assert (found.passage, found.share_of_12) == (None, 0.0)
    assert found.to_json()["longest_passage_notes"] == 0


@pytest.mark.parametrize("n_notes", [0, 1, 8])
def test_a_piece_too_short_for_a_passage_shares_none(n_notes: int) -> None:
    found = originality(INDEX, piece_of(TRAINING[0][:n_notes]))
    assert (found.passage, found.passages_of_12) == (None, 0)


def longest_by_hand(notes: NoteArray, training: list[NoteArray]) -> int:
    """The longest passage by comparing every two places; 0 under 9 notes."""
    longest = 0
    mine = [(b - a).tolist() for a, b in pairwise(notes[:, :2])]
    for piece in training:
        theirs = [(b - a).tolist() for a, b in pairwise(piece[:, :2])]
        before = [0] * (len(theirs) + 1)
        for step in mine:
            now = [0] + [before[i] + 1 if step == other else 0 for i, other in enumerate(theirs)]
            longest, before = max(longest, *now), now
    return longest + 1 if longest >= 8 else 0


@given(st.lists(st.tuples(st.integers(1, 2), st.integers(60, 61)), min_size=12, max_size=60), st.integers(0, 20))
def test_music_of_few_differences_agrees_with_brute_force(steps: list[tuple[int, int]], seed: int) -> None:
    rng = np.random.default_rng(seed)
    alike = np.array(
        [(n, 60 + p, 1, 80) for n, p in zip(range(80), rng.integers(0, 2, 80), strict=True)], dtype=np.int32
    )
    onsets = np.cumsum([onset for onset, _ in steps])
    notes = np.array([(n, pitch, 1, 80) for n, (_, pitch) in zip(onsets, steps, strict=True)], dtype=np.int32)
    passage = originality(index_of([alike]), piece_of(notes)).passage
    exact = longest_by_hand(notes, [alike])
    assert exact <= (passage.n_notes if passage else 0) <= max(exact, 8) + 2 * MOST_TOO_LONG


# --- the share of 12 -------------------------------------------------------------------------------------------------


def test_the_share_of_12_counts_passages() -> None:
    found = originality(INDEX, piece_of(joined(OTHER, TRAINING[2][20:51], ANOTHER)))
    assert found.passages_of_12 == 111 - 11
    assert 20 <= found.shared_of_12 <= 20 + MOST_TOO_LONG
    assert found.share_of_12 == found.shared_of_12 / 100


def test_held_out_pieces_are_the_measure() -> None:
    half, whole = joined(TRAINING[0][:31], OTHER[:31]), TRAINING[1]
    human = index_of(TRAINING, [OTHER, half, whole, OTHER[:5]]).human
    assert human is not None and human.pieces == 3
    assert human.share_of_12[1] == pytest.approx(20 / 51, abs=0.06)
    assert 31 <= human.longest_passage_notes[1] <= 31 + MOST_TOO_LONG
    assert human.share_of_12[0] < human.share_of_12[1] < human.share_of_12[2] <= 1


def test_of_held_out_pieces_the_beginnings_count_which_are_as_long_as_composed_music() -> None:
    late = joined(some_notes(103, HUMAN_NOTES), TRAINING[0])
    human = index_of(TRAINING, [late, OTHER]).human
    assert human is not None and human.most_notes == HUMAN_NOTES
    assert human.share_of_12[2] == human.longest_passage_notes[2] == 0
    assert originality(INDEX, piece_of(late)).share_of_12 > 0.3


def test_without_held_out_pieces_there_is_no_measure() -> None:
    assert INDEX.human is None
    assert originality(INDEX, piece_of(OTHER)).to_json()["human_share_of_12"] is None


# --- new music -------------------------------------------------------------------------------------------------------


def test_a_quotation_in_the_prompt_is_not_counted() -> None:
    notes = joined(TRAINING[0][:60], OTHER)
    found = originality(INDEX, piece_of(notes), start=int(notes[60, 0]))
    assert found.passage is None and found.shared_of_12 == 0


def test_a_quotation_over_the_seam_counts_with_11_notes_of_the_prompt() -> None:
    notes = joined(TRAINING[0][:70], OTHER)
    passage = passage_of(notes, start=int(notes[60, 0]))
    assert 21 <= passage.n_notes <= 21 + MOST_TOO_LONG


def test_a_quotation_over_the_end_of_a_fill_counts() -> None:
    notes = joined(OTHER, TRAINING[0][:70])
    passage = passage_of(notes, start=int(notes[30, 0]), end=int(notes[45, 0]))
    assert 16 <= passage.n_notes <= 16 + MOST_TOO_LONG


def test_a_quotation_after_a_fill_is_not_counted() -> None:
    notes = joined(OTHER, TRAINING[0][:70])
    assert originality(INDEX, piece_of(notes), start=int(notes[20, 0]), end=int(notes[38, 0])).passage is None


def test_no_new_music_shares_nothing() -> None:
    found = originality(INDEX, piece_of(TRAINING[0]), start=100_000)
    assert (found.passage, found.passages_of_12, found.share_of_12) == (None, 0, 0.0)


# --- the file --------------------------------------------------------------------------------------------------------


def test_an_index_comes_back_from_its_file(tmp_path: Path) -> None:
    index = index_of(TRAINING, [OTHER])
    save_index(index, tmp_path)
    loaded = load_index(tmp_path)
    assert loaded is not None
    assert (loaded.pieces, loaded.steps_per_beat, loaded.human) == (index.pieces, 4, index.human)
    for name in ("notes", "bars", "notes_in_bar", "fingerprints", "table"):
        assert np.array_equal(getattr(loaded, name), getattr(index, name)), name


def test_an_index_of_before_tells_of_whole_human_pieces(tmp_path: Path) -> None:
    index = index_of(TRAINING, [OTHER])
    save_index(index, tmp_path)
    with np.load(tmp_path / INDEX_FILE) as stored:
        arrays = dict(stored)
    facts = json.loads(arrays["facts"].tobytes())
    del facts["human"]["most_notes"]
    np.savez(tmp_path / INDEX_FILE, **arrays | {"facts": np.frombuffer(json.dumps(facts).encode(), dtype=np.uint8)})
    loaded = load_index(tmp_path)
    assert index.human is not None and loaded is not None
    assert loaded.human == replace(index.human, most_notes=None)
    assert loaded.human.which == "human pieces held out"


def test_the_same_music_makes_the_same_bytes() -> None:
    assert index_of(TRAINING, [OTHER]).to_bytes() == index_of(TRAINING, [OTHER]).to_bytes()


def test_a_model_without_an_index_has_none(tmp_path: Path) -> None:
    assert load_index(tmp_path) is None


def test_an_index_of_no_music_is_an_index(tmp_path: Path) -> None:
    save_index(index_of([]), tmp_path)
    loaded = load_index(tmp_path)
    assert loaded is not None and originality(loaded, piece_of(OTHER)).passage is None


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 nothing", b"\x93NUMPY"])
def test_a_damaged_index_is_refused(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / INDEX_FILE).write_bytes(damage)
    with pytest.raises(InputError, match=r"passages\.npz is damaged .*export the model again with --corpus"):
        load_index(tmp_path)


@given(data=st.data())
def test_a_byte_that_is_damaged_is_an_error_of_ours_or_none(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.getbasetemp()
    whole = bytearray(INDEX.to_bytes())
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    (folder / INDEX_FILE).write_bytes(whole)
    try:
        assert load_index(folder) is not None
    except InputError as error:
        assert "is damaged" in str(error)


def test_a_piece_on_another_grid_is_refused() -> None:
    with pytest.raises(InputError, match="the piece has 12 steps a beat, the index of training 4"):
        originality(INDEX, Piece.of([(0, 60, 1)], grid=Grid(12)))

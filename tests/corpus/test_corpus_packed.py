"""A corpus reads back as what was packed, and a damaged or foreign one is refused."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from corpus_tools import ALL, build, some_piece, write_lines
from hypothesis import given, settings
from hypothesis import strategies as st

from nanopiano.corpus import join
from nanopiano.corpus.judge import Rules
from nanopiano.corpus.packed import Corpus
from nanopiano.errors import InputError
from nanopiano.music.vocab import vocabulary
from nanopiano.music.words import piece_to_ids


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A corpus of 60 pieces."""
    path = write_lines(tmp_path / "t.jsonl.xz", [some_piece(seed) for seed in range(60)])
    build(path, tmp_path / "corpus")
    return tmp_path / "corpus"


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(2, 300), min_size=1, max_size=12), st.sampled_from([2, 3, 20]))
def test_what_is_packed_reads_back(sizes: list[int], val_one_in: int) -> None:
    pieces = [some_piece(seed, size) for seed, size in enumerate(sizes)]
    with TemporaryDirectory() as folder:
        path = write_lines(Path(folder) / "t.jsonl", pieces)
        build(path, Path(folder) / "corpus", rules=Rules(min_notes=1, val_one_in=val_one_in))
        opened = Corpus.open(Path(folder) / "corpus")
        splits = [opened.split(name) for name in ("train", "val")]
        read = {split.facts(i)["title"]: split.ids(i).tolist() for split in splits for i in range(len(split))}
    assert read == {f"piece {n}": piece_to_ids(piece).tolist() for n, piece in enumerate(pieces)}


def test_the_arrays_say_what_the_pieces_hold(corpus: Path) -> None:
    train = Corpus.open(corpus).split("train")
    pieces = {f"piece {seed}": some_piece(seed) for seed in range(60)}
    for i in range(len(train)):
        piece = pieces[train.facts(i)["title"]]
        assert (train.lowest[i], train.highest[i]) == (piece.pitches.min(), piece.pitches.max())
        assert (train.notes[i], train.lengths[i]) == (len(piece), len(piece_to_ids(piece)))
    assert train.lengths.dtype == np.int64


def test_ids_are_a_view_of_the_file_and_not_a_copy(corpus: Path) -> None:
    train = Corpus.open(corpus).split("train")
    ids = train.ids(3)
    assert ids.dtype == np.uint16
    assert isinstance(ids, np.memmap)
    assert not ids.flags.owndata


def test_a_corpus_may_have_many_shards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(join, "SHARD_WORDS", 500)
    pieces = [some_piece(seed) for seed in range(20)]
    build(write_lines(tmp_path / "t.jsonl", pieces), tmp_path / "corpus", rules=ALL)
    train = Corpus.open(tmp_path / "corpus").split("train")
    assert len(train.shards) > 5
    titles = [int(train.facts(i)["title"].split()[1]) for i in range(len(train))]
    assert all(np.array_equal(train.ids(i), piece_to_ids(pieces[n])) for i, n in enumerate(titles))


def test_numpy_alone_reads_a_shard(corpus: Path) -> None:
    facts = json.loads((corpus / "corpus.json").read_bytes())
    (shard,) = facts["splits"]["train"]["shards"]
    words = np.fromfile(corpus / shard["file"], dtype=facts["id_type"])
    starts, ends = np.flatnonzero(words == 0), np.flatnonzero(words == 1)
    assert len(words) == shard["words"]
    assert len(starts) == len(ends) == facts["splits"]["train"]["pieces"]


def test_another_vocabulary_is_refused_naming_both(corpus: Path) -> None:
    other = vocabulary(12)
    with pytest.raises(InputError) as refused:
        Corpus.open(corpus, other)
    assert vocabulary().fingerprint in str(refused.value)
    assert other.fingerprint in str(refused.value)


def test_a_corpus_of_triplets_opens_with_their_vocabulary(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "t.jsonl", [{"key": "a", "text": "START n60 d384 sepxx d300 n62 d1 END"}])
    build(path, tmp_path / "corpus", rules=Rules(min_notes=1, steps_per_beat=12))
    assert (
        len(Corpus.open(tmp_path / "corpus", vocabulary(12)).split("train").ids(0)) == 8
    )  # START, n60 d384, sepxx d300, n62 d1, END


def test_a_shard_cut_off_is_refused_with_both_sizes(corpus: Path) -> None:
    shard = corpus / "train-00000.bin"
    size = shard.stat().st_size
    shard.write_bytes(shard.read_bytes()[:-10])
    with pytest.raises(InputError, match=rf"train-00000\.bin has {size - 10} bytes, {size} are needed"):
        Corpus.open(corpus).split("train")


def test_a_missing_shard_is_refused(corpus: Path) -> None:
    (corpus / "train-00000.bin").unlink()
    with pytest.raises(InputError, match=r"train-00000\.bin is missing"):
        Corpus.open(corpus).split("train")


def test_an_index_cut_off_is_refused(corpus: Path) -> None:
    index = corpus / "train.jsonl"
    whole = index.read_bytes()
    index.write_bytes(whole[:-10])
    with pytest.raises(InputError, match=r"train\.jsonl is damaged at line"):
        Corpus.open(corpus).split("train")
    index.write_bytes(b"".join(whole.splitlines(keepends=True)[:-1]))
    with pytest.raises(InputError, match=r"train\.jsonl has \d+ lines, \d+ are needed"):
        Corpus.open(corpus).split("train")


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b'{"format": 99}'])
def test_a_folder_without_a_whole_corpus_file_is_refused(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "corpus.json").write_bytes(content)
    with pytest.raises(InputError, match="build"):
        Corpus.open(tmp_path)


def test_a_split_of_another_name_is_refused(corpus: Path) -> None:
    with pytest.raises(InputError, match="'test'"):
        Corpus.open(corpus).split("test")

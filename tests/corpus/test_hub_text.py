"""Ordinary text -> token ids: nothing is lost, every document has its end and its side."""

import json
from pathlib import Path

import numpy as np
import pytest
from hub_tools import SENTENCES, tokenizers, vocabulary
from hypothesis import given
from hypothesis import strategies as st

from nanopiano.corpus.hub import text as module
from nanopiano.corpus.hub.bytepairs import BytePairs
from nanopiano.corpus.hub.text import prepare_text
from nanopiano.corpus.split import split_of
from nanopiano.errors import InputError, NanopianoError


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> BytePairs:
    return BytePairs.load(str(vocabulary(tmp_path_factory.mktemp("vocabulary"))))


def documents_in(path: Path, pairs: BytePairs) -> list[str]:
    """The texts of a file of ids."""
    ids = np.fromfile(path, dtype="<u2")
    ends = np.flatnonzero(ids == pairs.end)
    assert ends.size and ends[-1] == len(ids) - 1
    return [pairs.decode(part[:-1].tolist()) for part in np.split(ids, ends + 1)[:-1]]


def test_both_files_hold_the_documents_of_their_split_in_order(tmp_path: Path, pairs: BytePairs) -> None:
    report = prepare_text(SENTENCES, pairs, tmp_path / "t", source="tunes", val_one_in=5)
    for name in ("train", "val"):
        expected = [text for text in SENTENCES if split_of(text, 5) == name]
        assert documents_in(tmp_path / "t" / f"{name}.bin", pairs) == expected
        assert report.splits[name]["documents"] == len(expected) > 0
        assert report.splits[name]["tokens"] * 2 == (tmp_path / "t" / f"{name}.bin").stat().st_size


def test_the_folder_tells_what_it_holds(tmp_path: Path, pairs: BytePairs) -> None:
    report = prepare_text(SENTENCES, pairs, tmp_path / "t", source="tunes", val_one_in=5)
    facts = json.loads((tmp_path / "t" / "text.json").read_bytes())
    assert facts["splits"] == report.splits
    assert (facts["vocabulary_size"], facts["end_of_text"], facts["source"]) == (320, 0, "tunes")
    assert (facts["vocabulary"], facts["id_type"]) == (pairs.fingerprint, "<u2")
    assert {path.name for path in tmp_path.iterdir()} == {"t"}


def test_a_folder_of_others_with_the_name_of_the_work_is_left_alone(tmp_path: Path, pairs: BytePairs) -> None:
    (tmp_path / "t.part").mkdir()
    (tmp_path / "t.part" / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match=r"holds mine.txt: move that folder away"):
        prepare_text(SENTENCES, pairs, tmp_path / "t", source="tunes", val_one_in=5)
    assert (tmp_path / "t.part" / "mine.txt").read_text() == "mine"


def test_a_vocabulary_that_asks_for_cuts_and_padding_does_not_get_them(tmp_path: Path, pairs: BytePairs) -> None:
    file = vocabulary(tmp_path) / "tokenizer.json"
    tokenizer = tokenizers.Tokenizer.from_file(str(file))
    tokenizer.enable_truncation(4)
    tokenizer.enable_padding(length=40)
    tokenizer.save(str(file))
    texts = [*SENTENCES[:3], "a"]
    found = BytePairs.load(str(file.parent)).encode(texts)
    assert all(np.array_equal(*both) for both in zip(found, pairs.encode(texts), strict=True))


def test_how_documents_are_batched_changes_nothing(
    tmp_path: Path, pairs: BytePairs, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare_text(SENTENCES, pairs, tmp_path / "one", source="tunes", val_one_in=5)
    monkeypatch.setattr(module, "BATCH_LETTERS", 100)
    seen: list[int] = []
    prepare_text(SENTENCES, pairs, tmp_path / "many", source="tunes", val_one_in=5, watch=seen.append)
    assert len(seen) > 10 and seen[-1] == len(SENTENCES)
    for file in ("train.bin", "val.bin", "text.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "many" / file).read_bytes()


def test_a_document_keeps_its_side_when_the_set_grows(tmp_path: Path, pairs: BytePairs) -> None:
    prepare_text(SENTENCES[:30], pairs, tmp_path / "few", source="tunes", val_one_in=5)
    prepare_text(SENTENCES, pairs, tmp_path / "all", source="tunes", val_one_in=5)
    few, all_ = ((tmp_path / name / "val.bin").read_bytes() for name in ("few", "all"))
    assert few and all_.startswith(few)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
def test_any_text_comes_back_from_its_ids(pairs: BytePairs, text: str) -> None:
    (ids,) = pairs.encode([text])
    assert ids[-1] == pairs.end and ids.dtype == np.dtype("<u2")
    assert pairs.decode(ids.tolist()) == text


def test_what_looks_like_the_end_of_a_text_is_text(pairs: BytePairs) -> None:
    (ids,) = pairs.encode(["a<|endoftext|>b"])
    assert (ids == pairs.end).tolist() == [False] * (len(ids) - 1) + [True]
    assert pairs.decode(ids.tolist()) == "a<|endoftext|>b"


def test_half_a_surrogate_pair_does_not_stop_the_work(pairs: BytePairs) -> None:
    assert pairs.decode(pairs.encode(["a\ud800b"])[0].tolist()) == "a?b"


def test_two_files_or_one_hold_the_same_vocabulary(tmp_path: Path, pairs: BytePairs) -> None:
    two = BytePairs.load(str(vocabulary(tmp_path / "two", whole=False)))
    assert two.fingerprint == pairs.fingerprint
    for one, other in zip(pairs.encode(SENTENCES), two.encode(SENTENCES), strict=True):
        assert one.tolist() == other.tolist()
    assert two.decode(two.encode(SENTENCES[:1])[0].tolist()) == SENTENCES[0]


def test_empty_documents_and_those_that_are_no_text_are_left_out(tmp_path: Path, pairs: BytePairs) -> None:
    report = prepare_text([*SENTENCES, "", None, 7], pairs, tmp_path / "t", source="tunes", val_one_in=5)
    assert report.empty == 3
    assert sum(split["documents"] for split in report.splits.values()) == len(SENTENCES)


@pytest.mark.parametrize("documents", [[], ["", None]])
def test_a_set_without_a_text_is_refused(tmp_path: Path, pairs: BytePairs, documents: list[str | None]) -> None:
    with pytest.raises(InputError, match="no document holds a text: name the column"):
        prepare_text(documents, pairs, tmp_path / "t", source="tunes")
    assert not list(tmp_path.iterdir())


def test_a_set_too_small_for_a_validation_says_what_to_give(tmp_path: Path, pairs: BytePairs) -> None:
    text = next(text for text in SENTENCES if split_of(text, 2000) == "train")
    with pytest.raises(
        InputError, match=r"of 1 documents none fell to val, with one in 2,000 .* a smaller --val-one-in"
    ):
        prepare_text([text], pairs, tmp_path / "t", source="tunes")
    assert not list(tmp_path.iterdir())


def test_an_interruption_leaves_nothing(tmp_path: Path, pairs: BytePairs) -> None:
    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare_text(SENTENCES, pairs, tmp_path / "t", source="tunes", watch=stop)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path, pairs: BytePairs) -> None:
    (tmp_path / "letter").touch()
    with pytest.raises(InputError, match="holds something else"):
        prepare_text(SENTENCES, pairs, tmp_path, source="tunes")


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path, pairs: BytePairs) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NanopianoError, match=r"cannot write .*: not a directory"):
        prepare_text(SENTENCES, pairs, tmp_path / "file" / "t", source="tunes")


def test_a_share_of_less_than_one_in_two_is_refused(tmp_path: Path, pairs: BytePairs) -> None:
    with pytest.raises(InputError, match="val_one_in is 1"):
        prepare_text(SENTENCES, pairs, tmp_path / "t", source="tunes", val_one_in=1)


def test_a_vocabulary_that_cannot_be_fetched_says_what_to_put_where() -> None:
    with pytest.raises(InputError, match=r"cannot fetch the vocabulary no/such .*put its tokenizer\.json, or its"):
        BytePairs.load("no/such")


def test_a_folder_without_a_vocabulary_names_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"vocab\.json and merges\.txt missing, and no tokenizer\.json"):
        BytePairs.load(str(tmp_path))
    vocabulary(tmp_path, whole=False)
    (tmp_path / "merges.txt").unlink()
    with pytest.raises(InputError, match=r": merges\.txt missing"):
        BytePairs.load(str(tmp_path))


def test_a_damaged_vocabulary_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(InputError, match=r"the vocabulary in .* is damaged"):
        BytePairs.load(str(tmp_path))


def test_a_vocabulary_without_the_end_of_a_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no <\|endoftext\|>"):
        BytePairs.load(str(vocabulary(tmp_path, end=False)))


def test_a_vocabulary_too_large_for_two_bytes_is_refused() -> None:
    words = {"<|endoftext|>": 0} | {f"w{n}": n for n in range(1, 2**16 + 1)}
    with pytest.raises(InputError, match="has 65,537 tokens"):
        BytePairs(tokenizers.Tokenizer(tokenizers.models.BPE(vocab=words, merges=[])), "large")

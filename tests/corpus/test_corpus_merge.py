"""Parts built by several machines merge into what one machine builds, or are refused in one sentence."""

import errno
import json
import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

import pytest
from corpus_tools import ALL, build, contents, lines_of, some_piece, write_folder, write_lines
from hypothesis import given, settings
from hypothesis import strategies as st

from nanopiano.corpus import build as builder
from nanopiano.corpus import join, part
from nanopiano.corpus.build import build_part
from nanopiano.corpus.judge import Rules
from nanopiano.corpus.merge import merge_parts
from nanopiano.corpus.share import Share
from nanopiano.corpus.sources import items_of
from nanopiano.errors import InputError, NanopianoError
from nanopiano.music.words import piece_to_text


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builder, "BATCH", 4)


@pytest.fixture
def sources(tmp_path: Path) -> list[Path]:
    """MIDI files with a damaged one, a short one and copies, and texts."""
    pieces = [some_piece(seed) for seed in range(14)]
    folder = write_folder(tmp_path / "midi", [*pieces, pieces[3].transpose(5), some_piece(99, 20)])
    (folder / "damaged.mid").write_bytes(b"MThd, but no more")
    return [folder, write_lines(tmp_path / "texts.jsonl.xz", [some_piece(20), pieces[5].shift(8), pieces[0]])]


@pytest.fixture
def parts(sources: list[Path], tmp_path: Path) -> list[Path]:
    """Three parts of a corpus."""
    return [make_part(sources, tmp_path / f"part{number}", number, 3) for number in (1, 2, 3)]


def make_part(sources: list[Path], out: Path, number: int, of: int, **options: Any) -> Path:
    build_part(sources, out, Share(number, of), **({"workers": 1, "progress": False} | options))
    return out


def merge(parts: list[Path], out: Path) -> dict[str, bytes]:
    merge_parts(parts, out, progress=False)
    return contents(out)


# --- the same bytes --------------------------------------------------------------------------------------------------

LINES = st.one_of(
    st.builds(lambda seed, up: piece_to_text(some_piece(seed, 6).transpose(up)), st.integers(0, 6), st.integers(-3, 3)),
    st.sampled_from(["no words", piece_to_text(some_piece(9, 2))]),  # damaged, too short
)


@settings(max_examples=20)
@given(st.lists(LINES, min_size=1, max_size=24), st.integers(1, 5), st.integers(1, 4), st.randoms())
def test_any_number_of_parts_merges_to_the_bytes_of_one_machine(
    texts: list[str], of: int, size: int, any_: Any
) -> None:
    texts.append(piece_to_text(some_piece(10, 6)))  # of nothing no corpus can be built
    numbers = list(range(1, of + 1))
    any_.shuffle(numbers)
    with (
        TemporaryDirectory() as name,
        mock.patch.object(builder, "BATCH", size),
        mock.patch.object(join, "SHARD_WORDS", 60),
    ):
        folder, rules = Path(name), Rules(min_notes=3, val_one_in=2)
        lines = write_lines(folder / "t.jsonl", [{"text": text, "key": str(n)} for n, text in enumerate(texts)])
        build(lines, folder / "one", rules=rules)
        parts = [make_part([lines], folder / f"{number}", number, of, rules=rules) for number in numbers]
        assert merge(parts, folder / "merged") == contents(folder / "one")


def test_midi_files_and_texts_read_by_two_workers_merge_to_the_same_bytes(sources: list[Path], tmp_path: Path) -> None:
    build(sources, tmp_path / "one")
    elsewhere = [shutil.copytree(sources[0], tmp_path / "b" / "midi"), Path(shutil.copy2(sources[1], tmp_path / "b"))]
    parts = [make_part(sources, tmp_path / "p1", 1, 2, workers=2), make_part(elsewhere, tmp_path / "p2", 2, 2)]
    assert merge(parts, tmp_path / "merged") == contents(tmp_path / "one")


def test_a_copy_in_another_part_is_refused_naming_the_first(parts: list[Path], tmp_path: Path) -> None:
    merge(parts, tmp_path / "merged")
    copies = [line for line in lines_of(tmp_path / "merged" / "refused.jsonl") if line["refused"] == "duplicate"]
    assert [(line["name"], line["of"]) for line in copies] == [
        ("midi/014.mid", "midi/003.mid"),
        ("texts.jsonl.xz:2", "midi/005.mid"),
        ("texts.jsonl.xz:3", "midi/000.mid"),
    ]


def test_more_parts_than_batches_leave_some_empty_and_merge(tmp_path: Path) -> None:
    lines = write_lines(tmp_path / "t.jsonl", [some_piece(seed) for seed in range(6)])
    build(lines, tmp_path / "one", rules=ALL)
    parts = [make_part([lines], tmp_path / f"{number}", number, 5, rules=ALL) for number in range(1, 6)]
    assert (tmp_path / "5" / "pieces.bin").read_bytes() == b""
    assert merge(parts, tmp_path / "merged") == contents(tmp_path / "one")


@given(st.integers(1, 200), st.integers(1, 12), st.integers(1, 9))
def test_shares_cover_every_item_once_and_know_their_size(items: int, of: int, size: int) -> None:
    lines: Any = range(items)
    shares = [Share(number, of) for number in range(1, of + 1)]
    read = [list(share.batches_of(lines, size)) for share in shares]
    in_order = sorted((number, batch) for batches in read for number, batch in batches)
    assert [number for number, _ in in_order] == list(range(len(in_order)))
    assert [item for _, batch in in_order for item in batch] == list(lines)
    for share, batches in zip(shares, read, strict=True):
        assert share.items(items, size) == sum(len(batch) for _, batch in batches)
        assert list(share.numbers(items, size)) == [number for number, _ in batches]


@pytest.mark.parametrize("text", ["", "2", "0/4", "5/4", "1/0", "a/b", "-1/2", "1/10001", "1/2/3"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is no share: expected I/N"):
        Share.parse(text)


# --- what is refused -------------------------------------------------------------------------------------------------


def swap_for(number: int, **options: Any) -> Callable[[list[Path], list[Path]], list[Path]]:
    """Build one of the parts otherwise."""

    def swap(parts: list[Path], sources: list[Path]) -> list[Path]:
        shutil.rmtree(parts[number - 1])
        make_part(sources, parts[number - 1], number, 3, **options)
        return parts

    return swap


def of_four(parts: list[Path], sources: list[Path]) -> list[Path]:
    shutil.rmtree(parts[1])
    make_part(sources, parts[1], 2, 4)
    return parts


def one_file_more(parts: list[Path], sources: list[Path]) -> list[Path]:
    write_folder(sources[0] / "more", [some_piece(50)])
    return swap_for(2)(parts, sources)


def another_file(parts: list[Path], sources: list[Path]) -> list[Path]:
    (sources[0] / "000.mid").rename(sources[0] / "000b.mid")
    return swap_for(2)(parts, sources)


def change(file: str, by: Callable[[bytes], bytes]) -> Callable[[list[Path], list[Path]], list[Path]]:
    """Change a file of the second part."""

    def changed(parts: list[Path], _: list[Path]) -> list[Path]:
        path = parts[1] / file
        path.write_bytes(by(path.read_bytes()))
        return parts

    return changed


def reseal(**facts: Any) -> Callable[[bytes], bytes]:
    """Let a part say something else, as another version of the program would."""

    def resealed(data: bytes) -> bytes:
        said = json.loads(data)
        del said["seal"]
        said = {**said, **{name: facts[name] for name in facts if name in said}}
        said["input"] |= {name: facts[name] for name in facts if name in said["input"]}
        return json.dumps(said | {"seal": part._seal(said)}).encode()

    return resealed


def half_built(parts: list[Path], _: list[Path]) -> list[Path]:
    (parts[1] / "part.json").unlink()
    (parts[1] / ".building").mkdir()
    return parts


def whole_corpus(parts: list[Path], sources: list[Path]) -> list[Path]:
    shutil.rmtree(parts[1])
    build(sources, parts[1])
    return parts


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda parts, _: parts[:2], r"part 3 of 3 is missing: name all parts, or build it with --shard 3/3"),
        (lambda parts, _: parts[1:2], r"part 1, 3 of 3 is missing"),
        (lambda parts, _: [*parts, parts[1]], r"part2 and .*part2 are both part 2 of 3: name each part once"),
        (of_four, r"part1 \(1 of 3\) and .*part2 \(2 of 4\) are parts of different numbers of parts"),
        (swap_for(2, rules=Rules(min_notes=10)), r"part1 \(.*\) was built with --min-notes 64, .*part2 \(.*\) with 10"),
        (one_file_more, r"part1 \(.*\) and .*part2 \(.*\) were built from different inputs \(20 and 21 pieces\)"),
        (another_file, r"built from different inputs \(as many pieces, other names, sizes or texts\)"),
        (change("part.json", reseal(vocabulary="abc")), r"are of another vocabulary, \w+ and abc: build one anew"),
        (change("part.json", reseal(version="9.9")), r"are of another version, .* and 9\.9: build one anew"),
        (change("part.json", reseal(format=7)), r"part2 is of format 7, this version reads 1"),
        (half_built, r"part2 is not finished: give its corpus build --shard again"),
        (whole_corpus, r"part2 is a whole corpus, not a part of one"),
        (lambda parts, _: [*parts, parts[0].parent / "gone"], r"gone does not exist: name the folders"),
        (lambda parts, sources: [*parts, sources[0]], r"midi holds no part of a corpus \(no part\.json\)"),
        (change("part.json", lambda data: data[:-20]), r"part2/part\.json is damaged: copy the part anew"),
        (change("part.json", lambda data: data.replace(b"64", b"65")), r"part2/part\.json is damaged"),
        (change("part.json", lambda _: b"[]"), r"part2/part\.json is damaged"),
        (change("pieces.bin", lambda data: data[:-1]), r"part2/pieces\.bin has [\d,]+ bytes, [\d,]+ are needed"),
        (
            change("pieces.bin", lambda data: data[:-1] + b"?"),
            r"part2/pieces\.bin is damaged \(its SHA-256 is another\)",
        ),
    ],
)
def test_parts_that_are_not_all_of_one_corpus_are_refused(
    parts: list[Path], sources: list[Path], tmp_path: Path, spoil: Callable[..., list[Path]], why: str
) -> None:
    with pytest.raises(InputError, match=why):
        merge(spoil(parts, sources), tmp_path / "merged")
    assert not (tmp_path / "merged").exists()


def test_parts_of_a_vocabulary_that_this_version_does_not_have_are_refused(parts: list[Path], tmp_path: Path) -> None:
    for folder in parts:
        (folder / "part.json").write_bytes(reseal(vocabulary="abc")((folder / "part.json").read_bytes()))
    with pytest.raises(
        InputError, match=r"part1 has the vocabulary abc, this version of nanopiano \w+: build the parts"
    ):
        merge(parts, tmp_path / "merged")


def test_parts_of_which_nothing_is_kept_are_refused_with_the_reasons(tmp_path: Path) -> None:
    lines = write_lines(tmp_path / "t.jsonl", [some_piece(seed, 5) for seed in range(6)])
    parts = [make_part([lines], tmp_path / f"{number}", number, 2) for number in (1, 2)]
    with pytest.raises(InputError, match=r"no piece was kept of 6: 6 too short"):
        merge(parts, tmp_path / "merged")
    assert not contents(tmp_path / "merged")


# --- interrupted -----------------------------------------------------------------------------------------------------


def test_a_part_that_was_interrupted_goes_on(sources: list[Path], parts: list[Path], tmp_path: Path) -> None:
    work = tmp_path / "resumed" / ".building"
    with mock.patch.object(builder, "write_part", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        make_part(sources, tmp_path / "resumed", 2, 3)
    before = {path.name: path.stat().st_mtime_ns for path in work.glob("*.batch")}
    assert len(before) == 2
    with mock.patch.object(builder, "write_part", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        make_part(sources, tmp_path / "resumed", 2, 3)
    assert {path.name: path.stat().st_mtime_ns for path in work.glob("*.batch")} == before
    make_part(sources, tmp_path / "resumed", 2, 3)
    assert contents(tmp_path / "resumed") == contents(parts[1])


@pytest.mark.parametrize("after", range(7))
def test_a_merge_interrupted_at_any_file_is_no_corpus_and_can_be_done_again(
    parts: list[Path], tmp_path: Path, after: int
) -> None:
    moved = count()

    def move(path: Path, target: Path) -> None:
        if next(moved) == after:
            raise KeyboardInterrupt
        path.replace(target)

    with mock.patch.object(join, "put_in_place", move), pytest.raises(KeyboardInterrupt):
        merge(parts, tmp_path / "merged")
    assert not (tmp_path / "merged" / "corpus.json").exists()
    assert merge(parts, tmp_path / "merged") == merge(parts, tmp_path / "fresh")


def test_a_full_disk_while_merging_is_one_sentence_and_the_parts_stay(parts: list[Path], tmp_path: Path) -> None:
    full = OSError(errno.ENOSPC, "No space left on device", "train-00000.bin")
    with (
        mock.patch.object(join, "put_in_place", side_effect=full),
        pytest.raises(NanopianoError, match=r"cannot merge: train-00000\.bin: No space left on device; mend that"),
    ):
        merge(parts, tmp_path / "merged")
    assert merge(parts, tmp_path / "merged")


def test_unfinished_work_of_another_kind_is_left_alone(sources: list[Path], parts: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    with mock.patch.object(builder, "write_part", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        make_part(sources, out, 2, 3)
    before = contents(out)
    for work in (lambda: merge(parts, out), lambda: make_part(sources, out, 1, 3), lambda: build(sources, out)):
        with pytest.raises(InputError, match=r"out holds an unfinished part 2 of 3: choose another folder"):
            work()
    assert contents(out) == before


def test_a_part_is_not_built_over(sources: list[Path], parts: list[Path]) -> None:
    with pytest.raises(InputError, match="part2 holds a part of a corpus already"):
        make_part(sources, parts[1], 2, 3)


def test_an_input_that_shrinks_while_it_is_read_is_one_sentence(
    sources: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(builder, "items_of", lambda paths: list(items_of(paths))[:-6])
    with pytest.raises(NanopianoError, match="14 of 20 pieces were read: the input changed meanwhile, build again"):
        build(sources, tmp_path / "corpus")


def test_files_that_unfinished_work_put_in_place_go_when_it_begins_anew(sources: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    with mock.patch.object(part, "write_atomically", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        make_part(sources, out, 2, 3)
    assert (out / "pieces.bin").exists()
    (sources[0] / "000.mid").unlink()
    make_part(sources, out, 2, 3)
    make_part(sources, tmp_path / "fresh", 2, 3)
    assert contents(out) == contents(tmp_path / "fresh")

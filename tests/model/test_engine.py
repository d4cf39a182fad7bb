"""The engine says the same however words are read, and refuses a model that is not whole."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from model_tools import all_logits, heard_by, some_engine
from numpy.typing import NDArray

from nanopiano.errors import InputError
from nanopiano.model.cache import Cache
from nanopiano.model.compose import read_prompt
from nanopiano.model.engine import Engine
from nanopiano.music.vocab import vocabulary
from nanopiano.music.words import Ids
from nanopiano.train.prove import proof_words, random_words

N_WORDS = 300  # more than two windows of the tiny model


def stepped(cache: Cache, ids: NDArray[np.uint16], first: int, last: int) -> NDArray[np.float32]:
    """The logits of words first..last - 1, read one by one; [last - first, V]."""
    words, time, sounding = heard_by(ids)
    return np.concatenate([cache.step(words[:, i], time[:, i], sounding[:, i]).copy() for i in range(first, last)])


@pytest.fixture(scope="module", params=[0, 3])
def exact(request: pytest.FixtureRequest) -> Engine:
    """An engine in float32, of a network that blends so many words."""
    return some_engine(blend_words=request.param)


@pytest.mark.parametrize("cut", [0, 1, 40, 127, 128, 200, 257])  # 257: one word alone after a chunk
def test_words_read_at_once_say_what_words_read_one_by_one_say(exact: Engine, cut: int) -> None:
    ids = random_words(N_WORDS)
    cache = exact.cache()
    words, time, sounding = heard_by(ids)
    together = [cache.read(words[:, :cut], time[:, :cut], sounding[:, :cut])[0]] if cut else []
    found = np.concatenate([*together, stepped(cache, ids, cut, N_WORDS)])
    np.testing.assert_allclose(found, all_logits(exact, ids), atol=1e-4)


def test_a_reading_may_go_on_after_single_words(exact: Engine) -> None:
    ids = random_words(N_WORDS)
    words, time, sounding = heard_by(ids)
    cache = exact.cache()
    stepped(cache, ids, 0, 50)
    rest = cache.read(words[:, 50:], time[:, 50:], sounding[:, 50:])[0]
    np.testing.assert_allclose(rest, all_logits(exact, ids)[50:], atol=1e-4)


def test_quantised_words_read_at_once_say_nearly_what_single_ones_say(engine: Engine) -> None:
    ids = random_words(N_WORDS)
    found = stepped(engine.cache(), ids, 0, N_WORDS)
    assert np.abs(found - all_logits(engine, ids)).mean() < 0.02


def test_what_lies_a_window_a_layer_back_has_no_influence(exact: Engine) -> None:
    blended = 2 * max(exact.config.blend_words - 1, 0)
    reach = exact.config.n_layer * (exact.config.window - 1 + blended) + 1
    ids = random_words(N_WORDS)
    words, time, sounding = heard_by(ids)
    late = exact.cache().read(words[:, -reach:], time[:, -reach:], sounding[:, -reach:])
    np.testing.assert_allclose(late[0, -1], all_logits(exact, ids)[-1], atol=1e-4)


def test_what_lies_within_that_reach_has_influence(exact: Engine) -> None:
    near = exact.config.window - 1
    ids = random_words(N_WORDS)
    words, time, sounding = heard_by(ids)
    late = exact.cache().read(words[:, -near:], time[:, -near:], sounding[:, -near:])
    assert np.abs(late[0, -1] - all_logits(exact, ids)[-1]).max() > 1e-3


@pytest.mark.parametrize(("n_words", "kept"), [(30, [1]), (30, [0, 1]), (200, [1, 0, 0])])
def test_kept_rows_go_on_as_they_would_alone(exact: Engine, n_words: int, kept: list[int]) -> None:
    rows = [random_words(n_words + 20, seed) for seed in (1, 2)]
    heard = [heard_by(ids) for ids in rows]
    words, time, sounding = (np.concatenate(arrays) for arrays in zip(*heard, strict=True))
    cache = exact.cache(2)
    cache.read(words[:, :n_words], time[:, :n_words], sounding[:, :n_words])
    cache.keep(kept)
    for i in range(n_words, n_words + 20):
        found = cache.step(words[kept, i], time[kept, i], sounding[kept, i])
    for row, number in enumerate(kept):
        np.testing.assert_allclose(found[row], all_logits(exact, rows[number])[-1], atol=1e-4)


@pytest.mark.parametrize("deaf", ["hear_place", "hear_sounding", "hear_time"])
def test_an_engine_may_be_deaf_to_one_thing(deaf: str) -> None:
    engine = some_engine(**{deaf: False})
    ids = random_words(40)
    np.testing.assert_allclose(stepped(engine.cache(), ids, 0, 40), all_logits(engine, ids), atol=1e-4)


def test_what_is_recalled_is_the_same_at_once_and_word_by_word() -> None:
    engine = some_engine(hear_recall=True, hear_moved=True)
    ids = proof_words(N_WORDS)
    found = stepped(engine.cache(), ids, 0, len(ids))
    np.testing.assert_allclose(found, all_logits(engine, ids), atol=1e-4)


def test_what_comes_back_is_recalled_beyond_all_windows() -> None:
    engine = some_engine(hear_recall=True, hear_moved=True)
    reach = engine.config.n_layer * (engine.config.window - 1) + 1
    ids, others = (np.concatenate([proof_words(2)[:1], *parts]) for parts in _theme_before_and_after(reach))
    assert np.abs(all_logits(engine, ids)[-1] - all_logits(engine, others)[-1]).max() > 1e-3


def test_what_a_prompt_is_not_read_of_is_recalled() -> None:
    engine = some_engine(hear_recall=True, hear_moved=True)
    reach = engine.config.n_layer * (engine.config.window - 1) + 1
    ids = np.concatenate([proof_words(2)[:1], *_theme_before_and_after(reach)[0]])
    np.testing.assert_allclose(read_prompt(engine, ids)[1][-1], all_logits(engine, ids)[-1], atol=1e-4)


def test_kept_rows_recall_what_they_have_read_alone() -> None:
    engine = some_engine(hear_recall=True, hear_moved=True)
    ids = proof_words(120)
    words, time, sounding = (np.concatenate([array, array]) for array in heard_by(ids))
    cache = engine.cache(2)
    cache.read(words[:, :70], time[:, :70], sounding[:, :70])
    cache.keep([0, 0])
    strange = words.copy()
    strange[1, 70:] = words[1, 69:-1]  # the second row goes on otherwise, the first must not notice
    for i in range(70, len(ids)):
        found = cache.step(strange[:, i], time[:, i], sounding[:, i])
    np.testing.assert_allclose(found[0], all_logits(engine, ids)[-1], atol=1e-4)


def test_a_row_that_is_kept_keeps_its_own_memory() -> None:
    engine = some_engine(hear_recall=True, hear_moved=True)
    rows = [proof_words(121), random_words(121, seed=5)]
    words, time, sounding = (np.concatenate(arrays) for arrays in zip(*map(heard_by, rows), strict=True))
    words, time, sounding = words[::-1], time[::-1], sounding[::-1]  # what recalls is the second row
    cache = engine.cache(2)
    cache.read(words[:, :90], time[:, :90], sounding[:, :90])
    cache.keep([1])
    for i in range(90, 121):
        found = cache.step(words[1:, i], time[1:, i], sounding[1:, i])
    np.testing.assert_allclose(found[0], all_logits(engine, rows[0])[-1], atol=1e-4)


def _theme_before_and_after(reach: int) -> tuple[list[Ids], list[Ids]]:
    """The same last words, `reach` and more after their like, and after nothing of the kind."""
    theme, other, between = (random_words(n, seed)[1:] for n, seed in ((41, 7), (41, 8), (2 * reach + 1, 9)))
    return [theme, between, theme[:-2]], [other, between, theme[:-2]]


def test_place_and_keys_are_heard(exact: Engine) -> None:
    words, time, sounding = heard_by(random_words(3))
    plain = exact.cache().read(words, time, sounding)
    assert np.abs(exact.cache().read(words, time + 1, sounding) - plain).max() > 1e-3
    assert np.abs(exact.cache().read(words, time, sounding + np.uint8(8)) - plain).max() > 1e-3


def test_a_key_that_sounds_for_a_bar_is_heard_at_full_strength(exact: Engine) -> None:
    words, time, _ = heard_by(random_words(3))
    bar, longer = (exact.cache().read(words, time, np.full((1, 3, 88), steps, dtype=np.uint8)) for steps in (16, 200))
    np.testing.assert_array_equal(bar, longer)


def test_a_model_of_another_grid_works() -> None:
    engine = some_engine(steps_per_beat=12, vocab_fingerprint=vocabulary(12).fingerprint)
    ids = random_words(60, steps_per_beat=12)
    np.testing.assert_allclose(stepped(engine.cache(), ids, 0, 60), all_logits(engine, ids), atol=1e-4)


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.fixture
def damaged(model_folder: Path, tmp_path: Path) -> Path:
    """A copy of the model, to be damaged."""
    return Path(shutil.copytree(model_folder, tmp_path / "model"))


def refusal(folder: Path) -> str:
    with pytest.raises(InputError) as refused:
        Engine.load(folder, threads=1)
    return str(refused.value)


def change_config(folder: Path, **facts: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **facts}))


def test_a_folder_that_is_missing_is_refused(tmp_path: Path) -> None:
    assert "nowhere is no model folder: config.json cannot be read" in refusal(tmp_path / "nowhere")


def test_a_folder_without_a_graph_is_refused(damaged: Path) -> None:
    (damaged / "model.onnx").unlink()
    assert "model.onnx (No such file or directory)" in refusal(damaged)


@pytest.mark.parametrize("text", [b"{", b"\xff\xfe", b"[]", b""])
def test_a_config_that_is_no_object_of_json_is_refused(damaged: Path, text: bytes) -> None:
    (damaged / "config.json").write_bytes(text)
    assert "config.json is damaged" in refusal(damaged)


@pytest.mark.parametrize(
    "damage", [lambda graph: graph[:-100], lambda graph: graph + b"x", lambda graph: b"", lambda graph: graph[::-1]]
)
def test_a_graph_that_is_cut_off_or_changed_is_refused(damaged: Path, damage: Callable[[bytes], bytes]) -> None:
    path = damaged / "model.onnx"
    path.write_bytes(damage(path.read_bytes()))
    assert "model.onnx is damaged (its sha256 begins" in refusal(damaged)


def test_a_config_without_a_sum_is_refused(damaged: Path) -> None:
    change_config(damaged, sha256=None)
    assert "config.json says None" in refusal(damaged)


def test_another_vocabulary_is_refused_naming_both(damaged: Path) -> None:
    change_config(damaged, vocab_fingerprint="feedfacefeedface")
    assert f"vocabulary feedfacefeedface is not this program's {vocabulary().fingerprint}" in refusal(damaged)


@pytest.mark.parametrize(
    "facts",
    [
        {"n_layer": 3},
        {"n_layer": 1},
        {"n_embd": 32},
        {"n_kv_head": 2},
        {"n_head": 4, "n_embd": 128},
        {"blend_words": 3},
    ],
)
def test_a_config_that_does_not_fit_the_graph_is_refused(damaged: Path, facts: dict[str, int]) -> None:
    change_config(damaged, **facts)
    assert "model.onnx does not work with its config.json" in refusal(damaged)


@pytest.mark.parametrize("hears", ["hear_place", "hear_sounding"])
def test_a_config_that_hears_otherwise_than_the_graph_is_refused(damaged: Path, hears: str) -> None:
    change_config(damaged, **{hears: False})
    assert f"({hears.removeprefix('hear_')} is [" in refusal(damaged)


@pytest.mark.parametrize("facts", [{"n_layer": 1}, {"n_head": 4, "n_embd": 128}])
def test_the_runtime_itself_says_nothing(
    damaged: Path, capfd: pytest.CaptureFixture[str], facts: dict[str, int]
) -> None:
    change_config(damaged, **facts)
    assert "\n" not in refusal(damaged)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("name", ["n_layer", "n_head", "n_kv_head", "n_embd", "window", "steps_per_beat"])
@pytest.mark.parametrize("value", [97_000, 10**12])
def test_absurd_sizes_are_refused_before_anything_is_made(damaged: Path, name: str, value: int) -> None:
    change_config(damaged, **{name: value})
    assert f"{name} is {value}: expected " in refusal(damaged)

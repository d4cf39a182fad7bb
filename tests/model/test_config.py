"""The shape of a network is written as it is read, and what cannot be is refused."""

from dataclasses import replace
from typing import Any

import pytest

from nanopiano.errors import InputError
from nanopiano.model.config import SIZES, ModelConfig, named_size
from nanopiano.music.vocab import vocabulary


@pytest.mark.parametrize("size", SIZES)
def test_a_config_goes_through_json_and_back(size: str) -> None:
    assert ModelConfig.from_json(SIZES[size].to_json()) == SIZES[size]


def test_small_and_base_are_the_two_of_the_original() -> None:
    shapes = [(size.n_layer, size.n_head, size.n_embd) for size in (SIZES["small"], SIZES["base"])]
    assert shapes == [(3, 6, 384), (4, 8, 512)]


def test_a_config_of_another_grid_has_its_vocabulary() -> None:
    config = ModelConfig(steps_per_beat=12, vocab_fingerprint=vocabulary(12).fingerprint)
    assert (config.vocab_size, config.bar_steps) == (477, 48)


def test_keys_of_other_purpose_are_passed_over() -> None:
    assert ModelConfig.from_json({**SIZES["tiny"].to_json(), "sha256": "...", "bits": 8}) == SIZES["tiny"]


def test_missing_keys_are_named() -> None:
    facts = SIZES["tiny"].to_json()
    del facts["n_head"], facts["window"]
    with pytest.raises(InputError, match=r"config\.json lacks n_head, window"):
        ModelConfig.from_json(facts)


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("n_layer", 0, "0, expected a positive int"),
        ("n_layer", -2, "-2, expected a positive int"),
        ("n_layer", 2.0, "2.0, expected a positive int"),
        ("n_embd", True, "true, expected a positive int"),
        ("window", "512", '"512", expected a positive int'),
        ("window", None, "null, expected a positive int"),
        ("hear_place", 1, "1, expected a positive bool"),
        ("vocab_fingerprint", 5, "5, expected a positive str"),
    ],
)
def test_a_value_of_a_wrong_kind_is_refused_by_name_and_value(name: str, value: Any, shown: str) -> None:
    with pytest.raises(InputError) as refusal:
        ModelConfig.from_json({**SIZES["tiny"].to_json(), name: value})
    assert f"config.json: {name} is {shown}" in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "value", "span"),
    [
        ("n_layer", 65, "1 to 64"),
        ("n_head", 0, "1 to 64"),
        ("n_kv_head", 10**9, "1 to 64"),
        ("n_embd", 10**9, "4 to 4096"),
        ("window", 1, "2 to 16384"),
        ("window", 10**9, "2 to 16384"),
        ("steps_per_beat", 10**9, "1 to 96"),
    ],
)
def test_an_absurd_number_is_refused_with_its_range(name: str, value: int, span: str) -> None:
    with pytest.raises(InputError, match=f"{name} is {value}: expected {span}"):
        ModelConfig(**{name: value})  # type: ignore[arg-type]


def test_another_vocabulary_is_refused_naming_both() -> None:
    with pytest.raises(InputError, match=f"vocabulary 0123 is not this program's {vocabulary().fingerprint}"):
        ModelConfig(vocab_fingerprint="0123")


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ({"n_embd": 100, "n_head": 3}, "n_embd 100 must be a multiple of"),
        ({"n_embd": 24, "n_head": 4}, "n_embd 24 must be a multiple of"),
        ({"n_embd": 64, "n_head": 4, "n_kv_head": 3}, "n_head 4 must be a multiple of n_kv_head 3"),
    ],
)
def test_heads_that_do_not_fit_are_refused(shape: dict[str, int], message: str) -> None:
    with pytest.raises(InputError, match=message):
        ModelConfig(**shape)  # type: ignore[arg-type]


def test_a_named_size_may_have_fields_changed() -> None:
    assert named_size("tiny", hear_time=False).hear_time is False


def test_an_unknown_size_is_refused_naming_the_known_ones() -> None:
    with pytest.raises(InputError, match="size 'huge' is none of tiny, small, base"):
        named_size("huge")


def test_a_model_of_before_there_was_more_to_hear_hears_what_it_did() -> None:
    config = replace(SIZES["tiny"], hear_recall=True)
    facts = config.to_json()
    del facts["hear_moved"], facts["blend_words"]
    assert ModelConfig.from_json(facts) == config
    assert config.n_recalled == 4


def test_bars_are_heard_with_musical_time_alone() -> None:
    with pytest.raises(InputError, match="hear_bars is on and hear_time is off"):
        replace(SIZES["tiny"], hear_bars=True, hear_time=False)


def test_what_is_moved_is_told_beside_what_is_recalled_alone() -> None:
    with pytest.raises(InputError, match="hear_moved is on and hear_recall is off"):
        replace(SIZES["tiny"], hear_moved=True)

"""The network looks back over a window, never ahead, and hears what its config says."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor
from train_tools import some_network

from nanopiano.model.config import SIZES
from nanopiano.model.rotary import Rotary
from nanopiano.music.listen import hear
from nanopiano.music.recall import recall
from nanopiano.train import gpt
from nanopiano.train.gpt import GPT, blend, compiled_attention, eager_attention
from nanopiano.train.prove import network_logits, random_words


def naive_attention(q: Tensor, k: Tensor, v: Tensor, window: int) -> Tensor:
    """Attention over the last `window` words with one mask over everything."""
    T, group = q.size(1), q.size(2) // k.size(2)
    k, v = (x.repeat_interleave(group, dim=2) for x in (k, v))
    scores = torch.einsum("bqhd,bkhd->bhqk", q, k) * q.size(-1) ** -0.5
    back = torch.arange(T)[:, None] - torch.arange(T)
    scores = scores.masked_fill((back < 0) | (back >= window), float("-inf"))
    return torch.einsum("bhqk,bkhd->bqhd", scores.softmax(-1), v)


def inputs(network: GPT, n_words: int) -> list[Tensor]:
    """Some words and what is heard after each."""
    ids = random_words(n_words)
    heard = hear(ids)
    tables = Rotary.of(network.config).tables(np.arange(n_words), heard.time)
    arrays = (
        ids.astype(np.int64),
        heard.time % 16,
        heard.sounding,
        recall(ids, heard.time, network.config.hear_moved, 16),
        *tables,
    )
    return [torch.from_numpy(np.ascontiguousarray(array))[None] for array in arrays]


def changed(logits: Tensor, others: Tensor) -> list[int]:
    """After which words the logits differ."""
    return torch.nonzero((logits - others).abs().amax(-1)[0] > 1e-6).flatten().tolist()


@pytest.mark.parametrize("attention", [eager_attention, compiled_attention])
@pytest.mark.parametrize(("n_words", "window"), [(1, 4), (7, 8), (8, 8), (9, 8), (16, 8), (21, 8), (40, 13), (40, 1)])
def test_sliding_attention_is_attention_under_a_mask(
    monkeypatch: pytest.MonkeyPatch, n_words: int, window: int, attention: Callable[..., Tensor]
) -> None:
    monkeypatch.setattr(gpt, "CHUNK", 8)
    random = torch.Generator().manual_seed(n_words)
    q, k, v = (torch.randn(2, n_words, heads, 4, generator=random) for heads in (6, 2, 2))
    torch.testing.assert_close(attention(q, k, v, window), naive_attention(q, k, v, window))


@pytest.mark.parametrize("n_words", [20, 200])
@pytest.mark.parametrize("blend_words", [0, 3])
def test_a_later_word_leaves_earlier_logits_alone(n_words: int, blend_words: int) -> None:
    network = some_network(blend_words=blend_words)
    words, *heard = inputs(network, n_words)
    others = words.clone()
    others[:, n_words - 5] += 1
    with torch.no_grad():
        assert min(changed(network(words, *heard), network(others, *heard))) == n_words - 5


def test_a_word_acts_a_window_far_in_every_layer_and_no_farther() -> None:
    network = some_network(window=16)
    words, *heard = inputs(network, 60)
    others = words.clone()
    others[:, 3] += 1
    with torch.no_grad():
        assert max(changed(network(words, *heard), network(others, *heard))) == 3 + 2 * 15


def test_words_that_are_blended_act_so_much_farther() -> None:
    network = some_network(window=16, blend_words=3)
    words, *heard = inputs(network, 60)
    others = words.clone()
    others[:, 3] += 1
    with torch.no_grad():
        assert max(changed(network(words, *heard), network(others, *heard))) == 3 + 2 * (15 + 2 * 2)


def test_blending_adds_shares_of_a_word_and_of_those_before() -> None:
    x = torch.tensor([[[1.0, 10.0], [2.0, 20.0], [4.0, 40.0]]])
    taps = torch.tensor([[0.5, 0.0], [2.0, 0.0], [0.0, 1.0]])  # of the word itself, of the one before, of the next
    torch.testing.assert_close(blend(x, taps), torch.tensor([[[1.5, 10.0], [5.0, 20.0], [10.0, 50.0]]]))


def test_keys_are_heard_as_sounding_for_however_long() -> None:
    network = some_network(hear_sounding=False, hear_held=True)
    ids, place, sounding, *more = inputs(network, 30)
    longer, silent = (sounding > 0) * 7, torch.zeros_like(sounding)
    with torch.no_grad():
        logits, *others = (network(ids, place, keys.to(torch.uint8), *more) for keys in (sounding, longer, silent))
    assert [len(changed(logits, other)) > 0 for other in others] == [False, True]


def test_a_new_network_blends_nothing() -> None:
    network = GPT(replace(SIZES["tiny"], blend_words=3))
    assert not any(parameter.any() for name, parameter in network.named_parameters() if name.endswith("taps"))


def test_a_new_network_expects_every_word_alike() -> None:
    network = GPT(SIZES["tiny"])
    with torch.no_grad():
        assert not network(*inputs(network, 10)).any()


@pytest.mark.parametrize(
    ("deaf", "missing"),
    [("hear_place", {"places.weight"}), ("hear_sounding", {"sounding.weight"}), ("hear_time", set())],
)
def test_hearing_can_be_switched_off(deaf: str, missing: set[str]) -> None:
    full, network = some_network(), some_network(**{deaf: False})
    assert full.state_dict().keys() - network.state_dict().keys() == missing
    assert np.abs(network_logits(full, random_words(30)) - network_logits(network, random_words(30))).max() > 1e-3


@pytest.mark.parametrize(("deaf", "place"), [("hear_place", 1), ("hear_sounding", 2)])
def test_a_network_does_not_hear_what_is_switched_off(deaf: str, place: int) -> None:
    for network, hears in ((some_network(), True), (some_network(**{deaf: False}), False)):
        given = inputs(network, 30)
        other = [*given]
        other[place] = (given[place] + 1) % 16
        with torch.no_grad():
            assert bool(changed(network(*given), network(*other))) == hears


def test_a_key_that_sounds_for_a_bar_is_heard_at_full_strength() -> None:
    network = some_network()
    words, place, sounding, *tables = inputs(network, 10)
    with torch.no_grad():
        bar, longer = (network(words, place, torch.full_like(sounding, steps), *tables) for steps in (16, 200))
    torch.testing.assert_close(bar, longer)


@pytest.mark.parametrize(("size", "millions"), [("small", 5.0), ("base", 11.3)])
def test_named_sizes_are_about_those_of_the_original(size: str, millions: float) -> None:
    with torch.device("meta"):
        assert GPT(SIZES[size]).n_parameters / 1e6 == pytest.approx(millions, rel=0.05)

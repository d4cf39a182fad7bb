import numpy as np
import pytest
import torch
from benchmark_tools import TINY, chorale
from polyphony.batches import Rolls, batch
from polyphony.network import PolyGPT, attend
from polyphony.rolls import roll_to_ids
from polyphony.scoring import bootstrap, mean_chance, per_frame, word_loss, word_nats

from nanopiano.music.listen import hear
from nanopiano.music.recall import recall
from nanopiano.train.gpt import Block, norm


def some_network(seed: int = 0) -> PolyGPT:
    """A network with random weights, so large that all of it matters."""
    torch.manual_seed(seed)
    network = PolyGPT(TINY).eval()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return network


def test_the_chances_of_all_next_words_add_up_to_one_with_none_on_words_that_may_not_come() -> None:
    ids = roll_to_ids(chorale(1))
    found = batch([(ids, 0, 0)], TINY)
    with torch.no_grad():
        logits = some_network()(*found.read)
        nats = [word_loss(logits, found._replace(targets=torch.full_like(found.targets, word))) for word in range(221)]
    chances = torch.stack(nats).neg().exp()
    n = len(ids) - 1
    assert chances[:, :n].sum(dim=0).numpy() == pytest.approx(np.ones(n), abs=1e-4)
    assert not chances[:, :n].T[~found.allowed[0, :n]].any()


def test_attention_written_out_is_that_of_the_package() -> None:
    network, found = some_network(), batch([(roll_to_ids(chorale(1, 9)), 0, 0)], TINY)
    block = network.blocks[0]
    assert isinstance(block, Block)
    x, cos, sin = network.words(found.ids), found.cos[:, :, None], found.sin[:, :, None]
    assert x.size(1) == TINY.window
    torch.testing.assert_close(attend(block, x, cos, sin), block.attend(x, cos, sin))


def test_its_layers_blend_where_those_of_the_package_do() -> None:
    network, found = some_network(), batch([(roll_to_ids(chorale(1, 9)), 0, 0)], TINY)
    for block in network.blocks:
        assert isinstance(block, Block) and block.taps is not None
        torch.nn.init.normal_(block.taps, std=0.5)
    *told, cos, sin = found.read
    with torch.no_grad():
        x = norm(network.read(*told))
        for block in network.blocks:
            x = block(x, cos[:, :, None], sin[:, :, None])
        torch.testing.assert_close(network(*found.read), network.expect(norm(x), found.recalled))


def test_a_roll_scores_the_same_alone_and_beside_a_longer_one() -> None:
    network = some_network()
    both = Rolls([roll_to_ids(chorale(1, 10)), roll_to_ids(chorale(2, 40))])
    alone = word_nats(network, Rolls(both.spelt[:1]))[0]
    assert word_nats(network, both)[0] == pytest.approx(alone, abs=1e-3)


def test_a_word_is_scored_by_the_words_before_it_alone() -> None:
    network, ids = some_network(), roll_to_ids(chorale(1))
    other = np.concatenate([ids[:40], roll_to_ids(chorale(2))[40:]])
    first, second = (word_nats(network, Rolls([words]))[0] for words in (ids, other))
    assert first[:39] == pytest.approx(second[:39], abs=1e-4)


def test_a_network_is_told_what_is_recalled_of_the_whole_roll() -> None:
    ids = np.tile(roll_to_ids(chorale(1, 9))[1:-1], 2)
    ids = np.concatenate([roll_to_ids(chorale(1, 9))[:1], ids])
    start = len(ids) - 20
    found = batch([(ids, start, 0)], TINY).recalled[0, : len(ids) - 1 - start]
    assert found.any() and found.tolist() == recall(ids[:-1], hear(ids[:-1]).time, TINY.hear_moved, 16)[start:].tolist()


def test_a_network_is_told_by_how_much_its_music_was_moved() -> None:
    network, ids = some_network(), roll_to_ids(chorale(1))
    with torch.no_grad():
        logits = [network(*batch([(ids, 0, semitones)], TINY).read) for semitones in (0, 2)]
    assert not torch.allclose(*logits)


def test_the_mean_of_chances_is_taken_word_by_word() -> None:
    members = [[-np.log(np.array([0.5, 0.2]))], [-np.log(np.array([0.1, 0.4]))]]
    assert np.exp(-mean_chance(members)[0]) == pytest.approx([0.3, 0.3])


def test_nats_per_frame_are_total_over_total() -> None:
    assert per_frame([np.array([1.0, 2.0]), np.array([3.0])], [2, 4]) == 1.0


def test_the_interval_of_equal_sequences_is_their_figure_and_of_unlike_ones_holds_it() -> None:
    assert bootstrap([np.array([2.0])] * 5, [4] * 5) == (0.5, 0.5, 0.5)
    figure = bootstrap([np.array([float(n)]) for n in range(40)], [10] * 40)
    assert figure.low < figure.nats < figure.high
    assert figure.nats == pytest.approx(1.95)

"""The average of the weights follows them and can stand in their place."""

import signal
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from train_tools import some_network

from nanopiano.train.average import Average


def test_weights_that_stay_are_their_own_average() -> None:
    network = some_network()
    average = Average(network, 100)
    for step in range(1, 50):
        average.follow(10, 10 * step)
    for name, parameter in network.named_parameters():
        torch.testing.assert_close(average.tensors[name], parameter)


def test_an_average_forgets_where_the_network_began() -> None:
    network = some_network()
    average = Average(network, 1_000)
    with torch.no_grad():
        network.head.weight.fill_(1.0)
    for step in range(1, 400):
        average.follow(10, 10 * step)
    assert float(average.tensors["head.weight"].min()) > 0.9


def test_an_average_moves_by_the_share_of_a_step_in_the_horizon() -> None:
    network = some_network()
    average = Average(network, 100)
    before = average.tensors["head.weight"].clone()
    with torch.no_grad():
        network.head.weight.add_(1.0)
    average.follow(10, 10_000)
    torch.testing.assert_close(average.tensors["head.weight"], before + 0.1)


def test_an_average_stands_in_and_steps_back() -> None:
    network = some_network()
    average = Average(network, 100)
    before = average.tensors["head.weight"].clone()
    with torch.no_grad():
        network.head.weight.fill_(1.0)
    with pytest.raises(KeyboardInterrupt), average.in_place():
        assert torch.equal(network.head.weight, before)
        raise KeyboardInterrupt
    assert bool((network.head.weight == 1.0).all())
    assert torch.equal(average.tensors["head.weight"], before)


@pytest.mark.parametrize("struck", [1, 2])  # as the average steps in, or back
def test_ctrl_c_in_an_exchange_leaves_weights_and_average_whole(struck: int, monkeypatch: pytest.MonkeyPatch) -> None:
    network = some_network()
    average = Average(network, 100)
    before = {name: tensor.clone() for name, tensor in average.tensors.items()}
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.fill_(1.0)
    parameters, calls = network.named_parameters, 0

    def interrupted() -> Iterator[Any]:
        nonlocal calls
        calls += 1
        for number, pair in enumerate(list(parameters())):
            if (calls, number) == (struck, 2):
                signal.raise_signal(signal.SIGINT)
            yield pair

    monkeypatch.setattr(network, "named_parameters", interrupted)
    with pytest.raises(KeyboardInterrupt), average.in_place():
        assert struck == 2
    assert all(bool((parameter == 1.0).all()) for _, parameter in parameters())
    assert all(torch.equal(tensor, before[name]) for name, tensor in average.tensors.items())

"""The plain network is GPT-2's: it hears nothing, and its positions come to an end, in torch as in the engine."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from plain_tools import engine_of, some_plain
from train_tools import QUICK, PiecesAtHand, some_corpus, some_piece

from nanopiano.corpus.packed import Corpus
from nanopiano.errors import InputError
from nanopiano.model.composer import Composer
from nanopiano.model.config import SIZES, ModelConfig, plain_size
from nanopiano.model.ending import Length
from nanopiano.model.engine import Engine
from nanopiano.model.score import score
from nanopiano.music.words import Ids
from nanopiano.train.checkpoint import load_tensors
from nanopiano.train.export import build_graph
from nanopiano.train.loop import Trainer, train
from nanopiano.train.prove import engine_logits, largest_difference, network_logits, random_words
from nanopiano.train.publish import publish
from nanopiano.train.validate import validate

PLAIN = replace(QUICK, plain=True)


def quiet(_: str) -> None:
    pass


def deaf(ids: Ids) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]:
    """What `Cache.read` takes for one piece, with nothing heard."""
    words = ids[None].astype(np.int64)
    return words, np.zeros_like(words), np.zeros((*words.shape, 88), dtype=np.uint8)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """A small corpus."""
    return some_corpus(tmp_path_factory.mktemp("music"))


# --- the network and its shape ---------------------------------------------------------------------------------------


def test_it_looks_back_and_never_ahead() -> None:
    network, ids = some_plain(), torch.from_numpy(random_words(60).astype(np.int64))[None]
    others = ids.clone()
    others[:, 40] += 1
    with torch.no_grad():
        change = (network(ids) - network(others)).abs().amax(-1)[0]
    assert float(change[:40].max()) == 0 < float(change[40:].min())


def test_a_plain_config_goes_through_json_and_back() -> None:
    config = plain_size("small", 200)
    assert ModelConfig.from_json(config.to_json()) == config
    assert (config.window, config.n_kv_head, config.hears) == (200, 6, False)


def test_models_made_before_there_were_plain_ones_hear() -> None:
    facts = SIZES["small"].to_json()
    del facts["plain"]
    assert ModelConfig.from_json(facts) == SIZES["small"]


@pytest.mark.parametrize("change", [{"hear_time": True}, {"hear_before": 1}, {"blend_words": 2}, {"n_kv_head": 1}])
def test_a_plain_network_that_hears_blends_or_shares_keys_is_refused(change: dict[str, int]) -> None:
    with pytest.raises(InputError, match="a plain network hears nothing"):
        ModelConfig.from_json({**plain_size("tiny", 64).to_json(), **change})


# --- in the engine ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("positions", [64, 65, 700])
def test_the_engine_computes_what_the_plain_network_computes(positions: int) -> None:
    network = some_plain(positions=positions)
    assert largest_difference(network, engine_of(network)) < 1e-3


def test_the_proof_notices_another_plain_network() -> None:
    assert largest_difference(some_plain(seed=1), engine_of(some_plain(seed=2))) > 0.1


def test_when_no_position_is_left_the_last_half_of_the_words_is_read_again() -> None:
    network, ids = some_plain(positions=64), random_words(90)
    words = torch.from_numpy(ids.astype(np.int64))[None]
    cache = engine_of(network).cache()
    read, time, sounding = deaf(ids)
    found = [cache.step(read[:, i], time[:, i], sounding[:, i])[0].copy() for i in range(len(ids))]
    with torch.no_grad():
        first, again = network(words[:, :64])[0], network(words[:, 32:90])[0]
    np.testing.assert_allclose(found[:64], first, atol=1e-3)
    np.testing.assert_allclose(found[64:], again[32:], atol=1e-3)


@pytest.mark.parametrize("cut", [0, 1, 63, 64, 65, 96, 199])
def test_words_read_at_once_say_what_single_words_say(cut: int) -> None:
    engine, ids = engine_of(some_plain()), random_words(200)
    words, time, sounding = deaf(ids)
    cache = engine.cache()
    rows = [cache.read(words[:, :cut], time[:, :cut], sounding[:, :cut])[0]] if cut else []
    rows += [cache.step(words[:, i], time[:, i], sounding[:, i]).copy() for i in range(cut, 200)]
    whole = engine.cache().read(words, time, sounding)[0]
    np.testing.assert_allclose(np.concatenate(rows), whole, atol=1e-3)


@pytest.mark.parametrize("kept", [[1], [1, 0, 0]])
def test_kept_rows_go_on_beyond_the_positions_as_they_would_alone(kept: list[int]) -> None:
    engine, rows = engine_of(some_plain()), [random_words(100, seed) for seed in (1, 2)]
    words, time, sounding = (np.concatenate(arrays) for arrays in zip(*map(deaf, rows), strict=True))
    cache = engine.cache(2)
    cache.read(words[:, :50], time[:, :50], sounding[:, :50])
    cache.keep(kept)
    for i in range(50, 100):
        found = cache.step(words[kept, i], time[kept, i], sounding[kept, i])
    for row, number in enumerate(kept):
        np.testing.assert_allclose(found[row], engine_logits(engine, rows[number])[-1], atol=1e-3)


def test_it_scores_music_as_training_validates_it() -> None:
    network, pieces = some_plain(), [some_piece(seed) for seed in (1, 2)]
    config = network.config
    assert isinstance(config, ModelConfig)
    loss = validate(network, PiecesAtHand(pieces), config, config.window, torch.device("cpu"))
    found = score(engine_of(network), pieces)
    assert found.words == loss.words and found.nats == pytest.approx(loss.nats, rel=1e-4)


def test_eight_bits_change_little() -> None:
    network, ids = some_plain(), random_words(150)
    exact, coarse = network_logits(network, ids), engine_logits(engine_of(network, 8), ids)
    assert np.abs(exact - coarse).mean() < 0.05 * np.abs(exact).mean()


def test_a_matrix_whose_rows_fill_no_blocks_stays_in_32_bits() -> None:
    network = some_plain(shape=replace(plain_size("tiny", 64), n_embd=24))
    config = network.config
    assert isinstance(config, ModelConfig)
    graph = build_graph(config, {name: tensor.numpy() for name, tensor in network.state_dict().items()}, 8).graph
    kinds = [node.op_type for node in graph.node]
    assert kinds.count("MatMulNBits") == config.n_layer  # down alone, which has 96 to a row
    assert largest_difference(network, engine_of(network, 8)) < 0.2


def test_it_composes_and_fills_beyond_its_positions() -> None:
    composer = Composer(engine_of(some_plain()))
    piece = composer.compose(length=Length(words=200), seed=1).finish()
    assert 2 * len(piece) > 64
    assert len(composer.fill(piece, 2, 3, seed=1).finish()) > 0


def test_a_graph_that_hears_is_refused_for_a_plain_config(model_folder: Path, tmp_path: Path) -> None:
    facts = json.loads((model_folder / "config.json").read_text())
    for file in model_folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "config.json").write_text(json.dumps({**facts, **plain_size("tiny", 128).to_json()}))
    with pytest.raises(InputError, match=r"does not work with its config\.json"):
        Engine.load(tmp_path)


# --- learning --------------------------------------------------------------------------------------------------------


def test_a_plain_run_learns_and_becomes_a_model(corpus: Corpus, tmp_path: Path) -> None:
    loss = train(corpus.folder, tmp_path / "run", replace(PLAIN, total_words=8_000), say=quiet)
    assert loss.per_word < 3.5  # an even guess has 5.4
    about = publish(tmp_path / "run", tmp_path / "model")
    assert ModelConfig.from_json(about) == plain_size("tiny", QUICK.length)
    assert "A plain nanopiano model" in (tmp_path / "model" / "card.md").read_text()
    composer = Composer(tmp_path / "model")
    assert len(composer.compose(length=Length(words=100), seed=1).finish()) > 0


def test_a_plain_run_goes_on_as_if_it_had_not_been_stopped(corpus: Corpus, tmp_path: Path) -> None:
    train(corpus.folder, tmp_path / "whole", PLAIN, say=quiet)
    stopped = Trainer(corpus, tmp_path / "run", PLAIN, say=quiet)
    for batches in stopped._batches():
        if stopped.progress.step == 5:
            break
        stopped._step(batches)
    stopped.save()
    train(corpus.folder, tmp_path / "run", PLAIN, resume=True, say=quiet)
    ends = [load_tensors(tmp_path / run / "checkpoint.safetensors")[0] for run in ("whole", "run")]
    assert ends[0].keys() == ends[1].keys()
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])


def test_a_plain_run_is_not_resumed_with_other_positions(corpus: Corpus, tmp_path: Path) -> None:
    train(corpus.folder, tmp_path / "run", replace(PLAIN, total_words=500), say=quiet)
    with pytest.raises(InputError, match="resume with the options that the run began with"):
        train(corpus.folder, tmp_path / "run", replace(PLAIN, length=32), resume=True, say=quiet)


def test_a_plain_run_begins_with_a_plain_model_only(corpus: Corpus, tmp_path: Path) -> None:
    train(corpus.folder, tmp_path / "run", replace(PLAIN, total_words=500), say=quiet)
    publish(tmp_path / "run", tmp_path / "model")
    again = Trainer(corpus, tmp_path / "again", PLAIN, init_from=tmp_path / "model", say=quiet)
    stored, _ = load_tensors(tmp_path / "model" / "model.safetensors")
    assert torch.equal(again.network.state_dict()["words.weight"], stored["words.weight"].float())
    with pytest.raises(InputError, match="has plain True, this network False"):
        Trainer(corpus, tmp_path / "hears", QUICK, init_from=tmp_path / "model", say=quiet)

"""What composes is what was trained."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from model_tools import all_logits, some_weights
from torch.nn.functional import cross_entropy
from train_tools import some_corpus, some_network, some_piece

from nanopiano.errors import InputError, NanopianoError
from nanopiano.model.composer import Composer
from nanopiano.model.config import SIZES, ModelConfig
from nanopiano.model.ending import Length
from nanopiano.model.engine import Engine
from nanopiano.model.originality.index import load_index
from nanopiano.model.originality.measure import originality
from nanopiano.model.score import score, word_nats
from nanopiano.music.vocab import vocabulary
from nanopiano.music.words import ids_to_piece, piece_to_ids
from nanopiano.train import publish as publishing
from nanopiano.train.checkpoint import load_tensors, save_tensors
from nanopiano.train.export import build_graph
from nanopiano.train.gpt import GPT
from nanopiano.train.onnx_graph import BLOCK, quantised
from nanopiano.train.prove import PROOF_WORDS, engine_logits, largest_difference, network_logits, random_words
from nanopiano.train.publish import publish


def engine_of(network: GPT, bits: int = 32) -> Engine:
    weights = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    return Engine(build_graph(network.config, weights, bits).SerializeToString(), network.config, threads=1)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"n_layer": 3, "n_head": 4, "n_kv_head": 2},
        {"n_kv_head": 2},
        {"hear_place": False},
        {"hear_sounding": False},
        {"hear_time": False},
        {"hear_bars": True},
        {"hear_before": 1},
        {"hear_octave": True},
        {"hear_endings": True},
        {"hear_held": True},
        {"hear_held": True, "hear_sounding": False},
        {"hear_recall": True},
        {"hear_recall": True, "hear_moved": True},
        {"hear_before": 3},
        {"blend_words": 1},
        {"blend_words": 2},
        {"blend_words": 3, "n_layer": 3},
        {
            "steps_per_beat": 12,
            "vocab_fingerprint": vocabulary(12).fingerprint,
            "hear_recall": True,
            "hear_moved": True,
        },
    ],
)
def test_the_engine_computes_what_the_network_computes(changes: dict[str, Any]) -> None:
    network = some_network(**changes)
    assert 4 * network.config.window < PROOF_WORDS
    assert largest_difference(network, engine_of(network)) < 1e-3


def test_the_proof_notices_another_network() -> None:
    assert largest_difference(some_network(seed=1), engine_of(some_network(seed=2))) > 0.1


def test_words_of_the_proof_are_legal_and_always_the_same() -> None:
    np.testing.assert_array_equal(random_words(200), random_words(200))


def test_the_engine_scores_a_piece_as_torch_does() -> None:
    network, piece = some_network(), some_piece(1)
    ids = piece_to_ids(piece)
    logits = torch.from_numpy(network_logits(network, ids))[:-1]
    nats = cross_entropy(logits, torch.from_numpy(ids[1:].astype(np.int64)), reduction="none")
    engine = engine_of(network)
    np.testing.assert_allclose(word_nats(engine, ids), nats, atol=1e-3)
    assert score(engine, [piece]).nats == pytest.approx(float(nats.sum()), rel=1e-4)


def test_eight_bits_lose_less_than_a_percent() -> None:
    network, ids = some_network(), random_words(600)
    exact, coarse = (float(word_nats(engine_of(network, bits), ids).mean()) for bits in (32, 8))
    assert coarse == pytest.approx(exact, rel=0.01)


def test_single_words_lose_as_little_in_eight_bits() -> None:
    engine, ids = engine_of(some_network(), 8), random_words(200)
    nats = []
    for logits in (engine_logits(engine, ids), all_logits(engine, ids)):
        nats.append(cross_entropy(torch.from_numpy(logits[:-1]), torch.from_numpy(ids[1:].astype(np.int64))))
    assert float(nats[0]) == pytest.approx(float(nats[1]), rel=0.01)


@pytest.mark.parametrize("bits", [4, 8])
def test_quantised_weights_are_within_half_a_step_of_the_weights(bits: int) -> None:
    weight = np.random.default_rng(0).standard_normal((6, 3 * BLOCK)).astype(np.float32)
    codes, scales = quantised(weight, bits)
    if bits == 4:
        codes = np.stack([codes & 15, codes >> 4], axis=-1).reshape(*codes.shape[:-1], -1)
    steps = scales.reshape(6, 3, 1)
    read = ((codes.astype(np.float32) - (1 << (bits - 1))) * steps).reshape(weight.shape)
    assert (np.abs(read - weight).reshape(6, 3, BLOCK) <= np.abs(steps) * 0.5001 + 1e-6).mean() > 0.99


def test_weights_of_zero_are_quantised_without_a_division_by_zero() -> None:
    codes, scales = quantised(np.zeros((2, BLOCK), dtype=np.float32), 8)
    assert (codes == 128).all()
    assert not scales.any()


def test_the_same_weights_make_the_same_graph() -> None:
    config = SIZES["tiny"]
    first, second = (build_graph(config, some_weights(config), 8).SerializeToString() for _ in range(2))
    assert first == second


# --- publishing ------------------------------------------------------------------------------------------------------


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run that was evaluated once."""
    folder = tmp_path / "run"
    folder.mkdir()
    network = some_network()
    facts = {
        "step": 7,
        "words": 4_000,
        "train_nats_per_word": 2.5,
        "val_nats_per_word": 2.25,
        "val_nats_per_note": 6.5,
        "val_words": 900,
    }
    save_tensors(dict(network.state_dict()), folder / "best.safetensors", facts)
    (folder / "config.json").write_text(json.dumps(network.config.to_json()))
    corpus = {"source": {"all": 12}, "licence": {"CC0": 12}}
    (folder / "run.json").write_text(json.dumps({"size": "tiny", "seed": 1, "corpus": corpus}))
    (folder / "losses.csv").write_text("step\n7\n")
    return folder


def test_a_published_model_composes(run: Path, tmp_path: Path) -> None:
    publish(run, tmp_path / "model")
    composer = Composer(Engine.load(tmp_path / "model", threads=1))
    assert len(composer.compose(length=Length(words=20), seed=1).finish()) > 0


def test_a_published_model_says_what_it_is(run: Path, tmp_path: Path) -> None:
    about = publish(run, tmp_path / "model")
    assert json.loads((tmp_path / "model" / "config.json").read_text()) == about
    assert ModelConfig.from_json(about) == SIZES["tiny"]
    card = (tmp_path / "model" / "card.md").read_text()
    for fact in ("# model", "4,000", "2.2500 nats per word", "6.5000 nats per note", "| CC0 | 12 |", "- seed: 1"):
        assert fact in card


def test_with_its_corpus_a_model_can_tell_what_it_learnt(run: Path, tmp_path: Path) -> None:
    corpus = some_corpus(tmp_path)
    publish(run, tmp_path / "model", corpus=corpus.folder)
    index = load_index(tmp_path / "model")
    assert index is not None and index.human is not None
    assert len(index.pieces) == len(corpus.split("train")) and index.human.pieces == len(corpus.split("val"))
    numbers = range(len(index.pieces))
    assert [index.pieces[i][0] for i in numbers] == [corpus.split("train").facts(i)["title"] for i in numbers]
    piece = ids_to_piece(corpus.split("train").ids(2))
    found = originality(index, piece).passage
    assert found is not None and found.n_notes == len(piece)


def test_a_corpus_that_a_run_did_not_learn_from_is_refused(run: Path, tmp_path: Path) -> None:
    options = json.loads((run / "run.json").read_text())
    options["corpus"]["splits"] = {"train": {"pieces": 3, "words": 1000}}
    (run / "run.json").write_text(json.dumps(options))
    with pytest.raises(InputError, match=r"is not the corpus of this run: its train split has .*, the run's 1,000"):
        publish(run, tmp_path / "model", corpus=some_corpus(tmp_path).folder)
    assert not (tmp_path / "model").exists()


def test_without_a_corpus_a_model_has_no_index(run: Path, tmp_path: Path) -> None:
    publish(run, tmp_path / "model")
    assert load_index(tmp_path / "model") is None


def test_a_card_ends_with_the_remarks(run: Path, tmp_path: Path) -> None:
    publish(run, tmp_path / "plain")
    publish(run, tmp_path / "model", remarks="## Weaknesses\n\n- It is small.\n\n")
    plain, card = ((tmp_path / name / "card.md").read_text() for name in ("plain", "model"))
    assert card == plain.replace("# plain", "# model") + "\n## Weaknesses\n\n- It is small.\n"


def test_the_words_of_the_proof_are_told_as_they_go_by(run: Path, tmp_path: Path) -> None:
    told: list[int] = []
    publish(run, tmp_path / "model", tick=told.append)
    assert (sum(told), len(told) > 100) == (PROOF_WORDS, True)


def test_a_published_model_holds_its_weights_in_half_precision(run: Path, tmp_path: Path) -> None:
    publish(run, tmp_path / "model")
    stored, facts = load_tensors(tmp_path / "model" / "model.safetensors")
    weights, _ = load_tensors(run / "best.safetensors")
    assert {name: tensor.dtype for name, tensor in stored.items()} == dict.fromkeys(weights, torch.float16)
    assert all(torch.equal(stored[name], tensor.half()) for name, tensor in weights.items())
    assert ModelConfig.from_json(facts) == SIZES["tiny"]


def test_a_published_model_brings_its_curves(run: Path, tmp_path: Path) -> None:
    publish(run, tmp_path / "model")
    assert (tmp_path / "model" / "losses.csv").read_text() == "step\n7\n"


def test_publishing_replaces_an_older_model_and_leaves_nothing_beside_it(run: Path, tmp_path: Path) -> None:
    publish(run, tmp_path / "models" / "mine")
    (tmp_path / "models" / "mine" / "old.txt").write_text("")
    publish(run, tmp_path / "models" / "mine")
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["mine"]
    assert not (tmp_path / "models" / "mine" / "old.txt").exists()


def test_a_folder_of_something_else_is_not_replaced(run: Path, tmp_path: Path) -> None:
    (tmp_path / "music").mkdir()
    (tmp_path / "music" / "opus1.mid").write_bytes(b"precious")
    with pytest.raises(InputError, match="music holds something else than a model"):
        publish(run, tmp_path / "music")
    assert (tmp_path / "music" / "opus1.mid").read_bytes() == b"precious"


def test_a_folder_in_the_way_of_the_work_is_left_alone(run: Path, tmp_path: Path) -> None:
    (tmp_path / "model.part").mkdir()
    (tmp_path / "model.part" / "thesis.txt").write_text("Dear")
    with pytest.raises(InputError, match=r"model\.part is needed for the work and holds thesis\.txt: move that folder"):
        publish(run, tmp_path / "model")
    assert (tmp_path / "model.part" / "thesis.txt").read_text() == "Dear"


def test_of_a_model_that_cannot_be_written_nothing_stays(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise NanopianoError("cannot write model.safetensors: no space left on device")

    monkeypatch.setattr(publishing, "save_tensors", full)
    with pytest.raises(NanopianoError, match="no space left"):
        publish(run, tmp_path / "model")
    assert {path.name for path in tmp_path.iterdir()} == {"run"}


def test_a_run_is_not_replaced_by_its_model(run: Path) -> None:
    with pytest.raises(InputError, match="holds something else than a model"):
        publish(run, run)


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no best\.safetensors: train there first"):
        publish(tmp_path, tmp_path / "model")


def test_an_engine_that_computes_something_else_is_not_published(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "largest_difference", lambda *_: float("nan"))
    with pytest.raises(NanopianoError, match="the engine's logits differ from the network's by nan"):
        publish(run, tmp_path / "model")
    assert not (tmp_path / "model").exists()

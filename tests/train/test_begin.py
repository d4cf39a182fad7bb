"""A run may begin with the weights of a model."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from begin_tools import model_to_begin_from, network_of
from cli_tools import Cli
from train_tools import QUICK, some_corpus

from nanopiano.corpus.packed import Corpus
from nanopiano.errors import InputError
from nanopiano.model.config import SIZES, ModelConfig
from nanopiano.music.vocab import vocabulary
from nanopiano.train.begin import begin_from
from nanopiano.train.checkpoint import load_tensors, save_tensors
from nanopiano.train.gpt import GPT
from nanopiano.train.loop import Trainer, train
from nanopiano.train.prove import network_logits, proof_words, random_words
from nanopiano.train.publish import publish

TINY = SIZES["tiny"]
AS_OLDER = replace(QUICK, hear_bars=False)  # time turns as in `TINY`
MORE = AS_OLDER.config(vocabulary())  # hears more than `TINY`
WORDS = random_words(60)
SHORT = replace(AS_OLDER, total_words=1_500, eval_words=1_000)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that hears less than a network of today."""
    return model_to_begin_from(tmp_path_factory.mktemp("models") / "older", TINY)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return some_corpus(tmp_path_factory.mktemp("music"), n_pieces=8)


def quiet(_: str) -> None:
    pass


@pytest.mark.parametrize("config", [TINY, MORE])
def test_at_first_a_network_computes_what_the_model_does(model: Path, config: ModelConfig) -> None:
    network = GPT(config)
    begin_from(network, config, model)
    expected = network_logits(network_of(TINY), WORDS)
    assert np.abs(expected).max() > 1
    np.testing.assert_allclose(network_logits(network, WORDS), expected, atol=1e-4)


def test_at_first_a_network_recalls_what_the_model_does(tmp_path: Path) -> None:
    recalls = replace(TINY, hear_recall=True)
    network, words = GPT(config := replace(recalls, hear_moved=True)), proof_words(120)
    begin_from(network, config, model_to_begin_from(tmp_path / "recalls", recalls))
    np.testing.assert_allclose(network_logits(network, words), network_logits(network_of(recalls), words), atol=1e-4)


@pytest.mark.parametrize("blended", [0, 2])
def test_at_first_a_network_blends_what_the_model_does(tmp_path: Path, blended: int) -> None:
    model = replace(TINY, blend_words=blended)
    network = GPT(config := replace(TINY, blend_words=3))
    begin_from(network, config, model_to_begin_from(tmp_path / "model", model))
    np.testing.assert_allclose(network_logits(network, WORDS), network_logits(network_of(model), WORDS), atol=1e-4)


def test_what_the_model_did_not_hear_begins_at_zero_and_is_learnt(model: Path, corpus: Corpus, tmp_path: Path) -> None:
    trainer = Trainer(corpus, tmp_path / "run", replace(SHORT, total_words=300), init_from=model, say=quiet)
    names = ("before.0.weight", "endings.weight", "held.weight", "classes.weight", "blocks.0.taps")
    tables = [trainer.network.get_parameter(name) for name in names]
    assert not any(table.any() for table in tables)
    trainer.train()
    assert all(table.any() for table in tables)


def test_a_run_that_is_resumed_passes_the_model_over(model: Path, corpus: Corpus, tmp_path: Path) -> None:
    train(corpus.folder, tmp_path / "whole", SHORT, init_from=model, say=quiet)
    half = replace(SHORT, total_words=700, decay_share=0.0)
    train(corpus.folder, tmp_path / "run", half, init_from=model, say=quiet)
    before, _ = load_tensors(tmp_path / "run" / "checkpoint.safetensors")
    again = Trainer(corpus, tmp_path / "run", half, resume=True, init_from=tmp_path / "gone", say=quiet)
    for name, weights in again.network.state_dict().items():
        assert torch.equal(weights, before[f"network.{name}"])
    assert json.loads((tmp_path / "run" / "run.json").read_text())["begun_from"]["model"] == "older"


def test_a_run_that_was_killed_before_its_first_checkpoint_asks_for_the_model_again(
    model: Path, corpus: Corpus, tmp_path: Path
) -> None:
    Trainer(corpus, tmp_path / "run", SHORT, init_from=model, say=quiet)
    with pytest.raises(InputError, match=r"weights of older and has no checkpoint yet: give --init-from again"):
        train(corpus.folder, tmp_path / "run", SHORT, resume=True, say=quiet)
    again = Trainer(corpus, tmp_path / "run", SHORT, resume=True, init_from=model, say=quiet)
    assert again.begun_from is not None and again.begun_from["model"] == "older"


def test_time_turns_as_in_the_model_unless_that_is_refused(cli: Cli, corpus: Corpus, model: Path) -> None:
    call = ("train", "--corpus", corpus.folder, "--size", "tiny", "--total-words", "300", "--init-from", model)
    small = ("--length", "128", "--batch-words", "256", "--pieces", "0", "--device", "cpu", "--compile", "no")
    ran = cli(*call, *small, "--out", "run")
    assert ran.status == 0, ran.err
    assert json.loads((cli.folder / "run" / "config.json").read_text())["hear_bars"] is False
    assert "give --no-hear-bars" in cli.refuses(*call, "--out", "other", "--hear-bars")


def test_run_and_card_say_what_it_began_from(model: Path, corpus: Corpus, tmp_path: Path) -> None:
    train(corpus.folder, tmp_path / "run", SHORT, init_from=model, say=quiet)
    sha256 = json.loads((model / "config.json").read_text())["sha256"]
    stated = json.loads((tmp_path / "run" / "run.json").read_text())["begun_from"]
    assert stated == {"model": "older", "sha256": sha256, "words": 0}
    publish(tmp_path / "run", tmp_path / "new")
    assert f"after the 0 of older {sha256[:8]}" in (tmp_path / "new" / "card.md").read_text("utf-8")


def test_words_of_runs_that_began_with_each_other_are_added_up(corpus: Corpus, tmp_path: Path) -> None:
    train(corpus.folder, tmp_path / "run", SHORT, say=quiet)
    publish(tmp_path / "run", tmp_path / "first")
    for before, name in (("first", "second"), ("second", "third")):
        train(corpus.folder, tmp_path / f"run-{name}", SHORT, init_from=tmp_path / before, say=quiet)
        publish(tmp_path / f"run-{name}", tmp_path / name)
    trained = [json.loads((tmp_path / name / "config.json").read_text())["training"] for name in ("first", "third")]
    assert trained[0]["words_in_all"] == trained[0]["words"] == trained[1]["words"]
    assert trained[1]["words_in_all"] == 3 * trained[1]["words"]
    card = (tmp_path / "third" / "card.md").read_text("utf-8")
    assert f"{trained[1]['words_in_all']:,} in all" in card
    assert "nanopiano train --corpus CORPUS --out RUN --init-from MODEL" in card


def test_a_run_that_begins_anew_says_so(corpus: Corpus, tmp_path: Path) -> None:
    Trainer(corpus, tmp_path / "run", SHORT, say=quiet)
    assert json.loads((tmp_path / "run" / "run.json").read_text())["begun_from"] is None


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_layer": 3}, "has n_layer 2, this network 3: name the model's --size"),
        ({"n_head": 4, "n_kv_head": 2}, "has n_head 2, this network 4"),  # tensors of the same shapes
        ({"window": 64}, "has window 128, this network 64"),
        ({"hear_time": False}, "has hear_time True, this network False: give --hear-time$"),
        ({"hear_bars": True}, "has hear_bars False, this network True: give --no-hear-bars$"),
        ({"hear_place": False}, "has hear_place True, this network False: give --hear-place$"),
        (
            {"steps_per_beat": 12, "vocab_fingerprint": vocabulary(12).fingerprint},
            rf"has the vocabulary {TINY.vocab_fingerprint} \(4 steps a beat\), the corpus .* \(12\)",
        ),
    ],
)
def test_a_model_of_another_kind_is_refused(model: Path, changes: dict[str, int], message: str) -> None:
    config = replace(TINY, **changes)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=message):
        begin_from(GPT(config), config, model)


def test_a_model_that_hears_more_words_is_refused(tmp_path: Path) -> None:
    more = replace(TINY, hear_before=3)
    model = model_to_begin_from(tmp_path / "more", more)
    with pytest.raises(InputError, match=r"has hear_before 3, this network 2: give --hear-before 3"):
        begin_from(GPT(MORE), MORE, model)


def test_a_model_that_blends_more_words_is_refused(tmp_path: Path) -> None:
    model = model_to_begin_from(tmp_path / "more", replace(TINY, blend_words=3))
    with pytest.raises(InputError, match=r"has blend_words 3, this network 0: give --blend-words 3$"):
        begin_from(GPT(TINY), TINY, model)


@pytest.mark.parametrize("lost", ["places.weight", "blocks.1.up.weight"])
def test_a_model_that_lacks_a_tensor_is_refused(tmp_path: Path, lost: str) -> None:
    model = model_to_begin_from(tmp_path / "damaged", TINY)
    tensors, facts = load_tensors(model / "model.safetensors")
    del tensors[lost]
    save_tensors(tensors, model / "model.safetensors", facts)
    with pytest.raises(InputError, match=r"holds other tensors than its config.json says"):
        begin_from(GPT(TINY), TINY, model)


def test_what_is_no_model_is_refused_in_one_sentence(cli: Cli, corpus: Corpus, model: Path) -> None:
    call = ("train", "--corpus", corpus.folder, "--out", "run", "--size", "tiny", "--init-from")
    assert "there is no model 'nowhere'" in cli.refuses(*call, "nowhere")
    assert "config.json" in cli.refuses(*call, cli.folder)
    assert "model.safetensors" in cli.refuses(*call, cli.model)  # it composes, but holds no weights to go on from
    assert "has hear_place True, this network False" in cli.refuses(*call, model, "--no-hear-place")
    assert not Path("run").exists()

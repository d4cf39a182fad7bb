"""A GPT-2 of transformers is our plain network, number by number; as a beginning for music its body is kept."""

import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hf_tools import POSITIONS, some_gpt2, transformers
from hypothesis import given
from hypothesis import strategies as st
from plain_tools import shaken, some_plain
from safetensors.torch import load_file, save_file
from train_tools import QUICK, some_corpus

from nanopiano.cli import main
from nanopiano.corpus.packed import Corpus
from nanopiano.errors import InputError
from nanopiano.model.composer import Composer
from nanopiano.model.ending import Length
from nanopiano.train.checkpoint import read_json
from nanopiano.train.hf.gpt2 import TextShape, music_config, text_network, to_ours, to_theirs
from nanopiano.train.loop import Trainer, train
from nanopiano.train.plain_gpt import PlainGPT
from nanopiano.train.publish import publish

SHORT = replace(QUICK, total_words=1_000, length=48)


def quiet(_: str) -> None:
    pass


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """A small corpus."""
    return some_corpus(tmp_path_factory.mktemp("music"))


@pytest.fixture
def gpt2(tmp_path: Path) -> Path:
    """A GPT-2 in a folder."""
    return some_gpt2(tmp_path / "checkpoint")


def test_with_their_words_our_logits_are_those_of_transformers(gpt2: Path) -> None:
    theirs = transformers.AutoModelForCausalLM.from_pretrained(gpt2).eval()
    ids = torch.randint(101, (3, POSITIONS), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected, found = theirs(ids).logits, text_network(gpt2).eval()(ids)
    assert float(expected.std()) > 0.5
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)


def test_a_body_saved_without_its_head_is_read_too(gpt2: Path, tmp_path: Path) -> None:
    transformers.GPT2Model.from_pretrained(gpt2).save_pretrained(tmp_path / "body")  # as the Hub has gpt2
    assert "wte.weight" in load_file(tmp_path / "body" / "model.safetensors")
    whole, body = text_network(gpt2).state_dict(), text_network(tmp_path / "body").state_dict()
    assert all(torch.equal(whole[name], body[name]) for name in whole)


@given(st.integers(0, 3), st.integers(1, 2), st.integers(1, 2), st.integers(2, 9), st.integers(2, 9))
def test_names_go_to_theirs_and_back(seed: int, n_layer: int, n_head: int, window: int, vocab_size: int) -> None:
    network = PlainGPT(TextShape(n_layer, n_head, 4 * n_head, window, vocab_size))
    shaken(network, seed)
    ours = network.state_dict()
    again = to_ours(to_theirs(ours, n_layer), n_layer)
    assert again.keys() == ours.keys() and all(torch.equal(again[name], ours[name]) for name in ours)


def test_their_model_takes_every_name_of_ours() -> None:
    network = some_plain(shape=TextShape(2, 4, 32, 16, 101))
    shape = {"vocab_size": 101, "n_positions": 16, "n_embd": 32, "n_layer": 2, "n_head": 4}
    model = transformers.GPT2LMHeadModel(transformers.GPT2Config(**shape, bos_token_id=100, eos_token_id=100))
    model.load_state_dict(to_theirs(network.state_dict(), 2), strict=True)


# --- as a beginning for music ----------------------------------------------------------------------------------------


def test_for_music_the_body_is_kept_and_the_words_are_new(gpt2: Path, corpus: Corpus, tmp_path: Path) -> None:
    trainer = Trainer(corpus, tmp_path / "run", SHORT, init_from=gpt2, say=quiet)
    body, ours = text_network(gpt2).state_dict(), trainer.network.state_dict()
    assert torch.equal(ours.pop("positions.weight"), body.pop("positions.weight")[:48])
    assert ours.pop("words.weight").shape == (len(corpus.vocab), 32) != body.pop("words.weight").shape
    assert all(torch.equal(ours[name], body[name]) for name in body)


def test_music_is_learnt_from_it_resumed_and_composed(gpt2: Path, corpus: Corpus, tmp_path: Path) -> None:
    run = tmp_path / "run"
    train(corpus.folder, run, SHORT, init_from=gpt2, say=quiet)
    first = read_json(run / "run.json")
    assert first["plain"] and first["begun_from"]["model"] == "checkpoint" and first["begun_from"]["words"] == 0
    longer = replace(SHORT, total_words=1_500)  # its size is not among the options
    train(corpus.folder, run, longer, resume=True, say=quiet)
    assert read_json(run / "run.json")["begun_from"] == first["begun_from"]
    publish(run, tmp_path / "model")
    card = (tmp_path / "model" / "card.md").read_text()
    assert f"from the body of checkpoint {first['begun_from']['sha256'][:8]}" in card
    assert len(Composer(tmp_path / "model").compose(length=Length(words=80), seed=1).finish()) > 0
    with pytest.raises(InputError, match=r"length is 64: the run in .* has 48 positions"):
        train(corpus.folder, run, replace(longer, length=64), resume=True, say=quiet)


def test_it_is_not_resumed_with_a_corpus_of_another_grid(gpt2: Path, corpus: Corpus, tmp_path: Path) -> None:
    Trainer(corpus, tmp_path / "run", SHORT, init_from=gpt2, say=quiet).save()
    triplets = some_corpus(tmp_path, steps_per_beat=12)
    with pytest.raises(InputError, match=r"has the vocabulary .*, the corpus .*: resume with the corpus"):
        train(triplets.folder, tmp_path / "run", SHORT, resume=True, say=quiet)


def test_more_positions_than_it_has_are_refused(gpt2: Path, corpus: Corpus) -> None:
    assert music_config(gpt2, POSITIONS, corpus.vocab).window == POSITIONS
    with pytest.raises(InputError, match=f"length is 73: .* has {POSITIONS} positions"):
        music_config(gpt2, POSITIONS + 1, corpus.vocab)


# --- what is refused, in one sentence --------------------------------------------------------------------------------


def refusal(start: Path | str, corpus: Corpus, run: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What `nanopiano train --init-from` says, which must end with exit status 2 and leave nothing behind."""
    words = ["train", "--corpus", str(corpus.folder), "--out", str(run), "--init-from", str(start), "--length", "48"]
    assert main([*words, "--compile", "no", "--total-words", "500"]) == 2
    said = capsys.readouterr()
    assert said.out == "" and len(said.err.splitlines()) == 1
    assert {path.name for path in run.glob("*")} <= {".lock"}
    return said.err


def write_config(folder: Path, **facts: Any) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / "config.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps({**known, **facts}))


def test_a_missing_tensor(gpt2: Path, corpus: Corpus, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = gpt2 / "model.safetensors"
    tensors = load_file(path)
    for name in ("transformer.h.1.mlp.c_fc.weight", "transformer.ln_f.bias"):
        del tensors[name]
    save_file(tensors, path, {"format": "pt"})
    said = refusal(gpt2, corpus, tmp_path / "run", capsys)
    assert "lacks transformer.h.1.mlp.c_fc.weight and 1 more: it is damaged or not whole" in said


def test_a_tensor_of_another_shape(
    gpt2: Path, corpus: Corpus, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_config(gpt2, n_embd=64)
    said = refusal(gpt2, corpus, tmp_path / "run", capsys)
    assert re.search(
        r"is damaged: transformer\.h\.0\.attn\.c_attn\.bias is \[\d+\] where its config\.json says \[192\]", said
    )


def test_a_damaged_file(gpt2: Path, corpus: Corpus, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (gpt2 / "model.safetensors").write_bytes(b"\x80")
    assert "cannot read the GPT-2 in" in refusal(gpt2, corpus, tmp_path / "run", capsys)


def test_another_architecture(corpus: Corpus, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_config(tmp_path / "llama", model_type="llama")
    said = refusal(tmp_path / "llama", corpus, tmp_path / "run", capsys)
    assert "is a model of the kind 'llama': only GPT-2 can be begun with" in said


@pytest.mark.parametrize(
    ("name", "value"),
    [("activation_function", "relu"), ("layer_norm_epsilon", 1e-6), ("scale_attn_weights", False), ("n_inner", 64)],
)
def test_a_gpt2_that_computes_something_else(
    gpt2: Path, corpus: Corpus, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, value: Any
) -> None:
    write_config(gpt2, **{name: value})
    assert f"has {name} " in refusal(gpt2, corpus, tmp_path / "run", capsys)


def test_a_pickle(gpt2: Path, corpus: Corpus, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (gpt2 / "model.safetensors").rename(gpt2 / "pytorch_model.bin")
    said = refusal(gpt2, corpus, tmp_path / "run", capsys)
    assert "a pickle (pytorch_model.bin), which can run code" in said and "save_pretrained" in said


def test_a_folder_without_weights(
    gpt2: Path, corpus: Corpus, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (gpt2 / "model.safetensors").unlink()
    assert "holds no weights (model.safetensors)" in refusal(gpt2, corpus, tmp_path / "run", capsys)


@pytest.mark.parametrize("name", ["gpt2", "gpt2-xl"])
def test_a_name_where_there_is_no_network(
    corpus: Corpus, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    said = refusal(name, corpus, tmp_path / "run", capsys)
    assert f"cannot fetch {name} from the Hugging Face Hub" in said and "bring its folder along" in said


def test_without_transformers_it_is_said_what_to_install(
    gpt2: Path, corpus: Corpus, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("nanopiano.train.hf")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "transformers", None)
    said = refusal(gpt2, corpus, tmp_path / "run", capsys)
    assert 'transformers is not installed: pip install "nanopiano[hf]" brings it' in said

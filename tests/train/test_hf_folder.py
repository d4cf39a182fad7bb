"""A model written for transformers is loaded by it, computes what it computes here, and generates."""

import json
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from cli_tools import Cli
from hf_tools import some_gpt2, transformers
from hypothesis import HealthCheck, given, settings
from model_tools import some_weights, write_model
from plain_tools import some_plain
from strategies import pieces
from train_tools import as_tensors, some_network

from nanopiano.errors import InputError, NanopianoError
from nanopiano.model.config import SIZES, ModelConfig
from nanopiano.model.store import find_model
from nanopiano.music.listen import Listener
from nanopiano.music.vocab import END, FILL, GAP, START, vocabulary
from nanopiano.music.words import Ids, piece_to_ids, piece_to_text
from nanopiano.train.checkpoint import load_tensors, save_tensors
from nanopiano.train.gpt import GPT
from nanopiano.train.hf import folder as writing
from nanopiano.train.hf.folder import export_to_hf
from nanopiano.train.hf.models import tokenizer_of
from nanopiano.train.networks import Network
from nanopiano.train.prove import network_logits, proof_words, random_words

ALL = {
    "hear_before": 2,
    "hear_octave": True,
    "hear_endings": True,
    "hear_held": True,
    "hear_bars": True,
    "hear_recall": True,
    "hear_moved": True,
    "blend_words": 3,
}  # what the default leaves out
FACTS = {
    "step": 7,
    "words": 4_000,
    "train_nats_per_word": 2.5,
    "val_nats_per_word": 2.25,
    "val_nats_per_note": 6.5,
    "val_words": 900,
}


def some_run(folder: Path, network: Network, facts: Any = None, **said: Any) -> Path:
    """A run whose best weights are those of a network; what `run.json` says besides is `said`."""
    folder.mkdir()
    config = network.config
    assert isinstance(config, ModelConfig)
    save_tensors(dict(network.state_dict()), folder / "best.safetensors", facts or FACTS)
    (folder / "config.json").write_text(json.dumps(config.to_json()))
    (folder / "run.json").write_text(json.dumps({"seed": 1, "corpus": {"licence": {"CC0": 12}}, **said}))
    (folder / "losses.csv").write_text("step\n7\n")
    return folder


def load(folder: Path) -> Any:
    """Load a folder as somebody without nanopiano."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in sys.modules if name.partition(".")[0] == "nanopiano"]:
            patch.setitem(sys.modules, name, None)
        return transformers.AutoModelForCausalLM.from_pretrained(folder, trust_remote_code=True)


def batch(*rows: Ids) -> torch.Tensor:
    return torch.from_numpy(np.stack(rows).astype(np.int64))


@pytest.fixture(scope="module")
def network() -> GPT:
    """A network that hears all that can be heard."""
    return some_network(**ALL).eval()


@pytest.fixture(scope="module")
def exported(network: GPT, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """It, for transformers."""
    folder = tmp_path_factory.mktemp("hf")
    export_to_hf(some_run(folder / "run", network), folder / "heard-1.0")
    return folder / "heard-1.0"


@pytest.fixture(scope="module")
def model(exported: Path) -> Iterator[Any]:
    """It, as transformers loads it."""
    yield load(exported)


# --- a model that hears ----------------------------------------------------------------------------------------------


def test_its_logits_are_ours(network: GPT, model: Any) -> None:
    rows = [random_words(300, seed) for seed in (1, 2)]
    with torch.no_grad():
        found = model(batch(*rows)).logits
    assert type(model).__module__.startswith("transformers_modules.")
    for row, ids in zip(found, rows, strict=True):
        np.testing.assert_allclose(row, network_logits(network, ids), atol=1e-4)


@pytest.mark.parametrize("hearing", [{}, {"hear_time": False}, {"hear_place": False, "hear_sounding": False}])
def test_so_are_those_of_a_model_that_hears_less(hearing: dict[str, bool], tmp_path: Path) -> None:
    network = some_network(seed=3, **hearing)
    export_to_hf(some_run(tmp_path / "run", network), tmp_path / "hf")
    ids = proof_words(150)
    with torch.no_grad():
        found = load(tmp_path / "hf")(batch(ids)).logits[0]
    np.testing.assert_allclose(found, network_logits(network, ids), atol=1e-4)


def test_a_gap_that_is_filled_is_heard_as_here(network: GPT, model: Any) -> None:
    before, after = random_words(41, 1), random_words(41, 2)[1:]
    ids = np.concatenate([before, np.array([GAP, 100], dtype=np.uint16), after, np.array([FILL], dtype=np.uint16)])
    with torch.no_grad():
        found = model(batch(ids)).logits[0]
    np.testing.assert_allclose(found, network_logits(network, ids), atol=1e-4)


def test_words_in_any_order_are_read_and_those_before_are_heard_as_ever(model: Any) -> None:
    words = torch.randint(221, (8, 60), generator=torch.Generator().manual_seed(1))
    words[:, :21] = batch(random_words(21))
    with torch.no_grad():
        found, alone = model(words).logits, model(words[:1, :21]).logits
    assert torch.isfinite(found).all()
    torch.testing.assert_close(found[:, :21], alone.expand(8, -1, -1), atol=1e-4, rtol=0)


def test_what_a_cache_holds_counts_as_what_is_read_at_once(model: Any) -> None:
    words = batch(proof_words(300))
    with torch.no_grad():
        whole = model(words).logits
        cache, parts = None, []
        for first, last in ((0, 7), (7, 150), (150, 151), (151, 300)):
            out = model(words[:, first:last], cache=cache, words=words[:, :last], use_cache=True)
            cache = out.cache
            parts.append(out.logits)
    torch.testing.assert_close(torch.cat(parts, dim=1), whole, atol=1e-4, rtol=0)
    with pytest.raises(ValueError, match="the cache holds 300 words: give `words`, all 301 of them"):
        model(words[:, :1], cache=cache)


@pytest.mark.parametrize("cuts", [(0, 10, 60), (0, 19, 22, 60), (0, 21, 22, 60)])
def test_a_padded_batch_may_be_read_in_parts(model: Any, cuts: tuple[int, ...]) -> None:
    words = batch(proof_words(60), random_words(60, 2))
    mask = torch.ones(2, 60, dtype=torch.int64)
    mask[1, :20] = 0
    cache = transformers.DynamicCache(config=model.config)
    with torch.no_grad():
        whole = model(words, attention_mask=mask).logits
        parts = [
            model(words[:, first:last], attention_mask=mask[:, :last], cache=cache, words=words[:, :last]).logits
            for first, last in pairwise(cuts)
        ]
    torch.testing.assert_close(torch.cat(parts, dim=1), whole, atol=1e-4, rtol=0)


def test_a_cache_may_be_given_by_its_name_of_before(model: Any) -> None:
    words, cache = batch(proof_words(20)), transformers.DynamicCache()
    with torch.no_grad(), pytest.warns(FutureWarning, match="past_key_values"):
        model(words, past_key_values=cache)
    assert cache.get_seq_length() == 20


def test_a_cache_keeps_no_more_of_the_streams_than_is_blended(model: Any) -> None:
    with torch.no_grad():
        layers = model(batch(proof_words(60)), use_cache=True).cache.layers
    n_layer = model.config.n_layer
    assert [layer.keys.shape[-2] for layer in layers] == [60] * n_layer + [model.config.blend_words - 1] * 2 * n_layer


@pytest.mark.parametrize("how", [{}, {"num_beams": 3}])
def test_generate_writes_the_same_with_a_cache_and_without(model: Any, how: dict[str, int]) -> None:
    start = batch(random_words(30, 1), random_words(30, 2))
    options = {"do_sample": False, "max_new_tokens": 40, **how}
    written = [model.generate(start, use_cache=cache, **options) for cache in (True, False)]
    assert torch.equal(*written)
    assert written[0].shape[1] > 40


def test_generate_reads_single_words_after_the_prompt(model: Any) -> None:
    read: list[int] = []  # words in each call
    hook = model.register_forward_pre_hook(
        lambda _, __, told: read.append(told["input_ids"].shape[1]), with_kwargs=True
    )
    model.generate(batch(random_words(30, 1)), do_sample=False, min_new_tokens=8, max_new_tokens=8)
    hook.remove()
    assert read == [30] + [1] * 7


def test_rows_that_are_padded_say_what_they_say_alone(network: GPT, model: Any) -> None:
    long, short = proof_words(60), random_words(40, 2)
    pad = np.full(20, END, dtype=np.uint16)
    here = torch.ones(2, 60, dtype=torch.int64)
    left, right = here.clone(), here.clone()
    left[1, :20], right[1, 40:] = 0, 0
    with torch.no_grad():
        on_left = model(batch(long, np.concatenate([pad, short])), attention_mask=left).logits
        on_right = model(batch(long, np.concatenate([short, pad])), attention_mask=right).logits
    np.testing.assert_allclose(on_left[1, 20:], network_logits(network, short), atol=1e-4)
    np.testing.assert_allclose(on_right[1, :40], network_logits(network, short), atol=1e-4)
    np.testing.assert_allclose(on_left[0], network_logits(network, long), atol=1e-4)


def test_a_padded_batch_generates_what_each_row_does(model: Any, exported: Path) -> None:
    tokenizer = transformers.AutoTokenizer.from_pretrained(exported, trust_remote_code=True)
    texts = [" ".join(vocabulary().words[i] for i in random_words(n, n)) for n in (21, 11)]
    whole = model.generate(**tokenizer(texts, padding=True, return_tensors="pt"), do_sample=False, max_new_tokens=20)
    alone = model.generate(**tokenizer(texts[1:], return_tensors="pt"), do_sample=False, max_new_tokens=20)
    n = alone.shape[1]
    assert whole[1, 10 : 10 + n].tolist() == alone[0].tolist()


def test_it_tells_the_loss_of_training(network: GPT, model: Any) -> None:
    ids = proof_words(80)
    loss = model(batch(ids), labels=batch(ids)).loss
    logits = torch.from_numpy(network_logits(network, ids))[:-1]
    expected = torch.nn.functional.cross_entropy(logits, torch.from_numpy(ids[1:].astype(np.int64)))
    assert float(loss.detach()) == pytest.approx(float(expected), abs=1e-4)
    loss.backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_it_computes_in_half_precision(exported: Path) -> None:
    model = transformers.AutoModelForCausalLM.from_pretrained(exported, trust_remote_code=True, dtype=torch.bfloat16)
    with torch.no_grad():
        logits = model(batch(random_words(40))).logits
    assert logits.dtype == torch.bfloat16 and torch.isfinite(logits).all()


def test_saved_again_its_code_goes_with_it(model: Any, exported: Path, tmp_path: Path) -> None:
    model.save_pretrained(tmp_path / "again")  # as push_to_hub does
    again = load(tmp_path / "again")
    words = batch(random_words(50))
    with torch.no_grad():
        torch.testing.assert_close(again(words).logits, model(words).logits)


def test_of_what_the_packages_model_generates_the_grammar_allows_nearly_all(tmp_path: Path) -> None:
    export_to_hf(find_model("small"), tmp_path / "hf")
    torch.manual_seed(1)
    ids = load(tmp_path / "hf").generate(max_new_tokens=100, min_new_tokens=100)[0].tolist()
    assert ids[0] == START and len(ids) == 101 and not {GAP, FILL} & set(ids)
    listener, allowed = Listener(vocabulary()), 0
    listener.feed(START)
    for word in ids[1:]:
        allowed += bool(listener.allowed()[word])
        listener.feed(word)  # raises for a word of a kind that cannot stand here
    assert allowed >= 95  # of 2,000 words 6 were not: docs/hugging_face.md


# --- a plain model ---------------------------------------------------------------------------------------------------


def test_a_plain_model_is_a_stock_gpt2(tmp_path: Path) -> None:
    network = some_plain(positions=64)
    export_to_hf(some_run(tmp_path / "run", network), tmp_path / "hf")
    model = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "hf")
    ids = random_words(64)
    assert type(model) is transformers.GPT2LMHeadModel and not list((tmp_path / "hf").glob("*.py"))
    with torch.no_grad():
        np.testing.assert_allclose(model(batch(ids)).logits[0], network_logits(network, ids), atol=1e-4)
    assert model.generate().shape[1] <= 64


# --- words -----------------------------------------------------------------------------------------------------------


@given(pieces())
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_words_go_to_numbers_and_back(exported: Path, piece: Any) -> None:
    tokenizer = transformers.AutoTokenizer.from_pretrained(exported, trust_remote_code=True)
    text = piece_to_text(piece)
    ids = tokenizer(text).input_ids
    assert ids == piece_to_ids(piece).tolist()
    assert tokenizer.decode(ids) == text
    assert tokenizer.decode(ids, skip_special_tokens=True) == " ".join(text.split()[1:-1])


def test_every_word_has_the_number_that_it_has_here() -> None:
    words = vocabulary(12)
    tokenizer = tokenizer_of(words)
    assert tokenizer.convert_tokens_to_ids(list(words.words)) == list(range(len(words)))
    assert (tokenizer.bos_token_id, tokenizer.eos_token_id, len(tokenizer)) == (START, END, len(words))


@pytest.mark.parametrize("text", ["START n60 d500", "n20 d1", "STARTn60"])
def test_what_is_no_word_is_refused(text: str) -> None:
    with pytest.raises(Exception, match="UNK"):
        tokenizer_of(vocabulary())(text)


# --- the folder ------------------------------------------------------------------------------------------------------


def test_the_folder_holds_all_and_its_card_says_what_the_hub_asks(exported: Path) -> None:
    found = {path.name for path in exported.iterdir()}
    assert found >= {"config.json", "model.safetensors", "generation_config.json", "tokenizer.json", "losses.csv"}
    assert {"modeling_nanopiano.py", "configuration_nanopiano.py", "gpt.py", "listen.py"} <= found
    _, head, body = (exported / "README.md").read_text("utf-8").split("---\n", 2)
    facts = yaml.safe_load(head)
    assert (facts["license"], facts["library_name"]) == ("mit", "transformers") and "piano" in facts["tags"]
    for fact in ("# heard-1.0", "trust_remote_code=True", "2.2500 nats per word", "| CC0 | 12 |", "- the logits of"):
        assert fact in body


def test_what_travels_imports_nothing_of_nanopiano(exported: Path) -> None:
    for path in exported.glob("*.py"):
        assert "from nanopiano" not in path.read_text("utf-8") and "import nanopiano" not in path.read_text("utf-8")


def test_a_run_that_began_with_a_model_tells_the_words_of_both(network: GPT, tmp_path: Path) -> None:
    begun = {"model": "older", "sha256": "0123456789", "words": 1_000}
    export_to_hf(some_run(tmp_path / "run", network, begun_from=begun), tmp_path / "hf")
    assert "after the 1,000 of older 01234567: 5,000 in all" in (tmp_path / "hf" / "README.md").read_text("utf-8")


def test_a_run_that_has_learnt_nothing_yet_has_a_card_too(network: GPT, tmp_path: Path) -> None:
    facts = {name: value for name, value in FACTS.items() if name != "train_nats_per_word"}
    export_to_hf(some_run(tmp_path / "run", network, facts), tmp_path / "hf")
    assert "- training loss: none, nothing was learnt yet" in (tmp_path / "hf" / "README.md").read_text("utf-8")


def test_a_model_folder_can_be_written_too_and_its_card_is_kept(tmp_path: Path) -> None:
    config = SIZES["tiny"]
    source = write_model(tmp_path / "model", config, some_weights(config))
    save_tensors({name: tensor.half() for name, tensor in as_tensors(config).items()}, source / "model.safetensors", {})
    (source / "card.md").write_text("# mine\n\nIt hums.\n\n## Data\n\nAll mine.\n")
    export_to_hf(source, tmp_path / "hf")
    tensors, _ = load_tensors(tmp_path / "hf" / "model.safetensors")
    assert all(tensor.dtype == torch.float32 for tensor in tensors.values())
    text = (tmp_path / "hf" / "README.md").read_text()
    assert text.index("It hums.") < text.index("## With transformers") < text.index("All mine.")


def test_the_head_of_a_card_that_was_edited_stays(network: GPT, tmp_path: Path) -> None:
    run, card = some_run(tmp_path / "run", network), tmp_path / "hf" / "README.md"
    export_to_hf(run, tmp_path / "hf")
    first = card.read_text("utf-8")
    edited = first.replace("license: mit", "license: cc-by-nc-sa-4.0")
    card.write_text(edited, "utf-8")
    export_to_hf(run, tmp_path / "hf")
    assert card.read_text("utf-8") == edited != first


def test_an_older_folder_is_replaced_and_nothing_else_is(network: GPT, tmp_path: Path) -> None:
    run = some_run(tmp_path / "run", network)
    export_to_hf(run, tmp_path / "hf")
    (run / "losses.csv").unlink()
    export_to_hf(run, tmp_path / "hf")
    assert not (tmp_path / "hf" / "losses.csv").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"run", "hf"}
    (tmp_path / "music").mkdir()
    (tmp_path / "music" / "opus1.mid").write_bytes(b"precious")
    with pytest.raises(InputError, match="music holds something else than a model for transformers"):
        export_to_hf(run, tmp_path / "music")
    with pytest.raises(InputError, match="run holds something else"):
        export_to_hf(run, run)
    assert (tmp_path / "music" / "opus1.mid").read_bytes() == b"precious"


@pytest.mark.parametrize("plain", [False, True])
def test_what_others_put_into_the_folder_stays(network: GPT, tmp_path: Path, plain: bool) -> None:
    run, folder = some_run(tmp_path / "run", some_plain() if plain else network), tmp_path / "hf"
    export_to_hf(run, folder)
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_text("ref")
    (folder / "merges.txt").write_text("a b")
    (folder / "gpt.py").write_text("ours, or of nobody")
    export_to_hf(run, folder)
    assert (folder / ".git" / "HEAD").read_text() == "ref" and (folder / "merges.txt").read_text() == "a b"
    assert ((folder / "gpt.py").read_text() == "ours, or of nobody") == plain


def test_a_folder_that_others_made_with_transformers_is_left_alone(network: GPT, tmp_path: Path) -> None:
    theirs = some_gpt2(tmp_path / "theirs")
    before = {path.name: path.read_bytes() for path in theirs.iterdir()}
    assert "generation_config.json" in before
    with pytest.raises(InputError, match="theirs holds something else than a model for transformers"):
        export_to_hf(some_run(tmp_path / "run", network), theirs)
    assert {path.name: path.read_bytes() for path in theirs.iterdir()} == before


def test_a_folder_in_the_way_of_the_work_is_left_alone(network: GPT, tmp_path: Path) -> None:
    (tmp_path / "hf.part").mkdir()
    (tmp_path / "hf.part" / "thesis.txt").write_text("Dear")
    with pytest.raises(InputError, match=r"hf\.part is needed for the work and holds thesis\.txt: move that folder"):
        export_to_hf(some_run(tmp_path / "run", network), tmp_path / "hf")
    assert {path.name for path in tmp_path.iterdir()} == {"run", "hf.part"}


def test_a_model_that_computes_something_else_is_not_written(
    network: GPT, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "network_logits", lambda *_: np.zeros((600, 1), dtype=np.float32))
    with pytest.raises(NanopianoError, match="the logits of transformers differ from the network's by"):
        export_to_hf(some_run(tmp_path / "run", network), tmp_path / "hf")
    assert {path.name for path in tmp_path.iterdir()} == {"run"}


def test_what_cannot_be_written_for_transformers_is_said(cli: Cli, model_folder: Path) -> None:
    assert "expected hf, then a folder" in cli.refuses("export", "small", "--to", "onnx", "out")
    assert "--corpus is for models of nanopiano" in cli.refuses("export", "small", "--to", "hf", "out", "--corpus", "c")
    assert "there is no model 'none'" in cli.refuses("export", "none", "--to", "hf", "out")
    said = cli.refuses("export", model_folder, "--to", "hf", "out")
    assert "holds neither a run (best.safetensors) nor the weights of a model (model.safetensors)" in said
    assert not cli.files


def test_the_command_writes_a_run_for_transformers(cli: Cli, network: GPT) -> None:
    some_run(Path("run"), network)
    ran = cli("export", "run", "--to", "hf", "out")
    assert ran.status == 0 and "for transformers" in ran.err and ran.out == ""
    assert (cli.folder / "out" / "README.md").exists()

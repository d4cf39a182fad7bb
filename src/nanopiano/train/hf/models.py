"""Our networks and words as models and tokenizers of transformers."""

from typing import Any

from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers
from transformers import GenerationConfig, GPT2Config, GPT2LMHeadModel, PreTrainedModel, PreTrainedTokenizerFast

from nanopiano.model.config import ModelConfig
from nanopiano.model.defaults import DEFAULT_SAMPLING
from nanopiano.music.vocab import END, FILL, GAP, SIGNS, START, Vocabulary
from nanopiano.train.gpt import GPT
from nanopiano.train.hf.configuration_nanopiano import NanopianoConfig
from nanopiano.train.hf.gpt2 import to_theirs
from nanopiano.train.hf.modeling_nanopiano import NanopianoForCausalLM
from nanopiano.train.plain_gpt import EPSILON, PlainGPT

NEW_WORDS = 600  # that `generate` writes of a model without an end, if nobody says how many
SPECIAL = {"bos_token_id": START, "eos_token_id": END, "pad_token_id": END}
CODE = {
    "AutoConfig": "configuration_nanopiano.NanopianoConfig",
    "AutoModelForCausalLM": "modeling_nanopiano.NanopianoForCausalLM",
}


def hearing_model(network: GPT, config: ModelConfig) -> PreTrainedModel:
    """Return a network that hears as a model whose code travels with it."""
    model = NanopianoForCausalLM(NanopianoConfig(**config.to_json(), auto_map=CODE)).eval()
    model.network.load_state_dict(network.state_dict())
    model.generation_config = _drawing(SPECIAL, max_new_tokens=NEW_WORDS, suppress_tokens=[START, GAP, FILL])
    return model


def stock_gpt2(network: PlainGPT, end_of_text: int | None = None) -> PreTrainedModel:
    """Return a plain network as transformers' own GPT-2, of music, or of text with such an end."""
    shape, ids = network.config, SPECIAL if end_of_text is None else dict.fromkeys(SPECIAL, end_of_text)
    config = GPT2Config(
        vocab_size=shape.vocab_size,
        n_layer=shape.n_layer,
        n_head=shape.n_head,
        n_embd=shape.n_embd,
        n_positions=shape.window,
        layer_norm_epsilon=EPSILON,
        **ids,
    )
    model = GPT2LMHeadModel(config).eval()
    model.load_state_dict(to_theirs(network.state_dict(), shape.n_layer))
    never = {"suppress_tokens": [START, GAP, FILL]} if end_of_text is None else {}
    model.generation_config = _drawing(ids, max_length=shape.window, **never)
    return model


def _drawing(ids: dict[str, int], **limits: Any) -> GenerationConfig:
    """Return what `generate` does if nothing is said: draw as nanopiano does, but without its grammar."""
    sampling = {"temperature": DEFAULT_SAMPLING.temperature, "top_p": DEFAULT_SAMPLING.top_p, "top_k": 0}
    return GenerationConfig(do_sample=True, **sampling, **ids, **limits)


def tokenizer_of(vocab: Vocabulary, longest: int | None = None) -> PreTrainedTokenizerFast:
    """Return words as text <-> their numbers; what is no word is refused. `longest`: words that a model can read."""
    words = Tokenizer(models.WordLevel(vocab.id_of))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    words.add_special_tokens([AddedToken(SIGNS[sign], single_word=True, normalized=False) for sign in (START, END)])
    return PreTrainedTokenizerFast(
        tokenizer_object=words,
        bos_token=SIGNS[START],
        eos_token=SIGNS[END],
        pad_token=SIGNS[END],
        padding_side="left",
        clean_up_tokenization_spaces=False,
        **({} if longest is None else {"model_max_length": longest}),
    )

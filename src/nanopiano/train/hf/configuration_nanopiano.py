"""The shape of a nanopiano network, as transformers keeps shapes. Travels with exported models (see `folder`)."""

from typing import Any

from transformers import PretrainedConfig

from nanopiano.model.config import ModelConfig
from nanopiano.music.vocab import END, START


class NanopianoConfig(PretrainedConfig):  # type: ignore[misc]
    """Holds what `ModelConfig` holds; `shape` makes one of it."""

    model_type = "nanopiano"
    attribute_map = {  # noqa: RUF012  as transformers wants it
        "num_hidden_layers": "n_layer",
        "num_attention_heads": "n_head",
        "num_key_value_heads": "n_kv_head",
        "hidden_size": "n_embd",
    }

    def __init__(self, **facts: Any) -> None:
        """Take fields of `ModelConfig`, and whatever else transformers says of a model."""
        shape = ModelConfig.from_json(ModelConfig().to_json() | facts)
        for name, value in shape.to_json().items():
            setattr(self, name, value)
        self.vocab_size = shape.vocab_size
        others = {name: value for name, value in facts.items() if name not in (*shape.to_json(), "vocab_size")}
        special = {"bos_token_id": START, "eos_token_id": END, "pad_token_id": END, "tie_word_embeddings": False}
        super().__init__(**(special | others))

    @property
    def shape(self) -> ModelConfig:
        """The shape as our network takes it."""
        return ModelConfig.from_json(self.to_dict())

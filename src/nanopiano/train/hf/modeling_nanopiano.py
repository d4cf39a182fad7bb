"""The network that hears, as a causal language model of transformers. Travels with exported models (see `folder`).

What the network hears besides the words (place in the bar, sounding keys, musical time, what is recalled) is computed
here from the words: all of them are needed, from START on, also where a cache holds what they led to.
"""

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import GenerationMixin, PreTrainedModel
from transformers.cache_utils import Cache, DynamicCache, DynamicLayer, DynamicSlidingWindowLayer
from transformers.modeling_outputs import CausalLMOutputWithPast
from transformers.utils.deprecation import deprecate_kwarg

from nanopiano.model.rotary import Rotary
from nanopiano.music.listen import hear
from nanopiano.music.recall import recall
from nanopiano.music.vocab import FILL, FIRST_DURATION, FIRST_PITCH, GAP, START, WAIT, vocabulary
from nanopiano.train.gpt import GPT, Block, norm
from nanopiano.train.hf.configuration_nanopiano import NanopianoConfig


class NanopianoForCausalLM(PreTrainedModel, GenerationMixin):  # type: ignore[misc]
    """`network` computes; shapes as in `gpt`, with P words in the cache, T new ones, S = P + T."""

    config_class = NanopianoConfig
    base_model_prefix = "network"
    _no_split_modules = ["Block"]  # noqa: RUF012  as transformers wants it

    def __init__(self, config: NanopianoConfig) -> None:
        super().__init__(config)
        self.network = GPT(config.shape)
        self.rotary = Rotary.of(config.shape)
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        """Compute again what no file holds: loading leaves it empty. New weights are `GPT`'s own."""
        if isinstance(module, GPT):
            vocab = vocabulary(module.config.steps_per_beat)
            for table, values in ((module.octave_of, vocab.octaves), (module.class_of, vocab.pitch_classes)):
                table.copy_(torch.from_numpy(values))

    def get_input_embeddings(self) -> nn.Module:
        """Return the table of words."""
        return self.network.words

    def get_output_embeddings(self) -> nn.Module:
        """Return the head."""
        return self.network.head

    @deprecate_kwarg("past_key_values", "6.0.0", new_name="cache")  # type: ignore[untyped-decorator]
    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        cache: Cache | None = None,
        words: Tensor | None = None,
        labels: Tensor | None = None,
        use_cache: bool | None = None,
        logits_to_keep: int = 0,
        **_: Any,
    ) -> CausalLMOutputWithPast:
        """input_ids int64 [B, T] -> logits [B, T, V], of the last `logits_to_keep` words only if that is not 0.

        With a filled cache `words`, int64 [B, S], are all words so far; `generate` sees to that. attention_mask [B, S]
        is 0 where a row is padded, on the left or on the right. labels [B, T] are input_ids, -100 where none counts.
        """
        if use_cache and cache is None:
            cache = DynamicCache()
        words = input_ids if words is None else words
        past = 0 if cache is None else cache.get_seq_length()
        if words.size(1) != past + input_ids.size(1):
            raise ValueError(f"the cache holds {past} words: give `words`, all {past + input_ids.size(1)} of them")
        if attention_mask is not None:
            words = words.masked_fill(attention_mask == 0, START)  # nothing has sounded before START
        place, sounding, recalled, cos, sin = self.heard(words)
        first = max(past - self.network.config.hear_before, 0)  # the words before a word are heard with it
        x = self.network.hear(*(told[:, first:] for told in (words, place, sounding, recalled)))
        x = norm(x[:, past - first :])
        self._make_room(cache)
        seen, cos, sin = self._seen(past, words, attention_mask), cos[:, past:, None], sin[:, past:, None]
        for layer, block in enumerate(self.network.blocks):
            assert isinstance(block, Block)
            blended = self._blend(block, 2 * layer, norm(x), attention_mask, cache)
            x = x + self._attend(block, layer, blended, cos, sin, seen, cache)
            x = x + block.perceive(self._blend(block, 2 * layer + 1, norm(x), attention_mask, cache))
        kept = slice(-logits_to_keep, None)  # -0: all
        logits = self.network.expect(norm(x)[:, kept], recalled[:, past:][:, kept])
        return CausalLMOutputWithPast(_loss(logits, labels), logits, cache)

    def heard(self, words: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Return place [B, S], sounding [B, S, 88], recalled [B, S, n], cos and sin [B, S, D/2] of words [B, S]."""
        shape = self.network.config
        rows = words.cpu().numpy().astype(np.uint16)
        heard = [hear(hearable(row)) for row in rows]
        time, sounding = (np.stack(arrays) for arrays in zip(*heard, strict=True))
        recalled = np.zeros((*rows.shape, shape.n_recalled), dtype=np.int64)
        if shape.hear_recall:
            recalled[:] = [
                recall(row, steps, shape.hear_moved, shape.bar_steps) for row, steps in zip(rows, time, strict=True)
            ]
        index = np.broadcast_to(np.arange(rows.shape[1]), rows.shape)
        arrays = (time % shape.bar_steps, sounding, recalled, *self.rotary.tables(index, time))
        place, keys, again, cos, sin = (torch.from_numpy(array).to(words.device) for array in arrays)
        return place, keys, again, cos, sin

    def _seen(self, past: int, words: Tensor, attention_mask: Tensor | None) -> Tensor:
        """Return where each new word may look, bool [B or 1, 1, T, S]."""
        key = torch.arange(words.size(1), device=words.device)
        back = key[past:, None] - key
        seen = ((back >= 0) & (back < self.network.config.window))[None, None]
        if attention_mask is not None:  # a padding looks at itself, so that no row is empty
            seen = (seen & (attention_mask[:, None, None] != 0)) | (back == 0)
        return seen

    def _make_room(self, cache: Cache | None) -> None:
        """Give the cache a layer for each stream that is blended, whose keys are the words that it looks back on."""
        shape = self.network.config
        if cache is None or not shape.streams:
            return
        cache.layers.extend(DynamicLayer() for _ in range(shape.n_layer - len(cache.layers)))
        missing = shape.n_layer + len(shape.streams) - len(cache.layers)
        cache.layers.extend(DynamicSlidingWindowLayer(shape.blend_words) for _ in range(missing))

    def _blend(self, block: Block, place: int, x: Tensor, attention_mask: Tensor | None, cache: Cache | None) -> Tensor:
        """As `Block.blend`, with the words in the cache too."""
        if block.taps is None:
            return x
        T, stream = x.size(1), x[:, None]
        if attention_mask is not None:  # of a padding nothing is blended
            stream = stream * attention_mask[:, None, -T:, None].type_as(x)
        if cache is not None and self.network.config.streams:
            stream, _ = cache.update(stream, stream[..., :0], self.network.config.n_layer + place)
        return block.blend(stream[:, 0], place % 2)[:, -T:]

    def _attend(
        self, block: Block, layer: int, x: Tensor, cos: Tensor, sin: Tensor, seen: Tensor, cache: Cache | None
    ) -> Tensor:
        """Attention as `Block.attend`, over the words in the cache too."""
        q, k, v = (part.transpose(1, 2) for part in block.heads(x, cos, sin))
        if cache is not None:
            k, v = cache.update(k, v, layer)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=seen, enable_gqa=True)
        return block.proj(y.transpose(1, 2).reshape(x.shape))  # type: ignore[no-any-return]

    def prepare_inputs_for_generation(
        self,
        input_ids: Tensor,
        cache: Cache | None = None,
        attention_mask: Tensor | None = None,
        **others: Any,
    ) -> dict[str, Any]:
        """Give the new words, and all of them."""
        past = 0 if cache is None else cache.get_seq_length()
        return {
            "input_ids": input_ids[:, past:],
            "words": input_ids,
            "attention_mask": attention_mask,
            "cache": cache,
            "use_cache": others.get("use_cache"),
            "logits_to_keep": 1,
        }


def hearable(words: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Return `words` [S] with START, which is heard as nothing, in place of what stands where it cannot.

    `generate` knows no grammar: it may write a length of nothing, or FILL without a GAP.
    """
    before = np.concatenate([[START], words[:-1]])
    leads = (before == WAIT) | (before == GAP) | ((before >= FIRST_PITCH) & (before < FIRST_DURATION))
    gap_before = np.logical_or.accumulate(before == GAP)
    stray = ((words >= FIRST_DURATION) & ~leads) | ((words == FILL) & ~gap_before)
    return np.where(stray, START, words).astype(np.uint16)


def _loss(logits: Tensor, labels: Tensor | None) -> Tensor | None:
    """Return the mean nats of the words after the first, None without labels."""
    if labels is None:
        return None
    return F.cross_entropy(logits[:, :-1].flatten(0, 1).float(), labels[:, 1:].flatten(), ignore_index=-100)

"""The network of `nanopiano.train.gpt` with dropout and with more to hear: bars of several lengths, keys released."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nanopiano.music.grid import N_KEYS
from nanopiano.train.gpt import GPT, Block, norm, rotate
from polyphony.recipe import Recipe

SOON = 32  # frames to the next release are told up to here
PLANES = (1, 2, 3, 5, 9)  # a key is heard as sounding for so many frames or more, a plane for each number


class PolyGPT(GPT):
    """Words, and what is told after each, to the log chances of the next word."""

    def __init__(self, recipe: Recipe) -> None:
        super().__init__(recipe.config(), recipe.dropout)
        self.recipe = recipe
        C = recipe.n_embd
        self.bars = nn.ModuleList(nn.Embedding(period, C) for period in recipe.periods)
        self.shift = nn.Embedding(2 * recipe.most_semitones + 1, C)
        self.keys = nn.Linear((len(PLANES) + 1) * N_KEYS, C, bias=False)
        self.soon = nn.Embedding(SOON + 1, C)
        for heard in (*self.bars, self.shift, self.keys, self.soon):
            nn.init.normal_(heard.weight, std=0.02)

    def forward(  # type: ignore[override]
        self,
        ids: Tensor,
        time: Tensor,
        sounding: Tensor,
        released: Tensor,
        shift: Tensor,
        recalled: Tensor,
        cos: Tensor,
        sin: Tensor,
    ) -> Tensor:
        """Return logits [B, T, V].

        ids, time int64 [B, T]; sounding uint8 and released bool [B, T, 88]; shift int64 [B]; recalled int64 [B, T, n].
        """
        x = self.drop(norm(self.read(ids, time, sounding, released, shift, recalled)))
        cos, sin = cos[:, :, None], sin[:, :, None]
        for block in self.blocks:
            assert isinstance(block, Block)
            x = x + self.drop(attend(block, block.blend(norm(x), 0), cos, sin))
            x = x + self.drop(block.perceive(block.blend(norm(x), 1)))
        return self.expect(self.drop(norm(x)), recalled)

    def drop(self, x: Tensor) -> Tensor:
        """Dropout (Srivastava et al. 2014)."""
        return F.dropout(x, self.dropout, self.training)

    def read(
        self, ids: Tensor, time: Tensor, sounding: Tensor, released: Tensor, shift: Tensor, recalled: Tensor
    ) -> Tensor:
        """Return the sum of all that is told, [B, T, C]."""
        recipe = self.recipe
        words, heard = self.words(ids), self.remind(recalled)
        for period, bar in zip(recipe.periods, self.bars, strict=True):
            heard = heard + bar(time % period)
        if recipe.tell_shift:
            heard = heard + self.shift(shift + recipe.most_semitones)[:, None]
        if self.sounding is not None:
            heard = heard + self.sounding(sounding.clamp(max=16) / 16)
        if recipe.hear_keys:
            planes = torch.cat([*(sounding >= frames for frames in PLANES), released], dim=-1)
            soon = torch.where(sounding > 0, sounding, SOON).amin(dim=-1).clamp(max=SOON)
            heard = heard + self.keys(planes.to(self.keys.weight.dtype)) + self.soon(soon.long())
        if self.training:
            words = words * kept(ids, recipe.word_dropout)
            heard = heard * kept(ids, recipe.heard_dropout)
        total: Tensor = words + heard
        return total


def attend(block: Block, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Attention of a block written out where all words are within the window: on one core 1.7 to 2.9 times as fast."""
    B, T, C = x.shape
    H = block.config.n_head
    if block.config.window < T:
        return block.attend(x, cos, sin)
    q, k, v = block.qkv(x).view(B, T, 3, H, C // H).unbind(2)
    turned = (rotate(norm(q), cos, sin), rotate(norm(k), cos, sin), v)
    q, k, v = (y.transpose(1, 2).reshape(B * H, T, C // H) for y in turned)
    later = torch.full((T, T), float("-inf"), dtype=q.dtype, device=q.device).triu(1)
    scores = torch.baddbmm(later.expand(B * H, T, T), q, k.transpose(1, 2), alpha=(C // H) ** -0.5)
    y = (scores.softmax(-1).type_as(v) @ v).view(B, H, T, C // H).transpose(1, 2)
    return block.proj(y.reshape(B, T, C))  # type: ignore[no-any-return]


def kept(ids: Tensor, rate: float) -> Tensor:
    """Return 0 for a share `rate` of the places, 1 elsewhere, [B, T, 1]."""
    return (torch.rand(ids.shape, device=ids.device) >= rate).float()[..., None]

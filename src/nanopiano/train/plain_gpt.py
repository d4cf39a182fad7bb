"""The plain network: GPT-2's (Radford et al. 2019), as nanoGPT trains it. It hears nothing but the words.

Shapes: B pieces, T words, C numbers a word, H heads of D numbers, V words known. With the same weights its logits are
those of transformers' GPT2LMHeadModel (see `train.hf`).
"""

from typing import Protocol

import torch.nn.functional as F
from torch import Tensor, nn

EPSILON = 1e-5  # of LayerNorm
STD = 0.02  # of new weights


class Shape(Protocol):
    """What the network must know of itself: a `ModelConfig`, or a shape with another vocabulary."""

    @property
    def n_layer(self) -> int:
        """Blocks."""

    @property
    def n_head(self) -> int:
        """Heads of a block."""

    @property
    def n_embd(self) -> int:
        """Numbers a word, C."""

    @property
    def window(self) -> int:
        """Positions learned: the longest context."""

    @property
    def vocab_size(self) -> int:
        """Words known, V."""


class PlainBlock(nn.Module):
    """Attention and a perceptron with GELU, LayerNorm before each, each added to the stream."""

    def __init__(self, width: int, n_head: int, dropout: float) -> None:
        super().__init__()
        self.n_head, self.dropout = n_head, dropout
        self.before_attention = nn.LayerNorm(width, eps=EPSILON)
        self.before_perceptron = nn.LayerNorm(width, eps=EPSILON)
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """x [B, T, C] -> [B, T, C]."""
        x = x + F.dropout(self.attend(self.before_attention(x)), self.dropout, self.training)
        y = self.down(F.gelu(self.up(self.before_perceptron(x)), approximate="tanh"))
        return x + F.dropout(y, self.dropout, self.training)

    def attend(self, x: Tensor) -> Tensor:
        """Causal attention; [B, T, C]."""
        B, T, C = x.shape
        qkv = self.qkv(x).view(B, T, 3, self.n_head, C // self.n_head)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # each [B, H, T, D]
        dropout = self.dropout if self.training else 0.0
        y = F.scaled_dot_product_attention(q, k, v, dropout_p=dropout, is_causal=True)
        return self.proj(y.transpose(1, 2).reshape(B, T, C))  # type: ignore[no-any-return]


class PlainGPT(nn.Module):
    """Words to logits of the next word; positions are learned, and the head is tied to the table of words."""

    def __init__(self, config: Shape, dropout: float = 0.0) -> None:
        super().__init__()
        self.config, self.dropout = config, dropout
        self.words = nn.Embedding(config.vocab_size, config.n_embd)
        self.positions = nn.Embedding(config.window, config.n_embd)
        self.blocks = nn.ModuleList(PlainBlock(config.n_embd, config.n_head, dropout) for _ in range(config.n_layer))
        self.last = nn.LayerNorm(config.n_embd, eps=EPSILON)
        self._begin()

    def _begin(self) -> None:
        """As GPT-2 begins: what adds to the stream is smaller, the deeper the network."""
        for name, parameter in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(parameter)
            elif parameter.ndim == 2:
                adds = name.endswith(("proj.weight", "down.weight"))
                nn.init.normal_(parameter, std=STD / (2 * self.config.n_layer) ** 0.5 if adds else STD)

    def forward(self, ids: Tensor, *_: Tensor) -> Tensor:
        """ids int64 [B, T], T at most the window -> logits [B, T, V]; takes, and passes over, what `GPT` hears."""
        x = F.dropout(self.words(ids) + self.positions.weight[: ids.size(1)], self.dropout, self.training)
        for block in self.blocks:
            x = block(x)
        return F.linear(self.last(x), self.words.weight)

    @property
    def n_parameters(self) -> int:
        """How many numbers are learnt."""
        return sum(parameter.numel() for parameter in self.parameters())

"""The network, in one file: a decoder-only transformer that hears the music it is writing.

Shapes: B pieces, T words, C numbers a word, H heads of D numbers, K heads of keys and values, V words known.
After nanoGPT (Karpathy) in size and spirit; RMSNorm, rotary positions, QK-norm and squared ReLU as in modded-nanogpt.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nanopiano.model.config import ModelConfig
from nanopiano.music.grid import N_KEYS

CHUNK = 128  # queries are taken in chunks of so many words, each chunk seeing the window before it


def norm(x: Tensor) -> Tensor:
    """RMSNorm without a gain (Zhang and Sennrich 2019)."""
    return F.rms_norm(x, (x.size(-1),), eps=1e-6)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn pairs (i, i + D/2) of x [B, T, heads, D] by the angles of cos, sin [B, T, 1, D/2]."""
    a, b = x.chunk(2, dim=-1)
    return torch.cat([a * cos - b * sin, b * cos + a * sin], dim=-1).type_as(x)


def causal_mask(n_chunks: int, chunk: int, past: int, window: int, device: torch.device) -> Tensor:
    """0 where a query may look and -inf elsewhere, [n_chunks, chunk, past + chunk]."""
    key = torch.arange(past + chunk, device=device) - past  # a key's place relative to the chunk's first word
    query = torch.arange(chunk, device=device)[:, None]
    seen = (key <= query) & (query - key < window)
    first = chunk * torch.arange(n_chunks, device=device)[:, None, None]
    return torch.where(seen & (first + key >= 0), 0.0, float("-inf"))


def sliding_attention(q: Tensor, k: Tensor, v: Tensor, window: int) -> Tensor:
    """Causal attention over the last `window` words. q [B, T, H, D], k and v [B, T, K, D] -> [B, T, H, D].

    Queries go in N chunks of C words, each seeing the `window` words before it, so that cost grows with T * window and
    not with T * T (Beltagy et al. 2020, Longformer). What fits into the window needs no chunks, except that compiled
    code takes them always: they are faster there, and a plain form written out with PyTorch 2.13 corrupted the heap
    after some hundred compiled steps on two CPU threads.
    """
    B, T, H, D = q.shape
    K = k.size(2)
    if window >= T and not torch.compiler.is_compiling():
        k, v = (x.repeat_interleave(H // K, dim=2).transpose(1, 2) for x in (k, v))
        return F.scaled_dot_product_attention(q.transpose(1, 2), k, v, is_causal=True).transpose(1, 2)
    C, P = min(CHUNK, T), window
    pad = -T % C
    N = (T + pad) // C
    q = F.pad(q, (0, 0, 0, 0, 0, pad)).view(B, N, C, K, H // K, D)
    q = q.permute(0, 3, 1, 4, 2, 5).reshape(B, K, N, H // K * C, D)
    k, v = (F.pad(x, (0, 0, 0, 0, P, pad)).transpose(1, 2).unfold(2, P + C, C) for x in (k, v))
    scores = (q @ k) * D**-0.5  # (B, K, N, H/K * C, D) x (B, K, N, D, P + C) -> (B, K, N, H/K * C, P + C)
    mask = causal_mask(N, C, P, window, q.device).to(scores.dtype)
    scores = scores.view(B, K, N, H // K, C, P + C) + mask[:, None]
    y: Tensor = scores.softmax(-1).view(B, K, N, H // K * C, P + C) @ v.transpose(-1, -2)
    y = y.view(B, K, N, H // K, C, D).permute(0, 2, 4, 1, 3, 5).reshape(B, T + pad, H, D)
    return y[:, :T]


class Block(nn.Module):
    """Attention, then a perceptron, each added to the stream."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        C, D = config.n_embd, config.head_size
        self.qkv = nn.Linear(C, (config.n_head + 2 * config.n_kv_head) * D, bias=False)
        self.proj = nn.Linear(C, C, bias=False)
        self.up = nn.Linear(C, 4 * C, bias=False)
        self.down = nn.Linear(4 * C, C, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """x [B, T, C] -> [B, T, C]."""
        x = x + self.attend(norm(x), cos, sin)
        return x + self.down(F.relu(self.up(norm(x))).square())  # type: ignore[no-any-return]

    def attend(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """Grouped-query attention with normalised, turned queries and keys."""
        B, T, C = x.shape
        H, K = self.config.n_head, self.config.n_kv_head
        qkv = self.qkv(x).view(B, T, H + 2 * K, C // H)
        qk = rotate(norm(qkv[:, :, : H + K]), cos, sin)
        y = sliding_attention(qk[:, :, :H], qk[:, :, H:], qkv[:, :, H + K :], self.config.window)
        return self.proj(y.reshape(B, T, C))  # type: ignore[no-any-return]


class GPT(nn.Module):
    """Words, and what is heard after each, to logits of the next word."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        C, V = config.n_embd, config.vocab_size
        self.words = nn.Embedding(V, C)
        self.places = nn.Embedding(config.bar_steps, C) if config.hear_place else None
        self.sounding = nn.Linear(N_KEYS, C, bias=False) if config.hear_sounding else None
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.n_layer))
        self.head = nn.Linear(C, V, bias=False)
        self.apply(self._begin)

    def _begin(self, module: nn.Module) -> None:
        """What adds to the stream begins at zero, so that the network begins as a table of word pairs."""
        if isinstance(module, Block):
            nn.init.zeros_(module.proj.weight)
            nn.init.zeros_(module.down.weight)
        elif isinstance(module, GPT):
            nn.init.normal_(self.words.weight, std=1.0)
            nn.init.zeros_(self.head.weight)
            for heard in (self.places, self.sounding):
                if heard is not None:
                    nn.init.normal_(heard.weight, std=0.02)

    def forward(self, ids: Tensor, place: Tensor, sounding: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """ids, place int64 [B, T]; sounding uint8 [B, T, 88] in steps; cos, sin [B, T, D/2] -> logits [B, T, V]."""
        x = self.words(ids)
        if self.places is not None:
            x = x + self.places(place)
        if self.sounding is not None:
            bar = self.config.bar_steps  # a key that sounds for a bar or more is heard at full strength
            x = x + self.sounding(sounding.clamp(max=bar) / bar)
        x = norm(x)
        for block in self.blocks:
            x = block(x, cos[:, :, None], sin[:, :, None])
        logits: Tensor = self.head(norm(x))
        return logits

    @property
    def n_parameters(self) -> int:
        """How many numbers are learnt."""
        return sum(parameter.numel() for parameter in self.parameters())

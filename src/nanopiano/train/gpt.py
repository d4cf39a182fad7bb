"""The network, in one file: a decoder-only transformer that hears the music it is writing.

Shapes: B pieces, T words, C numbers a word, H heads of D numbers, K heads of keys and values, V words known.
After nanoGPT (Karpathy) in size and spirit; RMSNorm, rotary positions, QK-norm and squared ReLU as in modded-nanogpt.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nanopiano.model.config import ModelConfig
from nanopiano.music.grid import N_KEYS
from nanopiano.music.vocab import START, vocabulary

CHUNK = 128  # queries are taken in chunks of so many words, each chunk seeing the window before it


def norm(x: Tensor) -> Tensor:
    """RMSNorm without a gain (Zhang and Sennrich 2019)."""
    return F.rms_norm(x, (x.size(-1),), eps=1e-6)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn pairs (i, i + D/2) of x [B, T, heads, D] by the angles of cos, sin [B, T, 1, D/2]."""
    a, b = x.chunk(2, dim=-1)
    return torch.cat([a * cos - b * sin, b * cos + a * sin], dim=-1).type_as(x)


def causal_mask(queries: Tensor, keys: Tensor, window: int) -> Tensor:
    """0 where a query may look and -inf elsewhere, [queries, keys], both given by their places in words."""
    back = queries[:, None] - keys
    return torch.where((back >= 0) & (back < window), 0.0, float("-inf"))


def sliding_attention(q: Tensor, k: Tensor, v: Tensor, window: int) -> Tensor:
    """Causal attention over the last `window` words. q [B, T, H, D], k and v [B, T, K, D] -> [B, T, H, D].

    Queries go in chunks, each seeing what it may of the `window` words before it, so that cost grows with T * window
    and not with T * T (Beltagy et al. 2020, Longformer).
    """
    return compiled_attention(q, k, v, window) if torch.compiler.is_compiling() else eager_attention(q, k, v, window)


def eager_attention(q: Tensor, k: Tensor, v: Tensor, window: int) -> Tensor:
    """Chunk after chunk, no score computed that the mask would hide from all; heads that share keys go together.

    On a CPU, forward and backward, 2.5 times as fast in bfloat16 as PyTorch's fused attention (512 words, D = 64).
    """
    B, T, H, D = q.shape
    K = k.size(2)
    G = H // K
    q = q.view(B, T, K, G, D).transpose(1, 2).reshape(B * K, T * G, D)
    k, v = (x.transpose(1, 2).reshape(B * K, T, D) for x in (k, v))
    parts = []
    for start in range(0, T, CHUNK):
        end, first = min(start + CHUNK, T), max(start - window, 0)
        mask = causal_mask(torch.arange(start, end), torch.arange(first, end), window).to(q).repeat_interleave(G, dim=0)
        keys, values = k[:, first:end].transpose(1, 2), v[:, first:end]
        scores = torch.baddbmm(mask.expand(B * K, -1, -1), q[:, start * G : end * G], keys, alpha=D**-0.5)
        with torch.autocast(q.device.type, enabled=False):  # in bfloat16 too: softmax adds up in float32 inside
            parts.append(scores.softmax(-1).type_as(v) @ values)
    return torch.cat(parts, dim=1).view(B, K, T, G, D).transpose(1, 2).reshape(B, T, H, D)


def compiled_attention(q: Tensor, k: Tensor, v: Tensor, window: int) -> Tensor:
    """All chunks at once, each with the whole window before it: faster compiled than chunk after chunk.

    A plain form written out with PyTorch 2.13 corrupted the heap after some hundred compiled steps on two CPU threads.
    """
    B, T, H, D = q.shape
    K = k.size(2)
    C, P = min(CHUNK, T), window
    pad = -T % C
    N = (T + pad) // C
    q = F.pad(q, (0, 0, 0, 0, 0, pad)).view(B, N, C, K, H // K, D)
    q = q.permute(0, 3, 1, 4, 2, 5).reshape(B, K, N, H // K * C, D)
    k, v = (F.pad(x, (0, 0, 0, 0, P, pad)).transpose(1, 2).unfold(2, P + C, C) for x in (k, v))
    scores = (q @ k) * D**-0.5  # (B, K, N, H/K * C, D) x (B, K, N, D, P + C) -> (B, K, N, H/K * C, P + C)
    places = torch.arange(-P, C, device=q.device)  # of keys, beside the first query of a chunk
    mask = causal_mask(places[P:], places, window)
    before = C * torch.arange(N, device=q.device)[:, None, None] + places < 0  # the piece begins
    mask = torch.where(before, float("-inf"), mask).to(scores.dtype)
    scores = scores.view(B, K, N, H // K, C, P + C) + mask[:, None]
    y: Tensor = scores.softmax(-1).view(B, K, N, H // K * C, P + C) @ v.transpose(-1, -2)
    y = y.view(B, K, N, H // K, C, D).permute(0, 2, 4, 1, 3, 5).reshape(B, T + pad, H, D)
    return y[:, :T]


def blend(x: Tensor, taps: Tensor) -> Tensor:
    """Add to x [B, T, C] shares of itself and of what stood 1, 2 ... words before, given by taps [n, C].

    A depthwise causal convolution, with nothing before the first word (Allen-Zhu 2025, canon layers).
    """
    blended = x
    for back, tap in enumerate(taps):
        blended = blended + F.pad(x, (0, 0, back, 0))[:, : x.size(1)] * tap
    return blended


class Block(nn.Module):
    """Attention, then a perceptron, each added to the stream; in training a share `dropout` of both is left out."""

    def __init__(self, config: ModelConfig, dropout: float = 0.0) -> None:
        super().__init__()
        self.config, self.dropout = config, dropout
        C, D = config.n_embd, config.head_size
        self.qkv = nn.Linear(C, (config.n_head + 2 * config.n_kv_head) * D, bias=False)
        self.proj = nn.Linear(C, C, bias=False)
        self.up = nn.Linear(C, 4 * C, bias=False)
        self.down = nn.Linear(4 * C, C, bias=False)
        # Of `blend`, before attention and before the perceptron. Of three axes, so that Muon leaves them to AdamW.
        self.taps = nn.Parameter(torch.zeros(config.blend_words, 2, C)) if config.blend_words else None

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """x [B, T, C] -> [B, T, C]."""
        x = x + F.dropout(self.attend(self.blend(norm(x), 0), cos, sin), self.dropout, self.training)
        return x + F.dropout(self.perceive(self.blend(norm(x), 1)), self.dropout, self.training)

    def blend(self, x: Tensor, place: int) -> Tensor:
        """Blend x [B, T, C] with the words before, at place 0 (before attention) or 1 (before the perceptron)."""
        return x if self.taps is None else blend(x, self.taps[:, place])

    def attend(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """Grouped-query attention over the window; [B, T, C]."""
        y = sliding_attention(*self.heads(x, cos, sin), self.config.window)
        return self.proj(y.reshape(x.shape))  # type: ignore[no-any-return]

    def heads(self, x: Tensor, cos: Tensor, sin: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return queries [B, T, H, D], keys and values [B, T, K, D]; queries and keys normalised and turned."""
        B, T, C = x.shape
        H, K = self.config.n_head, self.config.n_kv_head
        qkv = self.qkv(x).view(B, T, H + 2 * K, C // H)
        qk = rotate(norm(qkv[:, :, : H + K]), cos, sin)
        return qk[:, :, :H], qk[:, :, H:], qkv[:, :, H + K :]

    def perceive(self, x: Tensor) -> Tensor:
        """The perceptron, with squared ReLU (So et al. 2021, Primer); [B, T, C]."""
        return self.down(F.relu(self.up(x)).square())  # type: ignore[no-any-return]


class GPT(nn.Module):
    """Words, and what is heard after each, to logits of the next word; dropout as in Srivastava et al. 2014."""

    octave_of: Tensor  # int64 [V], as `Vocabulary.octaves`
    class_of: Tensor  # likewise, of pitch classes

    def __init__(self, config: ModelConfig, dropout: float = 0.0) -> None:
        super().__init__()
        self.config, self.dropout = config, dropout
        self.bar_steps = config.bar_steps  # looked up here: what is compiled may not ask the vocabulary's cache
        C, V = config.n_embd, config.vocab_size
        self.words = nn.Embedding(V, C)
        self.before = nn.ModuleList(nn.Embedding(V, C) for _ in range(config.hear_before))
        self.places = nn.Embedding(config.bar_steps, C) if config.hear_place else None
        self.sounding = nn.Linear(N_KEYS, C, bias=False) if config.hear_sounding else None
        self.endings = nn.Linear(config.bar_steps, C, bias=False) if config.hear_endings else None
        self.held = nn.Linear(N_KEYS, C, bias=False) if config.hear_held else None
        self.recalled = nn.Embedding(config.n_recalled * V, C) if config.hear_recall else None  # V rows of each kind
        vocab = vocabulary(config.steps_per_beat)
        self.octaves = nn.Embedding(int(vocab.octaves.max()) + 1, C) if config.hear_octave else None
        self.classes = nn.Embedding(13, C) if config.hear_octave else None
        self.register_buffer("octave_of", torch.from_numpy(vocab.octaves), persistent=False)
        self.register_buffer("class_of", torch.from_numpy(vocab.pitch_classes), persistent=False)
        self.blocks = nn.ModuleList(Block(config, dropout) for _ in range(config.n_layer))
        self.head = nn.Linear(C, V, bias=False)
        self.copying = nn.Linear(C, config.n_recalled, bias=False) if config.hear_recall else None
        self.apply(self._begin)

    def _begin(self, module: nn.Module) -> None:
        """What adds to the stream begins at zero, so that the network begins as a table of word pairs."""
        if isinstance(module, Block):
            nn.init.zeros_(module.proj.weight)
            nn.init.zeros_(module.down.weight)
        elif isinstance(module, GPT):
            nn.init.normal_(self.words.weight, std=1.0)
            nn.init.zeros_(self.head.weight)
            if self.copying is not None:
                nn.init.zeros_(self.copying.weight)
            tables = (self.places, self.sounding, self.endings, self.held, self.octaves, self.classes, self.recalled)
            for heard in (*self.before, *tables):
                if heard is not None:
                    nn.init.normal_(heard.weight, std=0.02)

    def forward(
        self, ids: Tensor, place: Tensor, sounding: Tensor, recalled: Tensor, cos: Tensor, sin: Tensor
    ) -> Tensor:
        """Return logits [B, T, V].

        ids, place int64 [B, T]; sounding uint8 [B, T, 88] in steps; recalled int64 [B, T, n], as many as the config
        says; cos, sin [B, T, D/2].
        """
        x = F.dropout(norm(self.hear(ids, place, sounding, recalled)), self.dropout, self.training)
        for block in self.blocks:
            x = block(x, cos[:, :, None], sin[:, :, None])
        return self.expect(norm(x), recalled)

    def expect(self, x: Tensor, recalled: Tensor) -> Tensor:
        """Return logits [B, T, V] of x [B, T, C]: those of the head, and more or less for each word that is recalled.

        So the network may copy at once, as pointer networks do (Vinyals et al. 2015; Merity et al. 2017).
        """
        logits: Tensor = self.head(x)
        if self.copying is None:
            return logits
        return logits.scatter_add(-1, recalled, self.copying(x) * (recalled != START))

    def hear(self, ids: Tensor, place: Tensor, sounding: Tensor, recalled: Tensor) -> Tensor:
        """Return the sum of what each word and all that is heard after it say, [B, T, C]."""
        x: Tensor = self.words(ids)
        for back, table in enumerate(self.before, 1):
            x = x + table(F.pad(ids, (back, 0), value=START)[:, : ids.size(1)])
        if self.places is not None:
            x = x + self.places(place)
        if self.sounding is not None:
            bar = self.bar_steps  # a key that sounds for a bar or more is heard at full strength
            x = x + self.sounding((sounding.clamp(max=bar) / bar).type_as(x))
        if self.endings is not None:
            ends = [(sounding == steps).sum(-1) for steps in range(1, self.bar_steps + 1)]
            x = x + self.endings(torch.stack(ends, dim=-1).clamp(max=2).type_as(x))
        if self.held is not None:
            x = x + self.held((sounding > 0).type_as(x))
        x = x + self.remind(recalled)
        if self.octaves is not None and self.classes is not None:
            x = x + self.octaves(self.octave_of[ids]) + self.classes(self.class_of[ids])
        return x

    def remind(self, recalled: Tensor) -> Tensor | float:
        """Return what the words recalled [B, T, n] say, [B, T, C]; nothing to a network that does not hear them."""
        if self.recalled is None:
            return 0.0
        first = torch.arange(recalled.size(-1), device=recalled.device) * self.words.num_embeddings  # row of each kind
        rows = (recalled + first).flatten(0, 1)
        return F.embedding_bag(rows, self.recalled.weight, mode="sum").view(*recalled.shape[:2], -1)

    @property
    def n_parameters(self) -> int:
        """How many numbers are learnt."""
        return sum(parameter.numel() for parameter in self.parameters())

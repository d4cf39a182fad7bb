"""The network of the product with switches: one for each change that `recipe.py` weighs.

With every switch at its default it computes what `nanopiano.train.gpt.GPT` computes for a config without the words
before, octaves and endings, and has its parameters; a test holds that. Shapes: B pieces, T words, C numbers a word,
H heads of D numbers, K heads of keys and values.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nanopiano.model.config import ModelConfig
from nanopiano.model.rotary import LONGEST_PERIOD
from nanopiano.music.grid import N_KEYS
from nanopiano.music.vocab import FIRST_DURATION, FIRST_PITCH, START, WAIT
from nanopiano.train.gpt import rotate, sliding_attention

MOST_ENDING = 16  # steps ahead in which keys are seen to fall silent
MOST_WAIT = 33
RELATIVE = 36  # semitones about the last pitch
# What `nanopiano.music.recall` tells, in its order: what followed the last words, as they were and in another key, and
# what comes along with the passage that they, the highest notes, the lowest or the rhythm resemble.
RECALL = ("recall4", "recall8", "recall16", "recall32")
MOVED = ("moved8", "moved16", "moved32")
PASSAGES = ("along", "top", "bass", "rhythm")
RECALLED = (*RECALL, *MOVED, *PASSAGES)


class Heard(NamedTuple):
    """What the network is told of B windows of T words."""

    ids: Tensor  # int64 [B, T]
    time: Tensor  # int64 [B, T], steps
    sounding: Tensor  # uint8 [B, T, 88], steps that each key will still sound
    echo: Tensor  # uint8 [B, T, 88], keys struck at the next onset after the step a bar ago
    echo_wait: Tensor  # int64 [B, T], steps from a bar ago to that onset, 0 if there is none within the bar
    recalled: Tensor  # int64 [B, T, 11], the words of `RECALLED`


@dataclass(frozen=True)
class Switches:
    """What may differ from the product's network; the defaults are the base."""

    metres: tuple[int, ...] = (16,)  # a table of places for each of these bar lengths, in steps
    octaves: bool = False  # octave and pitch class of a pitch as two more tables, summed
    wait: bool = False  # a table of the last wait: how far the onset before this step lies back
    endings: bool = False  # how many keys fall silent in 1, 2 ... 16 steps
    sounding: str = "linear"  # also: binary (keys down, and the rest linear), classes, relative, logarithm
    struck: bool = False  # how long ago each key was struck in this window
    echo: bool = False  # what followed a bar ago: the keys and the wait
    recalled: tuple[str, ...] = ()  # tables of what comes next if it is as it was, of `RECALLED`
    copying: bool = False  # more or less likely in the end, as the network decides, is each word that is recalled
    previous: int = 0  # tables of the words 1 .. n before
    smear: bool = False  # a learnt share of the word before in every number
    positions: str = "octaves"  # of musical time, each a fixed factor slower; also: bars, time (no word index), pitch
    longest: float = LONGEST_PERIOD
    norm: str = "rms"  # also: gain, layer
    activation: str = "relu2"  # also: gelu, swiglu, relu
    expansion: float = 4.0
    value_tables: bool = False  # a table of words to values in every layer
    value_residual: bool = False  # values of the first layer mixed into those of the others
    word_residual: bool = False  # the stream's beginning mixed in before every block
    softcap: float = 0.0
    tied: bool = False
    norm_words: bool = True
    zero_begin: bool = True
    kernel: int = 0  # words of a depthwise convolution before attention and perceptron (Allen-Zhu 2025, canon layers)
    shift: bool = False  # half of the numbers before attention are those of the word before (Peng et al. 2023, RWKV)
    sharpness: float = 1.0  # of attention
    gates: bool = False  # a gate on every head's output
    dropout: float = 0.0
    table_std: float = 0.02  # of what is heard at the start
    parallel_mlp: bool = False


class Norm(nn.Module):
    """RMSNorm without or with a gain, or LayerNorm."""

    def __init__(self, kind: str, size: int) -> None:
        super().__init__()
        self.kind, self.size = kind, size
        self.gain = nn.Parameter(torch.ones(size)) if kind != "rms" else None

    def forward(self, x: Tensor) -> Tensor:
        """[..., size] -> [..., size]."""
        if self.kind == "layer":
            return F.layer_norm(x, (self.size,), self.gain)
        return F.rms_norm(x, (self.size,), self.gain, eps=1e-6)


class Convolution(nn.Module):
    """Adds a depthwise causal convolution, zero at the start, to the stream."""

    def __init__(self, size: int, kernel: int) -> None:
        super().__init__()
        self.taps = nn.Parameter(torch.zeros(kernel, size))

    def forward(self, x: Tensor) -> Tensor:
        """[B, T, C] -> [B, T, C]."""
        out = x
        for back, tap in enumerate(self.taps):
            out = out + before(x, back) * tap
        return out


def before(x: Tensor, back: int) -> Tensor:
    """Return what stood `back` words before, zero before the window; [B, T, ...]."""
    if not back:
        return x
    return torch.cat([torch.zeros_like(x[:, :back]), x[:, :-back]], dim=1)


class LabBlock(nn.Module):
    """Attention, then a perceptron, each added to the stream."""

    def __init__(self, config: ModelConfig, switches: Switches, layer: int) -> None:
        super().__init__()
        self.config, self.switches = config, switches
        C, D, K = config.n_embd, config.head_size, config.n_kv_head
        self.qkv = nn.Linear(C, (config.n_head + 2 * K) * D, bias=False)
        self.proj = nn.Linear(C, C, bias=False)
        wide = int(switches.expansion * C)
        self.up = nn.Linear(C, wide * (2 if switches.activation == "swiglu" else 1), bias=False)
        self.down = nn.Linear(wide, C, bias=False)
        self.norms = nn.ModuleList(Norm(switches.norm, C) for _ in range(2))
        self.values = nn.Embedding(config.vocab_size, K * D) if switches.value_tables else None
        self.mix = nn.Parameter(torch.tensor([0.5, 0.5])) if switches.value_residual and layer else None
        self.words = nn.Parameter(torch.tensor([1.0, 0.0])) if switches.word_residual else None
        n = 2 if switches.kernel else 0
        self.convolutions = nn.ModuleList(Convolution(C, switches.kernel) for _ in range(n))
        self.gate = nn.Linear(C, config.n_head, bias=False) if switches.gates else None

    def forward(self, x: Tensor, begin: Tensor, ids: Tensor, cos: Tensor, sin: Tensor, first: list[Tensor]) -> Tensor:
        """x, begin [B, T, C] -> [B, T, C]; `first` holds the values of the first layer."""
        switches = self.switches
        if self.words is not None:
            x = self.words[0] * x + self.words[1] * begin
        h = self.norms[0](x)
        if switches.kernel:
            h = self.convolutions[0](h)
        if switches.shift:
            half = h.size(-1) // 2
            h = torch.cat([h[..., :half], before(h[..., half:], 1)], dim=-1)
        drop = switches.dropout if self.training else 0.0
        attended = F.dropout(self.attend(h, ids, cos, sin, first), drop)
        h = self.norms[1](x if switches.parallel_mlp else x + attended)
        if switches.kernel:
            h = self.convolutions[1](h)
        return x + attended + F.dropout(self.down(self.activate(self.up(h))), drop)

    def activate(self, h: Tensor) -> Tensor:
        """[B, T, up] -> [B, T, wide]."""
        kind = self.switches.activation
        if kind == "swiglu":
            a, b = h.chunk(2, dim=-1)
            return F.silu(a) * b
        return F.gelu(h) if kind == "gelu" else F.relu(h) if kind == "relu" else F.relu(h).square()

    def attend(self, h: Tensor, ids: Tensor, cos: Tensor, sin: Tensor, first: list[Tensor]) -> Tensor:
        """Grouped-query attention with normalised, turned queries and keys."""
        B, T, C = h.shape
        H, K = self.config.n_head, self.config.n_kv_head
        qkv = self.qkv(h).view(B, T, H + 2 * K, C // H)
        qk, v = qkv[:, :, : H + K], qkv[:, :, H + K :]
        qk = rotate(F.rms_norm(qk, (C // H,), eps=1e-6), cos, sin)
        if self.values is not None:
            v = v + self.values(ids).view(v.shape).type_as(v)
        if self.switches.value_residual:
            first.append(v)
            if self.mix is not None:
                v = (self.mix[0] * v + self.mix[1] * first[0]).type_as(v)
        q = qk[:, :, :H] * self.switches.sharpness
        y = sliding_attention(q, qk[:, :, H:], v.type_as(q), self.config.window)
        if self.gate is not None:
            y = y * (2 * torch.sigmoid(self.gate(h)))[..., None]
        return self.proj(y.reshape(B, T, C))  # type: ignore[no-any-return]


class LabNetwork(nn.Module):
    """Words, and what is heard after each, to logits of the next word."""

    def __init__(self, config: ModelConfig, switches: Switches) -> None:
        super().__init__()
        self.config, self.switches = config, switches
        C, V = config.n_embd, config.vocab_size
        self.words = nn.Embedding(V, C)
        metres = switches.metres if config.hear_place else ()
        self.places = nn.ModuleList(nn.Embedding(metre, C) for metre in metres)
        self.sounding = nn.Linear(N_KEYS, C, bias=False) if config.hear_sounding else None
        self.heard = nn.ModuleDict(self._more_heard(C, V))
        self.blocks = nn.ModuleList(LabBlock(config, switches, layer) for layer in range(config.n_layer))
        self.last = Norm(switches.norm, C)
        self.head = nn.Linear(C, V, bias=False)
        self.copying = nn.Linear(C, len(switches.recalled), bias=False) if switches.copying else None
        self.apply(self._begin)
        if switches.tied:
            nn.init.normal_(self.words.weight, std=0.02)
            self.head.weight = self.words.weight

    def _more_heard(self, C: int, V: int) -> dict[str, nn.Module]:
        switches = self.switches
        tables: dict[str, tuple[type[nn.Module], int, bool]] = {
            "octave": (nn.Embedding, 12, switches.octaves),
            "class": (nn.Embedding, 13, switches.octaves),
            "wait": (nn.Embedding, MOST_WAIT + 1, switches.wait),
            "endings": (nn.Linear, MOST_ENDING, switches.endings),
            "binary": (nn.Linear, N_KEYS, switches.sounding == "binary"),
            "classes": (nn.Linear, 12, switches.sounding == "classes"),
            "relative": (nn.Linear, 2 * RELATIVE + 1, switches.sounding == "relative"),
            "logarithm": (nn.Linear, N_KEYS, switches.sounding == "logarithm"),
            "struck": (nn.Linear, N_KEYS, switches.struck),
            "echo": (nn.Linear, N_KEYS, switches.echo),
            "echo_wait": (nn.Embedding, 32, switches.echo),
            "smear": (nn.Linear, 1, switches.smear),
            **{name: (nn.Embedding, V, name in switches.recalled) for name in RECALLED},
            **{f"previous{back}": (nn.Embedding, V, switches.previous >= back) for back in (1, 2, 3, 4)},
        }
        made: dict[str, nn.Module] = {}
        for name, (kind, size, wanted) in tables.items():
            if wanted:
                made[name] = nn.Embedding(size, C) if kind is nn.Embedding else nn.Linear(size, C, bias=False)
        return made

    def _begin(self, module: nn.Module) -> None:
        if isinstance(module, LabBlock):
            if self.switches.zero_begin:
                nn.init.zeros_(module.proj.weight)
                nn.init.zeros_(module.down.weight)
            if module.values is not None:
                nn.init.normal_(module.values.weight, std=0.02)
            if module.gate is not None:
                nn.init.zeros_(module.gate.weight)
        elif isinstance(module, LabNetwork):
            nn.init.normal_(self.words.weight, std=1.0)
            nn.init.zeros_(self.head.weight)
            if self.copying is not None:
                nn.init.zeros_(self.copying.weight)
            for heard in (*self.places, self.sounding, *self.heard.values()):
                if heard is not None:
                    nn.init.normal_(heard.weight, std=self.switches.table_std)

    def forward(self, heard: Heard) -> Tensor:
        """Logits [B, T, V]."""
        x = self.hear(heard)
        cos, sin = self.tables(heard)
        begin, first = x, list[Tensor]()
        for block in self.blocks:
            x = block(x, begin, heard.ids, cos[:, :, None], sin[:, :, None], first)
        x = self.last(x)
        logits: Tensor = self.head(x)
        if self.copying is not None:
            told = heard.recalled[..., [RECALLED.index(name) for name in self.switches.recalled]]
            logits = logits.scatter_add(-1, told, self.copying(x) * (told != START))
        cap = self.switches.softcap
        return cap * torch.tanh(logits.float() / cap) if cap else logits

    def hear(self, heard: Heard) -> Tensor:
        """Sum of all tables and inputs; [B, T, C]."""
        x = self.words(heard.ids)
        for places, metre in zip(self.places, self.switches.metres, strict=False):  # none where it does not hear it
            x = x + places(heard.time % metre)
        bar = self.config.bar_steps
        strength = heard.sounding.clamp(max=bar).float() / bar
        if self.sounding is not None:
            x = x + self.sounding(strength)
        for name, module in self.heard.items():
            kind = "recall" if name in RECALLED else name.rstrip("0123456789")
            x = x + getattr(self, f"_{kind}")(heard, strength, module, name)
        if self.switches.dropout and self.training:
            x = F.dropout(x, self.switches.dropout)
        return F.rms_norm(x, (x.size(-1),), eps=1e-6) if self.switches.norm_words else x

    def _pitch(self, ids: Tensor) -> Tensor:
        """Return 0 .. 87 at pitches, -1 elsewhere."""
        return torch.where((ids >= FIRST_PITCH) & (ids < FIRST_DURATION), ids - FIRST_PITCH, -1)

    def _octave(self, heard: Heard, _: Tensor, module: nn.Module, __: str) -> Tensor:
        pitch = self._pitch(heard.ids)
        return module(torch.where(pitch >= 0, (pitch + 9) // 12 + 1, 0))  # type: ignore[no-any-return]

    def _class(self, heard: Heard, _: Tensor, module: nn.Module, __: str) -> Tensor:
        pitch = self._pitch(heard.ids)
        return module(torch.where(pitch >= 0, (pitch + 9) % 12 + 1, 0))  # type: ignore[no-any-return]

    def _wait(self, heard: Heard, _: Tensor, module: nn.Module, __: str) -> Tensor:
        ids = heard.ids
        T = ids.size(1)
        waited = (ids >= FIRST_DURATION) & (before(ids, 1) == WAIT)
        at = torch.where(waited, torch.arange(T, device=ids.device), -1).cummax(dim=1).values
        steps = (ids.gather(1, at.clamp(min=0)) - FIRST_DURATION + 1).clamp(0, MOST_WAIT)
        return module(torch.where(at >= 0, steps, 0))  # type: ignore[no-any-return]

    def _endings(self, heard: Heard, _: Tensor, module: nn.Module, __: str) -> Tensor:
        ends = [(heard.sounding == k).sum(-1) for k in range(1, MOST_ENDING + 1)]
        return module(torch.stack(ends, -1).clamp(max=2).float())  # type: ignore[no-any-return]

    def _binary(self, heard: Heard, _: Tensor, module: nn.Module, __: str) -> Tensor:
        return module((heard.sounding > 0).float())  # type: ignore[no-any-return]

    def _logarithm(self, heard: Heard, _: Tensor, module: nn.Module, __: str) -> Tensor:
        return module(torch.log2(1.0 + heard.sounding.float()) / 4)  # type: ignore[no-any-return]

    def _classes(self, _: Heard, strength: Tensor, module: nn.Module, __: str) -> Tensor:
        folded = F.pad(strength, (9, 11))  # from C0 to B8
        return module(folded.view(*folded.shape[:-1], 9, 12).sum(-2))  # type: ignore[no-any-return]

    def _relative(self, heard: Heard, strength: Tensor, module: nn.Module, __: str) -> Tensor:
        pitch = self._pitch(heard.ids)
        at = torch.where(pitch >= 0, torch.arange(pitch.size(1), device=pitch.device), 0).cummax(dim=1).values
        last = pitch.gather(1, at).clamp(min=0)
        about = last[..., None] + torch.arange(2 * RELATIVE + 1, device=pitch.device)
        return module(F.pad(strength, (RELATIVE, RELATIVE)).gather(-1, about))  # type: ignore[no-any-return]

    def _struck(self, heard: Heard, _: Tensor, module: nn.Module, __: str) -> Tensor:
        keys = torch.arange(N_KEYS, device=heard.ids.device)
        now = torch.where(self._pitch(heard.ids)[..., None] == keys, heard.time[..., None], -100_000)
        ago = heard.time[..., None] - now.cummax(dim=1).values
        # Where a gap is filled, time goes back to before what follows the gap: that was not struck yet.
        return module(torch.where(ago >= 0, torch.exp2(-ago.clamp(min=0) / 16), 0.0))  # type: ignore[no-any-return]

    def _echo(self, heard: Heard, _: Tensor, module: nn.Module, __: str) -> Tensor:
        return module(heard.echo.float())  # type: ignore[no-any-return]

    def _recall(self, heard: Heard, _: Tensor, module: nn.Module, name: str) -> Tensor:
        return module(heard.recalled[..., RECALLED.index(name)])  # type: ignore[no-any-return]

    def _echo_wait(self, heard: Heard, _: Tensor, module: nn.Module, __: str) -> Tensor:
        return module(heard.echo_wait)  # type: ignore[no-any-return]

    def _smear(self, heard: Heard, _: Tensor, module: nn.Module, __: str) -> Tensor:
        assert isinstance(module, nn.Linear)
        return before(self.words(heard.ids), 1) * module.weight[:, 0]

    def _previous(self, heard: Heard, _: Tensor, module: nn.Module, name: str) -> Tensor:
        return module(before(heard.ids, int(name[-1])))  # type: ignore[no-any-return]

    def tables(self, heard: Heard) -> tuple[Tensor, Tensor]:
        """Cosines and sines of the rotary angles, [B, T, D/2]."""
        switches, n = self.switches, self.config.head_size // 4
        device = heard.ids.device
        scale = switches.longest ** (-torch.arange(n, dtype=torch.float64, device=device) / max(n - 1, 1))
        index = torch.arange(heard.ids.size(1), dtype=torch.float64, device=device).expand(heard.ids.shape)
        time = heard.time.double()
        if not self.config.hear_time:
            second = index[..., None] * scale * switches.longest ** (-0.5 / max(n - 1, 1))
        elif switches.positions == "bars":  # whole numbers of turns in powers of two of a step
            second = time[..., None] * bar_frequencies(n, device)
        else:
            second = time[..., None] * scale
        first = index[..., None] * scale
        if switches.positions == "time":
            first = time[..., None] * scale * switches.longest ** (-0.5 / max(n - 1, 1))
        elif switches.positions == "pitch":
            pitch = self._pitch(heard.ids)
            at = torch.where(pitch >= 0, torch.arange(pitch.size(1), device=device), 0).cummax(dim=1).values
            last = pitch.gather(1, at).clamp(min=0).double()
            turn = last[..., None] * (2 * math.pi / torch.tensor([12, 7, 24, 96], device=device))
            first = torch.cat([first[..., :-4], turn], dim=-1)
        angles = torch.cat([first, second], dim=-1)
        return angles.cos().float(), angles.sin().float()


def bar_frequencies(n: int, device: torch.device) -> Tensor:
    """Return n frequencies, radians a step, whose periods divide or are whole bars: 2, 3, 4, 6, 8, 12, 16 ... steps."""
    periods = [2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 256, 512, 1024]
    chosen = [periods[round(i * (len(periods) - 1) / max(n - 1, 1))] for i in range(n)]
    return 2 * math.pi / torch.tensor(chosen, dtype=torch.float64, device=device)

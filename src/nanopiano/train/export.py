"""From trained weights to the ONNX graph that composes; here for the network that hears, see `export_plain`."""

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto

from nanopiano.model.config import ModelConfig
from nanopiano.music.grid import N_KEYS
from nanopiano.music.vocab import START, vocabulary
from nanopiano.train.export_plain import build_plain_graph
from nanopiano.train.onnx_graph import MICROSOFT, Entry, Graph, Weights, cached_attention, whole_graph


def build_graph(config: ModelConfig, weights: Weights, bits: int) -> onnx.ModelProto:
    """Return the graph that composes, with its matrices in `bits` bits (32, 8 or 4)."""
    return (build_plain_graph if config.plain else _build_graph)(config, weights, bits)


def _build_graph(config: ModelConfig, weights: Weights, bits: int) -> onnx.ModelProto:
    g = Graph(bits)
    x, read = _hear(g, config, weights)
    half = config.head_size // 2
    read += [("cos", TensorProto.FLOAT, ["R", half]), ("sin", TensorProto.FLOAT, ["R", half])]
    read += [("row", TensorProto.INT64, ["B", "T"])]
    x = g.norm(x, config.n_embd)
    normed = g.norm(x, config.n_embd)
    for layer in range(config.n_layer):
        w = {name.split(".", 2)[2]: value for name, value in weights.items() if name.startswith(f"blocks.{layer}.")}
        y = _attention(g, config, _blended(g, config, normed, w, 2 * layer), w, layer)
        x, normed = g.add_norm(x, y, config.n_embd)
        blended = _blended(g, config, normed, w, 2 * layer + 1)
        up = g.node("Relu", [g.matmul(blended, w["up.weight"], f"up_{layer}")])[0]
        y = g.matmul(g.node("Mul", [up, up])[0], w["down.weight"], f"down_{layer}")
        x, normed = g.add_norm(x, y, config.n_embd)
    logits = g.matmul(normed, weights["head.weight"], "head")
    if config.hear_recall:
        logits = g.node("Add", [logits, _copied(g, config, normed, weights)])[0]
    g.nodes[-1].output[0] = "logits"
    return whole_graph(g, config, read)


def _hear(g: Graph, config: ModelConfig, weights: Weights) -> tuple[str, list[Entry]]:
    """Add up what a word and all that is heard after it say; return the sum and what it is made from."""
    words = weights["words.weight"]
    if config.hear_octave:  # all that a word adds is known beforehand
        vocab = vocabulary(config.steps_per_beat)
        words = words + weights["octaves.weight"][vocab.octaves] + weights["classes.weight"][vocab.pitch_classes]
    x = g.node("Gather", [g.constant(words, "words"), "ids"])[0]
    read: list[Entry] = [("ids", TensorProto.INT64, ["B", "T"])]
    if config.hear_place:
        places = g.node("Gather", [g.constant(weights["places.weight"], "places"), "place"])[0]
        x = g.node("Add", [x, places])[0]
        read.append(("place", TensorProto.INT64, ["B", "T"]))
    if config.hear_sounding:
        keys = g.constant(np.ascontiguousarray(weights["sounding.weight"].T), "keys")
        x = g.node("Add", [x, g.node("MatMul", ["sounding", keys])[0]])[0]
    if config.hear_held:
        keys = g.constant(np.ascontiguousarray(weights["held.weight"].T), "keys_held")
        x = g.node("Add", [x, g.node("MatMul", [g.node("Sign", ["sounding"])[0], keys])[0]])[0]
    if config.hear_sounding or config.hear_held:
        read.append(("sounding", TensorProto.FLOAT, ["B", "T", N_KEYS]))
    if config.hear_endings:
        table = g.constant(np.ascontiguousarray(weights["endings.weight"].T), "table_of_endings")
        x = g.node("Add", [x, g.node("MatMul", ["endings", table])[0]])[0]
        read.append(("endings", TensorProto.FLOAT, ["B", "T", config.bar_steps]))
    if config.hear_recall:  # ids are those of the rows of the table: each kind has V of its own
        table = g.constant(weights["recalled.weight"], "table_of_recalled")
        told = g.node("Gather", [table, "recalled"])[0]
        x = g.node("Add", [x, g.add_up(told, config.n_recalled, axis=2)])[0]
        read.append(("recalled", TensorProto.INT64, ["B", "T", config.n_recalled]))
    for back in range(1, config.hear_before + 1):
        table = g.constant(weights[f"before.{back - 1}.weight"], f"words_before_{back}")
        x = g.node("Add", [x, g.node("Gather", [table, f"before_{back}"])[0]])[0]
        read.append((f"before_{back}", TensorProto.INT64, ["B", "T"]))
    return x, read


def _copied(g: Graph, config: ModelConfig, x: str, weights: Weights) -> str:
    """Return what is added to the logits for the words that are recalled, [B, T, V]."""
    V, kinds = config.vocab_size, config.n_recalled
    gates = g.node("MatMul", [x, g.constant(np.ascontiguousarray(weights["copying.weight"].T), "copying")])[0]
    words = g.node("Sub", ["recalled", g.constant(np.arange(kinds) * V)])[0]
    no_and_yes = g.constant(np.array([0, 1], dtype=np.float32))
    said = g.node("OneHot", [words, g.constant(np.array(V)), no_and_yes])[0]  # [B, T, kinds, V]
    gated = g.node("Mul", [said, g.node("Unsqueeze", [gates, g.constant(np.array([3]))])[0]])[0]
    copied = g.add_up(gated, kinds, axis=2)
    return g.node("Mul", [copied, g.constant((np.arange(V) != START).astype(np.float32))])[0]


def _blended(g: Graph, config: ModelConfig, x: str, w: dict[str, NDArray[np.float32]], place: int) -> str:
    """Blend x [B, T, C], just made, with the words before; `place` counts streams, two in each layer."""
    if not config.blend_words:
        return x
    shares = w["taps"][:, place % 2].copy()
    shares[0] += 1
    kept, words = config.blend_words - 1, []
    if kept:
        x = g.nodes[-1].output[0] = config.streams[place]  # the cache keeps it
        longer = g.node("Concat", [f"past_{x}", x], axis=1)[0]
        for back in range(1, kept + 1):
            start, end, axis = (g.constant([number]) for number in (kept - back, -back, 1))
            words.append(g.node("Slice", [longer, start, end, axis])[0])
    shared = [g.node("Mul", [word, g.constant(share)])[0] for word, share in zip([x, *words], shares, strict=True)]
    return g.node("Sum", shared)[0]


def _attention(g: Graph, config: ModelConfig, x: str, w: dict[str, NDArray[np.float32]], layer: int) -> str:
    H, K, D = config.n_head, config.n_kv_head, config.head_size
    heads = g.reshape(g.matmul(x, w["qkv.weight"], f"qkv_{layer}"), [0, 0, H + 2 * K, D])
    heads = g.node("Transpose", [heads], perm=[0, 2, 1, 3])[0]  # [B, H + 2 * K, T, D]
    qk = g.split(heads, [H + K, K], axis=1, names=["", f"value_{layer}"])[0]
    qk = g.node("RotaryEmbedding", [g.norm(qk, D), "row", "cos", "sin"], domain=MICROSOFT)[0]
    q = g.split(qk, [H, K], axis=1, names=["", f"key_{layer}"])[0]
    return g.matmul(cached_attention(g, config, q, layer), w["proj.weight"], f"proj_{layer}")

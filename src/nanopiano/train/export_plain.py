"""The ONNX graph of the plain network: learned positions, LayerNorm, GELU and biases in ONNX Runtime's fused nodes."""

import onnx
from onnx import TensorProto

from nanopiano.model.config import ModelConfig
from nanopiano.train.onnx_graph import MICROSOFT, Entry, Graph, Weights, cached_attention, whole_graph
from nanopiano.train.plain_gpt import EPSILON


def build_plain_graph(config: ModelConfig, weights: Weights, bits: int) -> onnx.ModelProto:
    """Return the graph that composes, with its matrices in `bits` bits (32, 8 or 4)."""
    g = Graph(bits)
    read: list[Entry] = [("ids", TensorProto.INT64, ["B", "T"]), ("position", TensorProto.INT64, ["T"])]
    words = g.node("Gather", [g.constant(weights["words.weight"], "words"), "ids"])[0]
    positions = g.node("Gather", [g.constant(weights["positions.weight"], "positions"), "position"])[0]
    x = g.node("Add", [words, positions])[0]
    normed = g.node("LayerNormalization", [x, *_pair(g, weights, "blocks.0.before_attention")], epsilon=EPSILON)[0]
    for layer in range(config.n_layer):
        block, after = f"blocks.{layer}", f"blocks.{layer + 1}.before_attention"
        y = _attention(g, config, normed, weights, layer)
        x, normed = _add_norm(g, weights, x, y, f"{block}.proj.bias", f"{block}.before_perceptron")
        up = g.matmul(normed, weights[f"{block}.up.weight"], f"up_{layer}")
        up = g.node("FastGelu", [up, g.constant(weights[f"{block}.up.bias"])], domain=MICROSOFT)[0]
        y = g.matmul(up, weights[f"{block}.down.weight"], f"down_{layer}")
        x, normed = _add_norm(g, weights, x, y, f"{block}.down.bias", after if layer + 1 < config.n_layer else "last")
    g.matmul(normed, weights["words.weight"], "head")
    g.nodes[-1].output[0] = "logits"
    return whole_graph(g, config, read)


def _pair(g: Graph, weights: Weights, name: str) -> list[str]:
    """Return gain and bias of a norm."""
    return [g.constant(weights[f"{name}.{kind}"]) for kind in ("weight", "bias")]


def _add_norm(g: Graph, weights: Weights, x: str, y: str, bias: str, norm: str) -> tuple[str, str]:
    """Return x + y + bias and its LayerNorm, in one node."""
    inputs = [x, y, *_pair(g, weights, norm), g.constant(weights[bias])]
    outputs = g.node("SkipLayerNormalization", inputs, 4, MICROSOFT, epsilon=EPSILON)
    g.nodes[-1].output[1] = g.nodes[-1].output[2] = ""
    return outputs[3], outputs[0]


def _attention(g: Graph, config: ModelConfig, x: str, weights: Weights, layer: int) -> str:
    H, D = config.n_head, config.head_size
    qkv = g.matmul(x, weights[f"blocks.{layer}.qkv.weight"], f"qkv_{layer}")
    qkv = g.node("Add", [qkv, g.constant(weights[f"blocks.{layer}.qkv.bias"])])[0]
    heads = g.node("Transpose", [g.reshape(qkv, [0, 0, 3 * H, D])], perm=[0, 2, 1, 3])[0]  # [B, 3 * H, T, D]
    q = g.split(heads, [H, H, H], axis=1, names=["", f"key_{layer}", f"value_{layer}"])[0]
    return g.matmul(cached_attention(g, config, q, layer), weights[f"blocks.{layer}.proj.weight"], f"proj_{layer}")

"""From trained weights to a model folder: the ONNX graph that composes, written node by node.

The graph reads T new words beside a cache of keys and values, and returns logits and the new keys and values; the
caller keeps the cache (see `model.engine`). One graph serves one word, a prompt, and a whole corpus.
"""

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from nanopiano.model.config import ModelConfig
from nanopiano.music.grid import N_KEYS
from nanopiano.music.vocab import vocabulary

Weights = dict[str, NDArray[np.float32]]  # by the names of `gpt.GPT`
MICROSOFT = "com.microsoft"  # ONNX Runtime's own operators: fused, quantised
BLOCK = 32  # weights that share a scale


class Graph:
    """Collects nodes and constants; every method returns the name of what it made."""

    def __init__(self, bits: int) -> None:
        self.bits = bits  # of the matrices: 32, 8 or 4
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def node(self, kind: str, inputs: list[str], n_outputs: int = 1, domain: str = "", **attributes: Any) -> list[str]:
        """Add a node and return the names of its outputs."""
        outputs = [f"{kind}_{len(self.nodes)}_{i}" for i in range(n_outputs)]
        self.nodes.append(helper.make_node(kind, inputs, outputs, domain=domain, **attributes))
        return outputs

    def constant(self, values: Any, name: str = "") -> str:
        """Add a constant; equal small ones are stored once by the runtime."""
        name = name or f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def matmul(self, x: str, weight: NDArray[np.float32], name: str) -> str:
        """x [..., K] times weight [N, K] transposed, quantised in blocks along K unless bits is 32."""
        if self.bits == 32:
            return self.node("MatMul", [x, self.constant(np.ascontiguousarray(weight.T), name)])[0]
        packed, scales = quantised(weight, self.bits)
        inputs = [x, self.constant(packed, name), self.constant(scales, f"{name}.scales")]
        n, k = weight.shape
        facts = {"K": k, "N": n, "bits": self.bits, "block_size": BLOCK, "accuracy_level": 4}  # 4: multiply in int8
        return self.node("MatMulNBits", inputs, domain=MICROSOFT, **facts)[0]

    def norm(self, x: str, size: int) -> str:
        """RMSNorm over the last axis, without a gain."""
        ones = self.constant(np.ones(size, dtype=np.float32))
        return self.node("SimplifiedLayerNormalization", [x, ones], axis=-1, epsilon=1e-6)[0]

    def add_norm(self, x: str, y: str, size: int) -> tuple[str, str]:
        """Return x + y and its RMSNorm, in one node."""
        ones = self.constant(np.ones(size, dtype=np.float32))
        outputs = self.node("SkipSimplifiedLayerNormalization", [x, y, ones], 4, MICROSOFT, epsilon=1e-6)
        self.nodes[-1].output[1] = self.nodes[-1].output[2] = ""
        return outputs[3], outputs[0]

    def reshape(self, x: str, shape: list[int]) -> str:
        """Give x another shape; 0 keeps an axis, -1 is what remains."""
        return self.node("Reshape", [x, self.constant(np.array(shape, dtype=np.int64))])[0]

    def split(self, x: str, sizes: list[int], axis: int, names: list[str]) -> list[str]:
        """Cut x along an axis; parts that are outputs of the graph have names."""
        made = self.node("Split", [x, self.constant(np.array(sizes, dtype=np.int64))], len(sizes), axis=axis)
        outputs = [name or part for name, part in zip(names, made, strict=True)]
        self.nodes[-1].output[:] = outputs
        return outputs


def quantised(weight: NDArray[np.float32], bits: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return codes uint8 [N, K / BLOCK, BLOCK * bits / 8] and scales float32 [N * K / BLOCK] of weight [N, K].

    Symmetric around the middle code, the block's largest weight by absolute value being representable exactly.
    """
    n, k = weight.shape
    blocks = weight.reshape(n, k // BLOCK, BLOCK)
    middle = 1 << (bits - 1)
    extreme = np.take_along_axis(blocks, np.abs(blocks).argmax(-1)[..., None], axis=-1)
    scales = extreme / (-middle if bits == 4 else 1 - middle)  # 4 bits: use the one code more on the negative side
    safe = np.where(scales == 0, 1, scales)
    codes = np.clip(np.rint(blocks / safe) + middle, 0, 2 * middle - 1).astype(np.uint8)
    if bits == 4:
        codes = codes[..., 0::2] | (codes[..., 1::2] << 4)
    return codes, scales.astype(np.float32).reshape(-1)


def build_graph(config: ModelConfig, weights: Weights, bits: int) -> onnx.ModelProto:
    """Return the graph that composes, with its matrices in `bits` bits (32, 8 or 4)."""
    g = Graph(bits)
    words = weights["words.weight"]
    if config.hear_octave:  # all that a word adds is known beforehand
        vocab = vocabulary(config.steps_per_beat)
        words = words + weights["octaves.weight"][vocab.octaves] + weights["classes.weight"][vocab.pitch_classes]
    x = g.node("Gather", [g.constant(words, "words"), "ids"])[0]
    inputs: list[tuple[str, int, list[Any]]] = [("ids", TensorProto.INT64, ["B", "T"])]
    if config.hear_place:
        places = g.node("Gather", [g.constant(weights["places.weight"], "places"), "place"])[0]
        x = g.node("Add", [x, places])[0]
        inputs.append(("place", TensorProto.INT64, ["B", "T"]))
    if config.hear_sounding:
        keys = g.constant(np.ascontiguousarray(weights["sounding.weight"].T), "keys")
        x = g.node("Add", [x, g.node("MatMul", ["sounding", keys])[0]])[0]
        inputs.append(("sounding", TensorProto.FLOAT, ["B", "T", N_KEYS]))
    if config.hear_endings:
        table = g.constant(np.ascontiguousarray(weights["endings.weight"].T), "table_of_endings")
        x = g.node("Add", [x, g.node("MatMul", ["endings", table])[0]])[0]
        inputs.append(("endings", TensorProto.FLOAT, ["B", "T", config.bar_steps]))
    for back in range(1, config.hear_before + 1):
        table = g.constant(weights[f"before.{back - 1}.weight"], f"words_before_{back}")
        x = g.node("Add", [x, g.node("Gather", [table, f"before_{back}"])[0]])[0]
        inputs.append((f"before_{back}", TensorProto.INT64, ["B", "T"]))
    half = config.head_size // 2
    inputs += [("cos", TensorProto.FLOAT, ["R", half]), ("sin", TensorProto.FLOAT, ["R", half])]
    inputs += [
        ("row", TensorProto.INT64, ["B", "T"]),
        ("mask", TensorProto.FLOAT, ["B", 1, "Q", "S"]),
    ]  # Q = H/K * T, S = P + T
    x = g.norm(x, config.n_embd)
    outputs: list[tuple[str, int, list[Any]]] = []
    normed = g.norm(x, config.n_embd)
    for layer in range(config.n_layer):
        w = {name.split(".", 2)[2]: value for name, value in weights.items() if name.startswith(f"blocks.{layer}.")}
        y = _attention(g, config, normed, w, layer)
        x, normed = g.add_norm(x, y, config.n_embd)
        up = g.node("Relu", [g.matmul(normed, w["up.weight"], f"up_{layer}")])[0]
        y = g.matmul(g.node("Mul", [up, up])[0], w["down.weight"], f"down_{layer}")
        x, normed = g.add_norm(x, y, config.n_embd)
        cache = ["B", config.n_kv_head, "P", config.head_size]
        inputs += [(f"past_{kind}_{layer}", TensorProto.FLOAT, cache) for kind in ("key", "value")]
        fresh = ["B", config.n_kv_head, "T", config.head_size]
        outputs += [(f"{kind}_{layer}", TensorProto.FLOAT, fresh) for kind in ("key", "value")]
    logits = g.matmul(normed, weights["head.weight"], "head")
    g.nodes[-1].output[0] = "logits"
    assert logits
    outputs = [("logits", TensorProto.FLOAT, ["B", "T", config.vocab_size]), *outputs]
    return _model(g, inputs, outputs)


def _attention(g: Graph, config: ModelConfig, x: str, w: dict[str, NDArray[np.float32]], layer: int) -> str:
    H, K, D = config.n_head, config.n_kv_head, config.head_size
    heads = g.reshape(g.matmul(x, w["qkv.weight"], f"qkv_{layer}"), [0, 0, H + 2 * K, D])
    heads = g.node("Transpose", [heads], perm=[0, 2, 1, 3])[0]  # [B, H + 2 * K, T, D]
    key, value = f"key_{layer}", f"value_{layer}"
    qk = g.split(heads, [H + K, K], axis=1, names=["", value])[0]
    qk = g.node("RotaryEmbedding", [g.norm(qk, D), "row", "cos", "sin"], domain=MICROSOFT)[0]
    q = g.split(qk, [H, K], axis=1, names=["", key])[0]
    q = g.reshape(q, [0, K, -1, D])  # [B, K, H/K * T, D]: the heads of a group are rows of one product
    old = g.node("FusedMatMul", [q, f"past_key_{layer}"], domain=MICROSOFT, transB=1, alpha=D**-0.5)[0]
    new = g.node("FusedMatMul", [q, key], domain=MICROSOFT, transB=1, alpha=D**-0.5)[0]
    scores = g.node("Add", [g.node("Concat", [old, new], axis=-1)[0], "mask"])[0]  # [B, K, H/K * T, P + T]
    old, new = g.node("Split", [g.node("Softmax", [scores], axis=-1)[0], "parts"], 2, axis=-1)
    y = g.node("Add", [g.node("MatMul", [old, f"past_value_{layer}"])[0], g.node("MatMul", [new, value])[0]])[0]
    y = g.node("Transpose", [g.reshape(y, [0, H, -1, D])], perm=[0, 2, 1, 3])[0]
    return g.matmul(g.reshape(y, [0, 0, H * D]), w["proj.weight"], f"proj_{layer}")


def _model(
    g: Graph, inputs: list[tuple[str, int, list[Any]]], outputs: list[tuple[str, int, list[Any]]]
) -> onnx.ModelProto:
    # P and T; given, since reading them off shapes would cost nodes at every word.
    inputs.append(("parts", TensorProto.INT64, [2]))
    graph = helper.make_graph(
        g.nodes,
        "nanopiano",
        [helper.make_tensor_value_info(*entry) for entry in inputs],
        [helper.make_tensor_value_info(*entry) for entry in outputs],
        g.constants,
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(MICROSOFT, 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9, producer_name="nanopiano")

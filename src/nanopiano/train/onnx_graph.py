"""Writing an ONNX graph node by node: what our two networks share.

A graph reads T new words beside a cache of keys and values (and of streams, where words are blended), and returns
logits and what is new of these; the caller keeps the cache (see `model.cache`). One graph serves one word, a prompt,
and a whole corpus.
"""

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from nanopiano.model.config import ModelConfig

Weights = dict[str, NDArray[np.float32]]  # by the names of the network's parameters
Entry = tuple[str, int, list[Any]]  # an input or output: name, type, shape
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
        """x [..., K] times weight [N, K] transposed, quantised in blocks along K where K is made of blocks."""
        if self.bits == 32 or weight.shape[1] % BLOCK:
            return self.node("MatMul", [x, self.constant(np.ascontiguousarray(weight.T), name)])[0]
        packed, scales = quantised(weight, self.bits)
        inputs = [x, self.constant(packed, name), self.constant(scales, f"{name}.scales")]
        n, k = weight.shape
        facts = {"K": k, "N": n, "bits": self.bits, "block_size": BLOCK, "accuracy_level": 4}  # 4: multiply in int8
        return self.node("MatMulNBits", inputs, domain=MICROSOFT, **facts)[0]

    def add_up(self, x: str, size: int, axis: int) -> str:
        """Sum over an axis of `size`, which goes, always in one order: so a piece is the same alone and among others.

        ReduceSum adds in another order for another number of pieces; multiplying in int8 makes much of the difference.
        """
        parts = self.node("Split", [x, self.constant(np.ones(size, dtype=np.int64))], size, axis=axis)
        total = self.node("Sum", parts)[0]
        return self.node("Squeeze", [total, self.constant(np.array([axis], dtype=np.int64))])[0]

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


def cached_attention(g: Graph, config: ModelConfig, q: str, layer: int) -> str:
    """Attention of q [B, H, T, D] to the layer's cache and to its new keys and values -> [B, T, H * D]."""
    H, K, D = config.n_head, config.n_kv_head, config.head_size
    key, value = f"key_{layer}", f"value_{layer}"
    q = g.reshape(q, [0, K, -1, D])  # [B, K, H/K * T, D]: the heads of a group are rows of one product
    old = g.node("FusedMatMul", [q, f"past_{key}"], domain=MICROSOFT, transB=1, alpha=D**-0.5)[0]
    new = g.node("FusedMatMul", [q, key], domain=MICROSOFT, transB=1, alpha=D**-0.5)[0]
    scores = g.node("Add", [g.node("Concat", [old, new], axis=-1)[0], "mask"])[0]  # [B, K, H/K * T, P + T]
    old, new = g.node("Split", [g.node("Softmax", [scores], axis=-1)[0], "parts"], 2, axis=-1)
    y = g.node("Add", [g.node("MatMul", [old, f"past_{value}"])[0], g.node("MatMul", [new, value])[0]])[0]
    y = g.node("Transpose", [g.reshape(y, [0, H, -1, D])], perm=[0, 2, 1, 3])[0]
    return g.reshape(y, [0, 0, H * D])


def whole_graph(g: Graph, config: ModelConfig, read: list[Entry]) -> onnx.ModelProto:
    """Return the model of the collected nodes: `read` says what it reads of words besides mask, parts and cache."""
    cache: list[Any] = ["B", config.n_kv_head, "P", config.head_size]
    fresh: list[Any] = ["B", config.n_kv_head, "T", config.head_size]
    names = [f"{kind}_{layer}" for layer in range(config.n_layer) for kind in ("key", "value")]
    words: list[Any] = ["B", config.blend_words - 1, config.n_embd]
    # Q = H/K * T, S = P + T. P and T are given, since reading them off shapes would cost nodes at every word.
    inputs: list[Entry] = [
        *read,
        ("mask", TensorProto.FLOAT, ["B", 1, "Q", "S"]),
        *((f"past_{name}", TensorProto.FLOAT, cache) for name in names),
        *((f"past_{name}", TensorProto.FLOAT, words) for name in config.streams),
        ("parts", TensorProto.INT64, [2]),
    ]
    outputs: list[Entry] = [
        ("logits", TensorProto.FLOAT, ["B", "T", config.vocab_size]),
        *((name, TensorProto.FLOAT, fresh) for name in names),
        *((name, TensorProto.FLOAT, ["B", "T", config.n_embd]) for name in config.streams),
    ]
    graph = helper.make_graph(
        g.nodes,
        "nanopiano",
        [helper.make_tensor_value_info(*entry) for entry in inputs],
        [helper.make_tensor_value_info(*entry) for entry in outputs],
        g.constants,
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(MICROSOFT, 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9, producer_name="nanopiano")

"""Drawing: an ONNX graph written node by node, and the encoder as one. Layers are ONNX Runtime's own fused operators.

Written by hand and not traced, so that neither PyTorch nor the version of an exporter stands between learned weights and answers.
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from mainspring.steps.learn.text.encoder.weights import Arrays, Shape

FUSED = "com.microsoft"
OPSETS = {"": 17, FUSED: 1}
IR_VERSION = 9
IDS, MASK, LOOKS, SEGMENTS, CHARACTERS = "ids", "mask", "looks", "segments", "characters"
WIDE = 100_000
"""Vocabularies from so many tokens on are kept as 8-bit numbers, with a scale for each 32, however exact the rest is."""
BLOCK = 32
EXACT = "Exact"
"""How the names of products begin that are never rounded to 8 bits."""

Array = npt.NDArray[Any]


class Drawing:
    """Nodes and constants, in the order in which they are added. ``small`` says that tables of vectors are kept in 8 bits, ``pairs``
    that each token has the number of the text it is of, ``adapted`` that low ranks are given with what is asked (:func:`ranks`)."""

    def __init__(self, *, small: bool = False, pairs: bool = False, adapted: bool = False) -> None:
        self.small, self.pairs, self.adapted = small, pairs, adapted
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def held(self, array: Array) -> str:
        """A constant; its name."""
        name = f"held{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.asarray(array, order="C"), name))
        return name

    def add(self, kind: str, *inputs: str, domain: str = "", outputs: int = 1, **settings: Any) -> str:
        """A node; the name of its first output."""
        at = len(self._nodes)
        names = [f"made{at}" if k == 0 else f"made{at}_{k}" for k in range(outputs)]
        self._nodes.append(helper.make_node(kind, inputs, names, f"{kind}{at}", domain=domain, **settings))
        return names[0]

    def matmul(self, wire: str, matrix: Array, *, exact: bool = False) -> str:
        made = self.add("MatMul", wire, self.held(matrix))
        if exact:
            self._nodes[-1].name = f"{EXACT}{self._nodes[-1].name}"
        return made

    def write(self, path: Path, inputs: dict[str, tuple[int, list[str | int]]], outputs: dict[str, str]) -> None:
        """``inputs`` are name → (tensor type, shape); ``outputs`` are name → wire."""
        for name, wire in outputs.items():
            self._nodes.append(helper.make_node("Identity", [wire], [name]))
        graph = helper.make_graph(
            self._nodes, "text",
            [helper.make_tensor_value_info(name, kind, shape) for name, (kind, shape) in inputs.items()],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs], self._constants,
        )  # fmt: skip
        opsets = [helper.make_opsetid(domain, number) for domain, number in OPSETS.items()]
        onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION), str(path))


INPUTS: dict[str, tuple[int, list[str | int]]] = {
    IDS: (TensorProto.INT64, ["texts", "tokens"]),
    MASK: (TensorProto.INT32, ["texts", "tokens"]),
}


LOOKED: dict[str, tuple[int, list[str | int]]] = {**INPUTS, LOOKS: (TensorProto.INT64, ["texts", "tokens"])}
"""With how each token is written, for encoders whose arrays have vectors of looks."""
SPELLED: dict[str, tuple[int, list[str | int]]] = {
    **LOOKED,
    CHARACTERS: (TensorProto.INT64, ["texts", "tokens", "places"]),
}
"""With the numbers of its word's characters too, where the arrays have vectors of those."""
PAIRED: dict[str, tuple[int, list[str | int]]] = {**INPUTS, SEGMENTS: (TensorProto.INT64, ["texts", "tokens"])}
"""With the text that each token is of, the first or the second."""
BESIDE = ("query", "value")
"""Projections that may have low ranks beside them."""
DOWN, UP = "down", "up"
SEGMENT_VECTORS = "embeddings.token_type_embeddings.weight"
LOOK_VECTORS = "embeddings.looks.weight"
CHARACTER_VECTORS, CHARACTERS_MADE = "embeddings.characters.vectors.weight", "embeddings.characters.made.weight"


def ranks(shape: Shape) -> dict[str, tuple[int, list[str | int]]]:
    """The two factors of what is added to each projection, of all layers in one array each: few inputs cost a call less than many."""
    return {
        f"{part}.{way}": (TensorProto.FLOAT, [shape.layers, *sides])
        for part in BESIDE
        for way, sides in ((DOWN, [shape.width, f"{part}.ranks"]), (UP, [f"{part}.ranks", shape.width]))
    }


def encoded(drawing: Drawing, arrays: Arrays, shape: Shape) -> str:
    """The wire of the last layer (texts × tokens × width)."""
    wire = _embedded(drawing, arrays, shape)
    for number in range(shape.layers):
        wire = _layer(drawing, arrays, shape, number, wire)
    return wire


def _embedded(drawing: Drawing, arrays: Arrays, shape: Shape) -> str:
    words = looked_up(drawing, arrays["embeddings.word_embeddings.weight"])
    # A text alone is all first segment: it stands with the positions.
    segments, places = arrays[SEGMENT_VECTORS], arrays["embeddings.position_embeddings.weight"]
    places = places if drawing.pairs else places + segments[0]
    length = drawing.add("Gather", drawing.add("Shape", IDS), drawing.held(np.array(1)), axis=0)
    first, one = (drawing.held(np.array(number)) for number in (shape.first, 1))
    numbers = drawing.add("Range", first, drawing.add("Add", length, first), one)
    placed = drawing.add("Gather", drawing.held(places), numbers, axis=0)
    if drawing.pairs:
        words = drawing.add("Add", words, drawing.add("Gather", drawing.held(segments), SEGMENTS, axis=0))
    if LOOK_VECTORS in arrays:
        words = drawing.add("Add", words, drawing.add("Gather", drawing.held(arrays[LOOK_VECTORS]), LOOKS, axis=0))
    if CHARACTER_VECTORS in arrays:
        words = drawing.add("Add", words, _spelled(drawing, arrays))
    return _normalised(drawing, drawing.add("Add", words, placed), arrays, "embeddings.LayerNorm", shape)


def _spelled(drawing: Drawing, arrays: Arrays) -> str:
    """What is made of the characters of each token's word. Not in 8 bits: it is small, and added to vectors that are exact."""
    vectors = drawing.add("Gather", drawing.held(arrays[CHARACTER_VECTORS]), CHARACTERS, axis=0)
    total = drawing.add("ReduceSum", vectors, drawing.held(np.array([2])), keepdims=0)
    return drawing.matmul(total, arrays[CHARACTERS_MADE].T, exact=True)


def looked_up(drawing: Drawing, table: Array) -> str:
    """The rows of a table of vectors that the tokens name."""
    if not drawing.small and len(table) < WIDE:
        return drawing.add("Gather", drawing.held(table.astype(np.float32)), IDS, axis=0)
    blocks = table.reshape(len(table), -1, BLOCK)
    scale = np.maximum(np.abs(blocks).max(axis=2, keepdims=True), 1e-12) / 127
    small = drawing.add("Gather", drawing.held(np.rint(blocks / scale).astype(np.int8)), IDS, axis=0)
    sizes = drawing.add("Gather", drawing.held(scale.astype(np.float32)), IDS, axis=0)
    blocked = drawing.add("Mul", drawing.add("Cast", small, to=TensorProto.FLOAT), sizes)
    return drawing.add("Reshape", blocked, drawing.held(np.array([0, 0, table.shape[1]])))


def _normalised(drawing: Drawing, wire: str, arrays: Arrays, name: str, shape: Shape) -> str:
    held = [drawing.held(arrays[f"{name}.{part}"]) for part in ("weight", "bias")]
    return drawing.add("LayerNormalization", wire, *held, axis=-1, epsilon=shape.epsilon)


def _layer(drawing: Drawing, arrays: Arrays, shape: Shape, number: int, wire: str) -> str:
    name = f"encoder.layer.{number}."
    seen = (_seen_beside if drawing.adapted else _seen)(drawing, arrays, shape, number, wire)
    wire = _added(drawing, arrays, shape, f"{name}attention.output", (seen, wire))
    inner = drawing.matmul(wire, arrays[f"{name}intermediate.dense.weight"].T)
    inner = drawing.add("BiasGelu", inner, drawing.held(arrays[f"{name}intermediate.dense.bias"]), domain=FUSED)
    wire = _added(drawing, arrays, shape, f"{name}output", (inner, wire))
    if f"{name}adapter.down.weight" in arrays:
        wire = _adapted(drawing, arrays, f"{name}adapter", wire)
    return wire


PROJECTIONS = ("query", "key", "value")


def _seen(drawing: Drawing, arrays: Arrays, shape: Shape, number: int, wire: str) -> str:
    """What each token sees of the others."""
    parts = [f"encoder.layer.{number}.attention.self.{part}" for part in PROJECTIONS]
    matrix = np.concatenate([arrays[f"{part}.weight"].T for part in parts], axis=1)
    held = (drawing.held(matrix), drawing.held(np.concatenate([arrays[f"{part}.bias"] for part in parts])))
    return drawing.add("Attention", wire, *held, MASK, domain=FUSED, num_heads=shape.heads)


def _seen_beside(drawing: Drawing, arrays: Arrays, shape: Shape, number: int, wire: str) -> str:
    """The same with what low ranks add to the projections. Their sum with the weights would have to be packed anew for each call."""
    layer, made = drawing.held(np.array(number)), list[str]()
    for part in PROJECTIONS:
        plain = drawing.matmul(wire, arrays[f"encoder.layer.{number}.attention.self.{part}.weight"].T)
        if part in BESIDE:
            down, up = (drawing.add("Gather", f"{part}.{way}", layer, axis=0) for way in (DOWN, UP))
            plain = drawing.add("Add", plain, drawing.add("MatMul", drawing.add("MatMul", wire, down), up))
        made.append(plain)
    bias = np.concatenate([arrays[f"encoder.layer.{number}.attention.self.{part}.bias"] for part in PROJECTIONS])
    return drawing.add("MultiHeadAttention", *made, drawing.held(bias), MASK, domain=FUSED, num_heads=shape.heads)


def _added(drawing: Drawing, arrays: Arrays, shape: Shape, name: str, wires: tuple[str, str]) -> str:
    """A projection of the first wire, added to the second and normalised."""
    made = drawing.matmul(wires[0], arrays[f"{name}.dense.weight"].T)
    held = [drawing.held(arrays[f"{name}.{part}"]) for part in ("LayerNorm.weight", "LayerNorm.bias", "dense.bias")]
    return drawing.add("SkipLayerNormalization", made, wires[1], *held, domain=FUSED, epsilon=shape.epsilon)


def _adapted(drawing: Drawing, arrays: Arrays, name: str, wire: str) -> str:
    """A bottleneck beside the layer (Houlsby et al. 2019)."""
    down = drawing.add(
        "Add", drawing.matmul(wire, arrays[f"{name}.down.weight"].T), drawing.held(arrays[f"{name}.down.bias"])
    )
    up = drawing.matmul(drawing.add("Relu", down), arrays[f"{name}.up.weight"].T)
    return drawing.add("Add", wire, drawing.add("Add", up, drawing.held(arrays[f"{name}.up.bias"])))


def pooled(drawing: Drawing, wire: str, how: str) -> str:
    """One vector a text of length 1 (texts × width): the mean over its tokens, or that of the first token."""
    if how == "cls":
        vector = drawing.add("Gather", wire, drawing.held(np.array(0)), axis=1)
    else:
        mask = drawing.add("Unsqueeze", drawing.add("Cast", MASK, to=TensorProto.FLOAT), drawing.held(np.array([2])))
        axis = drawing.held(np.array([1]))
        total = drawing.add("ReduceSum", drawing.add("Mul", wire, mask), axis, keepdims=0)
        count = drawing.add("ReduceSum", mask, axis, keepdims=0)
        vector = drawing.add("Div", total, drawing.add("Max", count, drawing.held(np.array(1, np.float32))))
    return drawing.add("LpNormalization", vector, axis=-1, p=2)

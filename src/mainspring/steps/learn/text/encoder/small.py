"""Small: a graph with 8-bit weights.

Products of unsigned and signed 8-bit numbers saturate on processors without VNNI; weights of 7 bits do not, and whoever learns
need not have the processor of whoever answers. So they are kept to 7 bits everywhere.
"""

import logging
from pathlib import Path

import onnx
from onnx import TensorProto
from onnxruntime.quantization import QuantType, quantize_dynamic  # pyright: ignore[reportMissingTypeStubs]

from mainspring.steps.learn.text.encoder.drawing import EXACT

QUANTISED = ["MatMul", "Attention"]


def quantised(graph: Path, small: Path) -> None:
    """Write ``graph`` with 8-bit weights to ``small``; products that are drawn as exact stay as they are."""
    exact = [node.name for node in onnx.load(str(graph)).graph.node if node.name.startswith(EXACT)]
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)  # it advises a preparation that is for traced graphs
    try:
        quantize_dynamic(
            graph, small, op_types_to_quantize=QUANTISED, nodes_to_exclude=exact, per_channel=True, reduce_range=True,
            weight_type=QuantType.QInt8, extra_options={"MatMulConstBOnly": True, "DefaultTensorType": TensorProto.FLOAT},
        )  # fmt: skip
    finally:
        root.setLevel(level)

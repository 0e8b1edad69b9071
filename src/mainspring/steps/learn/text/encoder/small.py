"""Small: a graph with 8-bit weights.

Products of unsigned and signed 8-bit numbers saturate on processors without VNNI; weights of 7 bits do not, and whoever learns
need not have the processor of whoever answers. So they are kept to 7 bits everywhere.
"""

import logging
from pathlib import Path

from onnx import TensorProto
from onnxruntime.quantization import QuantType, quantize_dynamic  # pyright: ignore[reportMissingTypeStubs]

QUANTISED = ["MatMul", "Attention"]


def quantised(graph: Path, small: Path) -> None:
    """Write ``graph`` with 8-bit weights to ``small``."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)  # it advises a preparation that is for traced graphs
    try:
        quantize_dynamic(
            graph, small, op_types_to_quantize=QUANTISED, per_channel=True, reduce_range=True,
            weight_type=QuantType.QInt8, extra_options={"MatMulConstBOnly": True, "DefaultTensorType": TensorProto.FLOAT},
        )  # fmt: skip
    finally:
        root.setLevel(level)

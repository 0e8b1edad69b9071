"""An ONNX file: preparation, model and calibration as one graph over the raw columns."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime  # pyright: ignore[reportMissingTypeStubs]
import pyarrow as pa
from onnx import TensorProto, helper, numpy_helper

from mainspring.errors import ExportError
from mainspring.measure.graph import TREES, Graph, Node, Wire
from mainspring.model import Model, Prepared, Transform
from mainspring.run.export.agree import refuse_disagreement, rows_for
from mainspring.run.export.whole import whole_file
from mainspring.run.flow import CODE_VERSION
from mainspring.steps.learn.export.blend import answers
from mainspring.steps.learn.tabular.scores import Scores
from mainspring.steps.prepare.export.features import features
from mainspring.steps.prepare.export.inputs import Tensor, tensor_of, values_of
from mainspring.steps.prepare.table_transform import TableTransform

Array = npt.NDArray[Any]
OPSETS = {"": 21, TREES: 5}
IR_VERSION = 10
TENSORS: Mapping[Tensor, int] = {"double": TensorProto.DOUBLE, "int64": TensorProto.INT64, "string": TensorProto.STRING}
MEANINGS: Mapping[Tensor, str] = {
    "double": "a number (truth values: 0, 1); NaN is missing",
    "int64": "microseconds since 1970 in UTC; the least int64 is missing",
    "string": "a trimmed text; the empty one is missing",
}


def write(model: Model, path: Path, rows: pa.Table | None) -> float:
    """Write a prepared model; the file is there only once ONNX Runtime answered it as the model itself does.

    Asked are ``rows`` (raw, those the model was learned and tested on) and such as no data has. Returns the greatest difference.

    Raises:
        ExportError: a part cannot be exported (it is named), or the answers differ. StoreError: the file cannot be written.
    """
    transform, scores = _parts(model)
    content = model_of(model, transform, scores).SerializeToString()
    asked = rows_for(transform, rows)
    difference = refuse_disagreement(model, asked, answered(content, transform, asked))
    with whole_file(path) as draft:
        draft.write_bytes(content)
    return difference


def model_of(model: Model, transform: TableTransform, scores: Scores) -> onnx.ModelProto:
    graph = Graph()
    tensors: dict[str, Tensor] = {name: tensor_of(reading) for name, reading in transform.readings.items()}
    made = answers(scores, graph, features(transform, graph, {name: name for name in tensors}))
    if both := sorted(set(made) & set(tensors)):
        raise ExportError(
            f"the column {both[0]!r} is called as an answer is, which an ONNX file cannot hold apart",
            where=both[0], remedy="rename the column at the source, or leave it out (learn.exclude)",
        )  # fmt: skip
    for name, wire in made.items():
        graph.named(wire, name)
    outputs = [helper.make_tensor_value_info(f.name, _type_of(f.type), ["rows"]) for f in model.card.answer]
    proto = proto_of(graph, [input_of(name, tensor) for name, tensor in tensors.items()], outputs)
    helper.set_model_props(proto, {"target": model.card.target, "question": str(model.card.question)})
    return proto


def input_of(name: str, tensor: Tensor, width: int = 1) -> onnx.ValueInfoProto:
    """An input of (rows, ``width``)."""
    return helper.make_tensor_value_info(name, TENSORS[tensor], ["rows", width], doc_string=MEANINGS[tensor])


def proto_of(
    graph: Graph, inputs: Sequence[onnx.ValueInfoProto], outputs: Sequence[onnx.ValueInfoProto]
) -> onnx.ModelProto:
    """A graph as ONNX writes it, and has found well formed."""
    constants = [_tensor(value, wire) for wire, value in graph.constants.items()]
    body = helper.make_graph([_node(node) for node in graph.nodes], "mainspring", inputs, outputs, constants)
    opsets = [helper.make_opsetid(domain, number) for domain, number in OPSETS.items()]
    proto = helper.make_model(
        body, opset_imports=opsets, ir_version=IR_VERSION, producer_name="mainspring", producer_version=CODE_VERSION
    )
    cast(Any, onnx.checker).check_model(proto)
    return proto


def answered(content: bytes, transform: TableTransform, rows: pa.Table) -> pa.Table:
    """What ONNX Runtime answers to raw rows."""
    runtime = cast(Any, onnxruntime)
    settings = runtime.SessionOptions()
    settings.intra_op_num_threads, settings.log_severity_level = 1, 3
    session = runtime.InferenceSession(content, settings, providers=["CPUExecutionProvider"])
    asked = {name: values_of(reading, rows.column(name)) for name, reading in transform.readings.items()}
    names: list[str] = [output.name for output in session.get_outputs()]
    told: list[Array] = session.run(names, asked)
    return pa.table({name: pa.array(values.tolist()) for name, values in zip(names, told, strict=True)})


def _parts(model: Model) -> tuple[TableTransform, Scores]:
    transform: Transform | None = model.transform if isinstance(model, Prepared) else None
    inner = model.model if isinstance(model, Prepared) else model
    if not isinstance(transform, TableTransform) or not isinstance(inner, Scores):
        raise ExportError(f"models of the kind {model.card.kind!r} cannot be exported to ONNX")
    return transform, inner


def _node(node: Node) -> onnx.NodeProto:
    attributes: dict[str, Any] = {
        name: numpy_helper.from_array(cast(Array, value)) if isinstance(value, np.ndarray) else value
        for name, value in node.attributes.items()
    }
    if "to" in attributes:
        attributes["to"] = TENSORS[attributes["to"]]
    return helper.make_node(node.operator, node.inputs, [node.output, *node.unused], domain=node.domain, **attributes)


def _tensor(value: Array, wire: Wire) -> onnx.TensorProto:
    return numpy_helper.from_array(value, wire)


def _type_of(kind: pa.DataType) -> int:
    if pa.types.is_floating(kind):
        return TensorProto.DOUBLE
    if pa.types.is_boolean(kind):
        return TensorProto.BOOL
    return TensorProto.INT64 if pa.types.is_integer(kind) else TensorProto.STRING

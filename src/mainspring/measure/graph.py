"""Graph: arithmetic written down instead of done, so that another runtime can do it.

Operators are those of ONNX (opset 21, and 5 of ``ai.onnx.ml``); nothing here knows a library. Rows are the first axis of
every tensor that comes from an input.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Wire = str
"""The name of a tensor in a graph."""
TREES = "ai.onnx.ml"


@dataclass(frozen=True, slots=True)
class Node:
    """One operation: arrays among ``attributes`` are tensors, ``domain`` is where the operator is defined. Of more outputs than one,
    those after the first are ``unused``."""

    operator: str
    inputs: tuple[Wire, ...]
    output: Wire
    attributes: dict[str, Any]
    domain: str = ""
    unused: tuple[Wire, ...] = ()


@dataclass(slots=True)
class Graph:
    """Grows by :meth:`add`, in an order in which it can be done. ``constants`` are arrays by their wire."""

    nodes: list[Node] = field(default_factory=list[Node])
    constants: dict[Wire, npt.NDArray[Any]] = field(default_factory=dict[Wire, npt.NDArray[Any]])

    def add(self, operator: str, *inputs: Wire, domain: str = "", unused: int = 0, **attributes: Any) -> Wire:
        """The first output of one more operation, which has so many more that nobody wants."""
        output = f"#{len(self.nodes)}"
        others = tuple(f"{output} {number}" for number in range(unused))
        self.nodes.append(Node(operator, inputs, output, attributes, domain, others))
        return output

    def constant(self, value: object) -> Wire:
        """A constant; lists of words become an array of objects."""
        array = np.asarray(value)
        wire = f"#constant {len(self.constants)}"
        self.constants[wire] = array.astype(object) if array.dtype.kind == "U" else array
        return wire

    def named(self, wire: Wire, name: str) -> None:
        """Give a tensor the name under which it is asked for."""
        self.nodes.append(Node("Identity", (wire,), name, {}))

"""Drawn: the folder of an encoder as it is asked: its graph, its tokenizer, and what is to be known of it."""

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from mainspring.steps.learn.text.encoder.drawing import (
    INPUTS,
    PAIRED,
    SEGMENT_VECTORS,
    Drawing,
    encoded,
    pooled,
    ranks,
)  # fmt: skip
from mainspring.steps.learn.text.encoder.places import MULTILINGUAL
from mainspring.steps.learn.text.encoder.small import quantised
from mainspring.steps.learn.text.encoder.weights import TOKENIZER, Arrays, Shape, broken, read_json

GRAPH, SMALL, FACTS = "encoder.onnx", "encoder.int8.onnx", "encoder.json"
VECTOR = "vector"
PREFIXES = {MULTILINGUAL: "query: "}
"""What an encoder wants before every text, as it was trained (Wang et al. 2024 of E5)."""
LONGEST = 256
"""Tokens of a text that are read, where the encoder reads more: time grows faster than the length."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is kept beside the graph: whose encoder it is, how wide its vectors are, what stands before each text,
    and whether it is told of each token which of two texts it is of (``pairs``).

    An adapter alone says in ``on`` the fingerprint of the encoder that it stands on, and has no graph.
    """

    name: str
    width: int
    longest: int
    prefix: str = ""
    small: bool = False
    pairs: bool = False
    on: str = ""

    @classmethod
    def of(cls, name: str, shape: Shape, **more: bool | str) -> Self:
        return cls(name, shape.width, min(LONGEST, shape.longest), PREFIXES.get(name, ""), **more)  # type: ignore[arg-type]

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Raises LearnError: there are none that can be read."""
        plain = read_json(folder / FACTS)
        try:
            return cls(**plain)
        except TypeError as error:
            raise broken(folder / FACTS) from error

    def write(self, folder: Path) -> None:
        (folder / FACTS).write_text(json.dumps(asdict(self)), encoding="utf-8")


def draw(
    name: str, source: Path, folder: Path, arrays: Arrays, *, pooling: str = "mean", drawing: Drawing | None = None
) -> None:  # fmt: skip
    """Write the encoder that ``source`` would be with these weights into an existing folder."""
    shape, graph, drawing = Shape.of(source), folder / GRAPH, drawing or Drawing()
    drawing.write(
        graph,
        (PAIRED if drawing.pairs else INPUTS) | (ranks(shape) if drawing.adapted else {}),
        {VECTOR: pooled(drawing, encoded(drawing, arrays, shape), pooling)},
    )
    if drawing.small:
        quantised(graph, folder / SMALL)
        graph.unlink()
    shutil.copyfile(source / TOKENIZER, folder / TOKENIZER)
    Facts.of(name, shape, small=drawing.small, pairs=drawing.pairs).write(folder)


def tells_segments(arrays: Arrays) -> bool:
    """Whether an encoder was pretrained with the numbers of two texts."""
    return len(arrays[SEGMENT_VECTORS]) > 1

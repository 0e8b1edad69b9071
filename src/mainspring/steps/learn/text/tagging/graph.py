"""Graph: a tagger as an ONNX graph: the encoder, and a head that scores the tags of each token."""

from pathlib import Path

from mainspring.steps.learn.text.encoder.drawing import CHARACTER_VECTORS, LOOKED, SPELLED, Drawing, encoded
from mainspring.steps.learn.text.encoder.weights import Arrays, Shape
from mainspring.steps.learn.text.tagging.model import CHANCES


def write_graph(arrays: Arrays, shape: Shape, path: Path) -> None:
    """``arrays`` by BERT's names, with the vectors of looks, those of characters where they are read, and the head's weights (tags × width)
    and bias (tags); tags once for each place that a unit may have in its token."""
    drawing = Drawing()
    # Never in 8 bits: what the encoder leaves was standardised with these weights, so that a number which hardly moves beside others
    # that are a hundred times larger may say most; rounded on one scale with them it would say nothing.
    scores = drawing.matmul(encoded(drawing, arrays, shape), arrays["head.weight"].T, exact=True)
    inputs = SPELLED if CHARACTER_VECTORS in arrays else LOOKED
    drawing.write(path, inputs, {CHANCES: drawing.add("Add", scores, drawing.held(arrays["head.bias"]))})

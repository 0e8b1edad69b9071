"""Encoder: texts in, vectors out. Learned by others, frozen, and asked through ONNX Runtime: no PyTorch.

>>> encoder = Encoder.of("english")                          # doctest: +SKIP
>>> encoder.embed(["a text", "another"]).shape               # doctest: +SKIP
(2, 384)
"""

import json
import shutil
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from mainspring.steps.learn.text.encoder.asked import opened
from mainspring.steps.learn.text.encoder.drawing import (
    IDS,
    INPUTS,
    MASK,
    PAIRED,
    SEGMENTS,
    Drawing,
    encoded,
    pooled,
)  # fmt: skip
from mainspring.steps.learn.text.encoder.places import ENGLISH, MULTILINGUAL, folder_of, made_once
from mainspring.steps.learn.text.encoder.small import quantised
from mainspring.steps.learn.text.encoder.tokens import Asked, Tokens, batches, padded
from mainspring.steps.learn.text.encoder.weights import TOKENIZER, Arrays, Shape, broken, read_arrays, read_json

GRAPH, SMALL, FACTS = "encoder.onnx", "encoder.int8.onnx", "encoder.json"
POOLING = "1_Pooling/config.json"
VECTOR = "vector"
PREFIXES = {MULTILINGUAL: "query: "}
"""What an encoder wants before every text, as it was trained (Wang et al. 2024 of E5)."""
LONGEST = 256
"""Tokens of a text that are read, where the encoder reads more: time grows faster than the length."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is kept beside the graph: whose encoder it is, how wide its vectors are, what stands before each text,
    and whether it is told of each token which of two texts it is of (``pairs``)."""

    name: str
    width: int
    longest: int
    prefix: str = ""
    small: bool = False
    pairs: bool = False


class Encoder:
    """An encoder in ``folder``: a graph, a tokenizer and :class:`Facts`. Thread-safe; opened on the first use."""

    def __init__(self, folder: Path, *, threads: int = 0) -> None:
        self._folder, self._threads = folder, threads
        plain = read_json(folder / FACTS)
        try:
            self.facts = Facts(**plain)
        except TypeError as error:
            raise broken(folder / FACTS) from error
        self.tokens = Tokens.open(folder / TOKENIZER, self.facts.longest)
        self._session: Any = None
        self._lock = threading.Lock()

    @classmethod
    def of(cls, name: str, *, precision: Literal["fp32", "int8"] = "fp32", threads: int = 0) -> Self:
        """The encoder of a name: ``english`` or ``multilingual``, a folder, or an id at Hugging Face. Its graph is made once.

        ``int8`` is four times smaller and faster, and a little off.

        Raises:
            MissingExtra: the installed weights are not installed. LearnError: there is no such encoder, or it is of a kind that is not
            read.
        """
        source = folder_of(name)
        small = precision == "int8"
        made = made_once("int8" if small else "fp32", source, lambda folder: _made(name, source, folder, small=small))
        return cls(made, threads=threads)

    @property
    def width(self) -> int:
        return self.facts.width

    def embed(self, texts: Sequence[Asked], *, go_on: Callable[[], bool] | None = None) -> Floats:
        """Vectors of length 1 (n × :attr:`width`). Texts of about the same length are asked together.

        ``go_on`` is asked before each batch; once it says no, the rest are zeros.
        """
        vectors = np.zeros((len(texts), self.width), np.float32)
        found = self.tokens.of([begun(self.facts.prefix, text) for text in texts])
        ids = [of_text.ids for of_text in found]
        session = self._opened()
        for places in batches([len(of_text) for of_text in ids]):
            if go_on is not None and not go_on():
                break
            matrix, mask = padded([ids[place] for place in places])
            fed = {IDS: matrix, MASK: mask}
            if self.facts.pairs:
                fed[SEGMENTS] = padded([found[place].type_ids for place in places])[0]
            vectors[places] = session.run([VECTOR], fed)[0]
        return vectors

    def save(self, folder: Path) -> None:
        """Copy the encoder into an existing folder."""
        for name in (SMALL if self.facts.small else GRAPH, TOKENIZER, FACTS):
            shutil.copyfile(self._folder / name, folder / name)

    def _opened(self) -> Any:
        with self._lock:
            if self._session is None:
                self._session = opened(self._folder / (SMALL if self.facts.small else GRAPH), self._threads)
            return self._session

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._folder,)


def begun(prefix: str, text: Asked) -> Asked:
    """With what the encoder wants before every text."""
    return prefix + text if isinstance(text, str) else (prefix + text[0], prefix + text[1])


def default_for(texts: Sequence[str], sample: int = 500) -> str:
    """``english`` where nearly all letters are of the Latin alphabet without marks, else ``multilingual``."""
    letters = foreign = 0
    step = max(1, len(texts) // sample)
    for text in texts[::step]:
        some = [one for one in text[:1000] if one.isalpha()]
        letters += len(some)
        foreign += sum(not one.isascii() for one in some)
    return MULTILINGUAL if foreign > 0.02 * letters else ENGLISH


def draw(
    name: str, source: Path, folder: Path, arrays: Arrays, *, pooling: str = "mean", drawing: Drawing | None = None
) -> None:  # fmt: skip
    """Write the encoder that ``source`` would be with these weights into an existing folder: its graph, tokenizer and facts."""
    shape, graph, drawing = Shape.of(source), folder / GRAPH, drawing or Drawing()
    small, pairs = drawing.small, drawing.pairs
    drawing.write(
        graph, PAIRED if pairs else INPUTS, {VECTOR: pooled(drawing, encoded(drawing, arrays, shape), pooling)}
    )
    if small:
        quantised(graph, folder / SMALL)
        graph.unlink()
    shutil.copyfile(source / TOKENIZER, folder / TOKENIZER)
    facts = Facts(name, shape.width, min(LONGEST, shape.longest), PREFIXES.get(name, ""), small, pairs)
    (folder / FACTS).write_text(json.dumps(asdict(facts)), encoding="utf-8")


def _made(name: str, source: Path, folder: Path, *, small: bool) -> None:
    # What cannot be read is refused before the work, not after it.
    Shape.of(source)
    Tokens.open(source / TOKENIZER, LONGEST)
    draw(name, source, folder, read_arrays(source), pooling=_pooling(source), drawing=Drawing(small=small))


def _pooling(source: Path) -> str:
    if not (source / POOLING).is_file():
        return "mean"
    return "cls" if read_json(source / POOLING).get("pooling_mode_cls_token") else "mean"

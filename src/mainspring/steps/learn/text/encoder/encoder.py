"""Encoder: texts in, vectors out. Learned by others, frozen, and asked through ONNX Runtime: no PyTorch.

>>> encoder = Encoder.of("english")                          # doctest: +SKIP
>>> encoder.embed(["a text", "another"]).shape               # doctest: +SKIP
(2, 384)
"""

import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from mainspring.errors import LearnError
from mainspring.steps.learn.text.encoder.adapter import Adapter
from mainspring.steps.learn.text.encoder.asked import opened
from mainspring.steps.learn.text.encoder.drawing import IDS, MASK, SEGMENTS, Drawing
from mainspring.steps.learn.text.encoder.drawn import FACTS, GRAPH, LONGEST, SMALL, VECTOR, Facts, draw
from mainspring.steps.learn.text.encoder.places import ENGLISH, MULTILINGUAL, folder_of, made_once
from mainspring.steps.learn.text.encoder.shared import shared
from mainspring.steps.learn.text.encoder.tokens import Asked, Tokens, batches, padded
from mainspring.steps.learn.text.encoder.weights import TOKENIZER, Shape, read_arrays, read_json
from mainspring.steps.learn.text.kinds import ADAPTER

POOLING = "1_Pooling/config.json"

Floats = npt.NDArray[np.float32]


class Encoder:
    """An encoder in ``folder``: a graph, a tokenizer and :class:`Facts`, opened on the first use; or an adapter and its facts, asked of the
    encoder it stands on, which all that stand on it share. Thread-safe."""

    def __init__(self, folder: Path, *, threads: int = 0, beside: Path | None = None) -> None:
        """``beside`` is where the model was saved, where that is elsewhere: a copy of what an adapter stands on may lie above it.

        Raises:
            MissingExtra, LearnError: what is needed is not here. Tampered: what an adapter stands on is another, or it cannot be read.
        """
        self._folder, self._threads = folder, threads
        self.facts = Facts.read(folder)
        self._lock = threading.Lock()
        self._session: Any = None
        self._beside: Mapping[str, Floats] = {}
        self._segmented = self.facts.pairs
        if not self.facts.on:
            self.tokens = Tokens.open(folder / TOKENIZER, self.facts.longest)
            return
        self._beside = Adapter.open(folder, self.facts.width).factors
        self._shared = shared(self.facts.name, self.facts.on, beside or folder, threads)
        self.tokens, self._session = self._shared.tokens, self._shared.session
        self._segmented = self._shared.facts.pairs

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
            fed = {IDS: matrix, MASK: mask, **self._beside}
            if self._segmented:
                fed[SEGMENTS] = padded([found[place].type_ids for place in places])[0]
            vectors[places] = session.run([VECTOR], fed)[0]
        return vectors

    def save(self, folder: Path) -> None:
        """Copy the encoder into an existing folder."""
        whole = (SMALL if self.facts.small else GRAPH, TOKENIZER, FACTS)
        for name in (ADAPTER, FACTS) if self.facts.on else whole:
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


def beside(name: str) -> str:
    """The other installed encoder that knows all the letters which the one of this name knows.

    Raises:
        LearnError: there is none.
    """
    if name == ENGLISH:
        return MULTILINGUAL
    raise LearnError(f"no other encoder knows the letters of the {name} one", where="learn.encoder",
                     remedy="nothing is to be done: one encoder reads the texts")  # fmt: skip


def _made(name: str, source: Path, folder: Path, *, small: bool) -> None:
    # What cannot be read is refused before the work, not after it.
    Shape.of(source)
    Tokens.open(source / TOKENIZER, LONGEST)
    draw(name, source, folder, read_arrays(source), pooling=_pooling(source), drawing=Drawing(small=small))


def _pooling(source: Path) -> str:
    if not (source / POOLING).is_file():
        return "mean"
    return "cls" if read_json(source / POOLING).get("pooling_mode_cls_token") else "mean"

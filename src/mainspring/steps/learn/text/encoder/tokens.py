"""Tokens: texts cut into the pieces an encoder knows, by the Rust library that made them, and put together in batches."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Self, cast
from weakref import WeakValueDictionary

import numpy as np
import numpy.typing as npt
from tokenizers import Encoding, Tokenizer

from mainspring.steps.learn.text.encoder.weights import broken

Ints = npt.NDArray[np.int64]
LONGEST_PIECE = 16
"""Characters a token on the average at most: what lies beyond so many times the tokens that are read is not even looked at."""
TOKENS_A_BATCH, TEXTS_A_BATCH = 4096, 64


Asked = str | tuple[str, str]
"""A text, or two that are read together, one behind the other."""


def readable(text: str) -> str:
    """The text without what UTF-8 cannot write (halves of pairs), which the tokenizer would refuse; as long as it was."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


@dataclass(frozen=True)
class Tokens:
    """A tokenizer that adds no padding; ``longest`` is how many tokens are read of a text, marks at its ends included."""

    tokenizer: Tokenizer
    longest: int

    @classmethod
    def open(cls, path: Path, longest: int) -> Self:
        """Files that say the same are opened once a process, as long as someone uses them: one of many languages takes 300 MB.

        Raises:
            LearnError: there is no readable tokenizer.
        """
        try:
            written = path.read_bytes()
            mark = (cls, blake2b(written).digest(), longest)
            with OPENING:
                known = OPEN.get(mark)
                if known is None:
                    tokenizer = Tokenizer.from_buffer(written)
                    tokenizer.no_padding()
                    tokenizer.no_truncation()
                    tokenizer.enable_truncation(longest)
                    known = OPEN[mark] = cls(tokenizer, longest)
        except Exception as error:  # the library raises plain Exception
            raise broken(path) from error
        return cast(Self, known)

    def of(self, texts: Sequence[Asked]) -> list[Encoding]:
        """Of two texts the longer is cut first until both fit."""
        return self.tokenizer.encode_batch_fast([self._cut(text) for text in texts])

    def _cut(self, text: Asked) -> Asked:
        most = self.longest * LONGEST_PIECE
        return readable(text[:most]) if isinstance(text, str) else (readable(text[0][:most]), readable(text[1][:most]))


OPEN: WeakValueDictionary[tuple[type, bytes, int], Tokens] = WeakValueDictionary()
OPENING = threading.Lock()


def batches(lengths: Sequence[int], tokens: int = TOKENS_A_BATCH, texts: int = TEXTS_A_BATCH) -> Iterator[list[int]]:
    """Places of texts of about the same length, together at most so many tokens (padded) and texts; long ones first."""
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        longest = lengths[batch[0]] if batch else lengths[place]
        if batch and (len(batch) >= texts or longest * (len(batch) + 1) > tokens):
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def padded(ids: Sequence[Sequence[int]]) -> tuple[Ints, npt.NDArray[np.int32]]:
    """Tokens (texts × the longest's tokens) and the mask that says which are there."""
    longest = max(map(len, ids), default=1)
    matrix = np.zeros((len(ids), longest), np.int64)
    mask = np.zeros((len(ids), longest), np.int32)
    for row, of_text in enumerate(ids):
        matrix[row, : len(of_text)] = of_text
        mask[row, : len(of_text)] = 1
    return matrix, mask

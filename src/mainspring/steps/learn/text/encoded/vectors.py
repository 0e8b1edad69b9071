"""Vectors: texts by a frozen encoder, each the same whatever stands beside it.

What was asked is remembered as long as the process lives: the folds of a search, and heads on the same encoder, ask the same texts. What
one worker of a search has read, the others find in a file.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from multiprocessing import parent_process
from pathlib import Path
from typing import Any

import numpy as np

from mainspring.cores import cores
from mainspring.steps.learn.text.encoded.shared import SharedVectors, digest_of
from mainspring.steps.learn.text.kinds import encoders
from mainspring.steps.learn.text.rows import Floats, Text
from mainspring.steps.learn.text.side_by_side import side_by_side

Asked = str | tuple[str, str]
Group = tuple[list[Asked], int]
"""Texts of as many tokens, and how many are asked at once."""
TOGETHER, TOKENS = 8, 128
"""Texts of as many tokens that are asked at once, and at most so many tokens; in 8 bits texts are asked one by one, for there a graph
rounds by all that it is asked at once."""
SMALL = " in 8 bits"
REMEMBERED = 60_000
"""Texts of each encoder, some tens of megabytes."""
LONGEST = 20_000
"""Characters that are looked at of a text."""


class Vectors:
    """Of the encoder of a ``name``, or one whose files are in the folder ``own``, on one thread: side by side they would wait for
    each other. A name that ends in :data:`SMALL` is of the same with weights of 8 bits."""

    def __init__(self, name: str, own: Path | None = None, beside: Path | None = None) -> None:
        """``beside`` is where the encoder of one's own was saved, where that is elsewhere."""
        self.name, self.own = name, own
        small = self._small = own is None and name.endswith(SMALL)
        self._encoder: Any = (
            encoders().Encoder.of(name.removesuffix(SMALL), precision="int8" if small else "fp32", threads=1)
            if own is None
            else encoders().Encoder(own, threads=1, beside=beside)
        )
        self._known: dict[bytes, np.ndarray] = {}
        self._shared: SharedVectors | None = None

    @property
    def width(self) -> int:
        return int(self._encoder.width)

    def share(self, folder: Path | None) -> None:
        """From here on, what is asked goes into a file of the folder, and what others left there is not asked again."""
        if folder is None or self.own is not None:
            self._shared = None
        elif self._shared is None or self._shared.path.parent != folder:
            self._shared = SharedVectors(folder, self.name, self.width)

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.name, self.own)) if self.own is not None else (vectors, (self.name,))

    def save(self, folder: Path) -> None:
        """Write an encoder of one's own to a new folder."""
        folder.mkdir()
        self._encoder.save(folder)

    def of(self, texts: Sequence[Text]) -> Floats:
        """(n × :attr:`width`), of length one; zeros for a text that is missing or blank."""
        return self._of([_looked_at(text) for text in texts])

    def of_pairs(self, first: Sequence[Text], second: Sequence[Text]) -> Floats:
        """Of two texts read in one go (n × :attr:`width`), of length one; zeros where both are missing or blank."""
        both = [(_looked_at(one), _looked_at(other)) for one, other in zip(first, second, strict=True)]
        return self._of([pair if any(pair) else "" for pair in both])

    def _of(self, seen: Sequence[Asked]) -> Floats:
        if len(seen) == 1:
            # A single text is asked anew: what one row costs is measured, and a served one is seldom a training one.
            return self._asked(seen, {})
        if self._shared is not None:
            self._remember(self._shared.fresh())
        return self._asked(seen, self._known)

    def _asked(self, seen: Sequence[Asked], known: Mapping[bytes, np.ndarray]) -> Floats:
        digests = {text: digest_of(text) for text in seen if text}
        asked = [text for text, digest in digests.items() if digest not in known]
        fresh: dict[bytes, np.ndarray] = {}
        groups = list(self._of_one_length(asked))

        def told(group: Group) -> np.ndarray:
            # How many stand beside a text moves its last digits: what is learned anew of the same texts is to be the same, so that as many
            # are always asked at once.
            alike, together = group
            lacking = together - len(alike) if len(seen) > 1 else 0
            return self._encoder.embed([*alike, *[alike[-1]] * lacking])[: len(alike)]

        for (alike, _), read in zip(groups, side_by_side(told, groups, _cores()), strict=True):
            fresh.update(zip((digests[text] for text in alike), read, strict=True))
        if len(seen) > 1 and fresh:
            self._remember(fresh)
            if self._shared is not None:
                self._shared.add(fresh)
        found = np.zeros((len(seen), self.width))
        for row, text in enumerate(seen):
            if text:
                digest = digests[text]
                found[row] = fresh[digest] if digest in fresh else known[digest]
        return found

    def _remember(self, told: Mapping[bytes, np.ndarray]) -> None:
        if len(self._known) + len(told) <= REMEMBERED:
            self._known.update(told)

    def _of_one_length(self, texts: Sequence[Asked]) -> Iterator[tuple[list[Asked], int]]:
        """Texts of as many tokens, at most so many as are asked at once, and how many those are. Padded to the length of another, a text
        would get another vector in its last digits.
        """
        lengths = [len(tokens) for tokens in self._encoder.tokens.of(texts)]
        by_length: dict[int, list[Asked]] = {}
        for text, length in zip(texts, lengths, strict=True):
            by_length.setdefault(length, []).append(text)
        for length, alike in by_length.items():
            together = 1 if self._small else max(1, min(TOGETHER, TOKENS // length))
            for first in range(0, len(alike), together):
                yield alike[first : first + together], together


def _cores() -> int:
    """Those to read on; the workers of a search have one each."""
    return cores() if parent_process() is None else 1


def _looked_at(text: Text) -> str:
    return (text or "")[:LONGEST].strip()


@cache
def vectors(name: str) -> Vectors:
    """Opened once a process. Raises MissingExtra, LearnError: there is no such encoder here."""
    return Vectors(name)


def default_for(texts: Sequence[Text]) -> str:
    """The name of the encoder that knows the letters of these texts."""
    return str(encoders().default_for([text for text in texts if text]))


def beside(name: str) -> str:
    """The other encoder that knows the letters of whoever knows this one's. Raises LearnError: there is none."""
    return str(encoders().beside(name))


def lasting(folder: Path) -> Path:
    """The files of a folder in another, which is there until this process ends: whoever opens a model may take its folder away."""
    place = Path(tempfile.mkdtemp(prefix="mainspring-encoder-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    for path in folder.iterdir():
        try:
            os.link(path, place / path.name)
        except OSError:
            shutil.copyfile(path, place / path.name)
    return place

"""Sight: how texts are seen by the lines: as weighed words and parts of words, or as vectors of a frozen encoder."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
import numpy.typing as npt

from mainspring.errors import Tampered
from mainspring.steps.learn.text.encoded.model import APART, OWN, PROBE
from mainspring.steps.learn.text.encoded.vectors import Vectors, lasting, vectors
from mainspring.steps.learn.text.rows import Floats, Text
from mainspring.steps.learn.text.tfidf.vocabulary import Vocabulary

VOCABULARY, IDF, ENCODER, PROBED = "vocabulary.json", "idf.npz", "encoder.json", "probe.npy"
Weights = npt.NDArray[np.float32]


class Sight(Protocol):
    """``name`` is the candidate's; weights are (:attr:`width` × labels), the columns of texts one behind the other."""

    @property
    def name(self) -> str: ...

    @property
    def width(self) -> int: ...

    def weigh(self, texts: Sequence[Sequence[Text]], weights: Weights) -> Floats:
        """What each label gets (n × labels), of texts (columns × n); each row by itself, so that none changes another's."""
        ...

    def save(self, folder: Path) -> None: ...


@dataclass(frozen=True)
class Words:
    """A vocabulary a column."""

    vocabularies: tuple[Vocabulary, ...]
    name: str = "tfidf_linear"

    @property
    def width(self) -> int:
        return sum(map(len, self.vocabularies))

    def weigh(self, texts: Sequence[Sequence[Text]], weights: Weights) -> Floats:
        rows = len(texts[0]) if texts else 0
        added, first = np.zeros((rows, weights.shape[1])), 0
        for vocabulary, column in zip(self.vocabularies, texts, strict=True):
            for row, text in enumerate(column):
                places, values = vocabulary.vector(text)
                added[row] += values @ weights[first + places]
            first += len(vocabulary)
        return added

    def save(self, folder: Path) -> None:
        plain = [vocabulary.to_dict() for vocabulary in self.vocabularies]
        (folder / VOCABULARY).write_text(json.dumps(plain, ensure_ascii=False), encoding="utf-8")
        named: dict[str, Any] = {f"column_{k}": one.idf for k, one in enumerate(self.vocabularies)}
        np.savez(folder / IDF, **named)

    @classmethod
    def open(cls, folder: Path) -> Self:
        plain = json.loads((folder / VOCABULARY).read_text(encoding="utf-8"))
        with np.load(folder / IDF, allow_pickle=False) as idf:
            return cls(tuple(Vocabulary.from_dict(one, idf[f"column_{k}"]) for k, one in enumerate(plain)))


@dataclass(frozen=True)
class Encoded:
    """The vectors of an encoder that is named, whose weights are not in the model's files, so that many models share them; or of one that
    was tuned for this model, whose weights are."""

    vectors: Vectors
    columns: int
    name: str = "encoder_linear"

    @property
    def width(self) -> int:
        return self.columns * self.vectors.width

    def seen(self, texts: Sequence[Sequence[Text]]) -> Floats:
        """(n × :attr:`width`), every coordinate with a variance of about one: lines are penalised by the size of their weights."""
        return np.concatenate([self.vectors.of(column) for column in texts], axis=1) * np.sqrt(self.vectors.width)

    def weigh(self, texts: Sequence[Sequence[Text]], weights: Weights) -> Floats:
        rows = len(texts[0]) if texts else 0
        return np.array([row @ weights for row in self.seen(texts)]).reshape(rows, weights.shape[1])

    def save(self, folder: Path) -> None:
        plain = {"encoder": self.vectors.name, "columns": self.columns, "name": self.name}
        if self.vectors.own is not None:
            self.vectors.save(folder / OWN)
        (folder / ENCODER).write_text(json.dumps(plain), encoding="utf-8")
        np.save(folder / PROBED, self.vectors.of([PROBE])[0])

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Raises MissingExtra, LearnError: the encoder is not here; Tampered: it is another than the lines were learned over."""
        plain = json.loads((folder / ENCODER).read_text(encoding="utf-8"))
        encoder, own = str(plain["encoder"]), (folder / OWN).is_dir()
        told = Vectors(encoder, lasting(folder / OWN), beside=folder / OWN) if own else vectors(encoder)
        known = np.load(folder / PROBED, allow_pickle=False)
        there = told.of([PROBE])[0]
        if known.shape != there.shape or np.abs(known - there).max() > APART:
            raise Tampered(f"the encoder {plain['encoder']!r} is not the one that the model was learned over", where=str(folder),
                           remedy="install the one it was, or learn again")  # fmt: skip
        return cls(told, int(plain["columns"]), str(plain["name"]))


@dataclass(frozen=True)
class Nothing:
    """No text: what stands beside the texts is all there is."""

    name: str = "linear"

    @property
    def width(self) -> int:
        return 0

    def weigh(self, texts: Sequence[Sequence[Text]], weights: Weights) -> Floats:  # noqa: ARG002 — the interface of sights
        return np.zeros((1, weights.shape[1]))

    def save(self, folder: Path) -> None:
        """There is nothing to be kept."""

    @classmethod
    def open(cls, folder: Path) -> Self:  # noqa: ARG003
        return cls()


SIGHTS: dict[str, Any] = {"linear": Nothing, "tfidf_linear": Words, "encoder_linear": Encoded, "encoder_tuned": Encoded}

"""A tabular network answering in numpy: no framework is loaded to serve it."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa

from mainspring.model import CARD, Kinds, ModelCard, Question
from mainspring.steps.learn.tabular import answers
from mainspring.steps.learn.tabular.network.attribution import attributed
from mainspring.steps.learn.tabular.network.encoding import Encoding
from mainspring.steps.learn.tabular.network.together import Together
from mainspring.steps.learn.tabular.network.weights import Weights
from mainspring.steps.learn.tabular.scores import Floats

FILE = "network.npz"
AT_ONCE = 1024
"""Rows that go through the network together: more take more memory, not less time."""


class NetworkModel:
    """``networks`` learned from the same rows, whose raw answers are averaged: log-odds, or numbers as ``scale`` (level, spread) has them.

    ``centers`` have the average input of each network. Contributions are integrated gradients from there: they add up to the
    raw answer's distance from the answer to the average input.
    """

    def __init__(
        self, card: ModelCard, encoding: Encoding, networks: Sequence[Weights], centers: Sequence[Floats],
        scale: tuple[float, float], tuned: Mapping[str, float],
    ) -> None:  # fmt: skip
        self.card = card
        self.encoding = encoding
        self.networks = tuple(networks)
        self.centers = tuple(centers)
        self.scale = scale
        self.tuned = dict(tuned)
        self._together = Together.of(_widened(self.networks))
        self._blank = answers.blank_of(card.input)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.card, self.encoding, self.networks, self.centers, self.scale, self.tuned)

    def scores(self, matrix: Floats) -> Floats:
        raw = self._raw(matrix) if len(matrix) <= AT_ONCE else _in_parts(self._raw, matrix)
        if self.card.question == Question.NUMBER:
            return raw * self.scale[1] + self.scale[0]
        return answers.probabilities(raw)

    def contributions(self, matrix: Floats) -> Floats:
        return _in_parts(self._contributions, matrix)

    def averaged(self, others: Sequence[Self]) -> Self:
        models = [self, *others]
        networks, centers = [n for m in models for n in m.networks], [c for m in models for c in m.centers]
        return type(self)(self.card, self.encoding, networks, centers, self.scale, self.tuned)

    def _raw(self, matrix: Floats) -> Floats:
        plain, codes = self.encoding.plain(matrix), self.encoding.codes(matrix)
        if self._together is not None:
            return self._together.answer(plain, codes)
        first, *others = self._wide
        raw = first.answer(first.embed(plain, codes))
        if not others:
            return raw
        return (raw + sum(network.answer(network.embed(plain, codes)) for network in others)) / len(self._wide)

    @cached_property
    def _wide(self) -> tuple[Weights, ...]:
        """Wanted for explanations, and to answer those that are not answered together."""
        return _widened(self.networks)

    def _contributions(self, matrix: Floats) -> Floats:
        plain, codes = self.encoding.plain(matrix), self.encoding.codes(matrix)
        output = self._output(matrix)
        added = [
            attributed(network, network.embed(plain, codes), center, output) @ self._belongs
            for network, center in zip(self._wide, self.centers, strict=True)
        ]
        mean = np.mean(added, axis=0) * self.scale[1]
        return mean if self._wide[0].outputs > 1 else answers.toward_positive(self.card, mean)

    def _output(self, matrix: Floats) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Of each row the output that is explained."""
        if self._wide[0].outputs == 1:
            return np.zeros(len(matrix), np.int64)
        return np.argmax(self._raw(matrix), axis=1)

    @cached_property
    def _belongs(self) -> Floats:
        """Which feature each input was made of (inputs × features, ones and zeros)."""
        origins = self._wide[0].origins(self.encoding)
        return np.eye(len(self.card.input))[origins]

    def predict(self, table: pa.Table) -> pa.Table:
        return answers.predict(self, table)

    def predict_one(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        return answers.answer_one(self.card, self.scores(answers.row_of(record, self._blank)))

    def explain(self, table: pa.Table) -> pa.Table:
        return answers.explain(self, table)

    def save(self, folder: Path) -> None:
        parts = {f"{i}.{name}": array for i, net in enumerate(self.networks) for name, array in net.to_arrays().items()}
        parts |= {f"{i}.center": center for i, center in enumerate(self.centers)}
        np.savez(folder / FILE, level_and_spread=np.array(self.scale), **parts, **self.encoding.to_arrays())
        (folder / CARD).write_text(self.card.to_json(), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path, kinds: Kinds) -> Self:  # noqa: ARG003 — the interface of saved kinds
        card = ModelCard.from_json((folder / CARD).read_text(encoding="utf-8"))
        with np.load(folder / FILE, allow_pickle=False) as arrays:
            count = sum(name.endswith(".center") for name in arrays.files)
            networks = [Weights.from_arrays(_part(arrays, f"{i}.")) for i in range(count)]
            centers = [arrays[f"{i}.center"] for i in range(count)]
            level, spread = arrays["level_and_spread"].tolist()
            return cls(card, Encoding.from_arrays(arrays), networks, centers, (level, spread), {})


def _widened(networks: Sequence[Weights]) -> tuple[Weights, ...]:
    """Learned in 32 bits, answered in 64: then one row is answered as among many, whatever the order of the sums."""
    return tuple(network.astype(np.float64) for network in networks)


def _part(arrays: Any, prefix: str) -> dict[str, Any]:
    return {name.removeprefix(prefix): arrays[name] for name in arrays.files if name.startswith(prefix)}


def _in_parts(answer: Any, matrix: Floats) -> Floats:
    parts = [answer(matrix[at : at + AT_ONCE]) for at in range(0, max(1, len(matrix)), AT_ONCE)]
    return np.concatenate(parts)

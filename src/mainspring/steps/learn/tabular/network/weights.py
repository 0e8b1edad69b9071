"""Weights: the numbers of a network, how they begin, and what it answers, in numpy.

Numbers get periodic embeddings (Gorishniy et al. 2022, arXiv 2203.05556), categories learned ones; a multilayer perceptron whose
members share all hidden weights, each seeing the input by its own scale and answering by its own head, is an ensemble for the
price of one (TabM-mini: Gorishniy et al. 2024, arXiv 2410.24210).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import pairwise
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from mainspring.steps.learn.tabular.network.encoding import Encoding

Array = npt.NDArray[Any]


FASTEST = 3.0
"""Standard deviation of the frequencies to begin with, in radians a quartile distance."""


@dataclass(frozen=True, slots=True)
class Shape:
    """``hidden`` widths of the layers; how many ``members``; of each number ``waves`` frequencies, at first as fast as ``fastest``, mixed
    to ``mixed`` values; ``embedded`` values of each category."""

    hidden: tuple[int, ...] = (128, 128)
    members: int = 8
    waves: int = 32
    mixed: int = 4
    embedded: int = 8
    fastest: float = FASTEST


@dataclass(frozen=True)
class Weights:
    """f numbers, w plain values, c categories with t places in all, k members, o outputs, d = w + f·mixed + c·embedded inputs."""

    frequency: Array
    """(f × waves)"""
    phase: Array
    """(f × waves)"""
    mix: Array
    """(f × waves × mixed)"""
    table: Array
    """(t × embedded)"""
    scale: Array
    """(k × d)"""
    layers: tuple[tuple[Array, Array], ...]
    """Of each hidden layer its weights (width before × width) and bias (width)."""
    head: Array
    """(k × width × o)"""
    bias: Array
    """(k × o)"""

    def astype(self, kind: Any) -> Self:
        return type(self).from_arrays({name: array.astype(kind) for name, array in self.to_arrays().items()})

    def embed(self, plain: Array, codes: Array) -> Array:
        """Plain values (n × w) and places of categories (n × c) as the inputs of the first layer (n × d)."""
        parts, n = [plain], len(plain)
        if self.mix.size:
            numbers = plain[:, : len(self.frequency)]
            waves = np.cos(numbers[:, :, None] * self.frequency + self.phase)
            mixed = np.matmul(waves.transpose(1, 0, 2), self.mix)
            parts.append(mixed.transpose(1, 0, 2).reshape(n, mixed.shape[0] * mixed.shape[2]))
        if codes.shape[1]:
            parts.append(self.table[codes].reshape(n, codes.shape[1] * self.table.shape[1]))
        return np.concatenate(parts, axis=1)

    def answer(self, inputs: Array) -> Array:
        """The mean of the members' answers (n × o)."""
        n, width = inputs.shape
        hidden = (inputs[:, None, :] * self.scale).reshape(n * len(self.scale), width)
        for matrix, bias in self.layers:
            hidden = np.maximum(hidden @ matrix + bias, 0.0)
        head, bias = self._last
        return hidden.reshape(n, len(head)) @ head + bias

    @cached_property
    def _last(self) -> tuple[Array, Array]:
        """All heads as one, and the mean bias."""
        k, width, outputs = self.head.shape
        return self.head.reshape(k * width, outputs) / self.head.dtype.type(k), self.bias.mean(axis=0)

    @property
    def outputs(self) -> int:
        return self.head.shape[2]

    def origins(self, encoding: Encoding) -> npt.NDArray[np.int64]:
        """Which feature each input of the first layer was made of (d)."""
        marked = encoding.numbers[encoding.has_missing]
        mixed, embedded = self.mix.shape[2] if self.mix.size else 0, self.table.shape[1]
        return np.concatenate(
            [encoding.numbers, marked, np.repeat(encoding.numbers, mixed), np.repeat(encoding.categories, embedded)]
        )

    def to_arrays(self) -> dict[str, Array]:
        plain = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "layers"}
        for number, (matrix, bias) in enumerate(self.layers):
            plain |= {f"matrix{number}": matrix, f"bias{number}": bias}
        return plain

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Self:
        count = sum(name.startswith("matrix") for name in arrays)
        layers = tuple((arrays[f"matrix{i}"], arrays[f"bias{i}"]) for i in range(count))
        return cls(**{f.name: arrays[f.name] for f in fields(cls) if f.name != "layers"}, layers=layers)


def begin(shape: Shape, sizes: tuple[int, int, int, int], start: Array, seed: int) -> Weights:
    """Weights before learning, in 32 bits: every member answers ``start`` (o). ``sizes``: numbers, plain values, categories, places."""
    numbers, plain, categories, places = sizes
    draw = np.random.default_rng(seed)
    waves = shape.waves if numbers else 0
    width = plain + (numbers * shape.mixed if waves else 0) + categories * shape.embedded
    scale = np.ones((shape.members, width))
    if shape.members > 1:
        scale = draw.choice([-1.0, 1.0], (shape.members, width))
    made = Weights(
        frequency=draw.normal(0.0, shape.fastest, (numbers, waves)),
        phase=draw.uniform(-np.pi, np.pi, (numbers, waves)),
        mix=draw.uniform(-1.0, 1.0, (numbers, waves, shape.mixed)) / np.sqrt(max(waves, 1)),
        table=draw.normal(0.0, 1.0 / np.sqrt(shape.embedded), (places, shape.embedded)),
        scale=scale,
        layers=tuple(_layers(draw, (width, *shape.hidden))),
        head=np.zeros((shape.members, (width, *shape.hidden)[-1], len(start))),
        bias=np.tile(start, (shape.members, 1)),
    )
    return made.astype(np.float32)


def _layers(draw: np.random.Generator, widths: tuple[int, ...]) -> Iterator[tuple[Array, Array]]:
    for before, after in pairwise(widths):
        yield draw.normal(0.0, np.sqrt(2.0 / before), (before, after)), np.zeros(after)

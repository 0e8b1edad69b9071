"""Together: perceptrons of one shape answered at once, for of many small products the calls cost more than the sums."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from mainspring.steps.learn.tabular.network.weights import Array, Weights


@dataclass(frozen=True, slots=True)
class Together:
    """m perceptrons of f numbers: ``frequency`` and ``phase`` (m × f × waves) and ``mix`` (m × f × waves × mixed) of these,
    ``tables`` (m × t × embedded), of each layer its weights (m × width before × width) and biases (m × 1 × width), of
    all heads one (m·width × o) that gives the mean."""

    frequency: Array
    phase: Array
    mix: Array
    tables: Array
    layers: tuple[tuple[Array, Array], ...]
    head: Array
    bias: Array

    @classmethod
    def of(cls, networks: Sequence[Weights]) -> Self | None:
        """None where they are of several shapes, or have members or no layer."""
        first = networks[0]
        shapes = {name: array.shape for name, array in first.to_arrays().items()}
        alike = all({n: a.shape for n, a in one.to_arrays().items()} == shapes for one in networks[1:])
        if not alike or len(first.scale) > 1 or not first.layers:
            return None
        layers = [
            (
                np.stack([one.layers[i][0] for one in networks]),
                np.stack([one.layers[i][1] for one in networks])[:, None],
            )
            for i in range(len(first.layers))
        ]
        # What an input is multiplied by goes into the first weights.
        layers[0] = (layers[0][0] * np.stack([one.scale[0] for one in networks])[:, :, None], layers[0][1])
        heads = np.concatenate([one.head[0] for one in networks]) / len(networks)
        bias = np.mean([one.bias[0] for one in networks], axis=0)
        frequency, phase, mix, tables = (
            np.stack([getattr(one, name) for one in networks]) for name in ("frequency", "phase", "mix", "table")
        )
        return cls(frequency, phase, mix, tables, tuple(layers), heads, bias)

    def answer(self, plain: Array, codes: Array) -> Array:
        """Plain values (n × w) and places of categories (n × c) → the mean of the answers (n × o)."""
        count, n = len(self.tables), len(plain)
        parts = list[Array]()
        if self.mix.size:
            numbers = plain[:, : self.mix.shape[1]].T[:, :, None]
            waves = np.cos(numbers * self.frequency[:, :, None] + self.phase[:, :, None])
            mixed = np.matmul(waves, self.mix).transpose(0, 2, 1, 3)
            parts.append(mixed.reshape(count, n, mixed.shape[2] * mixed.shape[3]))
        if codes.shape[1]:
            parts.append(self.tables[:, codes].reshape(count, n, codes.shape[1] * self.tables.shape[2]))
        hidden = np.concatenate([np.broadcast_to(plain, (count, *plain.shape)), *parts], axis=2) if parts else plain
        for matrix, bias in self.layers:
            hidden = np.matmul(hidden, matrix)
            hidden += bias
            np.maximum(hidden, 0.0, out=hidden)
        side_by_side = hidden if n == 1 else hidden.transpose(1, 0, 2)
        return side_by_side.reshape(n, len(self.head)) @ self.head + self.bias

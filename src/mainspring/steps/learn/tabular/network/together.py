"""Together: perceptrons of one shape answered at once, for of many small products the calls cost more than the sums."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from mainspring.steps.learn.tabular.network.weights import Array, Weights


@dataclass(frozen=True, slots=True)
class Together:
    """m perceptrons: ``tables`` (m × t × embedded), of each layer its weights (m × width before × width) and biases (m × 1 × width), of
    all heads one (m·width × o) that gives the mean."""

    tables: Array
    layers: tuple[tuple[Array, Array], ...]
    head: Array
    bias: Array

    @classmethod
    def of(cls, networks: Sequence[Weights]) -> Self | None:
        """None where they are of several shapes, have members or waves, or no layer."""
        first = networks[0]
        shapes = {name: array.shape for name, array in first.to_arrays().items()}
        alike = all({n: a.shape for n, a in one.to_arrays().items()} == shapes for one in networks[1:])
        if not alike or len(first.scale) > 1 or first.mix.size or not first.layers:
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
        return cls(np.stack([one.table for one in networks]), tuple(layers), heads, bias)

    def answer(self, plain: Array, codes: Array) -> Array:
        """Plain values (n × w) and places of categories (n × c) → the mean of the answers (n × o)."""
        count, n = len(self.tables), len(plain)
        hidden = plain
        if codes.shape[1]:
            found = self.tables[:, codes].reshape(count, n, codes.shape[1] * self.tables.shape[2])
            hidden = np.concatenate([np.broadcast_to(plain, (count, *plain.shape)), found], axis=2)
        for matrix, bias in self.layers:
            hidden = np.matmul(hidden, matrix)
            hidden += bias
            np.maximum(hidden, 0.0, out=hidden)
        return hidden.transpose(1, 0, 2).reshape(n, len(self.head)) @ self.head + self.bias

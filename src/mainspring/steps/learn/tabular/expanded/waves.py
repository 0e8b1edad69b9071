"""Waves: cosines of random directions, whose weighted sum is a smooth function of all numbers together.

Random Fourier features (Rahimi & Recht 2007), the directions orthogonal in blocks (Yu et al. 2016): a line of so many waves
comes near to what a support vector machine or a Gaussian process with a Gaussian kernel learns, and answers in microseconds.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pyarrow as pa

from mainspring.steps.learn.tabular.linear.design import Design
from mainspring.steps.learn.tabular.scores import Floats


@dataclass(frozen=True)
class Waves:
    """``cos(design.apply(matrix) @ directions + phases)``: (width × waves) and (waves); ``center`` is the average row's columns."""

    design: Design
    directions: Floats
    phases: Floats
    center: Floats

    @classmethod
    def of(cls, matrix: Floats, categories: tuple[int, ...], count: int, width: float, seed: int) -> Self:
        """So many waves over matrices (n × features) like this one; the larger ``width``, the smoother.

        At width 1 the kernel is scikit-learn's usual one: columns of variance 1 at a distance of their number.
        """
        design = Design.of(matrix, categories)
        columns = design.apply(matrix)
        size, dice = columns.shape[1], np.random.default_rng(seed)
        spread = float(columns.var()) or 1.0
        blocks = [np.linalg.qr(dice.normal(size=(size, size)))[0] for _ in range(-(-count // size))]
        lengths = np.linalg.norm(dice.normal(size=(size, count)), axis=0)
        directions = np.concatenate(blocks, axis=1)[:, :count] * lengths * np.sqrt(2.0 / (size * spread)) / width
        return cls(design, directions, dice.uniform(0.0, 2.0 * np.pi, count), columns.mean(axis=0))

    def __len__(self) -> int:
        return len(self.phases)

    def expand(self, matrix: Floats) -> Floats:
        """The matrix with a column a wave beside it."""
        return np.concatenate([matrix, np.cos(self.design.weigh(matrix, self.directions) + self.phases)], axis=1)

    @property
    def at_center(self) -> Floats:
        """The waves (waves) of the average row."""
        return np.cos(self.center @ self.directions + self.phases)

    def shared(self, added: Floats, matrix: Floats) -> Floats:
        """What each wave added to its value at the average row (n × waves), shared out among the features (n × features).

        By integrated gradients (Sundararajan et al. 2017); of a cosine on a straight way they are exact.
        """
        gone = self.design.apply(matrix) - self.center
        angles = gone @ self.directions
        flat = np.abs(angles) < 1e-12
        slopes = np.divide(added, np.where(flat, 1.0, angles)) * ~flat
        by_column = (slopes @ self.directions.T) * gone
        by_feature = np.zeros((matrix.shape[1], len(matrix)))
        np.add.at(by_feature, self.design.origins, by_column.T)
        return by_feature.T

    def named(self, features: pa.Schema) -> pa.Schema:
        """The features with the waves."""
        taken = set(features.names)
        names = [f"wave {number}" for number in range(len(self))]
        while taken & set(names):
            names = [name + "'" for name in names]
        return pa.schema([*features, *(pa.field(name, pa.float64()) for name in names)])

    def to_arrays(self) -> dict[str, Any]:
        own = {"directions": self.directions, "phases": self.phases, "wave_center": self.center}
        return self.design.to_arrays() | own

    @classmethod
    def from_arrays(cls, arrays: Any) -> Self:
        return cls(Design.from_arrays(arrays), arrays["directions"], arrays["phases"], arrays["wave_center"])

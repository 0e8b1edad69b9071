"""Pairs: products of two numbers and combinations of two categories, as further columns."""

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mainspring.steps.learn.tabular.linear.design import MOST_LEVELS, Design
from mainspring.steps.learn.tabular.scores import Floats

Ints = npt.NDArray[np.int64]
MOST_PRODUCTS, MOST_COMBINATIONS = 200, 60
WIDEST = 60
"""Columns of a kind among which pairs are looked for."""
ROWS_A_COLUMN = 10
"""A product is a column, a combination several: of more than there are rows to tell by, chance would pick."""
SCREENED = 20_000
"""Rows by which they are judged."""
PENALTY = 10.0


@dataclass(frozen=True)
class Pairs:
    """``products`` (p × 2) and ``combinations`` (c × 2) are pairs of columns of a matrix (n × features).

    A product is of standardised, clipped numbers (``median low high mean scale`` of each of its ``numbers``); one with itself is a
    square. A combination has a code of its own for each two codes, of ``levels`` of the first and second column.
    """

    numbers: Ints
    median: Floats
    low: Floats
    high: Floats
    mean: Floats
    scale: Floats
    products: Ints
    combinations: Ints
    levels: Ints

    @classmethod
    def of(cls, matrix: Floats, categories: tuple[int, ...], truth: Floats) -> Self:
        """The pairs that tell most of the truth (n × answers) beyond what a line of single columns tells."""
        rows = np.linspace(0, len(matrix) - 1, min(len(matrix), SCREENED)).astype(np.int64)
        matrix, truth = matrix[rows], truth[rows]
        design = Design.of(matrix, categories)
        left = _beyond_a_line(design.apply(matrix), truth)
        standardised = design.apply(matrix)[:, : len(design.numbers)]
        most = len(matrix) // ROWS_A_COLUMN
        products = _best_products(standardised, left, min(MOST_PRODUCTS, most))
        combinations, levels = _best_combinations(matrix, design, left, most)
        used = np.unique(products)
        place = {int(number): i for i, number in enumerate(used)}
        inside = np.array([[place[int(a)], place[int(b)]] for a, b in products], np.int64).reshape(-1, 2)
        return cls(
            design.numbers[used], design.median[used], design.low[used], design.high[used], design.mean[used], design.scale[used],
            inside, combinations, levels,
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.products) + len(self.combinations)

    def expand(self, matrix: Floats) -> Floats:
        """The matrix with the columns of the pairs beside it."""
        part = matrix[:, self.numbers]
        filled = np.where(np.isfinite(part), part, self.median)
        scaled = (np.minimum(np.maximum(filled, self.low), self.high) - self.mean) / self.scale
        products = scaled[:, self.products[:, 0]] * scaled[:, self.products[:, 1]]
        codes = matrix[:, self.combinations]
        codes = np.where((codes >= 0) & (codes < self.levels), codes + 1.0, 0.0)
        combined = codes[:, :, 0] * (self.levels[:, 1] + 1.0) + codes[:, :, 1]
        return np.concatenate([matrix, products, combined.astype(np.float64)], axis=1)

    def shared(self, added: Floats, matrix: Floats) -> Floats:
        """What each pair added (n × pairs), half to each of its two features (n × features)."""
        by_feature = np.zeros((matrix.shape[1], len(matrix)))
        for side in self.origins.T:
            np.add.at(by_feature, side, added.T / 2)
        return by_feature.T

    @cached_property
    def origins(self) -> Ints:
        """Of each pair its two columns (pairs × 2)."""
        return np.concatenate([self.numbers[self.products].reshape(-1, 2), self.combinations])

    def named(self, features: pa.Schema) -> pa.Schema:
        """The features with those of the pairs."""
        taken, more = set(features.names), list[pa.Field]()
        for number, (a, b) in enumerate(self.origins.tolist()):
            name = f"{features.names[a]} × {features.names[b]}"
            while name in taken:
                name += "'"
            taken.add(name)
            more.append(pa.field(name, pa.float64() if number < len(self.products) else pa.int32()))
        return pa.schema([*features, *more])

    def to_arrays(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Any) -> Self:
        return cls(**{f.name: arrays[f.name] for f in fields(cls)})


def _beyond_a_line(columns: Floats, truth: Floats) -> Floats:
    """What a ridge regression on the columns leaves of each answer, in its standard deviations."""
    columns = columns - columns.mean(axis=0)
    truth = truth - truth.mean(axis=0)
    within = columns.T @ columns + PENALTY * np.eye(columns.shape[1])
    left = truth - columns @ np.linalg.solve(within, columns.T @ truth)
    spread = left.std(axis=0)
    return left / np.where(spread > 0, spread, 1.0)


def _best_products(columns: Floats, left: Floats, most: int) -> Ints:
    """Pairs of column numbers, those whose product goes along most with what is left of some answer first."""
    own = np.abs(columns.T @ left).max(axis=1, initial=0.0) + np.abs((columns**2 - 1.0).T @ left).max(
        axis=1, initial=0.0
    )
    among = np.sort(np.argsort(-own, kind="stable")[:WIDEST])
    found = list[tuple[float, int, int]]()
    for i, a in enumerate(among):
        products = columns[:, among[i:]] * columns[:, [a]]
        products -= products.mean(axis=0)
        length = np.linalg.norm(products, axis=0)
        told = np.abs(products.T @ left).max(axis=1) / np.where(length > 1e-9, length, np.inf)
        found += [(-float(value), int(a), int(b)) for value, b in zip(told, among[i:], strict=True)]
    best = sorted(pair for pair in found if pair[0] < 0)[:most]
    return np.array(sorted((a, b) for _, a, b in best), dtype=np.int64).reshape(-1, 2)


def _best_combinations(matrix: Floats, design: Design, left: Floats, most: int) -> tuple[Ints, Ints]:
    """Pairs of category columns, and the levels of each, those that tell most of what is left first; ``most`` cells in all."""
    found = list[tuple[float, int, int, int, int]]()
    columns = list(zip(design.categories.tolist(), design.levels.tolist(), strict=True))[:WIDEST]
    for i, (a, of_a) in enumerate(columns):
        for b, of_b in columns[i + 1 :]:
            if (of_a + 1) * (of_b + 1) <= MOST_LEVELS:
                found.append((-_told_by(matrix[:, [a, b]], (of_a, of_b), left), a, b, of_a, of_b))
    ranked = sorted(found)[:MOST_COMBINATIONS]
    cells = np.cumsum([(p + 1) * (q + 1) for *_, p, q in ranked])
    best = [pair for pair, total in zip(ranked, cells, strict=True) if total <= most * 2]
    pairs = np.array([(a, b) for _, a, b, _, _ in best], dtype=np.int64).reshape(-1, 2)
    return pairs, np.array([(p, q) for *_, p, q in best], dtype=np.int64).reshape(-1, 2)


def _told_by(codes: Floats, levels: tuple[int, int], left: Floats) -> float:
    """How much of what is left the means of the cells explain, less what chance alone would."""
    known = np.where((codes >= 0) & (codes < levels), codes + 1, 0).astype(np.int64)
    cell = known[:, 0] * (levels[1] + 1) + known[:, 1]
    counts = np.bincount(cell)
    sums = np.array([np.bincount(cell, weights=answer) for answer in left.T])
    explained = (sums**2 / np.maximum(counts, 1)).sum(axis=1)
    return float((explained - (counts > 0).sum()).max())

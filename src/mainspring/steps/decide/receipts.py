"""Receipts: what a decision was made of, as hashes."""

import hashlib
from array import array
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from mainspring.decision import Receipt
from mainspring.steps.decide.policy import Policy

DIGITS = 32
NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Basis:
    """What all decisions of one version are made of: the hash of the ``model``'s files, the ``data`` it learned from, the ``code``.

    ``made`` are the columns that windows make: the same request is the same decision, whatever they tell when it comes again.
    """

    model: str | None = None
    data: str | None = None
    code: str = ""
    made: frozenset[str] = frozenset()


class Receipts:
    """Writes the receipts of one version's decisions."""

    def __init__(self, policy: Policy, basis: Basis) -> None:
        self._same = (policy.threshold, policy.rules, basis.model, basis.data, basis.code)

    def of(self, codes: tuple[str, ...], features: str | None = None, rows: int = 1) -> Receipt:
        return Receipt(codes, features, rows, *self._same)


def hash_of_one(features: Iterable[float]) -> str:
    """Of a record's features in the order of the transform's output; equal to that of a table's row of the same features."""
    values = array("d", [value if value == value else NAN for value in features])
    return hashlib.sha256(values.tobytes()).hexdigest()[:DIGITS]


def hashes_of_many(features: pa.Table) -> list[str]:
    """A hash a row."""
    if not features.num_columns:
        return [hash_of_one(())] * len(features)
    columns = [column.to_numpy().astype(np.float64) for column in features.columns]
    matrix = np.column_stack(columns)
    matrix[np.isnan(matrix)] = NAN
    return [hashlib.sha256(row.tobytes()).hexdigest()[:DIGITS] for row in matrix]

"""Receipts: what a decision was made of, as hashes."""

import hashlib
from array import array
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import cast

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


def hash_of_one(features: Collection[float | str | None]) -> str:
    """Of a record's features in the order of the transform's output; equal to that of a table's row of the same features."""
    try:
        # Texts are rare, and no array takes them.
        return _hash(_numbers(cast(Collection[float], features)), ())
    except TypeError:
        texts = [value for value in features if value is None or isinstance(value, str)]
        numbers = [value for value in features if value is not None and not isinstance(value, str)]
        return _hash(_numbers(numbers), texts)


def hashes_of_many(features: pa.Table) -> list[str]:
    """A hash a row."""
    if not features.num_columns:
        return [hash_of_one(())] * len(features)
    written = [column.to_pylist() for column in features.columns if pa.types.is_string(column.type)]
    columns = [
        column.to_numpy().astype(np.float64) for column in features.columns if not pa.types.is_string(column.type)
    ]
    matrix = np.column_stack(columns) if columns else np.zeros((len(features), 0))
    matrix[np.isnan(matrix)] = NAN
    return [_hash(row.tobytes(), [texts[i] for texts in written]) for i, row in enumerate(matrix)]


def _numbers(values: Collection[float]) -> bytes:
    return array("d", [value if value == value else NAN for value in values]).tobytes()


def _hash(numbers: bytes, texts: Sequence[str | None]) -> str:
    told = hashlib.sha256(numbers)
    for text in texts:
        told.update(b"\0" if text is None else hashlib.sha256(text.encode()).digest())
    return told.hexdigest()[:DIGITS]

"""Told: what one column tells of many stretches of it at once; bit for bit what :mod:`history` tells of each."""

from functools import cached_property

import numpy as np
import pyarrow as pa

from mainspring.steps.prepare.windows.ranks import Ranks
from mainspring.steps.prepare.windows.sums import sums


class Told:
    """A column in the order of its rows' keys and times; stretches lie within a key and move forward with it. Nulls count nowhere."""

    def __init__(self, column: pa.Array) -> None:
        there = column.is_valid().to_numpy(zero_copy_only=False)
        self._place = np.concatenate([[0], np.cumsum(there)])
        self._present = column.drop_null()

    def told(self, kind: str, begins: np.ndarray, ends: np.ndarray, level: float) -> pa.Array:
        """``kind`` and ``level`` are as in :class:`mainspring.automation.windows.window.Made`."""
        begins, ends = self._place[begins], self._place[ends]
        if kind == "distinct":
            # A value is new in a stretch where it stood last before the stretch begins.
            return pa.array(self._lasts.below(begins, ends, begins + 1).astype(np.float64))
        if kind == "top":
            return self._commonest(begins, ends, int(level))
        counts = ends - begins
        if kind in ("sum", "mean"):
            total = sums(self._numbers, begins, ends)
            if kind == "sum":
                return pa.array(total, mask=np.isnan(total))
            return pa.array(total / np.maximum(counts, 1) + 0.0, mask=np.isnan(total) | (counts == 0))
        if not len(self._numbers):
            return pa.nulls(len(begins), pa.float64())
        if kind == "quantiles":
            k = np.clip(np.ceil(level * counts).astype(np.int64) - 1, 0, np.maximum(counts - 1, 0))
        else:
            k = np.zeros(len(counts), np.int64) if kind == "min" else np.maximum(counts - 1, 0)
        found = self._ranks.least(begins, ends, k)
        values = self._sorted[np.minimum(found, len(self._sorted) - 1)]
        return pa.array(values, mask=counts == 0)

    @cached_property
    def _numbers(self) -> np.ndarray:
        return self._present.to_numpy(zero_copy_only=False)

    @cached_property
    def _sorted(self) -> np.ndarray:
        return np.unique(self._numbers)

    @cached_property
    def _ranks(self) -> Ranks:
        return Ranks(np.searchsorted(self._sorted, self._numbers), len(self._sorted))

    @cached_property
    def _codes(self) -> tuple[np.ndarray, list[str]]:
        """Words as numbers in the order of their characters, and the words."""
        encoded = self._present.dictionary_encode()
        words = encoded.dictionary.to_pylist()
        order = sorted(range(len(words)), key=words.__getitem__)
        place = np.empty(len(words), np.int64)
        place[order] = np.arange(len(words))
        return place[encoded.indices.to_numpy()], [words[i] for i in order]

    @cached_property
    def _lasts(self) -> Ranks:
        """For each value one more than the place of the same one before it, 0 where there is none."""
        codes = self._present.dictionary_encode().indices.to_numpy().astype(np.int64)
        order = np.argsort(codes, kind="stable")
        last = np.zeros(len(codes), np.int64)
        same = codes[order][1:] == codes[order][:-1]
        last[order[1:]] = np.where(same, order[:-1] + 1, 0)
        return Ranks(last, len(codes) + 1)

    def _commonest(self, begins: np.ndarray, ends: np.ndarray, place: int) -> pa.Array:
        codes, words = self._codes
        found = np.zeros(len(begins), np.int64)
        told = np.zeros(len(begins), bool)
        counts: dict[int, int] = {}
        low = high = 0
        codes = codes.tolist()
        for row, (begin, end) in enumerate(zip(begins.tolist(), ends.tolist(), strict=True)):
            if begin >= high or begin < low or end < high:
                counts, low, high = {}, begin, begin
            for code in codes[high:end]:
                counts[code] = counts.get(code, 0) + 1
            for code in codes[low:begin]:
                counts[code] -= 1
                if not counts[code]:
                    del counts[code]
            low, high = begin, end
            if place < len(counts):
                best = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])) if place else (_first(counts),)
                found[row], told[row] = best[place][0], True
        return pa.array(words, pa.string()).take(pa.array(found, mask=~told))


def _first(counts: dict[int, int]) -> tuple[int, int]:
    return min(counts.items(), key=lambda pair: (-pair[1], pair[0]))
